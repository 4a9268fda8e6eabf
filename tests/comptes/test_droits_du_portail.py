"""Rights of the portal: given, ended, and what they open."""

import pytest
from django.test import Client
from django.urls import reverse

from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import habiliter, retirer
from structures.comptes.regles import est_administration, est_coordination
from structures.territoires.models import Pole, Region
from tests.fabriques import avec_second_facteur

pytestmark = pytest.mark.django_db


@pytest.fixture
def personne() -> Utilisateur:
    return Utilisateur.objects.create_user("alix@essai.test", prenom="Alix", nom="Charme")


def connecter(client: Client, personne: Utilisateur) -> None:
    avec_second_facteur(personne)
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")


def test_l_administration_ouvre_les_reglages_et_sa_fin_les_ferme(client: Client, personne: Utilisateur) -> None:
    connecter(client, personne)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
    habilitation = habiliter(personne, "administration")
    assert personne.is_staff
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(reverse("admin:comptes_utilisateur_changelist")).status_code == 200
    retirer(habilitation)
    personne.refresh_from_db()
    assert not personne.is_staff
    assert habilitation.fin is not None
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_un_refus_de_l_administration_ne_tourne_pas_en_rond(client: Client, personne: Utilisateur) -> None:
    connecter(client, personne)
    reponse = client.get(reverse("admin:index"), follow=True)
    assert reponse.status_code == 403
    assert len(reponse.redirect_chain) <= 1
    assert "réservés à l’administration" in reponse.content.decode()


def test_un_visiteur_va_se_connecter_puis_revient(client: Client) -> None:
    reponse = client.get(reverse("admin:index"), follow=True)
    assert reponse.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert reponse.status_code == 200


def test_habiliter_deux_fois_ne_donne_qu_un_droit(personne: Utilisateur) -> None:
    pole = Pole.objects.create(nom="Pôle d’essai")
    premiere = habiliter(personne, "coordination", pole=pole)
    assert habiliter(personne, "coordination", pole=pole) == premiere
    assert est_coordination(personne)
    retirer(premiere)
    assert not est_coordination(personne)
    # Given again: a new row, the history stays.
    assert habiliter(personne, "coordination", pole=pole) != premiere
    assert Habilitation.objects.count() == 2


@pytest.mark.parametrize("role", ["coordination", "pilotage", "inconnu"])
def test_un_role_demande_son_perimetre(personne: Utilisateur, role: str) -> None:
    with pytest.raises(ValueError, match="périmètre"):
        habiliter(personne, role)


def test_l_administration_ne_prend_pas_de_perimetre(personne: Utilisateur) -> None:
    region = Region.objects.create(code="99", nom="Région d’essai")
    with pytest.raises(ValueError, match="périmètre"):
        habiliter(personne, "administration", region=region)
    assert not est_administration(personne)


def test_un_droit_se_donne_et_se_retire_depuis_les_reglages(client: Client, personne: Utilisateur) -> None:
    responsable = Utilisateur.objects.create_user("morgan@essai.test")
    habiliter(responsable, "administration")
    connecter(client, responsable)
    reponse = client.post(
        reverse("admin:comptes_habilitation_add"), {"utilisateur": personne.pk, "role": "administration"}
    )
    assert reponse.status_code == 302
    personne.refresh_from_db()
    assert personne.is_staff
    droit = Habilitation.objects.get(utilisateur=personne)
    client.post(
        reverse("admin:comptes_habilitation_changelist"), {"action": "mettre_fin", "_selected_action": [droit.pk]}
    )
    personne.refresh_from_db()
    assert not personne.is_staff


def test_les_reglages_ne_suppriment_pas_un_compte(client: Client, personne: Utilisateur) -> None:
    responsable = Utilisateur.objects.create_user("morgan@essai.test")
    habiliter(responsable, "administration")
    connecter(client, responsable)
    assert client.post(reverse("admin:comptes_utilisateur_delete", args=[personne.pk])).status_code == 403
    # ``is_staff`` follows the right; it can't be ticked.
    client.post(
        reverse("admin:comptes_utilisateur_change", args=[personne.pk]),
        {"email": personne.email, "is_active": "on", "is_staff": "on"},
    )
    personne.refresh_from_db()
    assert not personne.is_staff


def test_le_profil_se_corrige(client: Client, personne: Utilisateur) -> None:
    connecter(client, personne)
    adresse = reverse("comptes:profil")
    page = client.post(adresse, {"prenom": "", "nom": "Charme", "fonction": "Chargée de mission"}).content.decode()
    assert 'href="#id_prenom"' in page
    assert "Chargée de mission" in page
    # The header still says who is signed in.
    assert "Alix Charme" in page
    assert client.post(adresse, {"prenom": "Alix", "nom": "Hêtre"}).status_code == 302
    personne.refresh_from_db()
    assert personne.nom_complet == "Alix Hêtre"
    # Nothing else may be changed from there.
    client.post(adresse, {"prenom": "Alix", "nom": "Hêtre", "is_staff": "on", "email": "autre@essai.test"})
    personne.refresh_from_db()
    assert (personne.is_staff, personne.email) == (False, "alix@essai.test")


def test_une_adresse_en_capitales_est_le_meme_compte(client: Client, personne: Utilisateur) -> None:
    responsable = Utilisateur.objects.create_user("morgan@essai.test")
    habiliter(responsable, "administration")
    connecter(client, responsable)
    ajout = reverse("admin:comptes_utilisateur_add")
    assert client.post(ajout, {"email": "Nouvelle@Exemple.FR"}).status_code == 302
    assert Utilisateur.objects.filter(email="nouvelle@exemple.fr").count() == 1
    assert client.post(ajout, {"email": personne.email.upper()}).status_code == 200
    assert Utilisateur.objects.filter(email__iexact=personne.email).count() == 1
