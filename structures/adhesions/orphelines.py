"""Invitations whose sender may no longer send them: cancelled at once, and checked again when accepted."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, Invitation, Structure
from structures.regles import adhesions_de
from structures.territoires.models import Commune


def annuler_les_orphelines(personne: Utilisateur) -> int:
    """Cancel the pending invitations this person sent and could no longer send. How many.

    The same rule as `structures.renvoyer_invitation`, in one query: a list may hold thousands.
    """
    # A fresh object: the rights read earlier in this request are no longer true.
    personne = Utilisateur.objects.get(pk=personne.pk)
    if est_administration(personne):
        return 0
    dirigees = [pk for pk, role in adhesions_de(personne).items() if role == Adhesion.Role.DIRECTION]
    poles = poles_coordonnes(personne)
    permises = Structure.objects.filter(
        Q(pk__in=dirigees) | Q(commune__in=Commune.objects.filter(poles__in=poles))
    ).values("pk")
    a_annuler = Invitation.objects.filter(par=personne, etat=Invitation.Etat.ENVOYEE).exclude(
        Q(structure__isnull=False, structure__in=permises) | Q(pole__isnull=False, pole__in=poles)
    )
    return a_annuler.update(
        etat=Invitation.Etat.ANNULEE, motif=Invitation.Motif.DROIT_PERDU, annulee_le=timezone.now()
    )


def quand_des_droits_changent(sender: Any, utilisateur: Utilisateur, **_: Any) -> None:
    """A right of the portal has ended (`structures.comptes.signaux`)."""
    annuler_les_orphelines(utilisateur)


def quand_un_compte_change(sender: Any, instance: Utilisateur, created: bool = False, **_: Any) -> None:
    """A deactivated account invites nobody."""
    if not created and not instance.is_active:
        annuler_les_orphelines(instance)
