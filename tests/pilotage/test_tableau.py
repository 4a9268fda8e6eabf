"""Steering boards: the right figures, in a constant number of queries."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from offres.models import Besoin, Campagne, Offre, Reponse, Service
from pcti.pilotage import graphiques, tableau
from structures.models import Structure
from tests.scene import construire_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Any:
    return construire_scene()


@pytest.fixture
def pilote(client: Client, scene: Any) -> Client:
    client.force_login(scene.personnes["pilotage"])
    return client


def repondre(scene: Any, structure: Structure, *, soumise: bool) -> Reponse:
    campagne, _ = Campagne.objects.get_or_create(
        pole=scene.pole, nom="Collecte", defaults={"debut": "2026-01-01", "fin": "2027-01-01"}
    )
    return Reponse.objects.create(
        campagne=campagne,
        structure=structure,
        etat="soumise" if soumise else "brouillon",
        soumise_le="2026-02-01T10:00:00Z" if soumise else None,
    )


def ligne_de(code: str) -> tableau.Ligne:
    return next(ligne for ligne in tableau.lignes_par_bassin() if ligne.code == code)


def test_les_chiffres_d_un_bassin(scene: Any) -> None:
    avant = ligne_de(scene.bassin.code)
    nouvelles = [Structure.objects.create(nom=f"SAVS {n}", type="savs", commune=scene.commune) for n in range(3)]
    reponse = repondre(scene, nouvelles[0], soumise=True)
    repondre(scene, nouvelles[1], soumise=False)
    service = Service.objects.get(slug="plateaux-techniques")
    commun = {"reponse": reponse, "structure": nouvelles[0], "service": service, "publiee": True}
    Offre.objects.create(**commun, volume=12, rayonnement="region")
    Besoin.objects.create(**commun, volume=20)
    Offre.objects.create(**{**commun, "publiee": False}, volume=99)
    apres = ligne_de(scene.bassin.code)
    assert apres.structures - avant.structures == 3
    assert apres.invitees - avant.invitees == 2
    assert apres.soumises - avant.soumises == 1
    assert apres.offres - avant.offres == 1
    assert apres.besoins - avant.besoins == 1
    assert apres.taux == 100 * apres.soumises / apres.invitees


def test_un_bassin_non_interroge_n_a_pas_de_taux() -> None:
    assert tableau.Ligne(nom="Flers").taux is None
    assert graphiques.classe(None)[2] == "non interrogé"
    assert graphiques.classe(0.0)[2] == "moins de 25 %"
    assert graphiques.classe(75.0)[2] == "75 % et plus"
    assert graphiques.classe(100.0)[2] == "75 % et plus"


def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(
    pilote: Client, scene: Any, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse("pilotage:tableau")
    pilote.get(url)
    with CaptureQueriesContext(connection) as une:
        pilote.get(url)
    for rang in range(12):
        structure = Structure.objects.create(nom=f"IME {rang}", type="ime", commune=scene.autre_commune)
        repondre(scene, structure, soumise=rang % 2 == 0)
    with CaptureQueriesContext(connection) as beaucoup:
        assert pilote.get(url).status_code == 200
    assert len(beaucoup) == len(une)


def test_la_page_montre_le_tableau_du_graphique(pilote: Client, scene: Any) -> None:
    repondre(scene, Structure.objects.create(nom="IME", type="ime", commune=scene.commune), soumise=True)
    page = pilote.get(reverse("pilotage:tableau")).content.decode()
    assert reverse("pilotage:graphique") in page
    assert "Taux de réponse par bassin interrogé" in page
    assert reverse("pilotage:bassin", args=[scene.bassin.code]) in page


def test_le_graphique_est_un_svg_sans_script(pilote: Client, scene: Any) -> None:
    repondre(scene, Structure.objects.create(nom="IME", type="ime", commune=scene.commune), soumise=True)
    reponse = pilote.get(reverse("pilotage:graphique"))
    assert reponse["Content-Type"] == "image/svg+xml"
    assert b"<script" not in reponse.content
    assert b"http://" not in reponse.content.replace(b"http://www.w3.org", b"")
    racine = ET.fromstring(reponse.content)  # noqa: S314
    assert racine.tag.endswith("svg")
    assert scene.bassin.nom in reponse.content.decode()
    # The same figures, the same bytes.
    assert pilote.get(reverse("pilotage:graphique")).content == reponse.content


def test_un_bassin_inconnu(pilote: Client) -> None:
    assert pilote.get(reverse("pilotage:bassin", args=["9999"])).status_code == 404


def test_un_bassin_dit_ce_qui_manque(pilote: Client, scene: Any) -> None:
    service = Service.objects.get(slug="ateliers-numerique")
    reponse = repondre(scene, Structure.objects.create(nom="IME", type="ime", commune=scene.commune), soumise=True)
    commun = {"reponse": reponse, "structure": reponse.structure, "service": service, "publiee": True}
    Offre.objects.create(**commun, volume=8, rayonnement="region")
    Besoin.objects.create(**commun, volume=20)
    page = pilote.get(reverse("pilotage:bassin", args=[scene.bassin.code])).content.decode()
    assert "Ateliers numériques" in page
    assert "<strong>12</strong>" in page
