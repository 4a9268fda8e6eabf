"""Drawing primitives of maps as SVG: areas, points by shape and colour, names.

The result has no script, no style sheet, no `style` attribute and no external reference: it can
be served as an image (`<img alt>`), put in a PDF, or written inline under the strict
Content-Security-Policy, which lets presentation attributes through.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

MER = "#E3EDF4"
SOL = "#FFFDF8"
SOL_VOISIN = "#EDE7DB"
TRAIT = "#FFFFFF"
TRAIT_VOISIN = "#D3C9B8"
ENCRE = "#16324F"
TEXTE_SECONDAIRE = "#5B6470"
# Soft grounds on which ink and every family colour stay readable.
TEINTES = ("#DCE8DC", "#F3E3C8", "#DDE6F0", "#EEDDD6", "#E8E4F0")
POLICE = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
# What no XML document may hold, even escaped (XML 1.0, 2.2): an imported name or a visitor's words may.
_HORS_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMES = ("cercle", "carre", "losange", "triangle", "hexagone", "pentagone", "etoile", "croix", "anneau")


@dataclass(frozen=True)
class Aire:
    """One area to fill: geometry in degrees, colour, name written on it (or none)."""

    trace: BaseGeometry
    couleur: str = SOL
    libelle: str = ""
    code: str = ""
    # Of its border, when it isn't that of the others.
    trait: str = ""


@dataclass(frozen=True)
class Repere:
    """One point of a map: position in degrees, family shape and colour, title for the reader."""

    lat: float
    lon: float
    forme: str
    couleur: str
    titre: str = ""
    # Where the point leads; skipped by the keyboard, because a list beside the map leads there too.
    url: str = ""
    # Written beside it: its rank in a list. And what tells it from the others.
    numero: str = ""
    cle: str = ""


@dataclass(frozen=True)
class Lieu:
    """A town name, dropped when it would cover another one; its rank in a list, if it has one, never is."""

    nom: str
    lat: float
    lon: float
    numero: str = ""


class Projection:
    """Degrees → pixels: equirectangular, longitudes shrunk by the cosine of the middle latitude.

    The height follows from the box, unless `hauteur` is given: the box is then centred in it.
    """

    def __init__(
        self,
        bornes: tuple[float, float, float, float],
        largeur: float,
        hauteur: float | None = None,
        marge: float = 12.0,
    ) -> None:
        ouest, sud, est, nord = bornes
        # At a pole a box of a few degrees has no width: its drawing would be a million times higher than wide.
        self._cos = max(math.cos(math.radians((sud + nord) / 2)), 0.1)
        etendue_x = max((est - ouest) * self._cos, 1e-6)
        etendue_y = max(nord - sud, 1e-6)
        self.echelle = (largeur - 2 * marge) / etendue_x
        if hauteur is not None:
            self.echelle = min(self.echelle, (hauteur - 2 * marge) / etendue_y)
        self.largeur = largeur
        self.hauteur = hauteur if hauteur is not None else round(etendue_y * self.echelle + 2 * marge)
        self._ouest, self._nord = ouest, nord
        self._x0 = (largeur - etendue_x * self.echelle) / 2
        self._y0 = (self.hauteur - etendue_y * self.echelle) / 2

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Pixels of a point."""
        return (
            self._x0 + (lon - self._ouest) * self._cos * self.echelle,
            self._y0 + (self._nord - lat) * self.echelle,
        )

    def couper(self, trace: BaseGeometry) -> BaseGeometry:
        """What of an area is in the drawing, with a little around so that the cut never shows."""
        marge = 8 / self.echelle
        degres_x, degres_y = self.largeur / self.echelle / self._cos, self.hauteur / self.echelle
        ouest = self._ouest - self._x0 / self.echelle / self._cos
        nord = self._nord + self._y0 / self.echelle
        return shapely.clip_by_rect(
            trace, ouest - marge, nord - degres_y - marge, ouest + degres_x + marge, nord + marge
        )

    def chemin(self, trace: BaseGeometry) -> str:
        """`d` attribute of an area, to the tenth of a pixel; specks under half a pixel left out."""
        morceaux = []
        for partie in shapely.get_parts(trace):
            if not isinstance(partie, shapely.Polygon) or partie.is_empty:
                continue
            for anneau in (partie.exterior, *partie.interiors):
                points = self._points(anneau)
                if len(points) >= 3:
                    (x0, y0), pas = points[0], itertools.pairwise(points)
                    suite = " ".join(f"{round(x2 - x1, 1):g},{round(y2 - y1, 1):g}" for (x1, y1), (x2, y2) in pas)
                    morceaux.append(f"M{x0:g},{y0:g}l{suite}z")
        return "".join(morceaux)

    def _points(self, anneau: BaseGeometry) -> list[tuple[float, float]]:
        degres = shapely.get_coordinates(anneau)[:-1]
        x = np.round(self._x0 + (degres[:, 0] - self._ouest) * self._cos * self.echelle, 1)
        y = np.round(self._y0 + (self._nord - degres[:, 1]) * self.echelle, 1)
        points: list[tuple[float, float]] = []
        for point in zip(x.tolist(), y.tolist(), strict=True):
            if not points or point != points[-1]:
                points.append(point)
        return points


def _polygone(x: float, y: float, rayon: float, sommets: int, depart: float = -90.0) -> list[tuple[float, float]]:
    angles = (math.radians(depart + 360 * rang / sommets) for rang in range(sommets))
    return [(x + rayon * math.cos(a), y + rayon * math.sin(a)) for a in angles]


def _etoile(x: float, y: float, r: float) -> list[tuple[float, float]]:
    pointes, creux = _polygone(x, y, r * 1.1, 5), _polygone(x, y, r * 0.5, 5, depart=-54)
    return [sommet for paire in zip(pointes, creux, strict=True) for sommet in paire]


def _croix(x: float, y: float, r: float) -> list[tuple[float, float]]:
    b, r = r * 0.36, r * 0.98
    moitie = [(b, -r), (b, -b), (r, -b), (r, b), (b, b), (b, r)]
    quart = [*moitie, *((-dx, -dy) for dx, dy in moitie)]
    return [(x + dx, y + dy) for dx, dy in quart]


_SOMMETS: Mapping[str, Callable[[float, float, float], list[tuple[float, float]]]] = {
    "carre": lambda x, y, r: _polygone(x, y, r * 1.18, 4, depart=-45),
    "losange": lambda x, y, r: _polygone(x, y, r * 1.15, 4),
    "triangle": lambda x, y, r: _polygone(x, y + r * 0.15, r * 1.15, 3),
    "hexagone": lambda x, y, r: _polygone(x, y, r * 1.05, 6),
    "pentagone": lambda x, y, r: _polygone(x, y, r * 1.08, 5),
    "etoile": _etoile,
    "croix": _croix,
}


def forme_svg(
    forme: str, x: float, y: float, taille: float, couleur: str, *, titre: str = "", bord: str = "#FFFFFF"
) -> str:
    """One of the nine family shapes, centred on (x, y), about `taille` pixels wide.

    Raises ValueError for a shape that does not exist.
    """
    r = taille / 2
    trait = max(0.8, taille / 12)
    dedans = f"<title>{escape(titre)}</title>" if titre else ""
    peinture = f'fill={quoteattr(couleur)} stroke={quoteattr(bord)} stroke-width="{trait:.3g}" stroke-linejoin="round"'
    if forme == "cercle":
        return f'<circle cx="{x:.4g}" cy="{y:.4g}" r="{r:.3g}" {peinture}>{dedans}</circle>'
    if forme == "anneau":
        # A ring of colour between two thin borders: a plain stroke would vanish on a dark ground.
        return (
            f'<g>{dedans}<circle cx="{x:.4g}" cy="{y:.4g}" r="{r:.3g}" fill={quoteattr(bord)}/>'
            f'<circle cx="{x:.4g}" cy="{y:.4g}" r="{r * 0.68:.3g}" fill={quoteattr(bord)} '
            f'stroke={quoteattr(couleur)} stroke-width="{r * 0.42:.3g}"/></g>'
        )
    if forme not in _SOMMETS:
        raise ValueError(f"forme inconnue : {forme}")
    points = " ".join(f"{px:.5g},{py:.5g}" for px, py in _SOMMETS[forme](x, y, r))
    return f'<polygon points="{points}" {peinture}>{dedans}</polygon>'


def formes_svg(forme: str, points: Iterable[tuple[float, float]], taille: float, couleur: str) -> str:
    """Many points of one family as a single path, for a map that has thousands of them."""
    r = taille / 2
    if forme in _SOMMETS:
        sommets = [[(round(px, 1), round(py, 1)) for px, py in _SOMMETS[forme](x, y, r)] for x, y in points]
        chemin = "".join("M" + "L".join(f"{px:g},{py:g}" for px, py in ligne) + "z" for ligne in sommets)
    else:
        arc = f"a{r:g},{r:g} 0 1,0 {taille:g},0a{r:g},{r:g} 0 1,0 {-taille:g},0z"
        chemin = "".join(f"M{round(x - r, 1):g},{round(y, 1):g}{arc}" for x, y in points)
    plein, bord, trait = ("#FFFFFF", couleur, taille / 4) if forme == "anneau" else (couleur, "#FFFFFF", 0.6)
    return f'<path d="{chemin}" fill="{plein}" stroke="{bord}" stroke-width="{trait:.2g}"/>'


def icone_svg(forme: str, couleur: str, taille: int = 24) -> str:
    """A shape alone in its own SVG document (legend, list, table)."""
    dessin = forme_svg(forme, taille / 2, taille / 2, taille * 0.8, couleur)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{taille}" height="{taille}" '
        f'viewBox="0 0 {taille} {taille}" aria-hidden="true">{dessin}</svg>'
    )


def teinter(traces: Mapping[str, BaseGeometry], teintes: Sequence[str] = TEINTES) -> dict[str, str]:
    """A soft colour for each area, different from its neighbours'; the same every time."""
    codes = sorted(traces)
    arbre = shapely.STRtree([traces[code] for code in codes])
    couleurs: dict[str, str] = {}
    for rang, code in enumerate(codes):
        voisins = (codes[int(v)] for v in arbre.query(traces[code], predicate="intersects"))
        prises = {couleurs[v] for v in voisins if v in couleurs}
        # Start from another colour each time, so that all of them are used.
        tour = [*teintes[rang % len(teintes) :], *teintes[: rang % len(teintes)]]
        couleurs[code] = next((t for t in tour if t not in prises), tour[0])
    return couleurs


Boite = tuple[float, float, float, float]
# Pixels from a main town to its name, when structures crowd around the town.
ECARTS_LOIN = (16.0, 24.0, 32.0, 40.0, 50.0, 60.0)


@dataclass(frozen=True)
class Calque:
    """What lies between the ground and the points. `cadre` (west, south, east, north): to see it all; `plein`: it is a
    part of the map that somebody chose, and fills the drawing to its edges."""

    svg: Callable[[Projection, Sequence[Repere]], str]
    cadre: Boite | None = None
    plein: bool = False


@dataclass
class Etiquettes:
    """Names already written, so that none covers another nor leaves the drawing."""

    projection: Projection
    boites: list[Boite] = field(default_factory=list)
    reperes: list[Boite] = field(default_factory=list)

    def sur_aire(self, texte: str, places: Sequence[tuple[float, float]], corps: float) -> str:
        """A name on an area, at the first free of the places (pixels) proposed."""
        lignes = couper(texte)
        largeur = max(len(ligne) for ligne in lignes) * corps * 0.63
        hauteur = len(lignes) * corps * 1.15
        for x, y in places:
            boite = (x - largeur / 2, y - hauteur / 2, x + largeur / 2, y + hauteur / 2)
            if self._libre(boite):
                self.boites.append(boite)
                return _texte(lignes, x, y - hauteur / 2, corps, "middle", ' font-weight="600"')
        return ""

    def bloc(self, lignes: Sequence[str], places: Sequence[tuple[float, float]], corps: float) -> str:
        """A name and its value under it, at the first free place; the value alone when there is no room for both."""
        nom, *valeur = lignes
        for ecrites in ([*couper(nom), *valeur], valeur):
            if not ecrites:
                continue
            largeur = max(len(ligne) for ligne in ecrites) * corps * 0.6
            hauteur = len(ecrites) * corps * 1.15
            # Away from the symbols when there is such a place.
            for obstacles in (self.reperes, []) if self.reperes else ([],):
                for x, y in places:
                    boite = (x - largeur / 2, y - hauteur / 2, x + largeur / 2, y + hauteur / 2)
                    if self._libre(boite, obstacles):
                        self.boites.append(boite)
                        return self._bloc(ecrites, len(valeur), x, y - hauteur / 2, corps)
        return ""

    def _bloc(self, lignes: Sequence[str], valeurs: int, x: float, haut: float, corps: float) -> str:
        noms = len(lignes) - valeurs
        bas = haut + noms * corps * 1.15
        gras = ' font-weight="700"'
        return _texte(lignes[:noms], x, haut, corps, "middle") + _texte(
            lignes[noms:], x, bas, corps * 1.08, "middle", gras
        )

    def pres_de(self, texte: str, x: float, y: float, corps: float, *, exige: bool) -> str:
        """A town name beside its point: right, left, above or below, away from the family shapes.

        With `exige` (the main towns), a name steps aside from a whole cluster of shapes; one that finds no place
        at all is written over them.
        """
        largeur, h = len(texte) * corps * 0.54, corps * 1.1
        # Close to its point, or a little farther when a family shape stands on the town itself.
        pres = [essai for ecart in (5.0, 9.0) for essai in _autour(x, y, largeur, h, ecart)]
        loin = [essai for ecart in ECARTS_LOIN for essai in _autour(x, y, largeur, h, ecart)]
        tours = [(pres, self.reperes), (loin, self.reperes), (pres, [])] if exige else [(pres, self.reperes)]
        for essais, obstacles in tours:
            for ancre, ax, boite in essais:
                if self._libre(boite, obstacles):
                    self.boites.append(boite)
                    return _texte([texte], ax, boite[1], corps, ancre)
        return ""

    def numero(self, texte: str, x: float, y: float, corps: float) -> str:
        """A rank in a list, in a pill as near as can be to its place, tied to it by a line when it had to move away.

        Always written: over the symbols when nothing around is free.
        """
        largeur, h = len(texte) * corps * 0.6 + 5, corps * 1.25
        essais = [(0.0, 0.0)]
        essais += [
            (rayon * math.cos(math.pi * pas / 8), rayon * math.sin(math.pi * pas / 8))
            for rayon in range(8, 140, 6)
            for pas in range(16)
        ]
        for dx, dy in essais:
            boite = (x + dx - largeur / 2, y + dy - h / 2, x + dx + largeur / 2, y + dy + h / 2)
            # Its own place was kept free of symbols, but for a corner perhaps.
            if self._libre(boite, self.reperes if dx or dy else ()):
                break
        else:
            dx, dy = 0.0, 0.0
            boite = (x - largeur / 2, y - h / 2, x + largeur / 2, y + h / 2)
        self.boites.append(boite)
        trait = ""
        if math.hypot(dx, dy) > h:
            trait = f'<path d="M{x:.1f},{y:.1f}L{x + dx:.1f},{y + dy:.1f}" stroke="{ENCRE}" stroke-width="0.6"/>'
        return (
            f'{trait}<rect x="{boite[0]:.1f}" y="{boite[1]:.1f}" width="{largeur:.1f}" height="{h:.1f}" '
            f'rx="{h / 2:.1f}" fill="#FFFFFF" stroke="{ENCRE}" stroke-width="0.6"/>'
            f'<text x="{x + dx:.1f}" y="{y + dy + corps * 0.35:.1f}" font-size="{corps:g}" font-weight="700" '
            f'text-anchor="middle" fill="{ENCRE}">{escape(texte)}</text>'
        )

    def rang(self, texte: str, x: float, y: float, corps: float) -> str:
        """The rank of a symbol, at its right."""
        largeur = len(texte) * corps * 0.6
        self.boites.append((x, y - corps / 2, x + largeur, y + corps / 2))
        return _texte([texte], x, y - corps * 0.56, corps, "start", ' font-weight="700"')

    def _libre(self, boite: Boite, obstacles: Sequence[Boite] = ()) -> bool:
        g, h, d, b = boite
        if g < 1 or h < 1 or d > self.projection.largeur - 1 or b > self.projection.hauteur - 1:
            return False
        return all(d < g2 or g > d2 or b < h2 or h > b2 for g2, h2, d2, b2 in (*self.boites, *obstacles))


def _autour(x: float, y: float, largeur: float, h: float, ecart: float) -> list[tuple[str, float, Boite]]:
    """Where a name may stand around a point: (anchor, x of the anchor, box)."""
    return [
        ("start", x + ecart, (x + ecart, y - h / 2, x + ecart + largeur, y + h / 2)),
        ("end", x - ecart, (x - ecart - largeur, y - h / 2, x - ecart, y + h / 2)),
        ("middle", x, (x - largeur / 2, y - h - ecart + 1, x + largeur / 2, y - ecart + 1)),
        ("middle", x, (x - largeur / 2, y + ecart - 1, x + largeur / 2, y + h + ecart - 1)),
    ]


def _texte(lignes: Sequence[str], x: float, haut: float, corps: float, ancre: str, graisse: str = "") -> str:
    """Lines of text with a pale copy under them: `paint-order` is not known to PDF engines."""
    base = f'font-size="{corps:g}" text-anchor="{ancre}"{graisse}'
    sortie = []
    for peinture in (
        'stroke="#FFFFFF" stroke-width="3" stroke-linejoin="round" fill="#FFFFFF" aria-hidden="true"',
        f'fill="{ENCRE}"',
    ):
        for rang, ligne in enumerate(lignes):
            y = haut + corps * 0.92 + rang * corps * 1.15
            sortie.append(f'<text x="{x:.1f}" y="{y:.1f}" {base} {peinture}>{escape(ligne)}</text>')
    return "".join(sortie)


def couper(texte: str, largeur: int = 13) -> list[str]:
    """A name on two lines at most, cut at a blank or after a hyphen near its middle."""
    if len(texte) <= largeur:
        return [texte]
    coupes = [rang + 1 for rang, lettre in enumerate(texte) if lettre in " -" and 2 < rang < len(texte) - 3]
    if not coupes:
        return [texte]
    ici = min(coupes, key=lambda rang: abs(rang - len(texte) / 2))
    return [texte[:ici].strip(), texte[ici:].strip()]


def carte_svg(
    aires: Sequence[Aire],
    *,
    titre: str,
    description: str = "",
    largeur: int = 800,
    hauteur: int | None = None,
    cadre: tuple[float, float, float, float] | None = None,
    voisins: Iterable[BaseGeometry] = (),
    reperes: Sequence[Repere] = (),
    lieux: Sequence[Lieu] = (),
    corps: float = 13.0,
    taille_repere: float = 12.0,
    trait: str = TRAIT,
    calque: Calque | None = None,
    corps_numero: float = 9.0,
) -> str:
    """A map: neighbours, areas, the layer, points, then names, framed on the areas (or on `cadre`).

    `titre` and `description` are read by screen readers; sizes in pixels. Points with the same
    place are drawn in the order given. Raises ValueError when there is nothing to frame.
    """
    if cadre is None and not aires:
        raise ValueError("une carte sans aire demande un cadre")
    bornes = cadre or tuple(float(b) for b in shapely.total_bounds([aire.trace for aire in aires]))
    plein = calque is not None and calque.plein
    p = Projection((bornes[0], bornes[1], bornes[2], bornes[3]), largeur, hauteur, marge=0.0 if plein else 12.0)
    corps_svg = [f'<rect width="{p.largeur:g}" height="{p.hauteur:g}" fill="{MER}"/>']
    for trace in voisins:
        chemin = p.chemin(p.couper(trace))
        corps_svg.append(f'<path d="{chemin}" fill="{SOL_VOISIN}" stroke="{TRAIT_VOISIN}" stroke-width="0.8"/>')
    for aire in aires:
        nom = f"<title>{escape(aire.libelle)}</title>" if aire.libelle else ""
        peinture = f'fill={quoteattr(aire.couleur)} stroke="{aire.trait or trait}"'
        corps_svg.append(
            f'<path d="{p.chemin(p.couper(aire.trace))}" {peinture} '
            f'stroke-width="1.2" stroke-linejoin="round" fill-rule="evenodd">{nom}</path>'
        )
    if calque is not None:
        corps_svg.append(calque.svg(p, reperes))
    for repere in reperes:
        x, y = p.xy(repere.lat, repere.lon)
        forme = forme_svg(repere.forme, x, y, taille_repere, repere.couleur, titre=repere.titre)
        if repere.url:
            forme = f'<a href={quoteattr(repere.url)} aria-label={quoteattr(repere.titre)} tabindex="-1">{forme}</a>'
        corps_svg.append(forme)
    corps_svg.append(_noms(p, aires, lieux, reperes, corps, taille_repere, corps_numero))
    return document_svg(p, titre, description, "".join(corps_svg), lie=any(repere.url for repere in reperes))


def _noms(
    p: Projection,
    aires: Sequence[Aire],
    lieux: Sequence[Lieu],
    reperes: Sequence[Repere],
    corps: float,
    taille_repere: float,
    corps_numero: float,
) -> str:
    etiquettes = Etiquettes(p)
    for repere in reperes:
        x, y = p.xy(repere.lat, repere.lon)
        r = taille_repere / 2
        etiquettes.reperes.append((x - r, y - r, x + r, y + r))
    sortie = []
    for repere in (repere for repere in reperes if repere.numero):
        x, y = p.xy(repere.lat, repere.lon)
        sortie.append(etiquettes.rang(repere.numero, x + taille_repere * 0.6, y, corps_numero))
    for lieu in (lieu for lieu in lieux if lieu.numero):
        sortie.append(etiquettes.numero(lieu.numero, *p.xy(lieu.lat, lieu.lon), corps_numero))
    cles = any(lieu.numero for lieu in lieux)
    lieux = [lieu for lieu in lieux if not lieu.numero]
    # The roomiest areas first: their names are the least likely to be dropped.
    for aire in sorted((a for a in aires if a.libelle), key=lambda a: -a.trace.area):
        places = [p.xy(lat, lon) for lat, lon in places_du_nom(aire.trace)]
        sortie.append(etiquettes.sur_aire(aire.libelle, places, corps))
    for rang, lieu in enumerate(lieux):
        x, y = p.xy(lieu.lat, lieu.lon)
        nom = etiquettes.pres_de(lieu.nom, x, y, corps * 0.9, exige=rang < 3 and not cles)
        occupe = any(g <= x <= d and h <= y <= b for g, h, d, b in etiquettes.reperes)
        if nom and occupe:
            sortie.append(nom)
        elif nom:
            sortie.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{TEXTE_SECONDAIRE}"/>{nom}')
    return "".join(sortie)


def places_du_nom(trace: BaseGeometry, pas: int = 11) -> list[tuple[float, float]]:
    """Places (latitude, longitude) for a name in an area: its roomiest point, then others by distance to it."""
    partie = max(shapely.get_parts(trace), key=lambda polygone: polygone.area)
    lon, lat = shapely.get_coordinates(shapely.maximum_inscribed_circle(partie, tolerance=0.005))[0]
    ouest, sud, est, nord = partie.bounds
    xs, ys = np.meshgrid(np.linspace(ouest, est, pas), np.linspace(sud, nord, pas))
    dedans = shapely.contains_xy(partie, xs, ys)
    autres = sorted(
        zip(ys[dedans].tolist(), xs[dedans].tolist(), strict=True),
        key=lambda place: math.hypot(place[0] - lat, (place[1] - lon) * math.cos(math.radians(lat))),
    )
    return [(float(lat), float(lon)), *autres]


def document_svg(p: Projection, titre: str, description: str, contenu: str, *, lie: bool = False) -> str:
    desc = f"<desc>{escape(description)}</desc>" if description else ""
    role = "group" if lie else "img"
    return _HORS_XML.sub(
        "",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {p.largeur:g} {p.hauteur:g}" '
        f'width="{p.largeur:g}" height="{p.hauteur:g}" role="{role}" font-family="{POLICE}">'
        f"<title>{escape(titre)}</title>{desc}{contenu}</svg>",
    )
