"""The team of a structure: joining, leaving, changing role. Ended, never deleted."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from socle.prises import Encart
from structures.adhesions.orphelines import annuler_les_orphelines
from structures.adhesions.signature import signature
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, Structure, StructureQuerySet
from structures.territoires.models import Commune


@transaction.atomic
def adherer(utilisateur: Utilisateur, structure: Structure, role: str, par: Utilisateur | None = None) -> Adhesion:
    """Make somebody a member; another role they had there ends. `par`: who invited or approved."""
    # Two acceptances at once: the second one waits here and finds the first one's row.
    Utilisateur.objects.select_for_update(no_key=True).get(pk=utilisateur.pk)
    active = Adhesion.objects.actives().filter(utilisateur=utilisateur, structure=structure).first()
    if active is not None and active.role == role:
        return active
    if active is not None:
        terminer(active, par)
    _oublier(utilisateur)
    return Adhesion.objects.create(utilisateur=utilisateur, structure=structure, role=role, donnee_par=par)


@transaction.atomic
def terminer(adhesion: Adhesion, par: Utilisateur | None = None) -> bool:
    """End a membership (kept for the history). Idempotent: False when it had already ended.

    The invitations that the person could send only as direction are cancelled.
    """
    fini = Adhesion.objects.actives().filter(pk=adhesion.pk).update(fin=timezone.now(), terminee_par=par)
    adhesion.refresh_from_db(fields=["fin", "terminee_par"])
    _oublier(adhesion.utilisateur)
    if fini and adhesion.role == Adhesion.Role.DIRECTION:
        annuler_les_orphelines(adhesion.utilisateur)
    return bool(fini)


def _oublier(utilisateur: Utilisateur) -> None:
    """Forget the memberships read earlier in this request (`structures.regles.adhesions_de`)."""
    if hasattr(utilisateur, "_adhesions_actives"):
        del utilisateur._adhesions_actives


@transaction.atomic
def retirer(adhesion: Adhesion, par: Utilisateur) -> None:
    """End somebody else's membership, and tell them."""
    if terminer(adhesion, par) and adhesion.utilisateur_id != par.pk:
        _prevenir(adhesion, par, "")


@transaction.atomic
def changer_role(adhesion: Adhesion, role: str, par: Utilisateur) -> Adhesion:
    """Give another role in the same structure; the former membership ends, the person is told."""
    nouvelle = adherer(adhesion.utilisateur, adhesion.structure, role, par)
    if nouvelle.pk != adhesion.pk and adhesion.utilisateur_id != par.pk:
        _prevenir(nouvelle, par, nouvelle.get_role_display())
    return nouvelle


def _prevenir(adhesion: Adhesion, par: Utilisateur, role: str) -> None:
    structure = adhesion.structure
    notifier(
        adhesion.utilisateur,
        "structures-adhesion",
        "adhesion_changee",
        {"structure": structure, "role": role, "par": par, **signature(structure)},
        objet=f"adhesion:{adhesion.pk}",
        repondre_a=par.email,
    )


# --- structures without a direction ---------------------------------------------------------


def a_une_direction(structure: Structure) -> bool:
    """Whether somebody who can sign in directs the structure."""
    return Adhesion.objects.directions().filter(structure=structure).exists()


def laisserait_sans_direction(adhesion: Adhesion) -> bool:
    """Whether ending this membership leaves the structure without anybody who directs it."""
    if adhesion.fin is not None or adhesion.role != Adhesion.Role.DIRECTION:
        return False
    return not Adhesion.objects.directions().filter(structure=adhesion.structure_id).exclude(pk=adhesion.pk).exists()


def structures_sans_direction() -> StructureQuerySet:
    """Open structures that have a team or had a direction, and that nobody directs today."""
    de_la_structure = Adhesion.objects.filter(structure=OuterRef("pk"))
    connue = de_la_structure.filter(Q(fin__isnull=True) | Q(role=Adhesion.Role.DIRECTION))
    directions = Adhesion.objects.directions().filter(structure=OuterRef("pk"))
    return Structure.objects.ouvertes().filter(Exists(connue), ~Exists(directions))


def a_pourvoir(personne: Utilisateur) -> StructureQuerySet:
    """Structures without a direction that this person follows: their pôles, or all for the administration."""
    ensemble = structures_sans_direction()
    if est_administration(personne):
        return ensemble
    return ensemble.filter(commune__in=Commune.objects.filter(poles__in=poles_coordonnes(personne)))


def mes_structures(personne: Utilisateur) -> list[Encart]:
    """On the account's page: the structures one belongs to (one query)."""
    adhesions = Adhesion.objects.actives().filter(utilisateur=personne).select_related("structure")
    return [Encart("structures/bloc_mes_structures.html", {"adhesions": adhesions.order_by("structure__nom", "pk")})]
