"""GeoJSON and images of what is on the screen: the layers as objects, the part of the map that somebody sees."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from django.core.cache import caches
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from cartes import envoi
from cartes.vue import Vue
from offres.models import Offre
from structures.models import Adhesion, Structure
from tests.cartes.conftest import faire_structures
from tests.cartes.test_calques import DESSIN, entrer, mots, zone_de
from tests.cartes.test_pages import connecter
from tests.offres.fabriques import membre

OBJETS = "/cartes/bassins/2808/carte.geojson"
ICI = "vue=49.2500,1.2500,11&taille=600x450"


@pytest.fixture
def memoire(settings: Any, tmp_path: Path) -> Path:
    """The shared memory, empty, in files that can be counted."""
    fichiers = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "cartes": fichiers}
    envoi.oublier()
    return tmp_path


def objets(client: Client, suite: str = "", adresse: str = OBJETS) -> dict[str, list[dict[str, Any]]]:
    """Features by `genre`, read as a strict reader of RFC 7946 would."""
    reponse = client.get(f"{adresse}?{suite}")
    assert reponse.status_code == 200
    lus = json.loads(reponse.content)
    assert set(lus) == {"type", "features"}
    par_genre: dict[str, list[dict[str, Any]]] = {}
    assert len({trace["id"] for trace in lus["features"]}) == len(lus["features"])
    for trace in lus["features"]:
        assert isinstance(trace["id"], str)
        verifier(trace["geometry"])
        par_genre.setdefault(trace["properties"]["genre"], []).append(trace)
    return par_genre


def verifier(geometrie: dict[str, Any] | None) -> None:
    """Valid, longitude first, outer rings anticlockwise, seven decimals at most."""
    if geometrie is None:
        return
    forme = shapely.from_geojson(json.dumps(geometrie))
    assert forme.is_valid, geometrie["type"]
    for partie in shapely.get_parts(forme):
        if isinstance(partie, shapely.Polygon):
            assert partie.exterior.is_ccw
            assert not any(trou.is_ccw for trou in partie.interiors)
    for lon, lat in shapely.get_coordinates(forme).tolist():
        assert -10 < lon < 12
        assert 40 < lat < 55
        assert all(len(repr(nombre).partition(".")[2]) <= 7 for nombre in (lon, lat))


def test_les_structures_seules(client: Client, monde: SimpleNamespace) -> None:
    par_genre = objets(client)
    assert set(par_genre) == {"structure"}
    assert {trace["properties"]["nom"] for trace in par_genre["structure"]} == {
        "IME Évreux 0", "IME Évreux 1", "ESAT Évreux 0", "SAVS Évreux 0",
    }  # fmt: skip


@pytest.mark.parametrize("genre", ["rayon", "communes", "bassins", "departements", "region"])
def test_la_zone_de_chaque_genre(client: Client, monde: SimpleNamespace, genre: str) -> None:
    Offre.objects.filter(pk=monde.offre.pk).update(rayonnement=genre, rayon_km=20 if genre == "rayon" else None)
    monde.offre.communes.add(monde.evreux, monde.bernay)
    monde.offre.bassins.add(monde.evreux.bassin, monde.bernay.bassin)
    monde.offre.departements.add(monde.eure)
    par_genre = objets(connecter(client, monde), f"zone={monde.offre.pk}")
    zones = par_genre["zone"]
    assert len(zones) == (2 if genre in ("communes", "bassins") else 1)
    assert {zone["properties"]["structure"] for zone in zones} == {"ESAT Évreux 0"}
    assert {zone["properties"]["libelle"] for zone in zones} == {monde.offre.libelle}
    assert [rond["properties"]["rayon_km"] for rond in par_genre.get("cercle-zone", [])] == [20] * (genre == "rayon")


def test_ni_zone_ni_liens_pour_qui_n_y_a_pas_droit(client: Client, lies: SimpleNamespace) -> None:
    suite = f"{zone_de(lies)}&liens=oui"
    reponse = client.get(f"{OBJETS}?{suite}")
    assert set(objets(client, suite)) == {"structure"}
    assert lies.offre.libelle not in reponse.content.decode()
    connecter(client, lies)
    assert "zone" not in objets(client, f"zone={lies.brouillon.pk}")
    assert "zone" in objets(client, suite)
    client.logout()
    # What a partner has just read is nobody else's, whatever was kept.
    assert client.get(f"{OBJETS}?{suite}").content == reponse.content


def test_ce_qui_est_aux_partenaires_n_est_garde_pour_personne(
    client: Client, lies: SimpleNamespace, memoire: Path
) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    for suite in (zone_de(lies), "liens=oui", "autour=Évreux&rayon=10"):
        reponse = client.get(f"{OBJETS}?{suite}")
        assert reponse["Cache-Control"] == "private, no-cache", suite
    assert not list(memoire.glob("*.djcache"))
    client.logout()
    assert client.get(OBJETS)["Cache-Control"] == "public, no-cache"
    # A fingerprint, a body.
    assert len(list(memoire.glob("*.djcache"))) == 2


def test_les_cooperations_que_l_on_peut_lire(client: Client, lies: SimpleNamespace) -> None:
    direction = membre(lies.esat, "direction@esat.test")
    par_genre = objets(entrer(client, direction), "liens=oui")
    liens = {trace["properties"]["reference"]: trace for trace in par_genre["cooperation"]}
    assert set(liens) == {"FA-2026-0001", "CV-2026-0001"}
    assert liens["CV-2026-0001"]["properties"]["signee"] is True
    assert liens["FA-2026-0001"]["properties"]["structures"] == [
        "ESAT Évreux 0",
        "IME Évreux 0",
        "Cap emploi Bernay 0",
    ]
    # Lines between places that differ: the ESAT and the IME have the same point.
    assert len(liens["FA-2026-0001"]["geometry"]["coordinates"]) == 1
    assert liens["CV-2026-0001"]["geometry"] is None
    assert [trace["properties"]["nom"] for trace in par_genre["partenaire"]] == ["Cap emploi Bernay 0"]
    Adhesion.objects.filter(utilisateur=direction).delete()
    assert "cooperation" not in objets(entrer(client, direction), "liens=oui")


def test_les_cooperations_que_les_filtres_cachent(client: Client, lies: SimpleNamespace) -> None:
    """As on the page: gone when none of the structures it ties is left, whatever is taken away."""
    entrer(client, membre(lies.esat, "direction@esat.test"))
    assert len(objets(client, "liens=oui&type=ime")["cooperation"]) == 2
    assert set(objets(client, "liens=oui&type=savs")) == {"structure"}
    assert "2 coopérations tracées" in mots(client.get(f"{DESSIN}?liens=oui&type=ime").content)
    assert "Aucune coopération à tracer" in mots(client.get(f"{DESSIN}?liens=oui&type=savs").content)
    page = client.get("/cartes/bassins/2808/?liens=oui&type=savs").content.decode().replace("\u00a0", " ")
    assert "2 autres coopérations ne lient que des structures masquées" in page


def test_le_cercle_et_son_centre(client: Client, monde: SimpleNamespace) -> None:
    par_genre = objets(client, "autour=Évreux&rayon=20")
    (cercle,), (lieu,) = par_genre["autour"], par_genre["lieu"]
    assert cercle["properties"] == {"genre": "autour", "nom": "Évreux (27)", "rayon_km": 20}
    assert lieu["geometry"]["coordinates"] == [1.25, 49.25]
    ouest, sud, est, nord = shapely.from_geojson(json.dumps(cercle["geometry"])).bounds
    assert nord - sud == pytest.approx(40 / 111.2, rel=0.01)
    assert (ouest + est) / 2 == pytest.approx(1.25, abs=1e-4)


def test_la_carte_d_un_service_emporte_sa_zone(client: Client, monde: SimpleNamespace) -> None:
    base = f"/cartes/services/{monde.service.slug}/carte."
    connecter(client, monde)
    zone = zone_de(monde)
    sans, avec = client.get(f"{base}svg"), client.get(f"{base}svg?{zone}")
    assert b"fill-opacity" not in sans.content
    assert avec.content.count(b'fill-opacity="0.22"') == 2  # the area, its entry in the legend
    assert f"zone couverte par l’offre « {monde.offre.libelle} »" in mots(avec.content)
    assert "À 20 km autour d’Évreux" in mots(avec.content)
    assert "sort du cadre" not in mots(avec.content)
    assert avec["Cache-Control"] == "private, no-cache"
    assert set(objets(client, zone, f"{base}geojson")) >= {"offre", "zone", "cercle-zone"}
    assert client.get(f"{base}png?{zone}").status_code == 200
    # A draft, a number that means nothing: the map without it.
    for suite in (f"zone={monde.brouillon.pk}", "zone=²", "zone=999999"):
        assert client.get(f"{base}svg?{suite}").content == sans.content
    # The page asks for the points alone.
    assert client.get(f"{base}json?{zone}").content == client.get(f"{base}json").content
    Offre.objects.filter(pk=monde.offre.pk).update(rayon_km=200)
    assert "sort du cadre" in mots(client.get(f"{base}svg?{zone}").content)


# ------------------------------------------------------------------------- what is on the screen


def lire(suite: str) -> Vue | None:
    return Vue.lire(QueryDict(suite))


def test_la_boite_est_celle_de_l_ecran() -> None:
    """At zoom 8, 256 × 2⁸ pixels go around the Earth: 728 pixels are four degrees."""
    vue = lire("vue=49,1,8&taille=728x546")
    assert vue is not None
    ouest, sud, est, nord = vue.boite
    assert est - ouest == pytest.approx(4.0, abs=0.01)
    assert (ouest + est) / 2 == pytest.approx(1.0, abs=1e-4)
    # Three quarters of that on the ground, where a degree of longitude is shorter; the middle is a hair south.
    assert (nord - sud) / (est - ouest) == pytest.approx(0.75 * 0.656, rel=0.01)
    assert sud < 49 < nord


@pytest.mark.parametrize(
    "suite",
    [
        "", "vue=49,1,8", "taille=700x500", "vue=49,1&taille=700x500", "vue=nan,1,8&taille=700x500",
        "vue=89,1,8&taille=700x500", "vue=49,179,8&taille=700x500", "vue=49,1,8&taille=-7x5",
        "vue=49,1,8&taille=7e2x5", "vue=49,1,٨&taille=700x500", "vue=49,1,8&taille=99999x99999",
        "vue=49,1,1e300&taille=700x500",
    ],
)  # fmt: skip
def test_une_vue_qui_ne_dit_rien(suite: str) -> None:
    assert lire(suite) is None


@pytest.mark.parametrize("taille", ["4000x10", "10x4000", "9999x9999", "390x844", "3440x1300"])
@pytest.mark.parametrize("zoom", ["0", "6", "11.5", "18", "99"])
def test_l_image_reste_bornee(taille: str, zoom: str) -> None:
    vue = lire(f"vue=49,1,{zoom}&taille={taille}")
    assert vue is not None
    assert 560 <= vue.largeur <= 900
    ouest, sud, est, nord = vue.boite
    assert -180 <= ouest < est <= 180
    assert -85 < sud < nord < 85
    assert vue.largeur * (nord - sud) / (est - ouest) / 0.6 < 3000


def test_l_image_de_ce_que_je_vois(client: Client, monde: SimpleNamespace) -> None:
    """The same frame as the screen, the structures that it shows, and how many there are in all."""
    Structure.objects.filter(pk=monde.savs.pk).update(lat=49.45, lon=1.45)
    entier, vue = client.get(DESSIN), client.get(f"{DESSIN}?{ICI}")
    assert "Partie de la carte vue à l’écran, 3 structures sur 4." in mots(vue.content)
    assert "SAVS" not in vue.content.decode()
    assert "Partie de la carte" not in mots(entier.content)
    assert "-en-partie-" in vue["Content-Disposition"]
    large, haut = map(float, re.findall(r'<svg y="\d+" width="(\d+)" height="(\d+)"', vue.content.decode())[0])
    assert haut / large == pytest.approx(450 / 600, rel=0.01)
    # The centre of the screen is the centre of the image: the ESAT stands there.
    x, y = centre_du_dessin(vue.content.decode(), "ESAT Évreux 0, Évreux")
    assert x == pytest.approx(large / 2, abs=16)
    assert y == pytest.approx(haut / 2, abs=16)
    assert client.get(f"{DESSIN}?{ICI}&type=esat").content != vue.content


def centre_du_dessin(svg: str, titre: str) -> tuple[float, float]:
    forme = re.findall(r"<polygon points=\"([^\"]+)\"[^>]*><title>([^<]+)</title>", svg)
    points = next(points for points, dit in forme if dit == titre)
    xy = [[float(nombre) for nombre in point.split(",")] for point in points.split()]
    return sum(x for x, _ in xy) / len(xy), sum(y for _, y in xy) / len(xy)


def test_la_feuille_et_les_donnees_restent_entieres(client: Client, monde: SimpleNamespace) -> None:
    Structure.objects.filter(pk=monde.savs.pk).update(lat=49.45, lon=1.45)
    assert len(objets(client, ICI)["structure"]) == 4
    assert client.get(f"/cartes/bassins/2808/carte.pdf?{ICI}").content[:4] == b"%PDF"
    assert "en-partie" not in client.get(f"{OBJETS}?{ICI}")["Content-Disposition"]


def test_la_vue_d_une_personne_n_emplit_pas_la_memoire_commune(
    client: Client, monde: SimpleNamespace, settings: Any, memoire: Path
) -> None:
    caches["default"].clear()
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "image_de_carte": "2/m/ip"}
    for zoom in (10, 11):
        assert client.get(f"{DESSIN}?vue=49.25,1.25,{zoom}&taille=600x450").status_code == 200
    assert client.get(f"{DESSIN}?vue=49.25,1.25,12&taille=600x450").status_code == 429
    assert not list(memoire.glob("*.djcache"))
    assert client.get(DESSIN).status_code == 200


def test_de_loin_et_de_pres(client: Client, monde: SimpleNamespace) -> None:
    """From far the communes would be a blot; near, their outlines help, and what is out of the frame isn't drawn."""
    faire_structures(monde.evreux, 60, "geiq", "GEIQ")
    loin, pres = (client.get(f"{DESSIN}?vue=49.25,1.25,{zoom}&taille=900x700").content.decode() for zoom in (6, 13))
    assert "#DDD5C8" not in loin
    assert "#DDD5C8" in pres
    assert "64\u00a0structures sur 64" in loin
    # Standing aside, they would cover half of France: each is at its place, and the image says so.
    assert "des signes se recouvrent" in loin
    assert centre_du_dessin(loin, "ESAT Évreux 0, Évreux")[0] == pytest.approx(450, abs=1)
    assert "écartés les uns des autres" in pres
    assert int(re.findall(r"(\d+)\sstructures\ssur\s64", pres)[0]) < 64


def test_la_page_dit_ce_que_l_on_emporte(client: Client, monde: SimpleNamespace) -> None:
    page = client.get("/cartes/bassins/2808/").content.decode()
    assert "Tableau des structures (CSV)" in page
    assert "Le tableau liste les structures retenues par les filtres, et rien d’autre." in page
    assert "la zone d’une offre" not in page
    assert "la zone d’une offre" in connecter(client, monde).get("/cartes/bassins/2808/").content.decode()
    # Only where images can follow the screen.
    assert "data-sorties-vue" not in client.get("/cartes/").content.decode()
    assert timezone.localdate().isoformat() in client.get(f"{DESSIN}?{ICI}")["Content-Disposition"]
