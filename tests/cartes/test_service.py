"""The map of a service: reached or not by the one rule of rayonnement, counted by bassin, taken away."""

import csv
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cartes.service import carte_du_service, communes_non_atteintes
from offres.models import Besoin, Offre
from structures.territoires.models import Commune
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import connecter, texte


def adresse(m: SimpleNamespace, fin: str = "") -> str:
    return f"/cartes/services/{m.service.slug}/{fin}"


def offrir(m: SimpleNamespace, structure: Any, rayonnement: str, **champs: Any) -> Offre:
    return Offre.objects.create(
        structure=structure, service=m.service, rayonnement=rayonnement, publiee=True, **champs
    )


def absentes(m: SimpleNamespace) -> set[str]:
    return {commune.nom for commune in communes_non_atteintes(m.service)}


def test_chaque_rayonnement(monde: SimpleNamespace) -> None:
    assert absentes(monde) == set()
    Offre.objects.all().delete()
    assert absentes(monde) == {"Évreux", "Bernay", "Flers"}
    offre = offrir(monde, monde.esat, "communes")
    offre.communes.add(monde.flers)
    assert absentes(monde) == {"Évreux", "Bernay"}
    offrir(monde, monde.esat, "bassins").bassins.add(monde.evreux.bassin)
    assert absentes(monde) == {"Bernay"}
    Offre.objects.all().delete()
    # Half a degree of longitude apart at 49° N: 36 km.
    offrir(monde, monde.esat, "rayon", rayon_km=30)
    assert absentes(monde) == {"Bernay", "Flers"}
    offrir(monde, monde.esat, "rayon", rayon_km=40)
    assert absentes(monde) == {"Flers"}


@pytest.mark.parametrize("champs", [{"publiee": False}, {"fin": "2020-01-01"}])
def test_une_offre_qui_n_est_plus_la_n_atteint_personne(monde: SimpleNamespace, champs: dict[str, Any]) -> None:
    Offre.objects.filter(pk=monde.offre.pk).update(**champs)
    assert len(absentes(monde)) == 3


def test_la_regle_est_celle_du_rapprochement(monde: SimpleNamespace) -> None:
    """What the map says unreached, `couvrant` says of each commune."""
    Offre.objects.all().delete()
    offrir(monde, monde.cap, "rayon", rayon_km=20)
    offres = Offre.objects.publiees().filter(service=monde.service)
    attendues = {c.nom for c in Commune.objects.all() if not offres.couvrant(c).exists()}
    assert absentes(monde) == attendues == {"Évreux", "Flers"}


def test_la_page_dit_qui_ou_et_combien(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30, volume=2, unite=monde.service.unite_volume)
    page = texte(connecter(client, monde), adresse(monde))
    assert "2\u00a0communes sur 3 hors d’atteinte" in page
    assert "ESAT Évreux 0" in page
    assert "30\u00a0km autour d’Évreux" in page
    assert "url(#manque)" in page
    lignes = {ligne.bassin.nom: ligne for ligne in carte_du_service(monde.service).lignes}
    assert (lignes["Évreux"].offres, lignes["Évreux"].besoins, len(lignes["Évreux"].absentes)) == (1, 1, 0)
    assert lignes["Évreux"].classe.cle == "p2"
    assert lignes["Flers"].classe.cle == "0"
    assert lignes["Flers"].part_des_habitants == 100.0


def test_personne_n_offre(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    page = texte(connecter(client, monde), adresse(monde))
    assert "Personne n’offre encore ce service" in page
    # Hatching the whole région would say nothing.
    assert "url(#manque)" not in page


def test_l_adresse_du_choix_mene_a_la_carte(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    assert client.get(f"/cartes/services/?service={monde.service.slug}")["Location"] == adresse(monde)
    assert monde.service.libelle in texte(client, "/cartes/services/?service=licorne")
    assert client.get("/cartes/services/licorne/").status_code == 404


def test_emporter(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.all().delete()
    offrir(monde, monde.esat, "rayon", rayon_km=30, volume=2, unite=monde.service.unite_volume)
    connecter(client, monde)
    brut = client.get(adresse(monde, "carte.csv")).getvalue()
    rangees = {r["Bassin d’emploi"]: r for r in csv.DictReader(io.StringIO(brut.decode("utf-8-sig")), delimiter=";")}
    assert rangees["Bernay"]["Noms de ces communes"] == "Bernay"
    traces = json.loads(client.get(adresse(monde, "carte.geojson")).content)["features"]
    assert {t["properties"]["genre"] for t in traces} == {"offre", "besoin", "non atteinte"}
    image = client.get(adresse(monde, "carte.svg"))
    assert b"<svg" in image.content
    # Offers are for partners: no shared cache keeps them.
    assert "private" in image["Cache-Control"]
    assert client.get(adresse(monde, "carte.exe")).status_code == 404


def test_nombre_de_requetes_constant(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    # One of each kind of link, so that every prefetch has something to read.
    offrir(monde, monde.esat, "bassins").bassins.add(monde.evreux.bassin)
    client.get(adresse(monde))
    with CaptureQueriesContext(connection) as peu:
        client.get(adresse(monde))
    for structure in faire_structures(monde.bernay, 12, "geiq", "GEIQ"):
        offrir(monde, structure, "bassins").bassins.add(monde.bernay.bassin)
        Besoin.objects.create(structure=structure, service=monde.service, publiee=True)
    client.get(adresse(monde))
    with CaptureQueriesContext(connection) as beaucoup:
        client.get(adresse(monde))
    assert len(beaucoup) == len(peu), [q["sql"][-200:] for q in beaucoup.captured_queries]
    assert len(beaucoup) <= 24
