"""Giving and ending the rights of the portal."""

from django.db import transaction
from django.utils import timezone

from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.signaux import droits_changes
from structures.territoires.models import Pole, Region


@transaction.atomic
def habiliter(
    utilisateur: Utilisateur, role: str, *, pole: Pole | None = None, region: Region | None = None
) -> Habilitation:
    """Give a right, or return the one that is already active. Raises ValueError for a wrong perimeter.

    The administration right opens Django's admin: ``is_staff`` follows it.
    """
    attendu = {"coordination": (True, False), "pilotage": (False, True), "administration": (False, False)}
    if attendu.get(role) != (pole is not None, region is not None):
        raise ValueError(f"périmètre incompatible avec le rôle « {role} »")
    # Two requests at once: the second one waits here and finds the first one's row.
    Utilisateur.objects.select_for_update().get(pk=utilisateur.pk)
    active = Habilitation.objects.actives().filter(utilisateur=utilisateur, role=role, pole=pole, region=region)
    habilitation = active.first() or Habilitation.objects.create(
        utilisateur=utilisateur, role=role, pole=pole, region=region
    )
    _suivre(utilisateur)
    return habilitation


@transaction.atomic
def retirer(habilitation: Habilitation) -> None:
    """End a right (kept as history). Idempotent."""
    Habilitation.objects.actives().filter(pk=habilitation.pk).update(fin=timezone.now())
    habilitation.refresh_from_db(fields=["fin"])
    _suivre(habilitation.utilisateur)


def _suivre(utilisateur: Utilisateur) -> None:
    """Keep ``is_staff`` in step, and forget the rights read earlier in this request."""
    administre = (
        Habilitation.objects.actives().filter(utilisateur=utilisateur, role=Habilitation.Role.ADMINISTRATION).exists()
    )
    utilisateur.is_staff = administre or utilisateur.is_superuser
    utilisateur.save(update_fields=["is_staff"])
    utilisateur.__dict__.pop("_roles", None)
    droits_changes.send(sender=Utilisateur, utilisateur=utilisateur)
