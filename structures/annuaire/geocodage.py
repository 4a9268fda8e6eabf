"""Addresses to points, by the service that `PCTI_GEOCODAGE_URL` names (the national one's API).

Off by default. The service may be dead, slow or mad: a page waits for it three seconds at most,
then leaves it alone for a minute, and answers with our own communes.
"""

import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.core.cache import cache
from urllib3.exceptions import HTTPError

from socle.recherche import normaliser

# Seconds: to connect, between two pieces, and for the whole answer.
CONNEXION, LECTURE, TOTAL = 1.0, 2.0, 3.0
POIDS_MAX = 512 * 1024
TEXTE_MAX = 200
GARDE_JOUR = 24 * 3600
# How long a silent service is left alone, in seconds.
REPOS = 60
CLE_REPOS = "geocodage:muet"


class GeocodageMuet(Exception):
    """The service did not answer in time, or not in its protocol."""


@dataclass(frozen=True)
class Adresse:
    """A place that the service found: degrees, and how sure it is (0 to 1)."""

    libelle: str
    lat: float
    lon: float
    score: float
    code_commune: str = ""


def actif() -> bool:
    """Whether a service is named."""
    return bool(settings.PCTI_GEOCODAGE_URL)


def geocoder(texte: str, limite: int = 5) -> list[Adresse]:
    """The best places for what was typed, the surest first; kept for a day.

    Raises GeocodageMuet when the service is silent, slow, or answers anything else.
    """
    texte = " ".join(texte.split())[:TEXTE_MAX]
    if len(texte) < 3:
        return []
    cle = "geocodage:" + hashlib.sha256(f"{_adresse()}|{limite}|{normaliser(texte)}".encode()).hexdigest()
    gardees: list[Adresse] | None = cache.get(cle)
    if gardees is not None:
        return gardees
    if cache.get(CLE_REPOS):
        raise GeocodageMuet("au repos")
    try:
        trouvees = _lire(_demander(texte, limite))
    except (requests.RequestException, HTTPError, ValueError, OSError, RecursionError) as erreur:
        cache.set(CLE_REPOS, True, REPOS)
        raise GeocodageMuet(str(erreur)[:200]) from erreur
    cache.set(cle, trouvees, GARDE_JOUR)
    return trouvees


def _adresse() -> str:
    base = str(settings.PCTI_GEOCODAGE_URL).rstrip("/")
    return base if base.endswith("/search") else base + "/search"


def _demander(texte: str, limite: int) -> Any:
    """The JSON of the answer, read piece by piece: neither a long nor a dripping answer holds the page."""
    fin = time.monotonic() + TOTAL
    with requests.get(
        _adresse(),
        params={"q": texte, "limit": str(limite)},
        timeout=(CONNEXION, LECTURE),
        headers={"Accept": "application/json"},
        allow_redirects=False,
        stream=True,
    ) as reponse:
        if reponse.status_code != 200:
            raise ValueError(f"réponse {reponse.status_code}")
        corps = bytearray()
        # What has come, as it comes: asking for a size would wait for all of it.
        while morceau := reponse.raw.read1(16_384, decode_content=True):
            corps += morceau
            if len(corps) > POIDS_MAX:
                raise ValueError("réponse trop longue")
            if time.monotonic() > fin:
                raise ValueError("réponse trop lente")
    return json.loads(corps)


def _lire(reponse: Any) -> list[Adresse]:
    """Places of a GeoJSON collection. Raises ValueError when it is not one."""
    if not isinstance(reponse, dict) or not isinstance(reponse.get("features"), list):
        raise ValueError("ce n’est pas une collection GeoJSON")
    adresses = [adresse for element in reponse["features"] if (adresse := _adresse_lue(element)) is not None]
    return sorted(adresses, key=lambda adresse: -adresse.score)


def _adresse_lue(element: Any) -> Adresse | None:
    """One feature, or None when something in it is not what the protocol says."""
    try:
        lon, lat = (float(valeur) for valeur in element["geometry"]["coordinates"][:2])
        proprietes = element["properties"]
        score = float(proprietes.get("score", 0))
        libelle, code = proprietes["label"], proprietes.get("citycode") or ""
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not all(map(math.isfinite, (lat, lon, score))) or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    if not isinstance(libelle, str) or not isinstance(code, str) or not libelle.strip():
        return None
    return Adresse(" ".join(libelle.split())[:150], lat, lon, min(1.0, max(0.0, score)), code[:5])
