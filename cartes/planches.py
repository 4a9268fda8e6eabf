"""Maps that leave the portal: an image with its title, legend and source; a bassin on one sheet of paper.

WeasyPrint draws (the same closed fetcher and typeface as every document), PDFium turns the page into
pixels: no font of the machine, no system library, the same picture everywhere.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from xml.sax.saxutils import escape

from cartes.classes import AUCUNE_DONNEE, Classe
from cartes.dessin import NON_COUVERT, hachures
from offres.dessins import carte_des_structures, repere
from socle.documents import DocumentRendu, rendre_html, rendre_pdf
from socle.recherche import normaliser
from socle.templatetags.typographie import jour, pluriel
from structures.models import Structure
from structures.referentiel import FAMILLES, Famille
from structures.territoires.dessin import ENCRE, POLICE, TEXTE_SECONDAIRE, forme_svg, icone_svg
from structures.territoires.fonds import ATTRIBUTION
from structures.territoires.models import Bassin

PNG = "image/png"
# Width of the images in pixels (the SVG's own is half of it: twice as fine).
FINESSE = 2.0
MARGE, TITRE, LIGNE = 16, 46, 22
# PDFium is not made for several threads.
_VERROU = threading.Lock()


@dataclass(frozen=True)
class Signe:
    """A family in the legend: its symbol's name, its words, how many."""

    famille: Famille
    nombre: int


def planche(carte: str, titre: str, classes: Sequence[Classe], quand: datetime) -> str:
    """A map with its title above, its legend and its source under it: an image that can go alone (SVG)."""
    signes = []
    for classe in classes:
        plein = "url(#hachures-legende)" if classe is AUCUNE_DONNEE else classe.couleur
        carre = f'<rect width="14" height="14" rx="2" fill="{plein}" stroke="#8C8271"/>'
        signes.append((carre, classe.libelle))
    return _encadrer(carte, titre, signes, quand)


def planche_du_service(carte: str, titre: str, classes: Sequence[Classe], quand: datetime) -> str:
    """The same for the map of a service: situations, symbols, unreached communes."""
    signes = [
        (f'<rect width="14" height="14" rx="2" fill="{c.couleur}" stroke="#8C8271"/>', c.libelle) for c in classes
    ]
    signes += [
        (forme_svg("cercle", 7, 7, 11, ENCRE), "une offre"),
        (forme_svg("triangle", 7, 7, 12, NON_COUVERT), "un besoin"),
        (
            f'{hachures("manque-legende", "#FFFFFF", NON_COUVERT)}<rect width="14" height="14" '
            f'fill="url(#manque-legende)" stroke="{NON_COUVERT}"/>',
            "communes qu’aucune offre n’atteint",
        ),
    ]
    return _encadrer(carte, titre, signes, quand)


def planche_des_familles(carte: str, titre: str, presentes: Sequence[Signe], quand: datetime) -> str:
    """The same for a map of structures: the legend is the families and how many."""
    signes = [
        (forme_svg(s.famille.forme, 7, 7, 13, s.famille.couleur), f"{s.famille.libelle} ({s.nombre})")
        for s in presentes
    ]
    return _encadrer(carte, titre, signes, quand)


def _encadrer(carte: str, titre: str, signes: Sequence[tuple[str, str]], quand: datetime) -> str:
    largeur, hauteur = _mesures(carte)
    legende, haut_legende = _legende(signes, largeur - 2 * MARGE)
    total = TITRE + hauteur + 12 + haut_legende + LIGNE + 6
    source = f"PCTI Normandie, {jour(quand)}. {ATTRIBUTION}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {largeur:g} {total:g}" width="{largeur:g}" '
        f'height="{total:g}" role="img" font-family="{POLICE}"><title>{escape(titre)}</title>'
        f'<rect width="{largeur:g}" height="{total:g}" fill="#FFFFFF"/>'
        f'<text x="{MARGE}" y="30" font-size="20" font-weight="700" fill="{ENCRE}">{escape(titre)}</text>'
        f'<svg y="{TITRE}" width="{largeur:g}" height="{hauteur:g}" viewBox="0 0 {largeur:g} {hauteur:g}">'
        f"{_dedans(carte)}</svg>"
        f'<g transform="translate({MARGE},{TITRE + hauteur + 12:g})">{legende}</g>'
        f'<text x="{MARGE}" y="{total - 9:g}" font-size="11" fill="{TEXTE_SECONDAIRE}">{escape(source)}</text></svg>'
    )


def _mesures(svg: str) -> tuple[float, float]:
    _, _, largeur, hauteur = svg.split('viewBox="', 1)[1].split('"', 1)[0].split()
    return float(largeur), float(hauteur)


def _dedans(svg: str) -> str:
    """What a drawing holds, without its own frame nor its title."""
    dedans = svg.split("</title>", 1)[1].rsplit("</svg>", 1)[0]
    return dedans.split("</desc>", 1)[1] if dedans.startswith("<desc>") else dedans


def _legende(signes: Sequence[tuple[str, str]], largeur: float) -> tuple[str, float]:
    """Symbols (14 pixels wide) and their words, line after line; the height they take."""
    x, y, ecrits = 0.0, 0.0, [hachures("hachures-legende")]
    for signe, mots in signes:
        besoin = 22 + len(mots) * 7 + 16
        if x and x + besoin > largeur:
            x, y = 0.0, y + LIGNE
        ecrits.append(
            f'<g transform="translate({x:g},{y:g})">{signe}'
            f'<text x="20" y="12" font-size="13" fill="{ENCRE}">{escape(mots)}</text></g>'
        )
        x += besoin
    return "".join(ecrits), y + LIGNE


def en_png(svg: str, finesse: float = FINESSE) -> bytes:
    """An SVG document of ours as PNG, `finesse` pixels for each of its own."""
    import pypdfium2

    largeur, hauteur = _mesures(svg)
    html = (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Carte</title><style>'
        f"@page {{ size: {largeur:g}px {hauteur:g}px; margin: 0 }} img {{ display: block; width: {largeur:g}px }}"
        '</style></head><body><img src="doc:carte.svg" alt="Carte"></body></html>'
    )
    dessin = svg.replace(POLICE, "Spectral, serif").encode()
    pdf = rendre_html(html, actifs={"carte.svg": ("image/svg+xml", dessin)}).pdf
    with _VERROU:
        document = pypdfium2.PdfDocument(pdf)
        try:
            # A pixel of CSS is three quarters of a point.
            image = document[0].render(scale=finesse / 0.75).to_pil()
        finally:
            document.close()
    flux = io.BytesIO()
    image.quantize(256).save(flux, "PNG", optimize=True)
    return flux.getvalue()


# ------------------------------------------------------------------------------- one bassin


# Of an image, and of a sheet: there the map is some 13 cm wide, and its names must be read.
LARGEUR, LARGEUR_PAPIER = 900, 560


def carte_du_bassin(bassin: Bassin, structures: Iterable[Structure], largeur: int = LARGEUR) -> str:
    """The structures of a bassin on its map (SVG)."""
    points = [repere(structure, f"{structure.nom}, {structure.commune.nom}") for structure in structures]
    return carte_des_structures(points, bassin, f"Structures du bassin d’emploi {bassin.nom}", largeur)


def familles(structures: Iterable[Structure]) -> list[Signe]:
    """The families that are there, in the order of the reference list."""
    comptes = Counter(structure.famille.slug for structure in structures)
    return [Signe(famille, comptes[slug]) for slug, famille in FAMILLES.items() if comptes[slug]]


# From airy to dense: a style of the list, and the greatest height of the map in millimetres.
DENSITES = (("aeree", 118), ("serree", 112), ("dense", 96), ("petite", 78), ("communes", 118))


def feuille_du_bassin(
    bassin: Bassin, structures: Sequence[Structure], quand: datetime, precision: str
) -> DocumentRendu:
    """The map, its legend and its list on one page (tagged, PDF/UA-1). `precision` says the filters in words.

    Beyond what one page can hold in a readable size, the list names the communes and how many
    structures each has; the addresses are in the CSV.
    """
    carte = carte_du_bassin(bassin, structures, LARGEUR_PAPIER).replace(POLICE, "Spectral, serif")
    actifs: dict[str, tuple[str, bytes]] = {}
    for famille in FAMILLES.values():
        icone = icone_svg(famille.forme, famille.couleur).replace(' aria-hidden="true"', "")
        actifs[f"signe-{famille.slug}.svg"] = ("image/svg+xml", icone.encode())
    largeur, hauteur = _mesures(carte)
    rangees = sorted(structures, key=lambda s: (normaliser(s.commune.nom), s.nom_recherche))
    communes = [(nom, list(groupe)) for nom, groupe in groupby(rangees, key=lambda s: s.commune.nom)]
    contexte = {
        "bassin": bassin,
        "familles": familles(structures),
        "communes": communes,
        "compte": pluriel(len(rangees), "structure,structures"),
        "precision": precision,
        "quand": quand,
        "attribution": ATTRIBUTION,
        "fictives": any(structure.fictive for structure in structures),
    }
    rendu = None
    for densite, haut in DENSITES:
        propre = {
            "densite": densite,
            "detaille": densite != "communes",
        }
        # The drawing carries its own size on paper: a document has no style of its own.
        large = min(178.0, haut * largeur / hauteur)
        taille = f'width="{large:.1f}mm" height="{large * hauteur / largeur:.1f}mm"'
        mesuree = carte.replace(f'width="{largeur:g}" height="{hauteur:g}"', taille, 1)
        actifs["carte.svg"] = ("image/svg+xml", mesuree.encode())
        rendu = rendre_pdf(
            "documents/carte.html",
            {**contexte, **propre},
            titre=f"Carte du bassin d’emploi {bassin.nom}",
            cree_le=quand,
            actifs=actifs,
            feuilles=["documents/carte.css"],
            auteur="PCTI Normandie",
        )
        if rendu.pages == 1:
            break
    assert rendu is not None  # noqa: S101 - the loop runs
    return rendu
