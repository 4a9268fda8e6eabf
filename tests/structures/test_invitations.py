"""Accounts are made by invitation: the link says who invites, the e-mailed code opens."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from socle.models import Courriel
from structures.adhesions import equipe
from structures.adhesions import invitations as operations
from structures.adhesions.invitations import ErreurInvitation
from structures.attentes import attentes
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import Adhesion, Invitation
from structures.regles import est_direction, est_membre
from tests.fabriques import un_utilisateur

ClientDe = Callable[..., Client]


def _lien() -> str:
    """The path of the link in the last invitation sent."""
    texte = Courriel.objects.filter(modele="invitation").latest("cree_le").texte
    trouve = re.search(r"https?://[^/]+(/structures/invitations/lien/\S+)", texte)
    assert trouve
    return trouve[1]


def _code() -> str:
    """The sign-in code in the last e-mail."""
    courriel = Courriel.objects.exclude(modele="invitation").latest("cree_le")
    trouve = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", courriel.texte, re.MULTILINE)
    assert trouve, courriel.texte
    return trouve[1]


@pytest.fixture(autouse=True)
def _sans_memoire() -> None:
    """The rate limits live in the shared cache."""
    cache.clear()


def test_le_lien_d_une_invitation_n_envoie_pas_des_codes_sans_fin(client: Client, scene: SimpleNamespace) -> None:
    operations.inviter(scene.structure, "nouvelle@exemple.test", "membre", scene.personnes["direction"])
    lien, identite = _lien(), {"prenom": "Nour", "nom": "Petit"}
    reponses = [client.post(lien, identite).status_code for _ in range(8)]
    assert reponses[0] == 302
    assert reponses[-1] == 429
    assert Courriel.objects.filter(modele="comptes/code_connexion").count() == reponses.count(302) < 8


def test_de_l_invitation_au_compte(client: Client, scene: SimpleNamespace, client_de: ClientDe) -> None:
    direction = client_de(scene.personnes["direction"])
    direction.post(
        reverse("structures:equipe", args=[scene.structure.pk]),
        {"email": "Nouvelle@Exemple.test", "role": "membre"},
    )
    lien = _lien()
    page = client.get(lien).content.decode()
    assert "Direction Scène" in page
    assert scene.structure.nom in page
    # The link alone opens nothing.
    assert not Utilisateur.objects.filter(email="nouvelle@exemple.test").exists()
    assert client.get(reverse("structures:mes_invitations")).status_code == 302
    reponse = client.post(lien, {"prenom": "Nour", "nom": "Petit", "fonction": "Éducatrice"})
    assert reponse.headers["Location"].startswith(reverse("account_confirm_login_code"))
    personne = Utilisateur.objects.get(email="nouvelle@exemple.test")
    assert not personne.has_usable_password()
    assert personne.nom_complet == ""
    assert not Adhesion.objects.filter(utilisateur=personne).exists()
    client.post(reverse("account_confirm_login_code"), {"code": "MAUVAIS"})
    assert not Adhesion.objects.filter(utilisateur=personne).exists()
    client.post(reverse("account_confirm_login_code"), {"code": _code()})
    personne.refresh_from_db()
    assert Adhesion.objects.actives().get(utilisateur=personne).structure == scene.structure
    assert (personne.nom_complet, personne.fonction) == ("Nour Petit", "Éducatrice")
    invitation = Invitation.objects.get(email="nouvelle@exemple.test")
    assert (invitation.etat, invitation.acceptee_par) == (Invitation.Etat.ACCEPTEE, personne)
    # Used once.
    assert Client().get(lien).status_code == 410


def test_le_courriel(scene: SimpleNamespace) -> None:
    operations.inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    courriel = Courriel.objects.get(modele="invitation")
    assert courriel.sujet.startswith("Direction Scène vous invite à rejoindre IME Les Tilleuls avant le")
    assert courriel.texte.count("http") == 1
    assert courriel.repondre_a == scene.personnes["direction"].email
    assert "&#x27;" not in courriel.texte
    # The secret is in the e-mail only.
    assert Invitation.objects.get().empreinte not in courriel.texte


@pytest.mark.parametrize("etat", ["expiree", "annulee", "inconnue", "tronquee"])
def test_lien_clos(client: Client, scene: SimpleNamespace, etat: str) -> None:
    invitation = operations.inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    lien = _lien()
    if etat == "expiree":
        Invitation.objects.update(expire_le=timezone.now() - timedelta(seconds=1))
    elif etat == "annulee":
        operations.annuler(invitation)
    elif etat == "inconnue":
        lien = reverse("structures:invitation", args=["inconnu"])
    else:
        lien = lien[:-5] + "/"
    for reponse in (client.get(lien), client.post(lien, {"prenom": "A", "nom": "B"})):
        assert reponse.status_code == 410
    assert not Utilisateur.objects.filter(email="a@exemple.test").exists()


def test_une_nouvelle_invitation_remplace_l_ancienne(client: Client, scene: SimpleNamespace) -> None:
    par = scene.personnes["direction"]
    operations.inviter(scene.structure, "a@exemple.test", "membre", par)
    ancien = _lien()
    # Two clicks in a row send one message.
    operations.inviter(scene.structure, "A@exemple.test", "membre", par)
    assert _lien() == ancien
    Invitation.objects.update(envoyee_le=timezone.now() - timedelta(hours=1))
    operations.inviter(scene.structure, "A@exemple.test", "membre", par)
    assert Invitation.objects.get().envois == 2
    assert client.get(ancien).status_code == 410
    assert client.get(_lien()).status_code == 200


def test_deja_membre(scene: SimpleNamespace, client_de: ClientDe) -> None:
    reponse = client_de(scene.personnes["direction"]).post(
        reverse("structures:equipe", args=[scene.structure.pk]),
        {"email": scene.personnes["membre"].email, "role": "membre"},
    )
    assert reponse.status_code == 422
    assert "déjà ce rôle" in " ".join(reponse.context["form"].errors["email"])


def test_l_invitation_d_une_autre_personne(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """Signed in with another address: the link says so and gives nothing."""
    operations.inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    client = client_de(scene.personnes["etranger"])
    assert "pour une autre adresse" in client.get(_lien()).content.decode()
    client.post(_lien())
    assert not est_membre(Utilisateur.objects.get(pk=scene.personnes["etranger"].pk), scene.structure)
    with pytest.raises(ErreurInvitation, match="une autre personne"):
        operations.accepter(Invitation.objects.get(), scene.personnes["etranger"])


def test_accepter_connecte(scene: SimpleNamespace, client_de: ClientDe) -> None:
    personne = scene.personnes["etranger"]
    operations.inviter(scene.structure, personne.email, "direction", scene.personnes["administration"])
    (attente,) = attentes(personne)
    assert attente.url == reverse("structures:mes_invitations")
    client = client_de(personne)
    client.post(reverse("structures:accepter_invitation", args=[Invitation.objects.get().pk]))
    assert est_direction(Utilisateur.objects.get(pk=personne.pk), scene.structure)
    assert attentes(personne) == []
    # Twice by the same person: the same membership; once it has ended, the invitation gives nothing more.
    adhesion = operations.accepter(Invitation.objects.get(), personne)
    assert isinstance(adhesion, Adhesion)
    assert Adhesion.objects.actives().get(utilisateur=personne, structure=scene.structure) == adhesion
    equipe.terminer(adhesion)
    with pytest.raises(ErreurInvitation, match="plus valable"):
        operations.accepter(Invitation.objects.get(), personne)


def test_changer_de_role_garde_l_histoire(scene: SimpleNamespace) -> None:
    personne = scene.personnes["membre"]
    equipe.adherer(personne, scene.structure, "direction")
    assert Adhesion.objects.actives().get(utilisateur=personne).role == "direction"
    assert Adhesion.objects.filter(utilisateur=personne).count() == 2


def test_retirer_quelqu_un(scene: SimpleNamespace, client_de: ClientDe) -> None:
    adhesion = Adhesion.objects.get(utilisateur=scene.personnes["membre"])
    client_de(scene.personnes["direction"]).post(reverse("structures:terminer_adhesion", args=[adhesion.pk]))
    adhesion.refresh_from_db()
    assert adhesion.fin is not None
    assert not est_membre(Utilisateur.objects.get(pk=scene.personnes["membre"].pk), scene.structure)


def test_inviter_une_coordination(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """A coordination invites to its own pôles only; the administration to every right."""
    adresse = reverse("structures:invitations")
    client = client_de(scene.personnes["coordination"])
    champ = client.get(adresse).context["form"]["pole"]
    assert (champ.initial, champ.field.required) == (scene.pole.pk, True)
    assert client.post(adresse, {"email": "b@exemple.test", "role": "administration"}).status_code == 422
    assert client.post(adresse, {"email": "b@exemple.test", "role": "coordination"}).status_code == 422
    donnees = {"email": "b@exemple.test", "role": "coordination", "pole": scene.pole.pk}
    assert client.post(adresse, donnees).status_code == 302
    personne = un_utilisateur(email="b@exemple.test")
    operations.accepter(Invitation.objects.get(), personne)
    assert Habilitation.objects.actives().get(utilisateur=personne).pole == scene.pole
    with pytest.raises(ErreurInvitation, match="déjà"):
        operations.inviter_au_portail("b@exemple.test", "coordination", personne, scene.pole)


def test_inviter_au_pilotage(scene: SimpleNamespace) -> None:
    operations.inviter_au_portail("c@exemple.test", "pilotage", scene.personnes["administration"])
    personne = un_utilisateur(email="c@exemple.test")
    habilitation = operations.accepter(Invitation.objects.get(), personne)
    assert isinstance(habilitation, Habilitation)
    assert habilitation.region == scene.region


def test_adhesion_jamais_en_double(scene: SimpleNamespace) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Adhesion.objects.create(utilisateur=scene.personnes["membre"], structure=scene.structure, role="direction")


# --- what somebody of ill will would try -----------------------------------------------------


def test_personne_ne_s_invite_soi_meme(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """A coordination that became direction of a structure would sign its agreements."""
    coordination = scene.personnes["coordination"]
    equipe_url = reverse("structures:equipe", args=[scene.structure.pk])
    reponse = client_de(coordination).post(equipe_url, {"email": coordination.email.upper(), "role": "direction"})
    assert reponse.status_code == 422
    assert "soi-même" in " ".join(reponse.context["form"].errors["email"])
    # Nor by sending in their own name what somebody else had sent them.
    recue = operations.inviter(scene.structure, coordination.email, "direction", scene.personnes["direction"])
    Invitation.objects.update(envoyee_le=timezone.now() - timedelta(hours=1))
    with pytest.raises(ErreurInvitation, match="soi-même"):
        operations.renvoyer(recue, coordination)
    # Nor by taking afterwards the address that they invited.
    operations.annuler(recue)
    autre = operations.inviter(scene.structure, "autre@exemple.test", "direction", coordination)
    Utilisateur.objects.filter(pk=coordination.pk).update(email="autre@exemple.test")
    coordination.refresh_from_db()
    with pytest.raises(ErreurInvitation, match="soi-même"):
        operations.accepter(autre, coordination)
    assert not Adhesion.objects.filter(utilisateur=coordination).exists()


def test_inviter_et_annuler_ne_remplit_pas_une_boite(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, url = client_de(scene.personnes["direction"]), reverse("structures:equipe", args=[scene.structure.pk])
    statuts = []
    for rang in range(12):
        role = "direction" if rang % 2 else "membre"
        statuts.append(client.post(url, {"email": "cible@exemple.test", "role": role}).status_code)
        Invitation.objects.filter(etat=Invitation.Etat.ENVOYEE).update(etat=Invitation.Etat.ANNULEE)
    assert Courriel.objects.filter(modele="invitation").count() == operations.PAR_HEURE_A_UNE_PERSONNE
    assert statuts[-1] == 422


def test_une_direction_n_ecrit_pas_au_monde_entier(
    scene: SimpleNamespace, client_de: ClientDe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PAR_JOUR_D_UNE_DIRECTION", 3)
    url = reverse("structures:equipe", args=[scene.structure.pk])
    for role, attendues in (("direction", 3), ("coordination", 8)):
        client = client_de(scene.personnes[role])
        for rang in range(5):
            client.post(url, {"email": f"{role}{rang}@ailleurs.test", "role": "membre"})
        assert Courriel.objects.filter(modele="invitation").count() == attendues
