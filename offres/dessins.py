"""The map of a list of offers or needs, drawn by the server: where their structures are."""

import math
from collections.abc import Sequence
from dataclasses import replace

from offres.apercu import lieu_de
from structures.models import Structure
from structures.territoires.croquis import carte_bassin, carte_region
from structures.territoires.dessin import Calque, Lieu, Repere
from structures.territoires.models import Bassin

# The map of a list: its width and its points, in pixels; the région in degrees of longitude, about.
LARGEUR_LISTE, TAILLE_REPERE, ETENDUE_REGION = 900, 12, 4.0
# In sizes of a shape, from one to the next where many stand in one town: they must not touch.
PAS = 1.4
# The same when each has its number at its right.
PAS_NUMEROTE = 2.2
# A degree of latitude is longer than one of longitude: cosine of 49° N.
COSINUS = 0.656


def repere(structure: Structure, titre: str, url: str = "", numero: str = "") -> Repere:
    """A structure at its point, else at the centre of its commune; `numero`: its rank in a list, written beside it."""
    lat, lon = lieu_de(structure)
    famille = structure.famille
    return Repere(lat, lon, famille.forme, famille.couleur, titre, url, numero, str(structure.pk))


def carte_des_structures(
    reperes: Sequence[Repere],
    bassin: Bassin | None,
    titre: str,
    largeur: int = LARGEUR_LISTE,
    *,
    calque: Calque | None = None,
    numerotes: Sequence[Lieu] = (),
    corps_numero: float = 9.0,
    taille: float = TAILLE_REPERE,
    a_leur_place: bool = False,
) -> str:
    """The structures of a list, in their bassin or in the région (SVG, a constant number of queries).

    The narrower, the larger its names and symbols once on paper. `calque` and `numerotes` (towns whose number
    takes the place of their own): of a bassin only. `a_leur_place`: even if they cover one another.
    """
    ecart = taille * (PAS_NUMEROTE if any(point.numero for point in reperes) else PAS)
    if not reperes or a_leur_place:
        ecartes = list(reperes)
    elif bassin is not None and bassin.est is not None and bassin.ouest is not None:
        cadre = calque.cadre if calque is not None else None
        etendue = cadre[2] - cadre[0] if cadre else bassin.est - bassin.ouest
        ecartes = _ecarter(reperes, ecart * etendue / largeur, numerotes)
    else:
        ecartes = _ecarter(reperes, ecart * ETENDUE_REGION / largeur)
    if bassin is not None:
        return carte_bassin(
            bassin, ecartes, titre=titre, largeur=largeur, calque=calque, numerotes=numerotes,
            corps_numero=corps_numero, taille_repere=taille,
        )  # fmt: skip
    return carte_region(titre=titre, reperes=ecartes, largeur=largeur, taille_repere=TAILLE_REPERE)


def _ecarter(reperes: Sequence[Repere], pas: float, reserves: Sequence[Lieu] = ()) -> list[Repere]:
    """Points that would cover one another stand around their place, `pas` degrees of longitude apart.

    The first one stays where it is; the next ones take the first free place of rings of 6, 12, 18… places
    around theirs: the picture stays near the truth. `reserves` are places that none takes.
    """
    pris: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for reserve in reserves:
        lieu = (reserve.lon / pas, reserve.lat / pas / COSINUS)
        pris.setdefault((round(lieu[0]), round(lieu[1])), []).append(lieu)
    # Where the last search of a square ended: a town with hundreds of structures isn't searched again from its centre.
    rangs: dict[tuple[int, int], int] = {}
    places = []
    for point in reperes:
        x, y = point.lon / pas, point.lat / pas / COSINUS
        depart = (round(x), round(y))
        rang = rangs.get(depart, 0)
        while not _libre(pris, lieu := _place(x, y, rang)):
            rang += 1
        rangs[depart] = rang
        pris.setdefault((round(lieu[0]), round(lieu[1])), []).append(lieu)
        places.append(replace(point, lon=lieu[0] * pas, lat=lieu[1] * pas * COSINUS))
    return places


def _place(x: float, y: float, rang: int) -> tuple[float, float]:
    """The place number `rang` around a point: 0 is the point, 1–6 the first ring, 7–18 the second…"""
    anneau = math.ceil((math.sqrt(12 * rang + 9) - 3) / 6)
    angle = 2 * math.pi * (rang - 1 - 3 * anneau * (anneau - 1)) / (6 * anneau) if anneau else 0.0
    return x + anneau * math.cos(angle), y + anneau * math.sin(angle)


def _libre(pris: dict[tuple[int, int], list[tuple[float, float]]], lieu: tuple[float, float]) -> bool:
    """Whether nothing stands at less than one step (a hair less: neighbours of a ring are at one step)."""
    colonne, ligne = round(lieu[0]), round(lieu[1])
    voisins = (p for dx in (-1, 0, 1) for dy in (-1, 0, 1) for p in pris.get((colonne + dx, ligne + dy), ()))
    return all(math.dist(lieu, voisin) > 0.9 for voisin in voisins)
