"""Ask for a right on an object, on the server, in every view."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from rules import permissions

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur


def peut(utilisateur: "Utilisateur | AnonymousUser", permission: str, objet: Model | None = None) -> bool:
    """Whether this person may. Raises KeyError for a permission that no regles.py declares."""
    if not permissions.perm_exists(permission):
        raise KeyError(permission)
    return bool(permissions.has_perm(permission, utilisateur, objet))


def exiger(
    utilisateur: "Utilisateur | AnonymousUser", permission: str, objet: Model | None = None, *, raison: str = ""
) -> None:
    """Raise PermissionDenied (with a reason shown to the person) unless they may."""
    if not peut(utilisateur, permission, objet):
        raise PermissionDenied(raison)
