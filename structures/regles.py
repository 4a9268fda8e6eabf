"""Who may do what with a structure."""

from rules import add_perm, always_true, predicate

from structures.comptes.models import Utilisateur
from structures.comptes.regles import (
    Personne,
    coordonne_le_pole,
    est_administration,
    est_connecte,
    est_coordination,
    est_pilotage,
    poles_coordonnes,
)
from structures.models import Adhesion, Invitation, Structure
from structures.territoires.models import Pole


def adhesions_de(personne: Personne) -> dict[int, str]:
    """Role by structure of the active memberships, read once per request and kept on the user object."""
    if not isinstance(personne, Utilisateur) or not personne.is_active:
        return {}
    deja: dict[int, str] | None = getattr(personne, "_adhesions_actives", None)
    if deja is None:
        deja = dict(Adhesion.objects.actives().filter(utilisateur=personne).values_list("structure_id", "role"))
        personne._adhesions_actives = deja  # type: ignore[attr-defined]
    return deja


@predicate
def est_membre(personne: Personne, structure: Structure | None) -> bool:
    """Belongs to the structure today (direction or membre)."""
    return structure is not None and structure.pk in adhesions_de(personne)


@predicate
def est_direction(personne: Personne, structure: Structure | None) -> bool:
    """Belongs to the structure today as direction."""
    return structure is not None and adhesions_de(personne).get(structure.pk) == Adhesion.Role.DIRECTION


@predicate
def coordonne(personne: Personne, structure: Structure | None) -> bool:
    """Coordinates a pôle whose perimeter holds the structure's commune."""
    poles = poles_coordonnes(personne)
    if structure is None or not poles:
        return False
    return Pole.objects.filter(pk__in=poles, communes=structure.commune_id).exists()


@predicate
def peut_annuler(personne: Personne, invitation: Invitation | None) -> bool:
    """Who sent it, or who may invite to the same structure or pôle."""
    if invitation is None or not isinstance(personne, Utilisateur):
        return False
    if invitation.par_id == personne.pk or est_administration(personne):
        return True
    if invitation.structure is not None:
        return bool(est_direction(personne, invitation.structure) or coordonne(personne, invitation.structure))
    return invitation.pole_id in poles_coordonnes(personne)


# The directory is public; what the page shows of persons and offers depends on who looks.
add_perm("structures.voir", always_true)
add_perm("structures.voir_contact", est_connecte)
add_perm("structures.modifier", est_membre | coordonne | est_administration)
add_perm("structures.inviter", est_direction | coordonne | est_administration)
add_perm("structures.importer", est_coordination | est_administration)
add_perm("structures.inviter_au_portail", est_coordination | est_administration)
add_perm("structures.annuler_invitation", peut_annuler)
add_perm("structures.annuler_toute_invitation", est_administration)
# Whoever coordinates a pôle gains rights over its communes: widening it is not for them alone.
add_perm("structures.creer_pole", est_pilotage | est_administration)
add_perm("structures.etendre_pole", est_pilotage | est_administration)
add_perm("structures.modifier_perimetre", coordonne_le_pole | est_pilotage | est_administration)
# A bassin concerns the whole région: neither a pôle nor a structure redraws it.
add_perm("structures.deplacer_commune", est_pilotage | est_administration)
add_perm("structures.tenir_annuaire", est_coordination | est_pilotage | est_administration)
