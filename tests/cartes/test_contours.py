"""The outlines that go to the browser tile the ground: shared borders once, bassins and communes on one line."""

import json
from typing import Any

import numpy as np
import shapely
from django.test import Client
from shapely.geometry import shape

from structures.territoires.chargement import terres_voisines


def traces(client: Client, adresse: str) -> dict[str, Any]:
    elements = json.loads(client.get(adresse).content)["features"]
    return {e["id"]: shape(e["geometry"]) for e in elements if e["geometry"]}


def test_les_bassins_pavent_de_loin_comme_de_pres(client: Client, normandie: None) -> None:
    for adresse in ("/cartes/bassins.geojson", "/cartes/bassins.geojson?niveau=loin"):
        aires = np.array(list(traces(client, adresse).values()))
        assert len(aires) > 15
        assert shapely.is_valid(aires).all()
        assert shapely.coverage_is_valid(aires)


def test_les_communes_suivent_la_ligne_de_leur_bassin(client: Client, normandie: None) -> None:
    """Rouen, and its neighbour Évreux: each meets its outline, and both meet each other."""
    bassins = traces(client, "/cartes/bassins.geojson")
    unions = {}
    for code in ("2815", "2808"):
        communes = list(traces(client, f"/cartes/bassins/{code}/fond.geojson").values())
        assert shapely.coverage_is_valid(np.array(communes))
        unions[code] = shapely.union_all(communes)
        ecart = unions[code].symmetric_difference(bassins[code]).area
        # What is left comes from rounding to ten metres.
        assert ecart < 2e-4 * bassins[code].area
    assert unions["2815"].intersection(unions["2808"]).area < 1e-4 * bassins["2808"].area


def test_les_fichiers_sont_petits(client: Client, normandie: None) -> None:
    for adresse, maximum in (
        ("/cartes/bassins.geojson", 32_000),
        ("/cartes/bassins.geojson?niveau=loin", 24_000),
        ("/cartes/fond.geojson", 34_000),
        ("/cartes/bassins/2815/fond.geojson", 26_000),
    ):
        assert len(client.get(adresse, headers={"Accept-Encoding": "br"}).content) < maximum, adresse


def test_la_terre_d_a_cote_n_est_pas_la_mer() -> None:
    terre = terres_voisines()
    for nom, lat, lon in (
        ("Bruxelles", 50.85, 4.35), ("Londres", 51.5, -0.1), ("Francfort", 50.1, 8.7), ("Turin", 45.07, 7.69),
        ("Bilbao", 43.2, -2.9), ("Brest", 48.4, -4.48), ("Jersey", 49.21, -2.13),
    ):  # fmt: skip
        assert terre.contains(shapely.Point(lon, lat)), nom
    for nom, lat, lon in (("la Manche", 50.0, -1.0), ("la Gascogne", 45.5, -4.0), ("la mer du Nord", 52.5, 3.0)):
        assert not terre.contains(shapely.Point(lon, lat)), nom
