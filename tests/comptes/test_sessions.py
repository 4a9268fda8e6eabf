"""Open sessions: said in words, closed for good."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from structures.comptes import sessions
from structures.comptes.models import EvenementCompte, Utilisateur

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def alix() -> Utilisateur:
    return Utilisateur.objects.create_user("alix@essai.test", "une phrase assez longue")


def entrer(personne: Utilisateur, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post(reverse("account_login"), {"login": personne.email, "password": "une phrase assez longue"})
    assert "_auth_user_id" in client.session
    return client


MOTEUR = "AppleWebKit/537.36 Chrome/139.0"


@pytest.mark.parametrize(
    ("agent", "dit"),
    [
        (FIREFOX, "Firefox sur un ordinateur Windows"),
        (IPHONE, "Safari sur un iPhone"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {MOTEUR} Safari/537.36", "Chrome sur un ordinateur Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {MOTEUR} Edg/139.0", "Edge sur un ordinateur Windows"),
        (f"Mozilla/5.0 (Linux; Android 15; Pixel) {MOTEUR} Mobile Safari/537.36", "Chrome sur un téléphone Android"),
        ("", "Un appareil inconnu"),
        ("curl/8", "Un appareil inconnu"),
    ],
)  # fmt: skip
def test_l_appareil_est_dit_en_mots(agent: str, dit: str) -> None:
    assert sessions.appareil(agent) == dit


def test_autant_de_requetes_pour_une_session_que_pour_dix(
    alix: Utilisateur, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    bureau = entrer(alix, FIREFOX)
    adresse = reverse("comptes:sessions")
    bureau.get(adresse)
    with CaptureQueriesContext(connection) as une:
        bureau.get(adresse)
    combien = len(une)
    for _ in range(9):
        entrer(alix, IPHONE)
    expiree = UserSession.objects.filter(user_agent=IPHONE)[0]
    Session.objects.filter(session_key=expiree.session_key).update(expire_date=timezone.now())
    with django_assert_max_num_queries(combien):
        page = bureau.get(adresse).content.decode()
    assert page.count("Safari sur un iPhone") >= 8
    assert [session.user_agent for session in sessions.ouvertes(alix)].count(IPHONE) == 8


def test_fermer_une_session_la_ferme_vraiment(alix: Utilisateur) -> None:
    bureau, telephone = entrer(alix, FIREFOX), entrer(alix, IPHONE)
    page = bureau.get(reverse("comptes:sessions")).content.decode()
    assert "Safari sur un iPhone" in page
    assert page.count("Cet appareil") == 1
    session = UserSession.objects.get(user_agent=IPHONE)
    bureau.post(reverse("comptes:fermer_session", args=[session.pk]))
    assert telephone.get(reverse("comptes:profil"))["Location"].startswith(reverse("account_login"))
    assert bureau.get(reverse("comptes:profil")).status_code == 200
    assert EvenementCompte.objects.filter(personne=alix, action="sessions_fermees").count() == 1


def test_fermer_toutes_les_autres(alix: Utilisateur) -> None:
    ici, *autres = [entrer(alix, FIREFOX) for _ in range(3)]
    ici.post(reverse("comptes:fermer_les_autres"))
    assert ici.get(reverse("comptes:profil")).status_code == 200
    assert all(autre.get(reverse("comptes:profil")).status_code == 302 for autre in autres)
    assert UserSession.objects.filter(user=alix).count() == 1


def test_on_ne_ferme_que_les_siennes(alix: Utilisateur) -> None:
    tiers = Utilisateur.objects.create_user("tiers@essai.test", "une phrase assez longue")
    le_tiers, client = entrer(tiers, FIREFOX), entrer(alix, FIREFOX)
    session = UserSession.objects.get(user=tiers)
    assert client.post(reverse("comptes:fermer_session", args=[session.pk])).status_code == 404
    assert client.get(reverse("comptes:fermer_session", args=[session.pk])).status_code == 405
    assert le_tiers.get(reverse("comptes:profil")).status_code == 200


def test_fermer_la_sienne_deconnecte(alix: Utilisateur) -> None:
    client = entrer(alix, FIREFOX)
    client.post(reverse("comptes:fermer_session", args=[UserSession.objects.get().pk]))
    assert "_auth_user_id" not in client.session


def test_changer_de_mot_de_passe_ferme_les_autres(alix: Utilisateur) -> None:
    ici, ailleurs = entrer(alix, FIREFOX), entrer(alix, IPHONE)
    nouveau = "les pommiers fleurissent en avril"
    donnees = {"oldpassword": "une phrase assez longue", "password1": nouveau, "password2": nouveau}
    assert ici.post(reverse("account_change_password"), donnees).status_code == 302
    assert ici.get(reverse("comptes:profil")).status_code == 200
    assert ailleurs.get(reverse("comptes:profil")).status_code == 302
    assert EvenementCompte.objects.filter(personne=alix, action="mot_de_passe").count() == 1


def test_la_derniere_activite_ne_coute_pas_une_ecriture_par_page(
    alix: Utilisateur, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = entrer(alix, FIREFOX)
    avant = timezone.now() - timedelta(hours=1)
    UserSession.objects.update(last_seen_at=avant)
    client.get(reverse("comptes:profil"))
    assert UserSession.objects.get().last_seen_at == avant
    session = client.session
    session[sessions.CLE] -= sessions.PAS + 1
    session.save()
    client.get(reverse("comptes:profil"))
    assert UserSession.objects.get().last_seen_at > avant


def test_les_sessions_expirees_sont_oubliees(alix: Utilisateur) -> None:
    entrer(alix, FIREFOX)
    entrer(alix, IPHONE)
    perimee = UserSession.objects.get(user_agent=IPHONE).session_key
    Session.objects.filter(session_key=perimee).update(expire_date=timezone.now() - timedelta(days=1))
    assert sessions.purger() == 1
    assert sessions.purger() == 0
    assert [s.user_agent for s in UserSession.objects.all()] == [FIREFOX]
