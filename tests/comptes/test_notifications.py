"""Choices of e-mails: yes unless refused, compulsory ones always, and the foot that says where to choose."""

import pytest
from django.test import Client
from django.urls import reverse

from socle.models import Courriel
from structures.comptes import notifications
from structures.comptes.models import ChoixNotification, Utilisateur
from structures.comptes.notifications import choisir, declarer, notifier, veut

pytestmark = pytest.mark.django_db


@pytest.fixture
def alix() -> Utilisateur:
    return Utilisateur.objects.create_user("alix@essai.test")


@pytest.fixture(autouse=True)
def genres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "_genres", dict(notifications._genres))
    declarer("essai-rappel", "Un rappel d’essai", "Ce que c’est.")
    declarer("essai-loi", "Un avis d’essai", "Ce que c’est.", obligatoire=True)


def test_oui_tant_que_rien_n_est_refuse(alix: Utilisateur) -> None:
    assert veut(alix, "essai-rappel")
    choisir(alix, {"essai-rappel": False, "essai-loi": False, "inconnu": False})
    assert not veut(alix, "essai-rappel")
    assert veut(alix, "essai-loi")
    assert ChoixNotification.objects.count() == 1
    choisir(alix, {"essai-rappel": True})
    assert veut(alix, "essai-rappel")


def test_un_compte_ferme_ne_recoit_rien(alix: Utilisateur) -> None:
    alix.is_active = False
    assert not veut(alix, "essai-rappel")
    assert not veut(alix, "essai-loi")


def test_un_genre_inconnu_ou_declare_deux_fois_est_une_erreur(alix: Utilisateur) -> None:
    with pytest.raises(KeyError):
        veut(alix, "jamais-declare")
    declarer("essai-rappel", "Un rappel d’essai", "Ce que c’est.")
    with pytest.raises(ValueError, match="déjà déclaré"):
        declarer("essai-rappel", "Autre chose", "Ce que c’est.")


def test_le_pied_dit_ou_choisir_et_seulement_quand_on_peut(alix: Utilisateur) -> None:
    contexte = {"email": alix.email, "lien": "https://exemple.test/"}
    assert notifier(alix, "essai-rappel", "comptes/compte_inconnu", contexte)
    assert notifier(alix, "essai-loi", "comptes/compte_inconnu", contexte)
    rappel, avis = Courriel.objects.order_by("cree_le")
    assert "/comptes/notifications/" in rappel.texte
    assert "/comptes/notifications/" in rappel.html
    assert "/comptes/notifications/" not in avis.texte
    choisir(alix, {"essai-rappel": False})
    assert notifier(alix, "essai-rappel", "comptes/compte_inconnu", contexte) is None
    assert Courriel.objects.count() == 2


def test_la_page_montre_et_garde_les_choix(client: Client, alix: Utilisateur) -> None:
    client.force_login(alix, backend="django.contrib.auth.backends.ModelBackend")
    adresse = reverse("comptes:notifications")
    page = client.get(adresse).content.decode()
    assert "Un rappel d’essai" in page
    assert "Toujours envoyé" in page
    assert 'name="essai-loi"' not in page
    donnees = dict.fromkeys(notifications.choix_de(alix), "aussitot")
    assert client.post(adresse, {**donnees, "essai-rappel": "jamais", "essai-loi": "jamais"}).status_code == 302
    assert not veut(alix, "essai-rappel")
    assert veut(alix, "essai-loi")
    refus = client.post(adresse, {"essai-rappel": "demain"}).content.decode()
    assert "Choisissez" in refus or "choix" in refus
    assert not veut(alix, "essai-rappel")


def test_chaque_courriel_que_l_on_peut_refuser_dit_son_genre() -> None:
    """The kinds of the portal are declared with words."""
    for _, genres in notifications.groupes():
        for genre in genres:
            assert genre.libelle, genre.cle
            assert genre.aide.endswith("."), genre.cle
