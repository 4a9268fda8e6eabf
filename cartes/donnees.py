"""Map data (GeoJSON, RFC 7946).

Public content only: no offer, no need, no person's name. So the same bytes go to everybody and a
cache may keep them; what signed-in partners may see comes with the card of a structure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from structures.models import Structure, StructureQuerySet
from structures.territoires.geojson import collection

# What the structures of a map depend on.
DOMAINES = ("structures", "territoires")


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


def element(structure: Structure) -> dict[str, Any]:
    """A structure that has a point, for `geojson.collection`."""
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
    return collection(element(structure) for structure in structures.order_by("nom_recherche", "pk"))
