"""The geocoder, against a local server that speaks the national one's protocol, and servers that don't."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from structures.annuaire import geocodage
from structures.annuaire.geocodage import GeocodageMuet, geocoder
from structures.annuaire.lieux import situer
from tests.fabriques import une_structure


def element(libelle: str, lon: float, lat: float, score: float, citycode: str = "27229") -> dict[str, Any]:
    """One feature as the national service writes it."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "label": libelle, "score": score, "id": "27229_0010", "type": "street", "city": "Évreux",
            "postcode": "27000", "citycode": citycode, "context": "27, Eure, Normandie",
        },
    }  # fmt: skip


HARPE = element("12 Rue de la Harpe 27000 Évreux", 1.1502, 49.0251, 0.93)


class Serveur:
    """A small HTTP server whose answers a test chooses; it notes what it was asked."""

    def __init__(self) -> None:
        self.demandes: list[dict[str, list[str]]] = []
        self.elements: list[Any] = [HARPE]
        self.repondre: Callable[[BaseHTTPRequestHandler], None] = self._geojson
        serveur = self

        class Guichet(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                morceaux = urlsplit(self.path)
                serveur.demandes.append({"chemin": [morceaux.path], **parse_qs(morceaux.query)})
                serveur.repondre(self)

            def log_message(self, *args: Any) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Guichet)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def _geojson(self, guichet: BaseHTTPRequestHandler) -> None:
        self.ecrire(guichet, json.dumps({"type": "FeatureCollection", "features": self.elements}).encode())

    @staticmethod
    def ecrire(guichet: BaseHTTPRequestHandler, corps: bytes, statut: int = 200) -> None:
        guichet.send_response(statut)
        guichet.send_header("Content-Type", "application/json; charset=utf-8")
        guichet.send_header("Content-Length", str(len(corps)))
        guichet.end_headers()
        guichet.wfile.write(corps)


@pytest.fixture
def serveur(settings: Any) -> Iterator[Serveur]:
    cache.clear()
    serveur = Serveur()
    fil = threading.Thread(target=serveur.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    fil.start()
    settings.PCTI_GEOCODAGE_URL = serveur.url + "/geocodage"
    yield serveur
    serveur.http.shutdown()
    serveur.http.server_close()
    cache.clear()


def test_une_adresse(serveur: Serveur) -> None:
    (adresse,) = geocoder("12 rue de la  harpe, Évreux")
    assert (adresse.libelle, adresse.lat, adresse.lon) == ("12 Rue de la Harpe 27000 Évreux", 49.0251, 1.1502)
    assert (adresse.score, adresse.code_commune) == (0.93, "27229")
    assert serveur.demandes == [{"chemin": ["/geocodage/search"], "q": ["12 rue de la harpe, Évreux"], "limit": ["5"]}]


def test_une_reponse_est_gardee(serveur: Serveur) -> None:
    assert geocoder("12 rue de la harpe") == geocoder("12 RUE de la Harpe ")
    assert len(serveur.demandes) == 1


def test_une_adresse_trop_courte_ne_se_demande_pas(serveur: Serveur) -> None:
    assert geocoder("12") == []
    assert serveur.demandes == []


@pytest.mark.parametrize(
    "corps",
    [b"<html>Maintenance</html>", b"", b"[]", b"{}", b'{"features": 3}', b"\xff\xfe", b"null", b"[" * 100_000],
)
def test_une_reponse_folle(serveur: Serveur, corps: bytes) -> None:
    serveur.repondre = lambda guichet: serveur.ecrire(guichet, corps)
    with pytest.raises(GeocodageMuet):
        geocoder("12 rue de la harpe")


@pytest.mark.parametrize("statut", [301, 403, 404, 429, 500, 503])
def test_un_refus(serveur: Serveur, statut: int) -> None:
    serveur.repondre = lambda guichet: serveur.ecrire(guichet, b'{"features": []}', statut)
    with pytest.raises(GeocodageMuet):
        geocoder("12 rue de la harpe")


def test_les_elements_fous_sont_laisses(serveur: Serveur) -> None:
    serveur.elements = [
        None, 3, {}, {"geometry": None, "properties": {}}, element("Hors du monde", 500, 49, 0.9),
        element("", 1, 49, 0.9), {**HARPE, "geometry": {"coordinates": ["a", "b"]}},
        element("Infini", float("inf"), 49, 0.9), HARPE,
    ]  # fmt: skip
    assert [a.libelle for a in geocoder("12 rue de la harpe")] == [HARPE["properties"]["label"]]


def test_un_service_lent_ne_retient_pas_la_page(serveur: Serveur, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent, or dripping one byte at a time: the page goes on, and the service is left alone a while."""
    monkeypatch.setattr(geocodage, "LECTURE", 0.3)
    monkeypatch.setattr(geocodage, "TOTAL", 0.6)
    fini = threading.Event()

    def goutte(guichet: BaseHTTPRequestHandler) -> None:
        guichet.send_response(200)
        guichet.send_header("Content-Length", "100000")
        guichet.end_headers()
        try:
            while not fini.wait(0.05):
                guichet.wfile.write(b" ")
                guichet.wfile.flush()
        except OSError:
            return

    def muet(guichet: BaseHTTPRequestHandler) -> None:
        fini.wait(20)

    for comportement in (goutte, muet):
        cache.clear()
        serveur.repondre = comportement
        debut = time.monotonic()
        with pytest.raises(GeocodageMuet):
            geocoder("12 rue de la harpe")
        assert time.monotonic() - debut < 5
    fini.set()
    demandes = len(serveur.demandes)
    with pytest.raises(GeocodageMuet):
        geocoder("une autre adresse")
    assert len(serveur.demandes) == demandes


def test_une_reponse_enorme_est_coupee(serveur: Serveur, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocodage, "POIDS_MAX", 10_000)
    serveur.elements = [HARPE] * 1_000
    with pytest.raises(GeocodageMuet):
        geocoder("12 rue de la harpe")


def test_un_service_mort(settings: Any) -> None:
    cache.clear()
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        settings.PCTI_GEOCODAGE_URL = f"http://127.0.0.1:{libre.getsockname()[1]}"
        with pytest.raises(GeocodageMuet):
            geocoder("12 rue de la harpe")
    cache.clear()


# --- in the directory ----------------------------------------------------------------------------------------
def test_nos_communes_ne_demandent_rien_au_service(serveur: Serveur, petite_normandie: SimpleNamespace) -> None:
    for texte in ("Évreux", "27000", "evreu", "Hamars", "Évreux (27229)", "49.02,1.15"):
        assert situer(texte).lieu is not None, texte
    assert serveur.demandes == []


def test_autour_d_une_adresse(serveur: Serveur, petite_normandie: SimpleNamespace, client: Client) -> None:
    une_structure(petite_normandie.evreux, nom="ESAT voisin", lat=49.0255, lon=1.1510)
    une_structure(petite_normandie.caen, nom="ESAT lointain")
    page = client.get("/structures/", {"lieu": "12 rue de la harpe", "rayon": "5"})
    assert [s.nom for s in page.context["structures"]] == ["ESAT voisin"]
    texte = page.content.decode()
    assert "12 Rue de la Harpe 27000 Évreux" in texte
    assert "à 0,1\u00a0km" in texte
    assert "Commune, adresse ou code postal" in texte


def test_deux_adresses_se_choisissent(serveur: Serveur, petite_normandie: SimpleNamespace, client: Client) -> None:
    serveur.elements = [HARPE, element("12 Rue de la Harpe 14000 Caen", -0.37, 49.18, 0.92, "14118")]
    page = client.get("/structures/", {"lieu": "12 rue de la harpe"}).content.decode()
    assert "Plusieurs adresses" in page
    assert "lieu=12+Rue+de+la+Harpe+14000+Caen" in page
    # The address chosen is exact: no question the second time.
    assert situer("12 Rue de la Harpe 27000 Évreux").lieu is not None


def test_sans_service_la_commune_de_l_adresse(petite_normandie: SimpleNamespace) -> None:
    reponse = situer("12 rue de la harpe 27000 Évreux")
    assert reponse.lieu is not None
    assert reponse.lieu.code == "27229"
    assert "sans l’adresse exacte" in reponse.avis


def test_le_service_en_panne_se_dit_et_la_commune_repond(
    serveur: Serveur, petite_normandie: SimpleNamespace, client: Client
) -> None:
    serveur.repondre = lambda guichet: serveur.ecrire(guichet, b"", 503)
    page = client.get("/structures/", {"lieu": "12 rue de la harpe 27000 Évreux", "rayon": "10"})
    assert page.status_code == 200
    texte = page.content.decode()
    assert "Le service d’adresses ne répond pas" in texte
    assert "Évreux (27)" in texte
