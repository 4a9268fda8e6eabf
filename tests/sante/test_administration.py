"""The operator's view of e-mails and jobs: read only, without the secrets that e-mails carry."""

import pytest
from django.test import Client

from socle.models import Courriel, Travail
from structures.comptes.models import Utilisateur
from structures.comptes.operations import habiliter
from tests.fabriques import avec_second_facteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def responsable(client: Client) -> Client:
    compte = Utilisateur.objects.create_user("responsable@exemple.fr")
    habiliter(compte, "administration")
    avec_second_facteur(compte)
    client.force_login(compte)
    return client


def test_l_etat_d_un_courriel_se_lit_mais_pas_son_code(responsable: Client) -> None:
    courriel = Courriel.objects.create(
        modele="code", destinataire="a@exemple.fr", sujet="Votre code", texte="ABCD-EFGH", erreur="serveur muet",
        etat=Courriel.Etat.ECHOUE,
    )  # fmt: skip
    liste = responsable.get("/administration/socle/courriel/")
    assert "a@exemple.fr" in liste.content.decode()
    page = responsable.get(f"/administration/socle/courriel/{courriel.pk}/change/")
    assert "serveur muet" in page.content.decode()
    assert "ABCD-EFGH" not in page.content.decode() + liste.content.decode()


def test_rien_ne_s_y_change(responsable: Client) -> None:
    travail = Travail.objects.create(genre="essai", intitule="Un import")
    assert responsable.get(f"/administration/socle/travail/{travail.pk}/change/").status_code == 200
    assert (
        responsable.post(f"/administration/socle/travail/{travail.pk}/change/", {"etat": "reussi"}).status_code == 403
    )
    assert responsable.get("/administration/socle/travail/add/").status_code == 403


def test_un_compte_sans_le_role_n_y_entre_pas(client: Client) -> None:
    client.force_login(Utilisateur.objects.create_user("membre@exemple.fr"))
    assert client.get("/administration/socle/courriel/", follow=True).status_code == 403
