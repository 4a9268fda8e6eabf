"""Which offers reach a place: the one rule of rayonnement, as SQL that both databases understand.

Five kinds: communes by name, a radius around the offering structure, bassins, départements, the
région of the offering structure. A place is the commune of the structure in need; for a radius
the distance is from the offering structure to the commune's centroid (architecture.md).
"""

import math
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, FloatField, Model, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import ASin, Coalesce, Cos, Least, Power, Radians, Sin, Sqrt

RAYON_TERRE_KM = 6371.0088
RAYON_MAX_KM = 300
# One degree of latitude; a degree of longitude is cos(lat) times that.
KM_PAR_DEGRE = math.pi * RAYON_TERRE_KM / 180
# Cosine of 60° N: the box stays large enough anywhere in metropolitan France.
COSINUS_PRUDENT = 0.5

# Where the offering structure is: its own point, else the centroid of its commune.
LAT_OFFREUR = Coalesce(F("structure__lat"), F("structure__commune__lat"), output_field=FloatField())
LON_OFFREUR = Coalesce(F("structure__lon"), F("structure__commune__lon"), output_field=FloatField())


@dataclass(frozen=True)
class Lieu:
    """A place, as SQL values."""

    commune: Any
    bassin: Any
    departement: Any
    region: Any
    lat: Combinable
    lon: Combinable


def distance_km(lat: Combinable, lon: Combinable) -> Combinable:
    """Great-circle distance (haversine, km) from the offering structure to a point (degrees)."""
    return entre(LAT_OFFREUR, LON_OFFREUR, lat, lon)


def entre(lat1: Combinable, lon1: Combinable, lat2: Combinable, lon2: Combinable) -> Combinable:
    """The same between any two points of a query (degrees → km)."""
    demi_lat = Sin((Radians(lat2) - Radians(lat1)) / 2.0)
    demi_lon = Sin((Radians(lon2) - Radians(lon1)) / 2.0)
    corde = Power(demi_lat, 2) + Cos(Radians(lat1)) * Cos(Radians(lat2)) * Power(demi_lon, 2)
    # Rounding may give 1.0000000000000002, outside the arc sine.
    return Value(2 * RAYON_TERRE_KM) * ASin(Least(Value(1.0), Sqrt(corde)))


def dans_le_rayon(lieu: Lieu) -> Q:
    """Condition of the « rayon » kind; needs the alias `distance_km`. The box spares most arcs."""
    hauteur = F("rayon_km") / Value(KM_PAR_DEGRE, output_field=FloatField())
    largeur = hauteur / Value(COSINUS_PRUDENT)
    return Q(
        rayonnement="rayon",
        lat_offreur__gte=lieu.lat - hauteur,
        lat_offreur__lte=lieu.lat + hauteur,
        lon_offreur__gte=lieu.lon - largeur,
        lon_offreur__lte=lieu.lon + largeur,
        distance_km__lte=F("rayon_km"),
    )


def atteint(lieu: Lieu, *, communes: type[Model], bassins: type[Model], departements: type[Model]) -> Q:
    """The five kinds together. The three models are the through tables of the offer."""

    def lie(table: type[Model], champ: str, valeur: Any) -> Exists:
        return Exists(table._default_manager.filter(offre=OuterRef("pk"), **{champ: valeur}))

    return (
        (Q(rayonnement="communes") & Q(lie(communes, "commune_id", lieu.commune)))
        | (Q(rayonnement="bassins") & Q(lie(bassins, "bassin_id", lieu.bassin)))
        | (Q(rayonnement="departements") & Q(lie(departements, "departement_id", lieu.departement)))
        | Q(rayonnement="region", structure__commune__departement__region_id=lieu.region)
        | dans_le_rayon(lieu)
    )


def a_vol_d_oiseau(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The same distance between two points (degrees → km), in Python: tests and words."""
    demi_lat = math.sin(math.radians(lat2 - lat1) / 2)
    demi_lon = math.sin(math.radians(lon2 - lon1) / 2)
    corde = demi_lat**2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * demi_lon**2
    return 2 * RAYON_TERRE_KM * math.asin(min(1.0, math.sqrt(corde)))
