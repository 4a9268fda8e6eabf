"""The team of a structure: roles, leaving, history, and the structures that nobody directs."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from socle.models import Courriel
from structures.adhesions import equipe
from structures.adhesions.attentes import attentes
from structures.adhesions.demandes import demander
from structures.adhesions.equipe import a_pourvoir, adherer, laisserait_sans_direction
from structures.adhesions.invitations import (
    ErreurInvitation,
    accepter,
    inviter,
    inviter_au_portail,
    renvoyer,
    retrouver,
)
from structures.comptes.models import Utilisateur
from structures.comptes.operations import habiliter, retirer
from structures.comptes.suppression import supprimer
from structures.models import Adhesion, DemandeAdhesion, Invitation, LigneLot, LotInvitations, Structure
from structures.regles import est_direction, est_membre
from tests.fabriques import avec_second_facteur, un_utilisateur, une_structure

ClientDe = Callable[..., Client]


def _relu(personne: Utilisateur) -> Utilisateur:
    """The same person without the rights read earlier."""
    return Utilisateur.objects.get(pk=personne.pk)


def _adhesion(scene: SimpleNamespace, role: str) -> Adhesion:
    return Adhesion.objects.actives().get(utilisateur=scene.personnes[role], structure=scene.structure)


# --- roles ----------------------------------------------------------------------------------


def test_la_direction_donne_et_retire_un_role(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client = client_de(scene.personnes["direction"])
    client.post(reverse("structures:changer_role", args=[_adhesion(scene, "membre").pk]), {"role": "direction"})
    assert est_direction(_relu(scene.personnes["membre"]), scene.structure)
    courriel = Courriel.objects.get(modele="adhesion_changee")
    assert courriel.destinataire == scene.personnes["membre"].email
    assert courriel.sujet == "Votre rôle dans IME Les Tilleuls a changé"
    client.post(reverse("structures:changer_role", args=[_adhesion(scene, "membre").pk]), {"role": "membre"})
    assert not est_direction(_relu(scene.personnes["membre"]), scene.structure)
    assert est_membre(_relu(scene.personnes["membre"]), scene.structure)
    # Ended, never deleted.
    roles = Adhesion.objects.filter(utilisateur=scene.personnes["membre"]).order_by("pk").values_list("role", "fin")
    assert [(role, fin is None) for role, fin in roles] == [("membre", False), ("direction", False), ("membre", True)]


def test_personne_ne_se_donne_un_role(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """A member who guesses the address; a coordination that is also a member."""
    sienne = _adhesion(scene, "membre")
    adresse = reverse("structures:changer_role", args=[sienne.pk])
    assert client_de(scene.personnes["membre"]).post(adresse, {"role": "direction"}).status_code == 403
    coordination = scene.personnes["coordination"]
    propre = adherer(coordination, scene.structure, "membre")
    adresse = reverse("structures:changer_role", args=[propre.pk])
    assert client_de(coordination).post(adresse, {"role": "direction"}).status_code == 403
    assert not est_direction(_relu(coordination), scene.structure)


def test_hors_de_son_perimetre(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """The direction of A and the coordination of another pôle, in B, by guessed numbers."""
    ailleurs = Adhesion.objects.get(utilisateur=scene.personnes["etranger"])
    for role in ("direction", "coordination", "pilotage", "membre"):
        client = client_de(scene.personnes[role])
        for nom in ("changer_role", "terminer_adhesion"):
            reponse = client.post(reverse(f"structures:{nom}", args=[ailleurs.pk]), {"role": "direction"})
            assert reponse.status_code == 403, (role, nom)
        adresse = reverse("structures:equipe", args=[scene.autre_structure.pk])
        assert client.post(adresse, {"email": "a@exemple.test", "role": "direction"}).status_code == 403
    ailleurs.refresh_from_db()
    assert (ailleurs.role, ailleurs.fin) == ("membre", None)
    assert not Invitation.objects.exists()


def test_une_adhesion_finie_ne_change_plus(scene: SimpleNamespace, client_de: ClientDe) -> None:
    finie = _adhesion(scene, "membre")
    equipe.terminer(finie)
    adresse = reverse("structures:changer_role", args=[finie.pk])
    assert client_de(scene.personnes["direction"]).post(adresse, {"role": "direction"}).status_code == 403
    assert not equipe.terminer(finie)


def test_un_compte_ferme_n_a_plus_de_droits(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    inviter(scene.structure, "a@exemple.test", "membre", direction)
    direction.is_active = False
    direction.save()
    assert not est_direction(_relu(direction), scene.structure)
    assert Invitation.objects.get().motif == Invitation.Motif.DROIT_PERDU
    assert list(a_pourvoir(scene.personnes["coordination"])) == [scene.structure]
    with pytest.raises(ErreurInvitation, match="fermé"):
        inviter(scene.structure, direction.email, "direction", scene.personnes["coordination"])


# --- leaving --------------------------------------------------------------------------------


def test_je_ne_travaille_plus_ici(scene: SimpleNamespace, client_de: ClientDe) -> None:
    membre = scene.personnes["membre"]
    client = client_de(membre)
    adresse = reverse("structures:quitter", args=[scene.structure.pk])
    assert "n’aura plus de direction" not in client.get(adresse).content.decode()
    assert client.post(adresse).status_code == 302
    adhesion = Adhesion.objects.get(utilisateur=membre)
    assert adhesion.fin is not None
    assert adhesion.terminee_par == membre
    assert not Courriel.objects.exists()
    assert client.post(adresse).status_code == 404
    page = client_de(scene.personnes["direction"]).get(reverse("structures:equipe", args=[scene.structure.pk]))
    assert "de son fait" in page.content.decode()


def test_plusieurs_structures_une_seule_quittee(scene: SimpleNamespace, client_de: ClientDe) -> None:
    membre = scene.personnes["membre"]
    adherer(membre, scene.structure_voisine, "direction")
    client_de(membre).post(reverse("structures:quitter", args=[scene.structure.pk]))
    assert not est_membre(_relu(membre), scene.structure)
    assert est_direction(_relu(membre), scene.structure_voisine)


def test_la_derniere_direction_est_prevenue(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client = client_de(scene.personnes["direction"])
    page = client.get(reverse("structures:quitter", args=[scene.structure.pk])).content.decode()
    assert "n’aura plus de direction" in page
    # Stepping down, or being removed by the coordination: asked once more first.
    sienne = _adhesion(scene, "direction")
    role = reverse("structures:changer_role", args=[sienne.pk])
    assert "n’aura plus de direction" in client.post(role, {"role": "membre"}).content.decode()
    retrait = reverse("structures:terminer_adhesion", args=[sienne.pk])
    coordination = client_de(scene.personnes["coordination"])
    assert "n’aura plus de direction" in coordination.post(retrait).content.decode()
    assert est_direction(_relu(scene.personnes["direction"]), scene.structure)
    assert client.post(role, {"role": "membre", "confirme": "1"}).headers["Location"] == (
        scene.structure.get_absolute_url()
    )
    assert est_membre(_relu(scene.personnes["direction"]), scene.structure)
    # With another direction, nothing to ask.
    adherer(scene.personnes["membre"], scene.structure, "direction")
    adherer(scene.personnes["direction"], scene.structure, "direction")
    assert not laisserait_sans_direction(_adhesion(scene, "direction"))


# --- structures without a direction ---------------------------------------------------------


def test_les_structures_sans_direction(scene: SimpleNamespace) -> None:
    coordination = scene.personnes["coordination"]
    assert not a_pourvoir(coordination).exists()
    # A team without a direction; a past direction and nobody left; closed; never anybody; outside the pôle.
    equipe_seule = scene.structure_voisine
    adherer(un_utilisateur(), equipe_seule, "membre")
    videe = une_structure(scene.commune)
    equipe.terminer(adherer(un_utilisateur(), videe, "direction"))
    fermee = une_structure(scene.commune, fermee_le=timezone.localdate())
    equipe.terminer(adherer(un_utilisateur(), fermee, "direction"))
    une_structure(scene.commune)
    assert set(a_pourvoir(coordination)) == {equipe_seule, videe}
    assert scene.autre_structure in a_pourvoir(scene.personnes["administration"])
    assert not a_pourvoir(scene.personnes["direction"]).exists()
    (attente,) = attentes(_relu(coordination))
    assert attente.titre == "2 structures sont sans direction"
    assert attente.url == reverse("structures:sans_direction")


def test_la_page_des_structures_sans_direction(scene: SimpleNamespace, client_de: ClientDe) -> None:
    adherer(un_utilisateur(), scene.structure_voisine, "membre")
    client = client_de(scene.personnes["coordination"])
    adresse = reverse("structures:sans_direction")
    page = client.get(adresse).content.decode()
    assert "1\u00a0structure" in page
    assert "Inviter une direction" in page
    assert "jamais de direction" in page
    assert scene.autre_structure.nom not in page
    formulaire = client.get(reverse("structures:equipe", args=[scene.structure_voisine.pk]) + "?role=direction")
    assert formulaire.context["form"]["role"].value() == "direction"
    inviter(scene.structure_voisine, "a@exemple.test", "direction", scene.personnes["coordination"])
    assert "Direction invitée" in client.get(adresse).content.decode()
    for role in ("membre", "direction", "pilotage"):
        assert client_de(scene.personnes[role]).get(adresse).status_code == 403


def test_beaucoup_de_structures_sans_direction(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    structures = [une_structure(scene.commune, nom=f"Structure {rang:03}") for rang in range(120)]
    personne = un_utilisateur()
    Adhesion.objects.bulk_create(Adhesion(utilisateur=personne, structure=s, role="membre") for s in structures)
    client = client_de(scene.personnes["coordination"])
    vues: list[str] = []
    adresse = reverse("structures:sans_direction")
    while True:
        with django_assert_max_num_queries(14):
            reponse = client.get(adresse)
        vues += [structure.nom for structure in reponse.context["structures"]]
        if not reponse.context["suite"]:
            break
        adresse = reverse("structures:sans_direction") + reponse.context["suite"]
    assert vues == [structure.nom for structure in structures]
    # The person, their roles, their teams, the requests, the count.
    with django_assert_max_num_queries(5):
        attentes(_relu(scene.personnes["coordination"]))


# --- the right of who invites ---------------------------------------------------------------


def test_une_direction_qui_part_annule_ses_invitations(scene: SimpleNamespace) -> None:
    direction, coordination = scene.personnes["direction"], scene.personnes["coordination"]
    sienne = inviter(scene.structure, "a@exemple.test", "membre", direction)
    autre = inviter(scene.structure, "b@exemple.test", "membre", coordination)
    equipe.terminer(_adhesion(scene, "direction"), direction)
    sienne.refresh_from_db()
    autre.refresh_from_db()
    assert (sienne.etat, sienne.motif) == (Invitation.Etat.ANNULEE, Invitation.Motif.DROIT_PERDU)
    assert autre.ouverte
    invitee = un_utilisateur(email="a@exemple.test")
    with pytest.raises(ErreurInvitation, match="plus valable"):
        accepter(sienne, invitee)
    # Another holder of the right confirms it: it leaves again, in their name.
    confirmee = renvoyer(sienne, coordination)
    assert confirmee.par == coordination
    accepter(confirmee, invitee)
    assert est_membre(_relu(invitee), scene.structure)


def test_qui_garde_un_autre_droit_garde_ses_invitations(scene: SimpleNamespace) -> None:
    coordination = scene.personnes["coordination"]
    propre = adherer(coordination, scene.structure, "direction")
    inviter(scene.structure, "a@exemple.test", "membre", coordination)
    equipe.terminer(propre, coordination)
    assert Invitation.objects.get().ouverte


def test_une_coordination_qui_finit_annule_ses_invitations(scene: SimpleNamespace) -> None:
    coordination = scene.personnes["coordination"]
    inviter(scene.structure, "a@exemple.test", "membre", coordination)
    inviter_au_portail("b@exemple.test", "coordination", coordination, scene.pole)
    adherer(coordination, scene.autre_structure, "direction")
    inviter(scene.autre_structure, "c@exemple.test", "membre", _relu(coordination))
    retirer(coordination.habilitations.get())
    etats = dict(Invitation.objects.values_list("email", "etat"))
    assert etats == {"a@exemple.test": "annulee", "b@exemple.test": "annulee", "c@exemple.test": "envoyee"}


def test_le_droit_est_redemande_a_l_acceptation(scene: SimpleNamespace) -> None:
    """The commune left the pôle after the invitation: nothing was told, the acceptance asks."""
    invitation = inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["coordination"])
    scene.pole.communes.clear()
    invitee = un_utilisateur(email="a@exemple.test")
    with pytest.raises(ErreurInvitation, match="n’en a plus le droit"):
        accepter(invitation, invitee)
    invitation.refresh_from_db()
    assert (invitation.etat, invitation.motif) == (Invitation.Etat.ANNULEE, Invitation.Motif.DROIT_PERDU)
    assert not est_membre(_relu(invitee), scene.structure)


@pytest.mark.parametrize("role", ["pilotage", "administration"])
def test_l_administration_qui_finit(scene: SimpleNamespace, role: str) -> None:
    ancienne = un_utilisateur()
    droit = habiliter(ancienne, "administration")
    inviter_au_portail("a@exemple.test", role, ancienne)
    retirer(droit)
    assert Invitation.objects.get().motif == Invitation.Motif.DROIT_PERDU


def test_la_page_de_l_equipe(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    direction = scene.personnes["direction"]
    for rang in range(20):
        adherer(un_utilisateur(nom=f"Personne {rang}"), scene.structure, "membre", direction)
        inviter(scene.structure, f"invitee{rang}@exemple.test", "membre", direction)
    Invitation.objects.filter(email="invitee3@exemple.test").update(expire_le=timezone.now() - timedelta(days=1))
    echouee = Invitation.objects.get(email="invitee4@exemple.test")
    Courriel.objects.filter(objet=f"invitation:{echouee.pk}").update(etat=Courriel.Etat.ECHOUE)
    client = client_de(direction)
    with django_assert_max_num_queries(22):
        page = client.get(reverse("structures:equipe", args=[scene.structure.pk])).content.decode()
    assert page.count("Envoi en cours") == 18
    assert page.count("Expirée") == 1
    assert page.count("Message non distribué") == 1


def test_la_page_de_l_equipe_ne_coute_pas_par_membre(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Read by a coordination, whose right comes from the perimeter of its pôle."""
    client, adresse = (
        client_de(scene.personnes["coordination"]),
        reverse("structures:equipe", args=[scene.structure.pk]),
    )
    with CaptureQueriesContext(connection) as peu:
        client.get(adresse)
    for rang in range(15):
        adherer(un_utilisateur(nom=f"Personne {rang}"), scene.structure, "membre")
    with django_assert_max_num_queries(len(peu)):
        assert client.get(adresse).content.decode().count("Donner le rôle de direction") >= 15


def test_renvoyer_change_le_lien_pas_la_ligne(scene: SimpleNamespace, client_de: ClientDe) -> None:
    direction = scene.personnes["direction"]
    invitation = inviter(scene.structure, "a@exemple.test", "membre", direction)
    ancienne = invitation.empreinte
    client = client_de(direction)
    adresse = reverse("structures:renvoyer_invitation", args=[invitation.pk])
    page = client.post(adresse, follow=True).content.decode()
    assert "Un message vient de partir" in page
    Invitation.objects.update(envoyee_le=timezone.now() - timedelta(days=20), expire_le=timezone.now())
    client.post(adresse)
    invitation.refresh_from_db()
    assert invitation.envois == 2
    assert invitation.ouverte
    assert invitation.empreinte != ancienne
    assert Courriel.objects.filter(modele="invitation").count() == 2
    for role in ("membre", "etranger", "pilotage"):
        assert client_de(scene.personnes[role]).post(adresse).status_code == 403


def test_une_invitation_refusee_a_une_structure_fermee(scene: SimpleNamespace) -> None:
    invitation = inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    Structure.objects.filter(pk=scene.structure.pk).update(fermee_le=timezone.localdate())
    with pytest.raises(ErreurInvitation, match="fermée"):
        inviter(scene.structure, "b@exemple.test", "membre", scene.personnes["direction"])
    with pytest.raises(ErreurInvitation, match="a fermé"):
        accepter(invitation, un_utilisateur(email="a@exemple.test"))


def test_une_invitation_a_une_structure_qui_a_ferme_ne_repart_pas(
    client: Client, scene: SimpleNamespace, client_de: ClientDe
) -> None:
    """Neither sent again, nor found again by its address, nor offered to who it was for."""
    invitation = inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    lien = re.search(r"https?://[^/]+(/\S+)", Courriel.objects.get(modele="invitation").texte)
    Invitation.objects.update(envoyee_le=timezone.now() - timedelta(hours=1))
    Structure.objects.filter(pk=scene.structure.pk).update(fermee_le=timezone.localdate())
    with pytest.raises(ErreurInvitation, match="fermée"):
        renvoyer(Invitation.objects.get(pk=invitation.pk), scene.personnes["direction"])
    assert retrouver("a@exemple.test") == 0
    assert Courriel.objects.filter(modele__startswith="invitation").count() == 1
    assert not Invitation.objects.en_attente().exists()
    assert lien
    reponse = client.get(lien[1])
    assert reponse.status_code == 410
    assert "a fermé" in reponse.content.decode()


def test_une_invitation_au_portail_s_accepte_toujours(scene: SimpleNamespace) -> None:
    """It has no structure: nothing that could have closed."""
    administration = avec_second_facteur(un_utilisateur())
    habiliter(administration, "administration")
    inviter_au_portail("a@exemple.test", "pilotage", administration)
    assert Invitation.objects.en_attente().count() == 1


def test_une_vieille_invitation_ne_retire_pas_la_direction(scene: SimpleNamespace) -> None:
    """Invited as a member, given the direction meanwhile: the link still open takes nothing away."""
    personne = un_utilisateur(email="a@exemple.test")
    invitation = inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    adherer(personne, scene.structure, "direction")
    assert accepter(invitation, personne) == accepter(invitation, personne)
    assert est_direction(_relu(personne), scene.structure)


def test_inviter_un_membre_n_est_pas_changer_son_role(scene: SimpleNamespace) -> None:
    with pytest.raises(ErreurInvitation, match="changez plutôt son rôle"):
        inviter(scene.structure, scene.personnes["membre"].email, "direction", scene.personnes["direction"])


def test_l_administration_reste_la(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """The administration holds any team; a coordination of another pôle does not."""
    autre = avec_second_facteur(un_utilisateur())
    adresse = reverse("structures:equipe", args=[scene.structure.pk])
    assert client_de(autre).get(adresse).status_code == 403
    assert client_de(scene.personnes["administration"]).get(adresse).status_code == 200


def test_les_invitations_closes_restent_visibles(scene: SimpleNamespace, client_de: ClientDe) -> None:
    direction = scene.personnes["direction"]
    accepter(inviter(scene.structure, "a@exemple.test", "membre", direction), un_utilisateur(email="a@exemple.test"))
    annulee = inviter(scene.structure, "b@exemple.test", "membre", direction)
    client = client_de(direction)
    client.post(reverse("structures:annuler_invitation", args=[annulee.pk]))
    reponse = client.get(reverse("structures:equipe", args=[scene.structure.pk]))
    closes = [(invitation.email, invitation.suivi[0]) for invitation in reponse.context["closes"]]
    assert closes == [("b@exemple.test", "Annulée"), ("a@exemple.test", "Acceptée")]
    assert "Invitations acceptées ou annulées (2)" in reponse.content.decode()


def test_un_compte_supprime_disparait_des_listes(scene: SimpleNamespace) -> None:
    """Its invitations, its requests and the lines of the lists keep neither name nor address."""
    personne = un_utilisateur(email="a@exemple.test", prenom="Nour", nom="Petit")
    lot = LotInvitations.objects.create(titre="Liste", par=scene.personnes["coordination"])
    LigneLot.objects.create(
        lot=lot, numero=1, email="a@exemple.test", nom="Nour Petit", etat="prete", structure=scene.structure
    )
    inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    demander(scene.structure_voisine, personne, "membre", "Conseillère", "Nour Petit")
    supprimer(personne, None)
    for modele in (Invitation, DemandeAdhesion, LigneLot):
        ligne = modele.objects.get()
        assert "Petit" not in str(ligne.__dict__)
        assert "a@exemple.test" not in str(ligne.__dict__)
