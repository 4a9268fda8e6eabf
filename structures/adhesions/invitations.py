"""Invitations: written, sent again with another secret, accepted once, cancelled."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from socle.courriels import ecrire
from socle.droits import peut
from structures.adhesions.equipe import adherer
from structures.adhesions.signature import signature
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import habiliter
from structures.comptes.regles import est_administration
from structures.models import Adhesion, Invitation, Structure
from structures.regles import coordonne
from structures.territoires.models import Pole, Region, code_region

DUREE_INVITATION = timedelta(days=14)
HEURE, JOUR = timedelta(hours=1), timedelta(days=1)
SOI_MEME = (
    "Personne ne s’invite soi-même dans une structure\u00a0: demandez-le à sa direction ou à l’administration, par "
    "«\u00a0Je travaille ici\u00a0» sur sa fiche."
)
# Two clicks in a row send one message; a person is not written to more often.
ECART_ENVOIS = timedelta(minutes=2)
# Cancelling and inviting again must not fill a mailbox; nor a direction write to the whole world.
PAR_HEURE_A_UNE_PERSONNE = 5
PAR_JOUR_D_UNE_DIRECTION = 60
# Messages sent again at the request of somebody who typed an address.
RETROUVEES_MAX = 5


class ErreurInvitation(Exception):
    """The invitation can't be sent or accepted; the message is for the person."""


def empreinte_du_jeton(jeton: str) -> str:
    """What is stored of the secret of a link."""
    return hashlib.sha256(jeton.encode()).hexdigest()


@transaction.atomic
def inviter(structure: Structure, email: str, role: str, par: Utilisateur, nom: str = "", mot: str = "") -> Invitation:
    """Ask somebody by e-mail to join a structure; a pending invitation to it is sent again instead.

    `nom` greets the person, `mot` is a word from who invites. Raises ErreurInvitation when the
    structure is closed, when the person already belongs to it, when their account is closed, for
    oneself, and beyond the limits above.
    """
    email = email.strip().lower()
    # Two invitations at once: the second one waits here and finds the first one's row.
    structure = Structure.objects.select_for_update(no_key=True).get(pk=structure.pk)
    if structure.fermee_le is not None:
        raise ErreurInvitation("Cette structure est fermée\u00a0: on n’y invite plus personne.")
    _verifier_compte(email)
    adhesion = Adhesion.objects.actives().filter(structure=structure, utilisateur__email=email).first()
    if adhesion is not None:
        raise ErreurInvitation(
            "Cette personne a déjà ce rôle dans la structure."
            if adhesion.role == role
            else "Cette personne fait déjà partie de l’équipe\u00a0: changez plutôt son rôle."
        )
    _moderer(structure, email, par)
    pendante = Invitation.objects.filter(email=email, structure=structure, etat=Invitation.Etat.ENVOYEE).first()
    if pendante is not None and pendante.role != role:
        annuler(pendante, Invitation.Motif.REMPLACEE)
        pendante = None
    return _partir(pendante or Invitation(email=email, role=role, structure=structure, nom=nom), par, mot)


@transaction.atomic
def inviter_au_portail(email: str, role: str, par: Utilisateur, pole: Pole | None = None) -> Invitation:
    """Ask somebody to hold a right of the portal (coordination of `pole`, pilotage, administration).

    Raises ErreurInvitation when they already hold it, or when the coordination has no pôle.
    """
    email = email.strip().lower()
    if (role == Invitation.Role.COORDINATION) != (pole is not None):
        raise ErreurInvitation("La coordination se donne pour un pôle, et elle seule.")
    # Two invitations at once by one person: the second waits.
    Utilisateur.objects.select_for_update(no_key=True).get(pk=par.pk)
    _verifier_compte(email)
    deja = Habilitation.objects.actives().filter(utilisateur__email=email, role=role, pole=pole)
    if deja.exists():
        raise ErreurInvitation("Cette personne a déjà ce rôle.")
    pendante = Invitation.objects.filter(
        email=email, structure=None, pole=pole, role=role, etat=Invitation.Etat.ENVOYEE
    ).first()
    return _partir(pendante or Invitation(email=email, role=role, pole=pole), par, "")


def _verifier_compte(email: str) -> None:
    if Utilisateur.objects.filter(email=email, is_active=False).exists():
        raise ErreurInvitation(
            "Le compte de cette adresse est fermé. Adressez-vous à l’administration du portail pour le rouvrir."
        )


def _moderer(structure: Structure, email: str, par: Utilisateur) -> None:
    if email == par.email:
        raise ErreurInvitation(SOI_MEME)
    maintenant = timezone.now()
    recentes = Invitation.objects.filter(structure=structure, email=email, envoyee_le__gt=maintenant - HEURE)
    if recentes.count() >= PAR_HEURE_A_UNE_PERSONNE:
        raise ErreurInvitation("Trop de messages viennent de partir à cette adresse. Recommencez dans une heure.")
    if est_administration(par) or coordonne(par, structure):
        return
    du_jour = Invitation.objects.filter(par=par, structure__isnull=False, envoyee_le__gt=maintenant - JOUR)
    if du_jour.count() >= PAR_JOUR_D_UNE_DIRECTION:
        raise ErreurInvitation(
            "Vous avez déjà envoyé beaucoup d’invitations aujourd’hui. Recommencez demain, ou adressez-vous à la "
            "coordination de votre pôle."
        )


@transaction.atomic
def renvoyer(invitation: Invitation, par: Utilisateur) -> Invitation:
    """Send again, for fourteen days, in the name of `par`: the former link stops working.

    Also confirms an invitation cancelled because its first sender lost the right. Raises
    ErreurInvitation when it was answered or withdrawn, or left less than two minutes ago.
    """
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if not invitation.renvoyable:
        raise ErreurInvitation("Cette invitation a déjà reçu une réponse ou a été annulée.")
    if invitation.structure is not None and invitation.email == par.email:
        raise ErreurInvitation(SOI_MEME)
    if invitation.sans_objet:
        raise ErreurInvitation("Cette structure est fermée\u00a0: on n’y invite plus personne.")
    if invitation.etat == Invitation.Etat.ENVOYEE:
        _verifier_compte(invitation.email)
        if invitation.envoyee_le > timezone.now() - ECART_ENVOIS:
            raise ErreurInvitation("Un message vient de partir à cette adresse. Laissez-lui quelques minutes.")
    elif invitation.structure is not None:
        # Meanwhile the person may have been invited by somebody else, or be a member.
        annulee, structure = invitation, invitation.structure
        nouvelle = inviter(structure, annulee.email, annulee.role, par, annulee.nom)
        Invitation.objects.filter(pk=annulee.pk).update(motif=Invitation.Motif.REMPLACEE)
        return nouvelle
    else:
        _verifier_compte(invitation.email)
    return _partir(invitation, par, "")


def _partir(invitation: Invitation, par: Utilisateur, mot: str) -> Invitation:
    """Give a new secret and write the e-mail; nothing when one left a moment ago (two clicks)."""
    maintenant = timezone.now()
    deja = invitation.pk is not None
    if deja and invitation.ouverte and invitation.envoyee_le > maintenant - ECART_ENVOIS:
        return invitation
    invitation.par = par
    invitation.etat, invitation.motif, invitation.annulee_le = Invitation.Etat.ENVOYEE, "", None
    invitation.expire_le = maintenant + DUREE_INVITATION
    return _ecrire(invitation, maintenant_envoyee=deja, mot=mot)


def _ecrire(invitation: Invitation, *, maintenant_envoyee: bool, mot: str = "") -> Invitation:
    """Another secret, one more message. Its e-mail row tells later whether it was delivered."""
    jeton = secrets.token_urlsafe(32)
    invitation.empreinte = empreinte_du_jeton(jeton)
    invitation.envoyee_le = timezone.now()
    invitation.envois = invitation.envois + 1 if maintenant_envoyee else 1
    invitation.save()
    invitation.courriel = ecrire(
        "invitation",
        invitation.email,
        {
            "invitation": invitation,
            "mot": mot,
            "lien": settings.PCTI_URL + reverse("structures:invitation", args=[jeton]),
            **signature(invitation.structure, invitation.pole),
        },
        objet=f"invitation:{invitation.pk}",
        repondre_a=invitation.par.email if invitation.par else "",
    )
    invitation.save(update_fields=["courriel"])
    return invitation


def annuler(invitation: Invitation, motif: str = Invitation.Motif.RETIREE) -> None:
    """Withdraw an invitation that was not accepted: its link stops working. Idempotent.

    One already cancelled for want of right is no longer proposed for confirmation.
    """
    Invitation.objects.a_suivre().filter(pk=invitation.pk).update(
        etat=Invitation.Etat.ANNULEE, motif=motif, annulee_le=timezone.now()
    )


def accepter(invitation: Invitation, utilisateur: Utilisateur) -> Adhesion | Habilitation:
    """Give the membership or the right that was offered. Twice by the same person: the same result.

    Raises ErreurInvitation when it is no longer open, for another person than the one invited, or
    when who sent it no longer may (it is then cancelled).
    """
    with transaction.atomic():
        donnee = _accepter(invitation, utilisateur)
    if donnee is None:
        raise ErreurInvitation(
            "Cette invitation n’est plus valable\u00a0: la personne qui l’a envoyée n’en a plus le droit. "
            "Demandez-en une autre."
        )
    return donnee


def _accepter(invitation: Invitation, utilisateur: Utilisateur) -> Adhesion | Habilitation | None:
    """None: cancelled here (and committed), for want of the right of who sent it."""
    Utilisateur.objects.select_for_update(no_key=True).get(pk=utilisateur.pk)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if invitation.email.lower() != utilisateur.email.lower():
        raise ErreurInvitation("Cette invitation est adressée à une autre personne.")
    if invitation.etat == Invitation.Etat.ACCEPTEE and invitation.acceptee_par_id == utilisateur.pk:
        deja = _deja_donnee(invitation, utilisateur)
        if deja is not None:
            return deja
    if invitation.sans_objet:
        raise ErreurInvitation("Cette structure a fermé depuis l’invitation.")
    if not invitation.ouverte:
        raise ErreurInvitation("Cette invitation n’est plus valable.")
    if invitation.structure is not None and invitation.par_id == utilisateur.pk:
        # Sent to another address, that has become their own.
        raise ErreurInvitation(SOI_MEME)
    if invitation.par is not None and not peut(invitation.par, "structures.renvoyer_invitation", invitation):
        annuler(invitation, Invitation.Motif.DROIT_PERDU)
        return None
    invitation.etat = Invitation.Etat.ACCEPTEE
    invitation.acceptee_par = utilisateur
    invitation.acceptee_le = timezone.now()
    invitation.save(update_fields=["etat", "acceptee_par", "acceptee_le"])
    if invitation.structure is not None:
        return _rejoindre(utilisateur, invitation.structure, invitation)
    region = Region.objects.get(pk=code_region()) if invitation.role == Invitation.Role.PILOTAGE else None
    return habiliter(utilisateur, invitation.role, pole=invitation.pole, region=region)


def _rejoindre(utilisateur: Utilisateur, structure: Structure, invitation: Invitation) -> Adhesion:
    """Become a member; who directs the structure meanwhile stays so (an invitation never takes a right away)."""
    dirigee = Adhesion.objects.directions().filter(utilisateur=utilisateur, structure=structure).first()
    return dirigee or adherer(utilisateur, structure, invitation.role, invitation.par)


def _deja_donnee(invitation: Invitation, utilisateur: Utilisateur) -> Adhesion | Habilitation | None:
    """What a former acceptance gave, if it still holds."""
    if invitation.structure is not None:
        return (
            Adhesion.objects.actives()
            .filter(utilisateur=utilisateur, structure=invitation.structure)
            .filter(role__in=[invitation.role, Adhesion.Role.DIRECTION])
            .first()
        )
    return (
        Habilitation.objects.actives()
        .filter(utilisateur=utilisateur, role=invitation.role, pole=invitation.pole)
        .first()
    )


@transaction.atomic
def retrouver(email: str) -> int:
    """« Je n’ai plus mon lien » : send again what awaits this address, without more time. How many messages.

    Whoever asks learns nothing; an address that nobody invited gets nothing.
    """
    email = email.strip().lower()
    attendues = (
        Invitation.objects.filter(email=email, etat=Invitation.Etat.ENVOYEE)
        .select_related("structure")
        .select_for_update(no_key=True, of=("self",))
        .order_by("-envoyee_le")[:RETROUVEES_MAX]
    )
    toutes = [invitation for invitation in attendues if not invitation.sans_objet]
    ouvertes = [invitation for invitation in toutes if invitation.ouverte]
    for invitation in ouvertes:
        _ecrire(invitation, maintenant_envoyee=True)
    if toutes and not ouvertes:
        _dire_expiree(toutes[0])
        return 1
    return len(ouvertes)


def _dire_expiree(invitation: Invitation) -> None:
    """Its fourteen days are over: whom to ask for another one."""
    ecrire(
        "invitation_expiree",
        invitation.email,
        {
            "invitation": invitation,
            "lien": settings.PCTI_URL + reverse("structures:liste"),
            **signature(invitation.structure, invitation.pole),
        },
        objet=f"invitation:{invitation.pk}",
        repondre_a=invitation.par.email if invitation.par else "",
    )
