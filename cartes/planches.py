"""Maps that leave the portal as images: with their title, what they show in words, their legend and source.

WeasyPrint draws (the same closed fetcher and typeface as every document), PDFium turns the page into
pixels: no font of the machine, no system library, the same picture everywhere.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from textwrap import wrap
from typing import TYPE_CHECKING, cast
from xml.sax.saxutils import escape

from cartes.calques import Calques
from cartes.classes import AUCUNE_DONNEE, Classe
from cartes.dessin import NON_COUVERT, hachures
from offres.dessins import carte_des_structures, repere
from socle.documents import RenduRefuse, rendre_html
from socle.templatetags.typographie import jour
from structures.models import Structure
from structures.referentiel import FAMILLES, Famille
from structures.territoires.dessin import ENCRE, POLICE, TEXTE_SECONDAIRE, Lieu, forme_svg
from structures.territoires.fonds import ATTRIBUTION

if TYPE_CHECKING:
    from PIL import Image

PNG = "image/png"
# Width of the images in pixels (the SVG's own is half of it: twice as fine).
FINESSE = 2.0
MARGE, TITRE, LIGNE, INTERLIGNE = 16, 46, 22, 18
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


def planche_du_service(
    carte: str,
    titre: str,
    classes: Sequence[Classe],
    quand: datetime,
    couches: Collection[str],
    *,
    autres: Sequence[tuple[str, str]] = (),
    mots: str = "",
) -> str:
    """The same for the map of a service: situations, then what its `couches` (`service.COUCHES`) show, then `autres`.

    `mots`: what is drawn besides, written under the title.
    """
    signes = [
        (f'<rect width="14" height="14" rx="2" fill="{c.couleur}" stroke="#8C8271"/>', c.libelle) for c in classes
    ]
    dessins = {
        "offres": (forme_svg("cercle", 7, 7, 11, ENCRE), "une offre"),
        "besoins": (forme_svg("triangle", 7, 7, 12, NON_COUVERT), "un besoin"),
        "hors": (
            f'{hachures("manque-legende", "#FFFFFF", NON_COUVERT)}<rect width="14" height="14" '
            f'fill="url(#manque-legende)" stroke="{NON_COUVERT}"/>',
            "communes qu’aucune offre n’atteint",
        ),
    }
    signes += [dessin for cle, dessin in dessins.items() if cle in couches]
    return _encadrer(carte, titre, [*signes, *autres], quand, mots)


def planche_des_familles(
    carte: str,
    titre: str,
    presentes: Sequence[Signe],
    quand: datetime,
    *,
    autres: Sequence[tuple[str, str]] = (),
    mots: str = "",
) -> str:
    """The same for a map of structures: the legend is the families and how many, then `autres` (symbol, words).

    `mots`: what is shown, written under the title.
    """
    signes = [
        (forme_svg(s.famille.forme, 7, 7, 13, s.famille.couleur), f"{s.famille.libelle} ({s.nombre})")
        for s in presentes
    ]
    return _encadrer(carte, titre, [*signes, *autres], quand, mots)


def _encadrer(carte: str, titre: str, signes: Sequence[tuple[str, str]], quand: datetime, mots: str = "") -> str:
    largeur, hauteur = mesures(carte)
    legende, haut_legende = _legende(signes, largeur - 2 * MARGE)
    lignes = wrap(mots, int((largeur - 2 * MARGE) / 6.5), break_long_words=True) if mots else []
    entete = TITRE + INTERLIGNE * len(lignes) + (6 if lignes else 0)
    dits = "".join(
        f'<text x="{MARGE}" y="{TITRE + 4 + INTERLIGNE * rang}" font-size="13" fill="{ENCRE}">{escape(ligne)}</text>'
        for rang, ligne in enumerate(lignes)
    )
    sources = wrap(f"PCTI Normandie, {jour(quand)}. {ATTRIBUTION}.", int((largeur - 2 * MARGE) / 5.7))
    total = entete + hauteur + 12 + haut_legende + LIGNE + 6 + 15 * (len(sources) - 1)
    peinture = f'font-size="11" fill="{TEXTE_SECONDAIRE}"'
    dites = "".join(
        f'<text x="{MARGE}" y="{total - 9 - 15 * rang:g}" {peinture}>{escape(ligne)}</text>'
        for rang, ligne in enumerate(reversed(sources))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {largeur:g} {total:g}" width="{largeur:g}" '
        f'height="{total:g}" role="img" font-family="{POLICE}"><title>{escape(titre)}</title>'
        f'<rect width="{largeur:g}" height="{total:g}" fill="#FFFFFF"/>'
        f'<text x="{MARGE}" y="30" font-size="20" font-weight="700" fill="{ENCRE}">{escape(titre)}</text>'
        f"{dits}"
        f'<svg y="{entete}" width="{largeur:g}" height="{hauteur:g}" viewBox="0 0 {largeur:g} {hauteur:g}">'
        f"{_dedans(carte)}</svg>"
        f'<g transform="translate({MARGE},{entete + hauteur + 12:g})">{legende}</g>'
        f"{dites}</svg>"
    )


def mesures(svg: str) -> tuple[float, float]:
    """Width and height of a drawing of ours."""
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

    largeur, hauteur = mesures(svg)
    html = (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Carte</title><style>'
        f"@page {{ size: {largeur:g}px {hauteur:g}px; margin: 0 }} img {{ display: block; width: {largeur:g}px }}"
        '</style></head><body><img src="doc:carte.svg" alt="Carte"></body></html>'
    )
    dessin = svg.replace(POLICE, "Spectral, serif")
    try:
        pdf = _en_pdf(html, dessin)
    except RenduRefuse as refus:
        if not refus.signes:
            raise
        # Somebody's words on the image: « ? » stands for a sign that no font draws (an emoji).
        pdf = _en_pdf(html, dessin.translate(dict.fromkeys(map(ord, refus.signes), "?")))
    with _VERROU:
        document = pypdfium2.PdfDocument(pdf)
        try:
            # A pixel of CSS is three quarters of a point.
            image = document[0].render(scale=finesse / 0.75).to_pil()
        finally:
            document.close()
    flux = io.BytesIO()
    _en_couleurs_exactes(image.convert("RGB")).save(flux, "PNG", optimize=True)
    return flux.getvalue()


def _en_pdf(html: str, dessin: str) -> bytes:
    return rendre_html(html, actifs={"carte.svg": ("image/svg+xml", dessin.encode())}).pdf


def _en_couleurs_exactes(image: Image.Image) -> Image.Image:
    """With the 256 colours it uses most, a third of the weight: a palette that is made up mixes those of families."""
    from PIL import Image

    comptes = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    palette = Image.new("P", (1, 1))
    plate = [ton for _, couleur in comptes[:256] for ton in cast("tuple[int, int, int]", couleur)]
    palette.putpalette(plate + plate[:3] * (256 - len(plate) // 3))
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


# ------------------------------------------------------------------------------- one bassin


# Width of an image in pixels, unless it is that of a screen (`vue`).
LARGEUR = 900
# Of the symbols that would otherwise stand far from their place.
PETITS = 8.5
# Seen from so far that they must lie over one another, each at its place.
POINTS = 6.0


def carte_du_bassin(
    structures: Sequence[Structure],
    calques: Calques,
    largeur: int = LARGEUR,
    *,
    numeros: Sequence[str] = (),
    numerotes: Sequence[Lieu] = (),
    corps_numero: float = 9.0,
    liens: bool = False,
) -> str:
    """The structures of a bassin on its map, and what is drawn with them (SVG).

    `numeros`: what a list calls each structure; `numerotes`: or its communes. `liens`: symbols lead to their pages.
    """
    points = [
        repere(s, f"{s.nom}, {s.commune.nom}", s.get_absolute_url() if liens else "", numero)
        for s, numero in zip(structures, numeros or repeat(""), strict=False)
    ]
    bassin = calques.bassin
    serres = calques.serres(len(points))
    taille = POINTS if serres else taille_des_signes(len(points), largeur)
    return carte_des_structures(
        points, bassin, f"Structures du bassin d’emploi {bassin.nom}", largeur, calque=calques.calque(),
        numerotes=numerotes, corps_numero=corps_numero, taille=taille,
        a_leur_place=serres,
    )  # fmt: skip


def taille_des_signes(nombre: int, largeur: int) -> float:
    """In pixels: smaller when there are so many that those of a town would stand far from their place."""
    return 12.0 if nombre <= largeur / 6 else PETITS


def familles(structures: Iterable[Structure]) -> list[Signe]:
    """The families that are there, in the order of the reference list."""
    comptes = Counter(structure.famille.slug for structure in structures)
    return [Signe(famille, comptes[slug]) for slug, famille in FAMILLES.items() if comptes[slug]]
