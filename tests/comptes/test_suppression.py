"""Deleting an account: nothing names the person any more, what they did for others stays."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from socle import courriels
from socle.models import Courriel
from structures.comptes import suppression
from structures.comptes.models import EvenementCompte, Habilitation, Utilisateur
from structures.comptes.operations import habiliter
from structures.comptes.tasks import entretenir_les_comptes
from structures.models import Adhesion, Invitation, Structure
from tests.fabriques import avec_second_facteur
from tests.scene import construire_scene

pytestmark = pytest.mark.django_db
MOT_DE_PASSE = "une phrase assez longue"


@pytest.fixture
def scene() -> SimpleNamespace:
    return construire_scene(())


@pytest.fixture
def direction(scene: SimpleNamespace) -> Utilisateur:
    """The only direction of a structure, known everywhere."""
    personne: Utilisateur = scene.personnes["direction"]
    personne.prenom, personne.nom, personne.telephone = "Noa", "Mélèze", "02 00 00 00 00"
    personne.set_password(MOT_DE_PASSE)
    personne.save()
    avec_second_facteur(personne)
    SocialAccount.objects.create(user=personne, provider="proconnect", uid="sub-noa")
    structure = scene.structure
    structure.contact_nom, structure.contact_personne, structure.contact_nom_public = "Noa Mélèze", personne, True
    structure.save()
    courriels.ecrire("comptes/compte_inconnu", personne.email, {"email": personne.email, "lien": "https://x.test/"})
    Invitation.objects.create(
        email=personne.email, role="membre", structure=scene.autre_structure, par=scene.personnes["etranger"],
        empreinte="a" * 64, nom="Noa Mélèze", expire_le=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    return personne


def traces(mots: tuple[str, ...]) -> list[str]:
    """Where one of these words is still written, in every text of the database (evidence aside)."""
    from django.apps import apps
    from django.db.models import CharField, JSONField, TextField

    trouvees = []
    for modele in apps.get_models(include_auto_created=True):
        champs = [c.attname for c in modele._meta.concrete_fields if isinstance(c, CharField | TextField | JSONField)]
        for ligne in modele._base_manager.values(*champs) if champs else []:
            trouvees += [
                f"{modele.__name__}.{champ} : {mot}"
                for champ, valeur in ligne.items()
                for mot in mots
                if mot.lower() in str(valeur).lower()
            ]
    return trouvees


def test_rien_ne_nomme_plus_la_personne(scene: SimpleNamespace, direction: Utilisateur) -> None:
    ancienne = direction.email
    mots = ("mélèze", ancienne, "02 00 00 00 00")
    assert traces(mots)
    suppression.supprimer(direction, direction)
    assert traces(mots) == []
    direction.refresh_from_db()
    assert str(direction) == "Compte supprimé"
    assert direction.email.endswith("@compte.invalid")
    assert (direction.is_active, direction.has_usable_password()) == (False, False)
    assert not Authenticator.objects.filter(user=direction).exists()
    assert not SocialAccount.objects.exists()
    # What was done stays, under no name: the membership is ended, not deleted.
    adhesion = Adhesion.objects.get(utilisateur=direction)
    assert adhesion.fin is not None
    assert Structure.objects.get(pk=scene.structure.pk).contact_nom == ""
    invitation = Invitation.objects.get()
    assert (invitation.etat, invitation.nom) == ("annulee", "")
    # Twice: nothing more.
    suppression.supprimer(direction, direction)
    assert EvenementCompte.objects.filter(personne=direction, action="supprime").count() == 1


def test_la_page_dit_ce_qui_reste_et_demande_confirmation(
    client: Client, scene: SimpleNamespace, direction: Utilisateur
) -> None:
    Authenticator.objects.all().delete()
    client.post(reverse("account_login"), {"login": direction.email, "password": MOT_DE_PASSE})
    ailleurs = Client()
    ailleurs.force_login(direction, backend="django.contrib.auth.backends.ModelBackend")
    # The password once more.
    suite = client.get(reverse("comptes:supprimer"))
    assert suite["Location"].startswith(reverse("account_reauthenticate"))
    client.post(suite["Location"], {"password": MOT_DE_PASSE})
    page = client.get(reverse("comptes:supprimer")).content.decode()
    assert "n’aura plus de direction" in page
    assert "Vos signatures et les preuves" in page
    assert client.post(reverse("comptes:supprimer"), {}).status_code == 422
    assert Utilisateur.objects.get(pk=direction.pk).is_active
    reponse = client.post(reverse("comptes:supprimer"), {"compris": "on"})
    assert reponse.status_code == 302
    assert not Utilisateur.objects.get(pk=direction.pk).is_active
    assert "_auth_user_id" not in client.session
    assert ailleurs.get(reverse("comptes:profil")).status_code == 302
    # Their address opens nothing any more, and says nothing.
    client.post(reverse("account_request_login_code"), {"email": "direction@scene.test"})
    assert not Courriel.objects.filter(modele="comptes/code_connexion").exists()


def test_la_derniere_administration_reste(scene: SimpleNamespace) -> None:
    seule = scene.personnes["administration"]
    with pytest.raises(suppression.ErreurSuppression, match="nommez-en"):
        suppression.supprimer(seule, seule)
    habiliter(scene.personnes["pilotage"], "administration")
    suppression.supprimer(seule, seule)
    assert not Habilitation.objects.actives().filter(utilisateur=seule).exists()
    assert not Utilisateur.objects.get(pk=seule.pk).is_staff


def test_un_compte_de_demonstration_ne_se_supprime_pas(settings) -> None:  # type: ignore[no-untyped-def]
    settings.PCTI_DEMO = True
    compte = Utilisateur.objects.create_user("demo@essai.test", demonstration=True)
    with pytest.raises(suppression.ErreurSuppression, match="démonstration"):
        suppression.supprimer(compte, compte)


def test_ce_que_l_on_disait_d_eux_s_efface_aussi() -> None:
    """Former versions of a sheet name the contact: simple_history keeps them apart."""
    scene = construire_scene(())
    personne = scene.personnes["membre"]
    structure = scene.structure
    structure.contact_nom, structure.contact_personne = "Membre Scène", personne
    structure.save()
    structure.contact_nom, structure.contact_personne = "", None
    structure.save()
    suppression.supprimer(personne, personne)
    assert not Structure.history.filter(contact_nom="Membre Scène").exists()


def vieillir(personne: Utilisateur, jours: int) -> None:
    Utilisateur.objects.filter(pk=personne.pk).update(
        last_login=timezone.now() - timedelta(days=jours), date_joined=timezone.now() - timedelta(days=jours + 1)
    )


def test_deux_ans_sans_connexion_previennent_puis_suppriment() -> None:
    vieux = Utilisateur.objects.create_user("vieux@essai.test", nom="Buis")
    recent = Utilisateur.objects.create_user("recent@essai.test")
    vieillir(vieux, 710)
    vieillir(recent, 300)
    # Run twice (the scheduler died, started again): one e-mail.
    assert entretenir_les_comptes()["annonces"] == 1
    assert entretenir_les_comptes()["annonces"] == 0
    courriel = Courriel.objects.get()
    assert courriel.destinataire == "vieux@essai.test"
    assert "deux ans" in courriel.texte
    # Not before the month has passed, nor before two years.
    vieillir(vieux, 740)
    assert entretenir_les_comptes()["fermes"] == 0
    Utilisateur.objects.filter(pk=vieux.pk).update(inactivite_annoncee_le=timezone.now() - timedelta(days=31))
    assert entretenir_les_comptes()["fermes"] == 1
    assert entretenir_les_comptes()["fermes"] == 0
    vieux.refresh_from_db()
    assert vieux.supprime_le is not None
    assert Utilisateur.objects.get(pk=recent.pk).is_active


def test_se_reconnecter_annule_la_fermeture(client: Client) -> None:
    personne = Utilisateur.objects.create_user("retour@essai.test")
    vieillir(personne, 740)
    Utilisateur.objects.filter(pk=personne.pk).update(inactivite_annoncee_le=timezone.now() - timedelta(days=31))
    personne.refresh_from_db()
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    assert entretenir_les_comptes()["fermes"] == 0
    assert Utilisateur.objects.get(pk=personne.pk).inactivite_annoncee_le is None


def test_l_administration_n_est_pas_supprimee_pour_inactivite() -> None:
    personne = Utilisateur.objects.create_user("chef@essai.test")
    habiliter(personne, "administration")
    vieillir(personne, 900)
    assert not suppression.inactifs(timezone.now() - suppression.INACTIVITE).exists()


def test_les_textes_des_courriels_s_effacent_apres_un_an() -> None:
    vieux = courriels.ecrire(
        "comptes/compte_inconnu", "a@essai.test", {"email": "a@essai.test", "lien": "https://x.test/"}
    )
    recent = courriels.ecrire(
        "comptes/compte_inconnu", "b@essai.test", {"email": "b@essai.test", "lien": "https://x.test/"}
    )
    attend = courriels.ecrire(
        "comptes/compte_inconnu", "c@essai.test", {"email": "c@essai.test", "lien": "https://x.test/"}
    )
    ancien = timezone.now() - timedelta(days=366)
    Courriel.objects.filter(pk__in=[vieux.pk, recent.pk]).update(etat=Courriel.Etat.ENVOYE)
    Courriel.objects.filter(pk__in=[vieux.pk, attend.pk]).update(cree_le=ancien)
    assert courriels.purger() == 1
    assert courriels.purger() == 0
    vieux.refresh_from_db()
    assert (vieux.texte, vieux.html, vieux.destinataire) == ("", "", "efface@courriel.invalid")
    for courriel in (recent, attend):
        courriel.refresh_from_db()
        assert courriel.texte


def test_les_evenements_s_oublient_apres_un_an() -> None:
    personne = Utilisateur.objects.create_user("alix@essai.test")
    for jours in (10, 366):
        EvenementCompte.objects.create(
            personne=personne, action="mot_de_passe", le=timezone.now() - timedelta(days=jours)
        )
    assert entretenir_les_comptes()["evenements"] == 1
    assert entretenir_les_comptes()["evenements"] == 0


def test_la_base_oublie_les_sessions_expirees(client: Client) -> None:
    personne = Utilisateur.objects.create_user("alix@essai.test")
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    Session.objects.update(expire_date=timezone.now() - timedelta(hours=1))
    assert entretenir_les_comptes()["sessions"] == 1
    assert not Session.objects.exists()


def test_qui_pilote_une_fiche_le_sait_avant() -> None:
    from fiches_action.operations import creer_fiche

    scene = construire_scene(())
    personne = scene.personnes["direction"]
    fiche = creer_fiche(personne, scene.structure, titre="Croiser les regards")
    assert any(fiche.reference in phrase for phrase in suppression.alertes(personne))
