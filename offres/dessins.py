"""The map of a list of offers or needs, drawn by the server: where their structures are."""

import math
from collections.abc import Sequence
from dataclasses import replace

from offres.apercu import lieu_de
from structures.models import Structure
from structures.territoires.croquis import carte_bassin, carte_region
from structures.territoires.dessin import Repere
from structures.territoires.models import Bassin

# The map of a list: its width and its points, in pixels; the région in degrees of longitude, about.
LARGEUR_LISTE, TAILLE_REPERE, ETENDUE_REGION = 900, 12, 4.0
# From one shape to the next where many stand in one town: they must not touch.
PAS = 1.4 * TAILLE_REPERE
# A degree of latitude is longer than one of longitude: cosine of 49° N.
COSINUS = 0.656


def repere(structure: Structure, titre: str, url: str = "") -> Repere:
    """A structure at its point, else at the centre of its commune."""
    lat, lon = lieu_de(structure)
    return Repere(lat, lon, structure.famille.forme, structure.famille.couleur, titre, url)


def carte_des_structures(reperes: Sequence[Repere], bassin: Bassin | None, titre: str) -> str:
    """The structures of a list, in their bassin or in the région (SVG, a constant number of queries)."""
    if not reperes:
        ecartes: list[Repere] = []
    elif bassin is not None and bassin.est is not None and bassin.ouest is not None:
        ecartes = _ecarter(reperes, PAS * (bassin.est - bassin.ouest) / LARGEUR_LISTE)
    else:
        ecartes = _ecarter(reperes, PAS * ETENDUE_REGION / LARGEUR_LISTE)
    if bassin is not None:
        return carte_bassin(bassin, ecartes, titre=titre, largeur=LARGEUR_LISTE)
    return carte_region(titre=titre, reperes=ecartes, largeur=LARGEUR_LISTE, taille_repere=TAILLE_REPERE)


def _ecarter(reperes: Sequence[Repere], pas: float) -> list[Repere]:
    """Points that would cover one another stand around their place, `pas` degrees of longitude apart.

    Rings of 6, 12, 18… places around the first one: the picture stays near the truth.
    """
    groupes: dict[tuple[int, int], list[Repere]] = {}
    for point in reperes:
        groupes.setdefault((round(point.lat / pas), round(point.lon / pas)), []).append(point)
    places = []
    for groupe in groupes.values():
        for rang, point in enumerate(groupe):
            anneau = math.ceil((math.sqrt(12 * rang + 9) - 3) / 6)
            angle = 2 * math.pi * (rang - 1 - 3 * anneau * (anneau - 1)) / (6 * anneau) if anneau else 0.0
            lat = groupe[0].lat + pas * COSINUS * anneau * math.sin(angle)
            places.append(replace(point, lat=lat, lon=groupe[0].lon + pas * anneau * math.cos(angle)))
    return places
