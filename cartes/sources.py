"""The grounds of the maps as packets ready to be sent, and the addresses that hold their fingerprint.

A page names the fingerprint, so the browser keeps the ground for good and asks for it again only
when it has changed.
"""

from __future__ import annotations

from django.urls import reverse

from cartes import envoi
from cartes.points import colonnes
from structures.territoires import fonds

DOMAINES = ("territoires",)
# Degrees: under a pixel up to zoom 9, which shows the whole région.
NIVEAUX = {"loin": 0.003}


def terres() -> envoi.Paquet:
    """Land around and départements: the ground of every map without tile server."""
    return envoi.paquet("terres", DOMAINES, fonds.fond_geojson)


def bassins(niveau: str = "") -> envoi.Paquet:
    """Outlines of the bassins of the région: as they are, or « loin » for a map that shows them all."""
    tolerance = NIVEAUX.get(niveau, 0.0)
    return envoi.paquet(f"bassins {tolerance}", DOMAINES, lambda: fonds.bassins_geojson(tolerance))


def communes(bassin: str) -> envoi.Paquet:
    """Outlines of the communes of a bassin."""
    return envoi.paquet(f"communes {bassin}", DOMAINES, lambda: fonds.communes_geojson(bassin))


def communes_de_la_region() -> envoi.Paquet:
    """Outlines of the communes of the région, from far: read once by a browser, whatever the service it looks at."""
    return envoi.paquet("communes de la région", DOMAINES, fonds.communes_de_la_region_geojson)


def adresse_des_terres() -> str:
    return envoi.adresse(reverse("cartes:terres_geojson"), terres())


def adresse_des_bassins(niveau: str = "") -> str:
    chemin = reverse("cartes:bassins_geojson")
    return envoi.adresse(f"{chemin}?niveau={niveau}" if niveau else chemin, bassins(niveau))


def adresse_du_fond(bassin: str) -> str:
    return envoi.adresse(reverse("cartes:fond_geojson", args=[bassin]), communes(bassin))


def adresse_des_communes() -> str:
    return envoi.adresse(reverse("cartes:communes_geojson"), communes_de_la_region())


def points() -> envoi.Paquet:
    """Every structure, in columns."""
    return envoi.paquet("points", ("structures",), colonnes)


def adresse_des_points() -> str:
    return envoi.adresse(reverse("cartes:points_json"), points())
