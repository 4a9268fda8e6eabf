"""Pages of the maps: the list says what the map says, for everybody; partners see offers and needs."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from offres.models import Offre
from structures.territoires.models import CodePostal, Commune
from tests.cartes.conftest import faire_structures

BASSIN = "/cartes/bassins/2808/"


def texte(client: Client, adresse: str) -> str:
    reponse = client.get(adresse)
    assert reponse.status_code == 200, reponse
    return str(reponse.content.decode())


def connecter(client: Client, monde: SimpleNamespace) -> Client:
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    return client


def visibles(page: str) -> list[str]:
    """Names of the lines of the list that are not hidden."""
    lignes = re.findall(r'<li class="carte-ligne"(.*?)>.*?carte-ligne__nom"[^>]*>(.*?)</a>', page, re.S)
    return [nom for attributs, nom in lignes if "hidden" not in attributs]


def test_la_region_compte_les_structures_par_bassin(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, "/cartes/")
    lignes = re.findall(r'data-bassin="(\d+)"\s+data-nom="(.*?)"\s+data-valeur="(\d+)"', page)
    # French order: Évreux between Bernay and Flers.
    assert lignes == [("2803", "Bernay", "1"), ("2808", "Évreux", "4"), ("2809", "Flers", "0")]
    assert 'href="/cartes/bassins/2808/"' in page
    assert "regroupement d’EPCI" in page


def test_la_region_ne_compte_pas_les_fermees(client: Client, monde: SimpleNamespace) -> None:
    monde.cap.fermee_le = "2026-01-01"
    monde.cap.save()
    assert 'data-nom="Bernay"\n              data-valeur="0"' in texte(client, "/cartes/")


@pytest.mark.parametrize("question", ["Évreux", "evreux", "  EVREUX "])
def test_une_commune_mene_a_son_bassin(client: Client, monde: SimpleNamespace, question: str) -> None:
    reponse = client.get("/cartes/", {"q": question})
    assert reponse.status_code == 302
    assert reponse["Location"] == "/cartes/bassins/2808/?commune=27229"
    assert "Vous cherchiez <strong>Évreux</strong>" in texte(client, reponse["Location"])


def test_un_code_postal_partage_laisse_le_choix(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, "/cartes/?q=27200")
    assert "2\u00a0communes répondent" in page
    assert "/cartes/bassins/2808/?commune=27229" in page
    assert "/cartes/bassins/2803/?commune=27056" in page


def test_un_code_postal_d_un_seul_bassin_y_mene(client: Client, monde: SimpleNamespace) -> None:
    voisine = Commune.objects.create(
        code="61170", nom="Voisine", departement=monde.eure, bassin=monde.flers.bassin, lat=49.2, lon=3.2
    )
    CodePostal.objects.create(code="61200", commune=voisine)
    assert client.get("/cartes/", {"q": "61200"})["Location"] == "/cartes/bassins/2809/"


def test_une_commune_inconnue_est_dite(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, "/cartes/?q=Xyzville<script>")
    assert "Aucune commune de la région ne répond" in page
    assert "<script>" not in page.split("recherche-reponse")[1].split("</section>")[0]


def test_une_commune_hors_bassin_ne_se_devine_pas(client: Client, monde: SimpleNamespace) -> None:
    Commune.objects.filter(pk=monde.flers.pk).update(bassin=None)
    assert "hors des bassins du portail" in texte(client, "/cartes/?q=Flers")


def test_la_liste_dit_ce_que_dit_la_carte(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, BASSIN)
    de_la_carte = {t["properties"]["nom"] for t in client.get(f"{BASSIN}structures.geojson").json()["features"]}
    assert set(visibles(page)) == de_la_carte
    assert "4\u00a0structures affichées" in page
    assert f'href="{monde.esat.get_absolute_url()}"' in page


def test_filtrer_sans_javascript(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?famille=medico-social-adultes&type=esat")
    assert visibles(page) == ["ESAT Évreux 0"]
    assert re.search(r"1\u00a0structure affichée\s*sur 4", page)
    assert re.search(r'value="esat"[^>]*checked', page)


def test_un_filtre_sans_reponse_dit_comment_elargir(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?type=geiq")
    assert visibles(page) == []
    assert re.search(r"<p data-vide\s*>", page)


def test_un_bassin_sans_structure(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, "/cartes/bassins/2809/")
    assert "Aucune structure n’est encore connue" in page
    assert "0\u00a0structure affichée" in page


def test_bassins_voisins(client: Client, monde: SimpleNamespace) -> None:
    """Bernay touches Évreux; Flers, two degrees away, doesn't."""
    voisins = texte(client, BASSIN).split('id="voisins"')[1]
    assert "/cartes/bassins/2803/" in voisins
    assert "/cartes/bassins/2809/" not in voisins


def test_un_visiteur_ne_voit_ni_offre_ni_besoin(client: Client, monde: SimpleNamespace) -> None:
    for adresse in (BASSIN, f"/cartes/structures/{monde.esat.pk}/carte/"):
        page = texte(client, adresse)
        assert monde.service.libelle not in page
        assert "Jeanne Exemple" not in page
        assert "carte-ligne__comptes" not in page
    assert "connecté" in texte(client, f"/cartes/structures/{monde.esat.pk}/carte/")


def test_un_partenaire_voit_offres_et_besoins_publies(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    page = texte(client, BASSIN)
    assert "1\u00a0offre" in page
    assert "1\u00a0besoin" in page
    fiche = texte(client, f"/cartes/structures/{monde.esat.pk}/carte/")
    assert monde.service.libelle in fiche
    assert "7\u00a0personnes par an" in fiche
    assert "3\u00a0personnes par an" in fiche
    assert "Jeanne Exemple" in fiche
    assert "Service insertion" in fiche


def test_un_brouillon_ne_se_montre_a_personne(client: Client, monde: SimpleNamespace) -> None:
    fiche = texte(connecter(client, monde), f"/cartes/structures/{monde.savs.pk}/carte/")
    assert "Aucune offre publiée" in fiche
    assert "Brouillon secret" not in fiche


def test_un_nom_non_public_ne_se_montre_a_personne(client: Client, monde: SimpleNamespace) -> None:
    monde.savs.contact_nom, monde.savs.contact_fonction = "Paul Discret", "Accueil"
    monde.savs.save()
    assert "Paul Discret" not in texte(connecter(client, monde), f"/cartes/structures/{monde.savs.pk}/carte/")


def test_la_fiche_ne_se_garde_dans_aucun_cache(client: Client, monde: SimpleNamespace) -> None:
    reponse = connecter(client, monde).get(f"/cartes/structures/{monde.esat.pk}/carte/")
    assert "private" in reponse["Cache-Control"]
    assert "no-store" in reponse["Cache-Control"]


def test_pas_de_fiche_pour_une_structure_fermee_ou_inconnue(client: Client, monde: SimpleNamespace) -> None:
    monde.esat.fermee_le = "2026-01-01"
    monde.esat.save()
    assert client.get(f"/cartes/structures/{monde.esat.pk}/carte/").status_code == 404
    assert client.get("/cartes/structures/999999/carte/").status_code == 404


@pytest.mark.parametrize("adresse", ["/cartes/", BASSIN])
@pytest.mark.parametrize("connecte", [False, True])
def test_nombre_de_requetes_constant(client: Client, monde: SimpleNamespace, adresse: str, connecte: bool) -> None:
    if connecte:
        connecter(client, monde)
    texte(client, adresse)  # the neighbours are computed once per set of outlines
    with CaptureQueriesContext(
        connection,
    ) as une:
        texte(client, adresse)
    for structure in faire_structures(monde.evreux, 30, "geiq", "GEIQ"):
        Offre.objects.create(structure=structure, service=monde.service, rayonnement="region", publiee=True)
    with CaptureQueriesContext(connection) as plusieurs:
        texte(client, adresse)
    assert len(plusieurs) == len(une)
    assert len(plusieurs) <= 18


def test_ni_script_ni_style_en_ligne(client: Client, monde: SimpleNamespace) -> None:
    for adresse in ("/cartes/", BASSIN, f"/cartes/structures/{monde.esat.pk}/carte/"):
        page = texte(client, adresse)
        assert not re.search(r"<[^>]+\sstyle=", page)
        assert not re.search(r"<[^>]+\son\w+=", page)
        for script in re.findall(r"<script(.*?)>", page):
            assert "src=" in script or "application/json" in script


def test_les_tuiles_de_l_exploitant_sont_donnees_a_la_carte(
    client: Client, monde: SimpleNamespace, settings: Any
) -> None:
    assert '"tuiles": ""' in texte(client, BASSIN)
    settings.PCTI_TUILES_URL = "https://tuiles.exemple.test/{z}/{x}/{y}.png"
    assert "tuiles.exemple.test" in texte(client, BASSIN)
