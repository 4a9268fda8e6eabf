"""Distances, boxes, projections, and the commune of a point. Latitudes and longitudes are WGS84 degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from django.db.models import Count, Max
from pyproj import Transformer

from structures.territoires.models import Commune, Contour

RAYON_TERRE_KM = 6371.0088
KM_PAR_DEGRE = RAYON_TERRE_KM * math.pi / 180
# A quay or an islet may lie outside the simplified outlines; farther than this, it is elsewhere.
TOLERANCE_KM = 2.0


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres (haversine on the mean sphere, within 0.5 %)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    dlat, dlon = phi2 - phi1, math.radians(lon2 - lon1)
    corde = math.sin(dlat / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(dlon / 2) ** 2
    return 2 * RAYON_TERRE_KM * math.asin(min(1.0, math.sqrt(corde)))


@dataclass(frozen=True)
class Cadre:
    """A box of longitudes and latitudes, in degrees."""

    ouest: float
    sud: float
    est: float
    nord: float

    def contient(self, lat: float, lon: float) -> bool:
        """True when the point is in the box, borders included."""
        return self.sud <= lat <= self.nord and self.ouest <= lon <= self.est


def cadre(lat: float, lon: float, rayon_km: float) -> Cadre:
    """Smallest box that holds the circle: the cheap filter before `distance_km`.

    Near a pole, or when the circle crosses the antimeridian, every longitude is kept.
    """
    angle = rayon_km / RAYON_TERRE_KM
    # A hair wider, so that rounding never leaves out a point on the circle.
    marge = math.degrees(angle) * (1 + 1e-9) + 1e-9
    sud, nord = max(-90.0, lat - marge), min(90.0, lat + marge)
    if sud <= -90 or nord >= 90 or angle >= math.pi / 2:
        return Cadre(-180.0, sud, 180.0, nord)
    delta = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(lat))))) * (1 + 1e-9) + 1e-9
    ouest, est = lon - delta, lon + delta
    if ouest < -180 or est > 180:
        return Cadre(-180.0, sud, 180.0, nord)
    return Cadre(ouest, sud, est, nord)


@lru_cache(maxsize=1)
def _depuis_lambert93() -> Transformer:
    return Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)


def lambert93_vers_wgs84(x: float, y: float) -> tuple[float, float]:
    """(latitude, longitude) of a point in Lambert 93 metres.

    Raises ValueError when the point cannot be in metropolitan France.
    """
    if not (-500_000 <= x <= 1_500_000 and 5_800_000 <= y <= 7_300_000):
        raise ValueError(f"coordonnées hors de la France métropolitaine : {x}, {y}")
    lon, lat = _depuis_lambert93().transform(x, y)
    return float(lat), float(lon)


class Situeur:
    """Commune of many points: outlines read once, then about a microsecond a point."""

    def __init__(self) -> None:
        lignes = Contour.objects.filter(commune__isnull=False).order_by("commune_id")
        couples = list(lignes.values_list("commune_id", "geojson"))
        self._codes = [str(code) for code, _ in couples]
        self._traces = shapely.from_geojson(np.array([texte for _, texte in couples], dtype=object))
        self._arbre = shapely.STRtree(self._traces)

    def code(self, lat: float, lon: float, tolerance_km: float = TOLERANCE_KM) -> str | None:
        """Insee code of the commune that holds the point, or of the nearest one within reach."""
        if not self._codes:
            return None
        point = shapely.Point(lon, lat)
        dedans = self._arbre.query(point, predicate="intersects")
        if len(dedans):
            # On a border, the smallest code: the same answer every time.
            return self._codes[int(dedans.min())]
        rang = int(self._arbre.nearest(point))
        proche = shapely.shortest_line(point, self._traces[rang]).coords[-1]
        return self._codes[rang] if distance_km(lat, lon, proche[1], proche[0]) <= tolerance_km else None


@lru_cache(maxsize=1)
def _situeur(marque: tuple[int, int]) -> Situeur:
    return Situeur()


def situeur() -> Situeur:
    """The shared locator; rebuilt when the outlines of communes have been reloaded."""
    marque = Contour.objects.filter(commune__isnull=False).aggregate(n=Count("id"), dernier=Max("id"))
    return _situeur((marque["n"], marque["dernier"] or 0))


def oublier() -> None:
    """Drop the shared locator: the outlines have changed."""
    _situeur.cache_clear()


def situer(lat: float, lon: float, tolerance_km: float = TOLERANCE_KM) -> Commune | None:
    """Commune of a point, with its bassin loaded; the nearest one for a point at sea close by."""
    code = situeur().code(lat, lon, tolerance_km)
    if code is None:
        return None
    return Commune.objects.select_related("bassin").filter(pk=code).first()
