"""Who holds a role of the portal. Predicates that the upper floors combine."""

from django.contrib.auth.models import AnonymousUser
from rules import add_perm, predicate

from structures.comptes.models import Habilitation, Utilisateur
from structures.territoires.models import Pole

Personne = Utilisateur | AnonymousUser


def roles_de(personne: Personne) -> frozenset[tuple[str, int | None]]:
    """(role, pole_id) of the active rights, read once per request and kept on the user object."""
    if not isinstance(personne, Utilisateur) or not personne.is_active:
        return frozenset()
    deja: frozenset[tuple[str, int | None]] | None = getattr(personne, "_roles", None)
    if deja is None:
        deja = frozenset(Habilitation.objects.actives().filter(utilisateur=personne).values_list("role", "pole_id"))
        personne._roles = deja  # type: ignore[attr-defined]
    return deja


@predicate
def est_connecte(personne: Personne) -> bool:
    return bool(personne.is_authenticated and personne.is_active)


@predicate
def est_administration(personne: Personne) -> bool:
    return any(role == Habilitation.Role.ADMINISTRATION for role, _ in roles_de(personne))


@predicate
def est_pilotage(personne: Personne) -> bool:
    return any(role == Habilitation.Role.PILOTAGE for role, _ in roles_de(personne))


@predicate
def est_coordination(personne: Personne) -> bool:
    """Coordinates at least one pôle."""
    return any(role == Habilitation.Role.COORDINATION for role, _ in roles_de(personne))


@predicate
def coordonne_le_pole(personne: Personne, pole: Pole | None) -> bool:
    return pole is not None and (Habilitation.Role.COORDINATION.value, pole.pk) in roles_de(personne)


def poles_coordonnes(personne: Personne) -> frozenset[int]:
    """Identifiers of the pôles that this person coordinates."""
    return frozenset(pole for role, pole in roles_de(personne) if role == "coordination" and pole is not None)


add_perm("comptes.administrer", est_administration)
