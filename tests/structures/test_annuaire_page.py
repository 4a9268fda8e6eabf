"""The page of the directory: filters and who may use them, keys both ways, canonical addresses, partial answers."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from offres.models import Besoin, Campagne, Offre, Reponse, Service
from structures.models import Public, Structure
from structures.territoires.models import Commune
from tests.fabriques import une_structure

ClientDe = Callable[..., Client]
LISTE = "/structures/"


def noms(client: Client, requete: str = "") -> set[str]:
    return {s.nom for s in client.get(LISTE + requete).context["structures"]}


@pytest.fixture
def echanges(scene: SimpleNamespace) -> SimpleNamespace:
    """An offer, a need and an answer of this year, all of « IME Les Tilleuls »; a draft of another."""
    scene.service, autre = Service.objects.all()[:2]
    Offre.objects.filter(structure__isnull=False).update(publiee=False)
    Besoin.objects.all().update(publiee=False)
    Offre.objects.create(structure=scene.structure, service=scene.service, publiee=True)
    Besoin.objects.create(structure=scene.structure, service=autre, publiee=True)
    Offre.objects.create(structure=scene.structure_voisine, service=scene.service, publiee=False)
    Offre.objects.create(
        structure=scene.autre_structure,
        service=scene.service,
        publiee=True,
        fin=timezone.localdate() - timedelta(days=1),
    )
    scene.autre_service = autre
    Reponse.objects.filter(soumise_le__isnull=False).update(soumise_le=timezone.now() - timedelta(days=400))
    jour = timezone.localdate()
    campagne = Campagne.objects.create(pole=scene.pole, nom="Essai", debut=jour, fin=jour + timedelta(days=30))
    Reponse.objects.create(campagne=campagne, structure=scene.structure, etat="soumise", soumise_le=timezone.now())
    Reponse.objects.create(
        campagne=campagne,
        structure=scene.structure_voisine,
        etat="soumise",
        soumise_le=timezone.now() - timedelta(days=400),
    )
    return scene


def test_filtres_des_partenaires(echanges: SimpleNamespace, client_de: ClientDe) -> None:
    client = client_de(echanges.personnes["etranger"])
    seule = {"IME Les Tilleuls"}
    assert noms(client, f"?offre={echanges.service.slug}") == seule
    assert noms(client, f"?besoin={echanges.autre_service.slug}") == seule
    assert noms(client, f"?besoin={echanges.service.slug}") == set()
    assert noms(client, "?repondu=oui") == seule
    puces = client.get(f"{LISTE}?offre={echanges.service.slug}&repondu=oui").context["puces"]
    assert [p.texte for p in puces] == [
        f"Propose\u00a0: {echanges.service.libelle}",
        "Questionnaire\u00a0: A répondu cette année",
    ]


@pytest.mark.parametrize("cle", ["offre", "besoin", "repondu", "etat"])
def test_un_visiteur_n_apprend_rien(echanges: SimpleNamespace, client: Client, cle: str) -> None:
    """Neither by the filter, nor the count, nor the address: the parameter does not exist for them."""
    valeur = {"repondu": "oui", "etat": "fermees"}.get(cle, echanges.service.slug)
    sans, avec = client.get(LISTE), client.get(LISTE, {cle: valeur})
    assert avec.context["nombre"] == sans.context["nombre"]
    assert avec.content.decode().split("<main")[1] == sans.content.decode().split("<main")[1]
    assert echanges.service.libelle not in sans.content.decode()
    parametres: list[dict[str, str]] = [{}, {cle: valeur}]
    reponses: list[Any] = [client.get(LISTE + "export/", {"format": "csv", **extra}) for extra in parametres]
    fichiers = [b"".join(reponse.streaming_content) for reponse in reponses]
    assert fichiers[0] == fichiers[1]


def test_les_fermees_sont_pour_la_coordination(scene: SimpleNamespace, client_de: ClientDe, client: Client) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(fermee_le=timezone.localdate())
    fermee = {"IME Les Tilleuls"}
    for role in ("coordination", "pilotage", "administration"):
        assert noms(client_de(scene.personnes[role]), "?etat=fermees") == fermee
        assert fermee < noms(client_de(scene.personnes[role]), "?etat=toutes")
    for qui in (client, client_de(scene.personnes["direction"])):
        assert not fermee & noms(qui, "?etat=fermees")


def test_une_fiche_absorbee_n_est_dans_aucune_liste(scene: SimpleNamespace, client_de: ClientDe) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(
        fermee_le=timezone.localdate(), fusionnee_dans=scene.structure_voisine
    )
    assert "IME Les Tilleuls" not in noms(client_de(scene.personnes["coordination"]), "?etat=toutes")


def test_filtres_par_public_pole_fiche_nature(scene: SimpleNamespace, client: Client) -> None:
    public = Public.objects.actifs()[0]
    scene.structure.publics.add(public)
    college = une_structure(scene.commune, nom="Collège", type="ulis", precision="college")
    assert noms(client, f"?public={public.slug}") == {"IME Les Tilleuls"}
    assert noms(client, f"?pole={scene.pole.slug}") == {"IME Les Tilleuls", "Mission locale du Pays", "Collège"}
    assert noms(client, "?precision=college") == {college.nom}
    assert noms(client, "?verifier=oui") == set()
    Structure.objects.filter(pk=college.pk).update(cree_le=timezone.now() - timedelta(days=400))
    assert noms(client, "?verifier=oui") == {college.nom}


def test_plusieurs_familles_et_un_type(scene: SimpleNamespace, client: Client) -> None:
    """As on the maps: types refine their own family."""
    assert noms(client, "?famille=emploi&famille=medico-social-enfants") == {
        "IME Les Tilleuls",
        "Mission locale du Pays",
    }
    assert noms(client, "?famille=emploi&type=esat") == {"Mission locale du Pays", "ESAT du Bocage"}
    assert noms(client, "?famille=emploi&type=cap-emploi") == set()


def test_l_adresse_est_canonique(scene: SimpleNamespace, client: Client) -> None:
    """Empty fields leave; the order of the values is ours; the page says its own address."""
    reponse = client.get(LISTE + "?q=esat&lieu=&rayon=&type=savs&type=esat&bassin=2803")
    assert reponse.status_code == 302
    assert reponse.headers["Location"] == LISTE + "?q=esat&type=esat&type=savs&bassin=2803"
    page = client.get(reponse.headers["Location"]).content.decode()
    assert (
        'rel="canonical" href="http://testserver/structures/?q=esat&amp;type=esat&amp;type=savs&amp;bassin=2803"'
        in page
    )
    assert client.get(LISTE + "?q=").headers["Location"] == LISTE


def test_htmx_ne_recoit_que_les_resultats(scene: SimpleNamespace, client: Client) -> None:
    reponse = client.get(LISTE + "?q=esat&lieu=&rayon=", headers={"HX-Request": "true"})
    texte = reponse.content.decode()
    assert reponse.status_code == 200
    assert "<html" not in texte
    assert "<form" not in texte
    assert '<p id="annuaire-annonce" hx-swap-oob="innerHTML">1\u00a0structure</p>' in texte
    assert reponse.headers["HX-Push-Url"] == LISTE + "?q=esat"
    assert "HX-Request" in reponse.headers["Vary"]
    entiere = client.get(LISTE, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in entiere.content.decode()


def _parcourir(client: Client, requete: str, sens: str) -> list[list[int]]:
    pages, url = [], LISTE + requete
    while url:
        contexte = client.get(url).context
        pages.append([s.pk for s in contexte["structures"]])
        url = LISTE + contexte[sens] if contexte[sens] else ""
        assert len(pages) < 20
    return pages


@pytest.mark.parametrize("requete", ["?type=esat", "?q=esat", "?lieu=49.02,1.15&type=esat", "?q=esat+evreux"])
def test_pages_dans_les_deux_sens(scene: SimpleNamespace, client: Client, requete: str) -> None:
    """Each structure once; going back shows the same pages; equal names and distances included."""
    for rang in range(70):
        une_structure(scene.commune, nom="ESAT du même nom" if rang % 2 else f"Atelier {rang}")
    aller = _parcourir(client, requete, "suite")
    vues = [pk for page in aller for pk in page]
    assert len(vues) == len(set(vues)) >= 70
    assert [len(page) for page in aller[:2]] == [30, 30]
    derniere = client.get(LISTE + requete)
    while derniere.context["suite"]:
        derniere = client.get(LISTE + derniere.context["suite"])
    retour = _parcourir(client, derniere.context["precedente"], "precedente")
    assert retour == aller[:-1][::-1]
    assert not client.get(LISTE + requete).context["precedente"]


def test_une_page_survit_aux_disparitions(scene: SimpleNamespace, client: Client) -> None:
    """The structure of the key is renamed, closed or gone: the next page still shows something."""
    for rang in range(40):
        une_structure(scene.commune, nom=f"Atelier {rang:02}")
    suite = client.get(LISTE).context["suite"]
    Structure.objects.filter(nom="Atelier 29").update(fermee_le=timezone.localdate())
    assert client.get(LISTE + suite).context["structures"]
    for cle in ("abc", "0-999999999999999999", "1-2-3", "-1-5", "9" * 30):
        for sens in ("apres", "avant"):
            assert client.get(LISTE, {sens: cle}).context["structures"]


def test_requetes_constantes_avec_lieu_et_mots(
    scene: SimpleNamespace, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    une_structure(scene.commune)
    adresse = LISTE + "?q=esat+evreux&lieu=evreux&rayon=100"
    client.get(adresse)
    with CaptureQueriesContext(connection) as avant:
        client.get(adresse)
    for _ in range(25):
        une_structure(scene.commune)
    with django_assert_num_queries(len(avant)):
        assert len(client.get(adresse).context["structures"]) == 26


def test_rien_et_comment_elargir(scene: SimpleNamespace, client: Client) -> None:
    Commune.objects.create(code="27999", nom="Saint-Aubin-Désert", departement_id="27", lat=48.7, lon=0.9)
    page = client.get(LISTE, {"q": "introuvable tilleuls", "lieu": "evreux", "rayon": "5", "type": "esat"})
    pistes = dict(page.context["pistes"])
    assert pistes["Chercher jusqu’à 10\u00a0km"].endswith("rayon=10&type=esat")
    assert "Chercher sans limite de distance" in pistes
    assert "Chercher seulement «\u00a0tilleuls\u00a0»" in pistes
    page = client.get(LISTE, {"q": "saint aubin"})
    assert (
        "Chercher autour\u00a0: Saint-Aubin-Désert (27)",
        "?lieu=Saint-Aubin-D%C3%A9sert+%2827999%29",
    ) in page.context["pistes"]


def test_la_correction_se_dit(scene: SimpleNamespace, client: Client) -> None:
    page = client.get(LISTE, {"q": "tileuls"}).content.decode()
    assert "Résultats pour «&nbsp;<strong>tilleuls</strong>&nbsp;» (au lieu de «&nbsp;tileuls&nbsp;»)." in page
    assert "<script>" not in client.get(LISTE, {"q": "<script>alert(1)</script>"}).content.decode().split("<main")[1]


@pytest.mark.parametrize("cle", ["q", "lieu", "rayon", "famille", "type", "bassin", "pole", "public", "apres"])
@pytest.mark.parametrize("valeur", ["\x00", "%", "_", "x" * 10_000, "' OR 1=1 --", "<img src=x>", "\U0001f600"])
def test_adresses_hostiles(scene: SimpleNamespace, client: Client, cle: str, valeur: str) -> None:
    reponse = client.get(LISTE, {cle: valeur, "q": valeur})
    # A NUL is refused by the gate in front of every page.
    assert reponse.status_code == (400 if "\x00" in valeur and reponse.status_code == 400 else 200)
    assert b"<img src=x>" not in reponse.content


def test_suggestions_de_lieux(petite_normandie: SimpleNamespace, client: Client) -> None:
    reponse = client.get("/structures/lieux/", {"q": "evr"})
    assert reponse.json() == [{"valeur": "Évreux (27229)", "libelle": "Évreux, Eure"}]
    assert client.get("/structures/lieux/", {"q": "27930"}).json()[0]["valeur"] == "Fauville (27234)"
    assert client.get("/structures/lieux/", {"q": "e"}).json() == []
    assert client.get("/structures/lieux/").json() == []
    assert client.get("/structures/lieux/", {"q": "%" * 500}).json() == []


def test_un_lieu_inconnu_ne_pretend_pas_filtrer(scene: SimpleNamespace, client: Client) -> None:
    contexte = client.get(f"{LISTE}?lieu=Zanzibar&rayon=20").context
    assert [p.texte for p in contexte["puces"]] == ["Lieu à préciser\u00a0: Zanzibar"]
