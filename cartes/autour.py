"""« Autour de » a town, a postal code or a position: what is within a radius, in this bassin and in the next."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from cartes.donnees import Cadre
from cartes.lignes import Ligne, lignes_de, trier_par_distance
from offres.couverture import KM_PAR_DEGRE, a_vol_d_oiseau
from structures.annuaire import lieux
from structures.models import Structure
from structures.territoires.models import Bassin, Commune

RAYONS = (5, 10, 20, 30, 50)
RAYON_USUEL = 20
# Of the bassins around: beyond, the page would weigh more than what anybody reads.
DEHORS_MAX = 300


@dataclass(frozen=True)
class Autour:
    """A place as somebody wrote it, what was understood, and a radius in km."""

    texte: str
    rayon_km: int
    reponse: lieux.Reponse

    @property
    def lieu(self) -> lieux.Lieu | None:
        return self.reponse.lieu


def lire(parametres: QueryDict) -> Autour | None:
    """The place asked by an address (`autour`, `rayon`), or None."""
    texte = " ".join(parametres.get("autour", "").replace("\x00", " ").split())[: lieux.TEXTE_MAX]
    if not texte:
        return None
    rayon = parametres.get("rayon", "")
    rayon_km = int(rayon) if rayon in {str(r) for r in RAYONS} else RAYON_USUEL
    return Autour(texte, rayon_km, lieux.situer(texte))


def point_de(structure: Structure) -> tuple[float, float]:
    """Where a structure is (degrees): its own point, else the centre of its commune."""
    if structure.lat is not None and structure.lon is not None:
        return structure.lat, structure.lon
    return structure.commune.lat, structure.commune.lon


def mesurer(lignes: Iterable[Ligne], lieu: lieux.Lieu) -> None:
    """Write on each line its distance from the place, as the crow flies, in metres."""
    for ligne in lignes:
        ligne.distance_m = round(a_vol_d_oiseau(lieu.lat, lieu.lon, *point_de(ligne.structure)) * 1000)


def dehors(autour: Autour, bassin: Bassin, *, partenaire: bool) -> tuple[list[Ligne], bool]:
    """The structures of other bassins within the radius, nearest first, and whether some are left out."""
    if autour.lieu is None:
        return [], False
    lat, lon = autour.lieu.lat, autour.lieu.lon
    hauteur = autour.rayon_km / KM_PAR_DEGRE
    largeur = hauteur / max(math.cos(math.radians(lat)), 0.1)
    cadre = Cadre(lon - largeur, lat - hauteur, lon + largeur, lat + hauteur)
    proches = cadre.appliquer(Structure.objects.ouvertes()).exclude(commune__bassin=bassin.pk)
    mesures = sorted(
        (a_vol_d_oiseau(lat, lon, s_lat, s_lon), pk)
        for pk, s_lat, s_lon in proches.values_list("pk", "lat", "lon")
        if s_lat is not None and s_lon is not None
    )
    retenus = [pk for distance, pk in mesures if distance <= autour.rayon_km]
    lignes = lignes_de(Structure.objects.filter(pk__in=retenus[:DEHORS_MAX]), partenaire=partenaire)
    mesurer(lignes, autour.lieu)
    for ligne in lignes:
        ligne.dehors = True
    return trier_par_distance(lignes), len(retenus) > DEHORS_MAX


def bassin_du_lieu(lieu: lieux.Lieu | None) -> Bassin | None:
    """The bassin of a place that is a commune, when it has one in force."""
    if lieu is None or not lieu.code:
        return None
    commune = Commune.objects.select_related("bassin").filter(pk=lieu.code).first()
    return commune.bassin if commune and commune.bassin and commune.bassin.actif else None
