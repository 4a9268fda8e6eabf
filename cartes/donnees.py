"""Map data (GeoJSON, RFC 7946) and the tokens that say whether it has changed.

Public content only: no offer, no need, no person's name. So the same bytes go to everybody and a
cache may keep them; what signed-in partners may see comes with the card of a structure.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max, Sum
from django.db.models.functions import Length

from structures.models import Structure, StructureQuerySet
from structures.territoires import fonds
from structures.territoires.geojson import collection
from structures.territoires.models import Contour

# Part of every token: to be changed with the shape of the features, so that no cache mixes two shapes.
FORMAT = "1"


@dataclass(frozen=True)
class Cadre:
    """A box of longitudes and latitudes, in degrees (WGS84)."""

    ouest: float
    sud: float
    est: float
    nord: float

    @classmethod
    def lire(cls, texte: str) -> Cadre:
        """Read « ouest,sud,est,nord ». Raises ValueError with a sentence that can be shown."""
        morceaux = texte.split(",")
        if len(morceaux) != 4:
            raise ValueError("Le cadre s’écrit avec quatre nombres\u00a0: bbox=ouest,sud,est,nord.")
        try:
            ouest, sud, est, nord = (float(morceau) for morceau in morceaux)
        except ValueError:
            raise ValueError("Le cadre ne contient que des nombres, avec un point pour les décimales.") from None
        if not all(math.isfinite(borne) for borne in (ouest, sud, est, nord)):
            raise ValueError("Le cadre ne contient que des nombres finis.")
        if not (-180 <= ouest <= 180 and -180 <= est <= 180 and -90 <= sud <= 90 and -90 <= nord <= 90):
            raise ValueError("Les longitudes vont de -180 à 180 et les latitudes de -90 à 90.")
        if ouest > est or sud > nord:
            raise ValueError("L’ouest doit précéder l’est, et le sud le nord.")
        return cls(ouest, sud, est, nord)

    def appliquer(self, structures: StructureQuerySet) -> StructureQuerySet:
        """The structures whose point is in the box."""
        return structures.filter(lon__gte=self.ouest, lon__lte=self.est, lat__gte=self.sud, lat__lte=self.nord)


def _jeton(*elements: object) -> str:
    return hashlib.sha256(repr((FORMAT, *elements)).encode()).hexdigest()[:24]


def jeton_contenu(corps: bytes) -> str:
    """Token of bytes already written."""
    return _jeton(corps)


def jeton_structures(structures: StructureQuerySet) -> str:
    """Token of a set of structures: changes when one is edited, added, closed, moved or renamed.

    A change of the bassins moves communes without touching the structures: the sum of the keys
    tells two sets of the same size apart, and the length of the names a commune renamed.
    """
    releve = structures.order_by().aggregate(
        nombre=Count("pk"),
        cles=Sum("pk"),
        modifie=Max("modifie_le"),
        noms=Sum(Length("commune__nom")),
        lieux=Sum("lat") + Sum("lon"),
    )
    lieux = round(releve["lieux"] or 0, 4)
    return _jeton(releve["nombre"], releve["cles"], releve["modifie"], releve["noms"], lieux)


def _element(structure: Structure) -> dict[str, Any]:
    return {
        "id": structure.pk,
        "geometry": f'{{"type":"Point","coordinates":[{structure.lon:.5f},{structure.lat:.5f}]}}',
        "properties": {
            "nom": structure.nom,
            "type": structure.type,
            "type_libelle": structure.type_libelle,
            "famille": structure.famille.slug,
            "famille_libelle": structure.famille.libelle,
            "commune": structure.commune.nom,
            "code_commune": structure.commune_id,
            "code_postal": structure.code_postal,
            "approche": structure.point_approche,
            "fictive": structure.fictive,
            "url": structure.get_absolute_url(),
        },
    }


def structures_geojson(structures: StructureQuerySet) -> bytes:
    """Feature collection of structures that have a point (two tables, one query)."""
    return collection(_element(structure) for structure in structures.order_by("nom_recherche", "pk"))


def jeton_fond(code: str) -> str:
    """Token of the outlines of the communes of a bassin; part of their address."""
    releve = Contour.objects.filter(commune__bassin_id=code).aggregate(
        nombre=Count("pk"),
        tailles=Sum(Length("geojson")),
        noms=Sum(Length("commune__nom")),
        cles=Sum("pk"),
    )
    return _jeton(*releve.values())


@lru_cache(maxsize=64)
def communes_geojson(code: str, jeton: str) -> bytes:
    """Outlines of the communes of a bassin: the ground of its map when no tile server is there.

    Simplifying them takes about a tenth of a second: kept in memory for as long as `jeton` holds.
    """
    return fonds.communes_geojson(code)


def jeton_terres() -> str:
    """Token of the land around and of the départements."""
    releve = Contour.objects.filter(departement__isnull=False).aggregate(
        nombre=Count("pk"), tailles=Sum(Length("geojson")), cles=Sum("pk")
    )
    return _jeton(*releve.values())


@lru_cache(maxsize=2)
def terres_geojson(jeton: str) -> bytes:
    """Land around and départements, under every map of the région."""
    return fonds.fond_geojson()
