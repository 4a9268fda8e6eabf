"""The drawing of maps on the server: the région by classes, a bassin and its structures, as SVG.

One place for the page without script, the thumbnails, the images and the PDF. What costs (reading
outlines, simplifying them together, looking for the room of a name) is a `Trame`: computed once for
a version of the outlines and a size, kept in memory; a map then only writes colours and words.

No script, no style: the result goes as it is in a page, an `<img>` or a PDF.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry

from cartes.battements import version
from offres.apercu import lieu_de
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.chargement import terres_voisines, traces_communes
from structures.territoires.dessin import (
    MER,
    SOL,
    SOL_VOISIN,
    TRAIT_VOISIN,
    Etiquettes,
    Projection,
    document_svg,
    forme_svg,
    places_du_nom,
)
from structures.territoires.models import Bassin, Contour

# Half a pixel of a map 900 px wide over the région.
TOLERANCE = 0.006
TRAIT_BASSIN = "#FFFFFF"
TRAIT_SANS_DONNEE = "#8C8271"
HACHURES = "hachures"
NON_COUVERT = "#B8432B"


@dataclass(frozen=True)
class Zone:
    """How a bassin is painted: colour (or hatches), the value written on it, its sentence, where it leads."""

    couleur: str
    valeur: str = ""
    phrase: str = ""
    url: str = ""
    hachuree: bool = False


@dataclass(frozen=True)
class Trame:
    """The bassins of the région ready to be painted."""

    projection: Projection
    fond: str
    # Code → name, path, places of its name (pixels), area (degrees): the roomiest are named first.
    noms: Mapping[str, str]
    chemins: Mapping[str, str]
    places: Mapping[str, Sequence[tuple[float, float]]]
    aires: Mapping[str, float]


def trame_region(largeur: int = 900) -> Trame | None:
    """The région, or None when no outline is loaded. One query when nothing has changed, four else."""
    return _trame_region(largeur, version(["territoires"]))


@lru_cache(maxsize=8)
def _trame_region(largeur: int, jeton: str) -> Trame | None:
    lignes = Bassin.objects.de_la_region().filter(trace__isnull=False).values_list("code", "nom", "trace__geojson")
    lus = {code: (nom, contours.depuis_geojson(texte)) for code, nom, texte in lignes}
    if not lus:
        return None
    traces = contours.simplifier({code: trace for code, (_, trace) in lus.items()}, TOLERANCE)
    p = Projection(_bornes(traces.values()), largeur)
    return Trame(
        p,
        _fond(p, TOLERANCE),
        {code: nom for code, (nom, _) in lus.items()},
        {code: p.chemin(trace) for code, trace in traces.items()},
        {code: [p.xy(lat, lon) for lat, lon in places_du_nom(trace)] for code, trace in traces.items()},
        {code: trace.area for code, trace in traces.items()},
    )


def _bornes(traces: Iterable[BaseGeometry]) -> tuple[float, float, float, float]:
    ouest, sud, est, nord = (float(b) for b in shapely.total_bounds(list(traces)))
    return ouest, sud, est, nord


def _fond(p: Projection, tolerance: float) -> str:
    """The sea, the land around, the départements: two paths."""
    lignes = Contour.objects.filter(departement__isnull=False).values_list("departement_id", "geojson")
    departements = {str(code): contours.depuis_geojson(texte) for code, texte in lignes}
    simples = contours.simplifier(departements, tolerance) if departements else {}
    terre = p.chemin(p.couper(terres_voisines()))
    bords = "".join(p.chemin(p.couper(trace)) for trace in simples.values())
    return (
        f'<rect width="{p.largeur:g}" height="{p.hauteur:g}" fill="{MER}"/>'
        f'<path d="{terre}" fill="{SOL_VOISIN}"/>'
        f'<path d="{bords}" fill="{SOL_VOISIN}" stroke="{TRAIT_VOISIN}" stroke-width="0.8"/>'
    )


def hachures(identifiant: str = HACHURES, fond: str = "#F4F1EB", trait: str = "#C2B7A3") -> str:
    """Oblique lines: « no data » is said without a colour."""
    return (
        f'<defs><pattern id="{identifiant}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="7" height="7" fill="{fond}"/>'
        f'<path d="M0,0v7" stroke="{trait}" stroke-width="2.5"/></pattern></defs>'
    )


def carte_des_bassins(
    zones: Mapping[str, Zone],
    *,
    titre: str,
    description: str = "",
    largeur: int = 900,
    corps: float = 13.0,
    noms: bool = True,
    dessus: str = "",
    reperes: Sequence[Symbole] = (),
    identifiant: str = HACHURES,
) -> str:
    """The région, each bassin painted as its zone says (hatched when it has none).

    `dessus`, then `reperes`, are drawn between the colours and the names. `identifiant` tells two drawings of a page
    apart. A drawing that leads somewhere is out of the tab order: the table beside it leads there too.
    """
    trame = trame_region(largeur)
    if trame is None:
        return _vide(titre, largeur)
    peints = []
    for code, chemin in trame.chemins.items():
        zone = zones.get(code, Zone("", phrase="aucune donnée", hachuree=True))
        plein = f"url(#{identifiant})" if zone.hachuree else zone.couleur
        trait = TRAIT_SANS_DONNEE if zone.hachuree or zone.couleur.upper() == SOL.upper() else TRAIT_BASSIN
        bulle = f"<title>{escape(_bulle(trame.noms[code], zone))}</title>"
        forme = (
            f'<path d="{chemin}" fill={quoteattr(plein)} stroke="{trait}" stroke-width="1.2" '
            f'stroke-linejoin="round" fill-rule="evenodd">{bulle}</path>'
        )
        if zone.url:
            nom = quoteattr(_bulle(trame.noms[code], zone))
            forme = f'<a href={quoteattr(zone.url)} aria-label={nom} tabindex="-1">{forme}</a>'
        peints.append(forme)
    contenu = [hachures(identifiant), trame.fond, *peints, dessus, *(repere.svg(TAILLE) for repere in reperes)]
    if noms:
        contenu.append(_ecrire(trame, zones, corps, reperes))
    lie = any(zone.url for zone in zones.values())
    return document_svg(trame.projection, titre, description, "".join(contenu), lie=lie)


def _bulle(nom: str, zone: Zone) -> str:
    return f"{nom}\u00a0: {zone.phrase}" if zone.phrase else nom


def _ecrire(trame: Trame, zones: Mapping[str, Zone], corps: float, reperes: Sequence[Symbole]) -> str:
    """Values first (the map speaks of them), then the names that still find room, the roomiest bassin first."""
    etiquettes = Etiquettes(trame.projection)
    r = TAILLE / 2
    etiquettes.reperes = [(repere.x - r, repere.y - r, repere.x + r, repere.y + r) for repere in reperes]
    rangs = sorted(trame.chemins, key=lambda code: -trame.aires[code])
    ecrits = []
    for code in rangs:
        valeur = zones[code].valeur if code in zones else ""
        lignes = [trame.noms[code], valeur] if valeur else [trame.noms[code]]
        ecrits.append(etiquettes.bloc(lignes, trame.places[code], corps))
    return "".join(ecrits)


@dataclass(frozen=True)
class Symbole:
    """A structure drawn over the bassins: its place in pixels, its shape, what it does there."""

    x: float
    y: float
    forme: str
    couleur: str
    titre: str

    def svg(self, taille: float) -> str:
        return forme_svg(self.forme, self.x, self.y, taille, self.couleur, titre=self.titre)


TAILLE = 10.0


def symboles(lieux: Sequence[tuple[Structure, str, str, str]], largeur: int = 900) -> list[Symbole]:
    """Symbols for `carte_des_bassins`: (structure, what it does there, shape, colour).

    Those that would cover one another stand side by side, in rows of three: near the truth.
    """
    trame = trame_region(largeur)
    if trame is None:
        return []
    places: dict[tuple[int, int], int] = {}
    poses = []
    for structure, mot, forme, couleur in lieux:
        x, y = trame.projection.xy(*lieu_de(structure))
        case = (round(x / TAILLE), round(y / TAILLE))
        rang = places.get(case, 0)
        places[case] = rang + 1
        x, y = x + TAILLE * (rang % 3), y + TAILLE * (rang // 3)
        poses.append(Symbole(x, y, forme, couleur, f"{structure.nom}\u00a0: {mot}"))
    return poses


def _vide(titre: str, largeur: int) -> str:
    p = Projection((-2.0, 48.2, 1.8, 50.1), largeur)
    return document_svg(p, titre, "", f'<rect width="{p.largeur:g}" height="{p.hauteur:g}" fill="{MER}"/>')


def communes_en_aplat(codes: Iterable[str], largeur: int = 900, couleur: str = NON_COUVERT) -> str:
    """These communes as one area, to be put over `carte_des_bassins` of the same width (`dessus`)."""
    trame = trame_region(largeur)
    voulus = tuple(sorted(codes))
    if trame is None or not voulus:
        return ""
    return _aplat(voulus, largeur, couleur, version(["territoires"]))


@lru_cache(maxsize=32)
def _aplat(codes: tuple[str, ...], largeur: int, couleur: str, jeton: str) -> str:
    trame = _trame_region(largeur, jeton)
    traces = traces_communes(codes)
    if trame is None or not traces:
        return ""
    union = shapely.coverage_union_all(list(traces.values())).simplify(TOLERANCE / 2)
    return (
        f'<path d="{trame.projection.chemin(union)}" fill="url(#manque)" stroke="{couleur}" stroke-width="0.8" '
        f'fill-rule="evenodd" pointer-events="none"/>{hachures("manque", "none", couleur)}'
    )
