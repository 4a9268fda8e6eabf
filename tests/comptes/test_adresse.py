"""Another address: proved by a code, told to the former one, and the former one opens nothing."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from socle.models import Courriel
from structures.comptes import adresse
from structures.comptes.models import EvenementCompte, Utilisateur

pytestmark = pytest.mark.django_db
ANCIENNE, NOUVELLE = "ancienne@essai.test", "nouvelle@essai.test"


@pytest.fixture(autouse=True)
def _sans_memoire() -> None:
    cache.clear()


@pytest.fixture
def personne(client: Client) -> Utilisateur:
    """Somebody without a password nor a second factor: nothing more to prove."""
    personne = Utilisateur.objects.create_user(ANCIENNE)
    EmailAddress.objects.create(user=personne, email=ANCIENNE, verified=True, primary=True)
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    return personne


def code_recu() -> str:
    trouve = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", Courriel.objects.get(modele="comptes/adresse_code").texte, re.M)
    assert trouve
    return trouve[0]


def test_un_code_prouve_la_nouvelle_adresse(client: Client, personne: Utilisateur) -> None:
    ailleurs = Client()
    ailleurs.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    reponse = client.post(reverse("comptes:adresse"), {"adresse": "Nouvelle@Essai.test"})
    assert reponse["Location"] == reverse("comptes:adresse_code")
    assert Courriel.objects.get().destinataire == NOUVELLE
    faux = client.post(reverse("comptes:adresse_code"), {"code": "AAAA-AAAA"})
    assert faux.status_code == 422
    assert "pas le bon" in faux.content.decode()
    # As people type it.
    assert (
        client.post(reverse("comptes:adresse_code"), {"code": code_recu().lower().replace("-", " ")}).status_code
        == 302
    )
    personne.refresh_from_db()
    assert personne.email == NOUVELLE
    avis = Courriel.objects.get(modele="comptes/adresse_changee")
    assert avis.destinataire == ANCIENNE
    assert NOUVELLE in avis.texte
    assert EvenementCompte.objects.filter(personne=personne, action="adresse_changee").exists()
    assert client.get(reverse("comptes:profil")).status_code == 200
    assert ailleurs.get(reverse("comptes:profil")).status_code == 302
    # The former address opens nothing any more.
    Client().post(reverse("account_request_login_code"), {"email": ANCIENNE})
    assert not Courriel.objects.filter(modele="comptes/code_connexion").exists()


def test_une_adresse_deja_prise_ne_se_dit_qu_a_son_titulaire(client: Client, personne: Utilisateur) -> None:
    Utilisateur.objects.create_user(NOUVELLE)
    reponse = client.post(reverse("comptes:adresse"), {"adresse": NOUVELLE})
    assert reponse["Location"] == reverse("comptes:adresse_code")
    assert Courriel.objects.get().modele == "comptes/adresse_prise"
    assert client.post(reverse("comptes:adresse_code"), {"code": "BCDF-GHJK"}).status_code == 422
    personne.refresh_from_db()
    assert personne.email == ANCIENNE


def test_cinq_essais_puis_un_autre_code(client: Client, personne: Utilisateur) -> None:
    client.post(reverse("comptes:adresse"), {"adresse": NOUVELLE})
    for _ in range(adresse.ESSAIS_MAX):
        client.post(reverse("comptes:adresse_code"), {"code": "AAAA-AAAA"})
    page = client.post(reverse("comptes:adresse_code"), {"code": code_recu()}).content.decode()
    assert "ne sert plus" in page
    personne.refresh_from_db()
    assert personne.email == ANCIENNE


def test_un_code_perime_ne_sert_plus(client: Client, personne: Utilisateur) -> None:
    client.post(reverse("comptes:adresse"), {"adresse": NOUVELLE})
    session = client.session
    session[adresse.CLE] = {**session[adresse.CLE], "a": session[adresse.CLE]["a"] - adresse.VALIDITE_S - 1}
    session.save()
    assert client.post(reverse("comptes:adresse_code"), {"code": code_recu()}).status_code == 422
    personne.refresh_from_db()
    assert personne.email == ANCIENNE


def test_l_adresse_prise_entre_temps_se_refuse(client: Client, personne: Utilisateur) -> None:
    client.post(reverse("comptes:adresse"), {"adresse": NOUVELLE})
    Utilisateur.objects.create_user(NOUVELLE)
    assert client.post(reverse("comptes:adresse_code"), {"code": code_recu()}).status_code == 422
    personne.refresh_from_db()
    assert personne.email == ANCIENNE


def test_la_meme_adresse_ou_une_fausse_se_disent(client: Client, personne: Utilisateur) -> None:
    assert "déjà votre adresse" in client.post(reverse("comptes:adresse"), {"adresse": ANCIENNE}).content.decode()
    assert "pas complète" in client.post(reverse("comptes:adresse"), {"adresse": "x@"}).content.decode()
    assert not Courriel.objects.exists()


def test_les_demandes_sont_limitees(client: Client, personne: Utilisateur) -> None:
    for _ in range(8):
        client.post(reverse("comptes:adresse"), {"adresse": NOUVELLE})
    assert 0 < Courriel.objects.count() < 8
