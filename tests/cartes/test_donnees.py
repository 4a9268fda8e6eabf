"""Map data: RFC 7946, filters, box, cache that follows every edit, and nothing that is not public."""

import gzip
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from structures.models import Structure
from structures.territoires.models import Bassin, Commune
from tests.cartes.conftest import faire_structures

STRUCTURES = "/cartes/bassins/2808/structures.geojson"


def noms(client: Client, adresse: str) -> list[str]:
    reponse = client.get(adresse)
    assert reponse.status_code == 200, reponse.content
    return [trace["properties"]["nom"] for trace in json.loads(reponse.content)["features"]]


def test_bassins_en_geojson(client: Client, monde: SimpleNamespace) -> None:
    reponse = client.get("/cartes/bassins.geojson")
    collection = json.loads(reponse.content)
    assert reponse["Content-Type"] == "application/geo+json"
    assert collection["type"] == "FeatureCollection"
    assert [trace["id"] for trace in collection["features"]] == ["2803", "2808", "2809"]
    assert collection["features"][0]["geometry"]["coordinates"][0][0] == [0.5, 49.0]


def test_structures_d_un_bassin(client: Client, monde: SimpleNamespace) -> None:
    collection = json.loads(client.get(STRUCTURES).content)
    trace = next(t for t in collection["features"] if t["id"] == monde.esat.pk)
    assert len(collection["features"]) == 4
    # Longitude first.
    assert trace["geometry"] == {"type": "Point", "coordinates": [1.25, 49.25]}
    assert trace["properties"]["famille"] == "medico-social-adultes"
    assert trace["properties"]["commune"] == "Évreux"
    assert trace["properties"]["url"] == monde.esat.get_absolute_url()


@pytest.mark.parametrize(
    ("question", "attendus"),
    [
        ("famille=medico-social-enfants", {"IME Évreux 0", "IME Évreux 1"}),
        ("type=esat", {"ESAT Évreux 0"}),
        # A type refines its own family, and leaves the others whole.
        ("famille=medico-social-adultes&type=esat", {"ESAT Évreux 0"}),
        ("famille=medico-social-enfants&type=esat", {"IME Évreux 0", "IME Évreux 1", "ESAT Évreux 0"}),
        ("famille=emploi", set()),
    ],
)
def test_filtres(client: Client, monde: SimpleNamespace, question: str, attendus: set[str]) -> None:
    assert set(noms(client, f"{STRUCTURES}?{question}")) == attendus
    assert set(noms(client, f"/cartes/structures.geojson?bbox=1,49,1.5,49.5&{question}")) == attendus


def test_un_filtre_inconnu_est_refuse_en_francais(client: Client, monde: SimpleNamespace) -> None:
    reponse = client.get(f"{STRUCTURES}?famille=licorne")
    assert reponse.status_code == 400
    assert json.loads(reponse.content) == {"erreur": "Famille ou type inconnu\u00a0: licorne."}


def test_les_cadres_d_un_visiteur_sont_comptes(client: Client, monde: SimpleNamespace, settings: Any) -> None:
    """A decimal moved in the box is another body to write and compress: counted for each address."""
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "donnees_de_carte": "2/m/ip"}
    for cadre in ("bbox=1,49,1.5,49.5", "type=ime", "bbox=1,49,1.5,49.5"):
        assert client.get(f"/cartes/structures.geojson?{cadre}").status_code == 200
    refusee = client.get("/cartes/structures.geojson?bbox=1,49,1.5,49.51")
    assert (refusee.status_code, refusee["Retry-After"], refusee["Cache-Control"]) == (429, "10", "no-store")
    assert json.loads(refusee.content) == {
        "erreur": "Trop de cadres ou de types différents\u00a0: attendez 10\u00a0secondes."
    }
    # What is already written, and what everybody asks for, waits for nothing.
    for adresse in ("/cartes/structures.geojson?type=ime", "/cartes/structures.geojson", STRUCTURES):
        assert client.get(adresse).status_code == 200


def test_cadre(client: Client, monde: SimpleNamespace) -> None:
    assert noms(client, "/cartes/structures.geojson?bbox=0.5,49,0.99,49.5") == ["Cap emploi Bernay 0"]
    assert len(noms(client, "/cartes/structures.geojson")) == 5
    assert noms(client, "/cartes/structures.geojson?bbox=10,10,11,11") == []


@pytest.mark.parametrize(
    "cadre",
    ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,49,1,50", "0,49,inf,50", "2,49,1,50", "0,50,1,49", "-181,0,1,1"],
)
def test_un_mauvais_cadre_est_refuse_en_francais(client: Client, monde: SimpleNamespace, cadre: str) -> None:
    reponse = client.get("/cartes/structures.geojson", {"bbox": cadre})
    assert reponse.status_code == 400
    assert reponse["Content-Type"] == "application/json"
    assert json.loads(reponse.content)["erreur"].endswith(".")


def test_rien_que_du_public(client: Client, monde: SimpleNamespace) -> None:
    """Same bytes for a visitor and a partner: no offer, no need, no person."""
    du_visiteur = client.get(STRUCTURES)
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    du_partenaire = client.get(STRUCTURES)
    assert du_visiteur.content == du_partenaire.content
    texte = du_visiteur.content.decode()
    for secret in ("Jeanne", monde.offre.libelle, "offre", "besoin", "personnes/an"):
        assert secret not in texte


def test_une_structure_fermee_disparait(client: Client, monde: SimpleNamespace) -> None:
    monde.esat.fermee_le = timezone.localdate()
    monde.esat.save()
    assert "ESAT Évreux 0" not in noms(client, STRUCTURES)


def _renommer(m: SimpleNamespace) -> None:
    m.esat.nom = "ESAT rebaptisé"
    m.esat.save()


def _fermer(m: SimpleNamespace) -> None:
    m.esat.fermee_le = timezone.localdate()
    m.esat.save()


def _ajouter(m: SimpleNamespace) -> None:
    Structure.objects.create(nom="GEIQ", type="geiq", commune=m.evreux)


def _deplacer(m: SimpleNamespace) -> None:
    """As a bulk write does, without touching `modifie_le`."""
    Structure.objects.filter(pk=m.esat.pk).update(lat=49.4)


def _renommer_la_commune(m: SimpleNamespace) -> None:
    Commune.objects.filter(pk=m.evreux.pk).update(nom="Évreux-sur-Iton")


def _supprimer(m: SimpleNamespace) -> None:
    m.savs.offres.all().delete()
    m.savs.delete()


@pytest.mark.parametrize("editer", [_renommer, _fermer, _ajouter, _deplacer, _renommer_la_commune, _supprimer])
def test_le_cache_suit_chaque_modification(
    client: Client, monde: SimpleNamespace, editer: Callable[[SimpleNamespace], None]
) -> None:
    premiere = client.get(STRUCTURES)
    etiquette = premiere["ETag"]
    assert client.get(STRUCTURES, headers={"If-None-Match": etiquette}).status_code == 304
    editer(monde)
    apres = client.get(STRUCTURES, headers={"If-None-Match": etiquette})
    assert apres.status_code == 200
    assert apres["ETag"] != etiquette
    assert apres.content != premiere.content


def test_le_cache_suit_un_changement_de_bassins(client: Client, monde: SimpleNamespace) -> None:
    """Two bassins exchange their communes: as many structures, none touched, only their keys differ."""
    faire_structures(monde.bernay, 3, "geiq", "GEIQ")
    Structure.objects.update(modifie_le=timezone.now(), lat=49.2, lon=1.2)
    avant = client.get(STRUCTURES)
    Commune.objects.filter(pk=monde.evreux.pk).update(bassin=monde.bernay.bassin)
    Commune.objects.filter(pk=monde.bernay.pk).update(bassin="2808")
    apres = client.get(STRUCTURES, headers={"If-None-Match": avant["ETag"]})
    assert apres.status_code == 200
    assert apres.content != avant.content


def test_revalidee_a_chaque_fois(client: Client, monde: SimpleNamespace) -> None:
    reponse = client.get(STRUCTURES)
    assert reponse["Cache-Control"] == "public, no-cache"
    assert "Accept-Encoding" in reponse["Vary"]
    inchangee = client.get(STRUCTURES, headers={"If-None-Match": reponse["ETag"]})
    assert (inchangee.status_code, inchangee.content) == (304, b"")
    assert inchangee["ETag"] == reponse["ETag"]
    assert inchangee["Cache-Control"] == "public, no-cache"


def test_comprimee_et_revalidee_comprimee(client: Client, monde: SimpleNamespace) -> None:
    reponse = client.get(STRUCTURES, headers={"Accept-Encoding": "gzip"})
    assert reponse["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(reponse.content))["features"]) == 4
    entetes = {"Accept-Encoding": "gzip", "If-None-Match": reponse["ETag"]}
    assert client.get(STRUCTURES, headers=entetes).status_code == 304


def test_deux_filtres_n_ont_pas_la_meme_etiquette(client: Client, monde: SimpleNamespace) -> None:
    etiquettes = {client.get(f"{STRUCTURES}{q}")["ETag"] for q in ("", "?type=esat", "?type=savs", "?type=ime")}
    assert len(etiquettes) == 4


@pytest.mark.parametrize("adresse", ["/cartes/fond.geojson", "/cartes/bassins/2808/fond.geojson"])
def test_le_fond_se_garde_sous_l_adresse_de_son_contenu(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    reponse = client.get(adresse)
    assert reponse["Cache-Control"] == "public, no-cache"
    version = reponse["ETag"].strip('"')
    assert "immutable" in client.get(f"{adresse}?v={version}")["Cache-Control"]
    assert "immutable" not in client.get(f"{adresse}?v=ancienne")["Cache-Control"]


def test_le_fond_suit_les_contours(client: Client, monde: SimpleNamespace) -> None:
    avant = client.get("/cartes/bassins/2808/fond.geojson")
    Commune.objects.filter(pk=monde.bernay.pk).update(bassin=monde.evreux.bassin)
    apres = client.get("/cartes/bassins/2808/fond.geojson", headers={"If-None-Match": avant["ETag"]})
    assert apres.status_code == 200
    assert len(json.loads(apres.content)["features"]) == 2


@pytest.mark.parametrize("suite", ["", "structures.geojson", "fond.geojson"])
def test_un_bassin_inconnu_ou_remplace_est_introuvable(client: Client, monde: SimpleNamespace, suite: str) -> None:
    assert client.get(f"/cartes/bassins/9999/{suite}").status_code == 404
    Bassin.objects.filter(pk="2808").update(actif=False)
    assert client.get(f"/cartes/bassins/2808/{suite}").status_code == 404


@pytest.mark.parametrize(
    "adresse", [STRUCTURES, "/cartes/structures.geojson?bbox=0,48,4,50", "/cartes/bassins.geojson"]
)
def test_nombre_de_requetes_constant(
    client: Client, monde: SimpleNamespace, adresse: str, django_assert_max_num_queries: Any
) -> None:
    faire_structures(monde.evreux, 40, "geiq", "GEIQ")
    # The bassin, the token, the structures.
    with django_assert_max_num_queries(3):
        assert client.get(adresse).status_code == 200


def test_seules_les_lectures(client: Client, monde: SimpleNamespace) -> None:
    assert client.post(STRUCTURES).status_code == 405
    assert client.head(STRUCTURES).status_code == 200
