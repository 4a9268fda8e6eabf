"""Distances, boxes, projections, commune of a point."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structures.territoires import geometrie
from structures.territoires.models import Commune

latitudes = st.floats(-89.9, 89.9)
longitudes = st.floats(-180, 180)
points = st.tuples(latitudes, longitudes)


@given(points, points)
def test_distance_symetrique_et_bornee(a: tuple[float, float], b: tuple[float, float]) -> None:
    aller, retour = geometrie.distance_km(*a, *b), geometrie.distance_km(*b, *a)
    assert aller == pytest.approx(retour, abs=1e-9)
    assert 0 <= aller <= math.pi * geometrie.RAYON_TERRE_KM + 1e-6
    assert geometrie.distance_km(*a, *a) == 0


@given(points, points, points)
def test_inegalite_triangulaire(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> None:
    detour = geometrie.distance_km(*a, *b) + geometrie.distance_km(*b, *c)
    # Haversine loses digits near the antipodes: a metre there.
    assert geometrie.distance_km(*a, *c) <= detour + 1e-3


@given(points, st.floats(0.1, 500), st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_cadre_contient_le_cercle(centre: tuple[float, float], rayon: float, cap: float, part: float) -> None:
    """Any point within the radius is in the box (direct problem on the sphere)."""
    lat, lon = map(math.radians, centre)
    angle = rayon * part / geometrie.RAYON_TERRE_KM
    lat2 = math.asin(math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(cap))
    dlon = math.atan2(
        math.sin(cap) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * math.sin(lat2)
    )
    lon2 = (math.degrees(lon + dlon) + 540) % 360 - 180
    cadre = geometrie.cadre(*centre, rayon)
    assert cadre.sud - 1e-7 <= math.degrees(lat2) <= cadre.nord + 1e-7
    assert cadre.ouest - 1e-7 <= lon2 <= cadre.est + 1e-7 or abs(abs(lon2) - 180) < 1e-7


def test_distance_connue() -> None:
    # Rouen – Caen, cathedral to castle: 108 km on the map.
    assert geometrie.distance_km(49.4402, 1.0950, 49.1864, -0.3634) == pytest.approx(109.5, abs=1.5)


def test_lambert93() -> None:
    # Origin of the projection: 3° E, 46°30′ N is at (700 000, 6 600 000).
    lat, lon = geometrie.lambert93_vers_wgs84(700_000, 6_600_000)
    assert (lat, lon) == pytest.approx((46.5, 3.0), abs=1e-6)


@pytest.mark.parametrize(("x", "y"), [(1.15, 49.02), (0, 0), (49.0, 6_800_000_000)])
def test_lambert93_refuse_ce_qui_n_en_est_pas(x: float, y: float) -> None:
    with pytest.raises(ValueError, match="hors de la France"):
        geometrie.lambert93_vers_wgs84(x, y)


@pytest.mark.usefixtures("normandie")
class TestSituer:
    """Commune of a point, on the real outlines."""

    def test_centre_de_chaque_commune(self) -> None:
        situeur = geometrie.situeur()
        fausses = [c.code for c in Commune.objects.all() if situeur.code(c.lat, c.lon) != c.code]
        assert fausses == []

    def test_ville_et_bassin(self) -> None:
        commune = geometrie.situer(49.0241, 1.1508)
        assert commune is not None
        assert commune.nom == "Évreux"
        assert commune.bassin_id == "2808"

    def test_pres_du_rivage_et_au_large(self) -> None:
        # Off the jetty of Ouistreham, then the middle of the Channel, then Paris.
        proche = geometrie.situer(49.30, -0.25)
        assert proche is not None
        assert proche.departement_id == "14"
        assert geometrie.situer(50.0, -1.0) is None
        assert geometrie.situer(48.8566, 2.3522) is None

    def test_nombre_de_requetes_constant(self, django_assert_num_queries: object) -> None:
        geometrie.situeur()
        with django_assert_num_queries(2):  # type: ignore[operator]
            commune = geometrie.situer(49.0241, 1.1508)
            assert commune is not None
            assert commune.bassin is not None
            assert commune.bassin.nom == "Évreux"
