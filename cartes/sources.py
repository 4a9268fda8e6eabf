"""The grounds of the maps as packets ready to be sent, and the addresses that hold their fingerprint.

A page names the fingerprint, so the browser keeps the ground for good and asks for it again only
when it has changed.
"""

from __future__ import annotations

from django.urls import reverse

from cartes import envoi
from cartes.points import colonnes
from structures.territoires import fonds
from structures.territoires.models import Bassin

DOMAINES = ("territoires",)


def terres() -> envoi.Paquet:
    """Land around and départements: the ground of every map without tile server."""
    return envoi.paquet("terres", DOMAINES, fonds.fond_geojson)


def bassins() -> envoi.Paquet:
    """Outlines of the bassins of the région."""
    return envoi.paquet("bassins", DOMAINES, Bassin.objects.de_la_region().en_geojson)


def communes(bassin: str) -> envoi.Paquet:
    """Outlines of the communes of a bassin."""
    return envoi.paquet(f"communes {bassin}", DOMAINES, lambda: fonds.communes_geojson(bassin))


def adresse_des_terres() -> str:
    return envoi.adresse(reverse("cartes:terres_geojson"), terres())


def adresse_des_bassins() -> str:
    return envoi.adresse(reverse("cartes:bassins_geojson"), bassins())


def adresse_du_fond(bassin: str) -> str:
    return envoi.adresse(reverse("cartes:fond_geojson", args=[bassin]), communes(bassin))


def points() -> envoi.Paquet:
    """Every structure, in columns."""
    return envoi.paquet("points", ("structures",), colonnes)


def adresse_des_points() -> str:
    return envoi.adresse(reverse("cartes:points_json"), points())
