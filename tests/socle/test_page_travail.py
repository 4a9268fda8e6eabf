"""How far a long job is: a page, and the fragment that asks for itself again."""

import pytest
from django.test import Client
from django.urls import reverse

from socle.models import Travail
from structures.comptes.models import Utilisateur

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def demandeur(client: Client) -> Utilisateur:
    personne = Utilisateur.objects.create_user("a@essai.test")
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    return personne


def page(client: Client, travail: Travail, **entetes: str) -> str:
    reponse = client.get(reverse("socle:travail", args=[travail.pk]), headers=entetes)
    assert reponse.status_code == 200
    assert "no-cache" in reponse["Cache-Control"]
    return str(reponse.content.decode())


def test_un_travail_en_cours_dit_ou_il_en_est_et_se_redemande(client: Client, demandeur: Utilisateur) -> None:
    travail = Travail.objects.create(
        genre="essai",
        intitule="Import",
        demandeur=demandeur,
        etat="en_cours",
        fait=1200,
        total=3000,
        etape="Écriture.",
    )
    html = page(client, travail)
    assert "<html" in html
    assert 'value="1200"' in html
    assert 'max="3000"' in html
    assert "1\u00a0200 sur 3\u00a0000" in html
    fragment = page(client, travail, **HTMX)
    assert "<html" not in fragment
    assert f'hx-get="{reverse("socle:travail", args=[travail.pk])}"' in fragment
    assert 'aria-live="polite"' in fragment
    # Without script, the same by a link.
    assert "Actualiser" in fragment


def test_une_longueur_inconnue_ne_ment_pas(client: Client, demandeur: Utilisateur) -> None:
    travail = Travail.objects.create(genre="essai", intitule="Import", demandeur=demandeur, etat="en_cours")
    html = page(client, travail, **HTMX)
    assert "<progress" in html
    assert "value=" not in html
    assert "sur 0" not in html


def test_un_travail_fini_ne_se_redemande_plus(client: Client, demandeur: Utilisateur) -> None:
    travail = Travail.objects.create(
        genre="essai",
        intitule="Import",
        demandeur=demandeur,
        etat="reussi",
        resultat={"resume": "450 importées & 395 hors périmètre.", "url": "/structures/"},
    )
    html = page(client, travail, **HTMX)
    assert "hx-get" not in html
    assert "450 importées &amp; 395" in html
    assert 'href="/structures/"' in html


def test_un_echec_le_dit(client: Client, demandeur: Utilisateur) -> None:
    travail = Travail.objects.create(
        genre="essai", intitule="Import", demandeur=demandeur, etat="echoue", erreur="Fichier <vide>"
    )
    html = page(client, travail, **HTMX)
    assert "n’a pas abouti" in html
    assert "Fichier &lt;vide&gt;" in html
    assert "hx-get" not in html


def test_le_travail_d_un_autre_est_refuse(client: Client, demandeur: Utilisateur) -> None:
    autre = Utilisateur.objects.create_user("b@essai.test")
    travail = Travail.objects.create(genre="essai", intitule="Import", demandeur=autre)
    assert client.get(reverse("socle:travail", args=[travail.pk])).status_code == 403
