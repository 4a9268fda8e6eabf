"""A bassin on one sheet of paper: its map, the legend, the list. Always one A4 page (PDF/UA-1).

The map and the list share their numbers: one for each structure while they can be told apart on the
map, then one for each commune. The more structures, the closer the list: columns, then names one after
the other under their commune, never under 6.5 points. What still doesn't fit is counted by commune,
and the sheet says where the whole list is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.urls import reverse

from cartes.calques import ECARTES, Calques
from cartes.planches import carte_du_bassin, familles, mesures
from socle.documents import DocumentRendu, rendre_texte_saisi
from socle.recherche import normaliser
from socle.templatetags.typographie import pluriel
from structures.models import Structure
from structures.referentiel import FAMILLES
from structures.territoires.dessin import POLICE, Lieu, icone_svg
from structures.territoires.fonds import ATTRIBUTION
from structures.territoires.models import Commune

# The map is some 13 cm wide on paper: drawn narrow, its names are large enough to be read.
LARGEUR = 560
# Width of what is printed, and of a map that leaves room for the legend beside it (mm).
LARGE, PARTAGE = 178.0, 118.0
# Beyond, symbols of one town are too many for numbers of their own.
NUMEROTEES = 60
# Height of the figures on the map, in millimetres: 6.5 points.
CHIFFRE = 2.3


@dataclass(frozen=True)
class Densite:
    """A style of the list, the greatest height of the map (mm), the size of its letters (points)."""

    nom: str
    haut: float
    corps: float = 0.0

    @property
    def detaillee(self) -> bool:
        """Whether structures are named one by one."""
        return self.nom != "communes"

    @property
    def classe(self) -> str:
        """« suivie corps-76 »."""
        return f"{self.nom} corps-{self.corps * 10:.0f}" if self.corps else self.nom

    def vaut_un_essai(self, groupes: Sequence[Groupe]) -> bool:
        """Whether the list has a chance to fit: a page is drawn in a second, a sum costs nothing."""
        if not self.corps:
            return True
        em = self.corps * 0.3528
        lettres = sum(len(s.nom) + 4 for groupe in groupes for _, s in groupe.structures)
        tete, large, haute = (28, 190.0, 236.0) if self.nom == "tassee" else (48, LARGE, 228.0)
        besoin = lettres * 0.47 * em * 1.16 * em + len(groupes) * tete * em * 1.16 * em
        return besoin < large * (haute - self.haut)


UNE_A_UNE = (Densite("aeree", 118), Densite("serree", 112), Densite("dense", 88))
SUIVIES = tuple(
    Densite("suivie", haut, corps) for haut, corps in ((112, 7.6), (98, 7.6), (98, 7), (88, 7), (84, 6.5), (72, 6.5))
)
TASSEES = (Densite("tassee", 84, 6.5), Densite("tassee", 70, 6.5), Densite("tassee", 58, 6.5))
# Where there is room to name cooperations too, and how many.
LISTENT_LES_LIENS, LIENS_MAX = ("aeree", "serree"), 8
# The last resort, for any number.
COMMUNES = (Densite("communes", 118), Densite("communes", 80))


@dataclass(frozen=True)
class Groupe:
    """A commune of the list: its number on the map (empty when its structures have theirs), its structures."""

    commune: Commune
    numero: str
    structures: Sequence[tuple[str, Structure]]


def grouper(structures: Iterable[Structure], *, une_a_une: bool) -> list[Groupe]:
    """By commune, as a French reader sorts; numbers follow the list."""
    rangees = sorted(structures, key=lambda s: (normaliser(s.commune.nom), s.commune_id, s.nom_recherche))
    groupes, rang = [], 0
    for numero, (_, groupe) in enumerate(groupby(rangees, key=lambda s: s.commune_id), 1):
        siennes = []
        for structure in groupe:
            rang += 1
            siennes.append((str(rang) if une_a_une else "", structure))
        groupes.append(Groupe(siennes[0][1].commune, "" if une_a_une else str(numero), siennes))
    return groupes


def feuille_du_bassin(
    structures: Sequence[Structure], calques: Calques, quand: datetime, precision: str
) -> DocumentRendu:
    """The sheet. `precision` says the filters in words; `calques` what is drawn besides the structures."""
    groupes = grouper(structures, une_a_une=len(structures) <= NUMEROTEES)
    bassin = calques.bassin
    signes = calques.signes()
    contexte = {
        "bassin": bassin,
        "familles": familles(structures),
        "groupes": groupes,
        "une_a_une": len(structures) <= NUMEROTEES,
        "compte": pluriel(len(structures), "structure,structures"),
        "precision": precision,
        "signes": [mots for _, mots in signes],
        "phrases": [*calques.phrases(), ECARTES] if len(structures) > 1 else calques.phrases(),
        "liens": calques.liens or [],
        "quand": quand,
        "attribution": ATTRIBUTION,
        "adresse": settings.PCTI_URL + reverse("cartes:bassin", args=[bassin.code]),
        "fictives": any(structure.fictive for structure in structures),
    }
    actifs = _icones()
    for rang, (dessin, _) in enumerate(signes, 1):
        entier = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="-1 -1 16 16">' + dessin + "</svg>"
        )
        actifs[f"calque-{rang}.svg"] = ("image/svg+xml", entier.encode())
    essais = UNE_A_UNE if contexte["une_a_une"] else (*SUIVIES, *TASSEES)
    rendu = None
    for densite in (*(e for e in essais if e.vaut_un_essai(groupes)), *COMMUNES):
        rendu = _rendre(densite, contexte, actifs, groupes, calques)
        if rendu.pages == 1:
            break
    assert rendu is not None  # noqa: S101 - the loop runs
    return rendu


def _icones() -> dict[str, tuple[str, bytes]]:
    icones = {}
    for famille in FAMILLES.values():
        icone = icone_svg(famille.forme, famille.couleur).replace(' aria-hidden="true"', "")
        icones[f"signe-{famille.slug}.svg"] = ("image/svg+xml", icone.encode())
    return icones


def _rendre(
    densite: Densite,
    contexte: dict[str, Any],
    actifs: dict[str, tuple[str, bytes]],
    groupes: Sequence[Groupe],
    calques: Calques,
) -> DocumentRendu:
    carte, large, haut = _carte(densite, groupes, calques)
    # The drawing carries its own size on paper: a document has no style of its own.
    largeur, hauteur = mesures(carte)
    taille = f'width="{large:.1f}mm" height="{haut:.1f}mm"'
    mesuree = carte.replace(f'width="{largeur:g}" height="{hauteur:g}"', taille, 1)
    bassin = calques.bassin
    return rendre_texte_saisi(
        "documents/carte.html",
        {
            **contexte,
            "densite": densite,
            "a_cote": large <= PARTAGE,
            "liens_listes": densite.nom in LISTENT_LES_LIENS and len(contexte["liens"]) <= LIENS_MAX,
        },
        titre=f"Carte du bassin d’emploi {bassin.nom}",
        cree_le=contexte["quand"],
        actifs={**actifs, "carte.svg": ("image/svg+xml", mesuree.encode())},
        feuilles=["documents/carte.css"],
        auteur="PCTI Normandie",
    )


def _carte(densite: Densite, groupes: Sequence[Groupe], calques: Calques) -> tuple[str, float, float]:
    """The drawing and its size on paper (mm): the size depends on the shape, the figures on the size."""
    rangees = [ligne for groupe in groupes for ligne in groupe.structures]
    lieux = [Lieu(g.commune.nom, g.commune.lat, g.commune.lon, g.numero) for g in groupes if g.numero]
    structures, numeros = [s for _, s in rangees], [numero for numero, _ in rangees]

    def dessiner(corps: float) -> str:
        return carte_du_bassin(
            structures, calques, LARGEUR, numeros=numeros, numerotes=lieux, corps_numero=corps,
        )  # fmt: skip

    carte = dessiner(9.0)
    largeur, hauteur = mesures(carte)
    large = min(LARGE, densite.haut * largeur / hauteur)
    if lieux or any(numeros):
        carte = dessiner(round(CHIFFRE * largeur / large, 1))
    return carte.replace(POLICE, "Spectral, serif"), large, large * hauteur / largeur
