"""The demonstration's doors: open on this machine with demonstration data, and nowhere else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.models import MessageRecu
from structures.comptes.models import Utilisateur

pytestmark = pytest.mark.django_db


@pytest.fixture
def compte() -> Utilisateur:
    return Utilisateur.objects.create_user(COMPTES[0].email, demonstration=True)


def se_connecter(client: Client, email: str, **extra: Any) -> Any:
    return client.post(reverse("demo:connexion"), {"compte": email}, **extra)


def test_un_clic_connecte(client: Client, compte: Utilisateur) -> None:
    reponse = se_connecter(client, compte.email)
    assert reponse.status_code == 302
    assert client.session["_auth_user_id"] == str(compte.pk)


@pytest.mark.parametrize(
    ("voulue", "suite"),
    [("/offres/", "/offres/"), ("https://ailleurs.example/", "/"), ("//ailleurs.example/", "/"), ("", "/")],
)
def test_un_clic_mene_ou_l_on_allait(client: Client, compte: Utilisateur, voulue: str, suite: str) -> None:
    reponse = client.post(reverse("demo:connexion"), {"compte": compte.email, "next": voulue})
    assert reponse.headers["Location"] == suite


@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": "n’importe quoi"},
    ],
)
def test_une_autre_machine_ne_trouve_rien(client: Client, compte: Utilisateur, extra: dict[str, str]) -> None:
    assert se_connecter(client, compte.email, **extra).status_code == 404
    assert client.get(reverse("demo:courriels"), **extra).status_code == 404  # type: ignore[arg-type]


def test_eteinte_la_demonstration_n_existe_pas(client: Client, compte: Utilisateur, settings: Any) -> None:
    settings.PCTI_DEMO = False
    assert se_connecter(client, compte.email).status_code == 404


def test_sans_donnees_de_demonstration_rien_ne_s_ouvre(client: Client) -> None:
    assert client.get(reverse("demo:courriels")).status_code == 404


def test_un_compte_reel_ne_s_ouvre_pas_en_un_clic(client: Client, compte: Utilisateur) -> None:
    reel = Utilisateur.objects.create_user("directrice@exemple.fr")
    assert se_connecter(client, reel.email).status_code == 404
    # Even under the address of a demonstration account, a real account stays shut.
    compte.demonstration = False
    compte.save()
    Utilisateur.objects.create_user("autre@demo.invalid", demonstration=True)
    assert se_connecter(client, compte.email).status_code == 404


def test_un_lien_ne_suffit_pas(client: Client, compte: Utilisateur) -> None:
    assert client.get(reverse("demo:connexion"), {"compte": compte.email}).status_code == 405


def test_la_boite_se_lit_par_pages_et_par_destinataire(
    client: Client, compte: Utilisateur, django_assert_num_queries: Any
) -> None:
    for rang in range(70):
        MessageRecu.objects.create(
            message_id=f"<{rang}@test>", destinataire=f"p{rang % 2}@exemple.fr", sujet=f"Message {rang:02d}", texte="."
        )
    with django_assert_num_queries(2):
        premiere = client.get(reverse("demo:courriels")).content.decode()
    assert "Message 69" in premiere
    assert "Message 39" not in premiere
    lus = premiere.count("demo/courriels/")
    assert lus >= 30
    un = client.get(reverse("demo:courriels"), {"a": "p1@exemple.fr"}).content.decode()
    assert "Message 69" in un
    assert "Message 68" not in un


def test_le_message_ne_porte_pas_de_code(client: Client, compte: Utilisateur) -> None:
    message = MessageRecu.objects.create(
        message_id="<x@test>", destinataire="a@exemple.fr", sujet="Sujet", texte="<script>alert(1)</script>"
    )
    page = client.get(reverse("demo:courriel", args=[message.pk])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_un_rang_qui_n_est_pas_un_nombre_est_laisse(client: Client, compte: Utilisateur) -> None:
    assert client.get(reverse("demo:courriels"), {"avant": "²"}).status_code == 200
