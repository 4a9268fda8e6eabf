"""Keeping sheets fresh: who is asked to confirm which one, once, before it goes stale.

One e-mail per person groups their sheets. A sheet is asked of one person at a time: its direction,
else its team, the least lately asked first. The unique constraints of `models/fraicheur.py` decide
between two schedulers; the e-mail's row is written in the same transaction as the reminder's, so a
worker that dies leaves both or neither.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier, veut
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, LigneRappel, RappelFraicheur, Structure, StructureQuerySet
from structures.models.fraicheur import PAUSE, RAPPELS_MAX

journal = logging.getLogger(__name__)
GENRE = "rappel de fraîcheur"


class RelanceImpossible(Exception):
    """Nobody can be reminded now; the message is for the person who asked."""


# --- who may be reminded ---------------------------------------------------------------------


def rappelables(structures: StructureQuerySet) -> StructureQuerySet:
    """Among these, the sheets that may be asked about: never closed, absorbed or fictive ones."""
    return structures.a_rappeler().filter(fusionnee_dans__isnull=True, fictive=False)


def avec_suivi(structures: StructureQuerySet) -> QuerySet[Any]:
    """With what was already asked since the sheet was last confirmed: `nb_rappels`, `dernier_rappel`,
    `rappel_en_cours`, `relancee_le` (by the coordination), `nb_personnes` (active memberships)."""
    depuis = Coalesce(F("structure__confirme_le"), F("structure__cree_le"))
    du_cycle = LigneRappel.objects.filter(structure=OuterRef("pk"), rappel__envoye_le__gt=depuis).order_by()

    def compte(lignes: QuerySet[LigneRappel]) -> Subquery:
        return Subquery(lignes.values("structure").annotate(n=Count("pk")).values("n"), output_field=IntegerField())

    personnes = Adhesion.objects.actives().filter(structure=OuterRef("pk"), utilisateur__is_active=True).order_by()
    return structures.annotate(
        nb_rappels=Coalesce(compte(du_cycle), 0),
        dernier_rappel=Subquery(du_cycle.values("structure").annotate(d=Max("rappel__envoye_le")).values("d")),
        relancee_le=Subquery(
            du_cycle.filter(rappel__par__isnull=False)
            .values("structure")
            .annotate(d=Max("rappel__envoye_le"))
            .values("d")
        ),
        rappel_en_cours=Exists(LigneRappel.objects.en_cours().filter(structure=OuterRef("pk"))),
        nb_personnes=Coalesce(
            Subquery(personnes.values("structure").annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
        ),
    )


def du_ressort(personne: Utilisateur) -> StructureQuerySet:
    """The sheets that this person watches over: those of their pôles, all of them for the administration."""
    if est_administration(personne):
        return Structure.objects.all()
    return Structure.objects.des_poles(poles_coordonnes(personne))


def sans_reponse(structures: StructureQuerySet) -> QuerySet[Any]:
    """The sheets « à vérifier » by the coordination: reminded three times, still silent."""
    return avec_suivi(structures.a_verifier()).filter(nb_rappels__gte=RAPPELS_MAX, rappel_en_cours=False)


def _adhesions(structures: Collection[int]) -> list[Adhesion]:
    """Active memberships of people who can be written to: the direction first, the least lately asked first."""
    dernier = (
        LigneRappel.objects.filter(structure=OuterRef("structure"), rappel__destinataire=OuterRef("utilisateur"))
        .order_by("-pk")
        .values("pk")[:1]
    )
    return list(
        Adhesion.objects.actives()
        .filter(structure__in=structures, utilisateur__is_active=True, utilisateur__demonstration=False)
        .annotate(
            rang=Case(When(role=Adhesion.Role.DIRECTION, then=Value(0)), default=Value(1)),
            demandee=Coalesce(Subquery(dernier), 0),
        )
        .select_related("utilisateur")
        .order_by("structure", "rang", "demandee", "pk")
    )


def _destinataires(structures: Collection[int], souhaits: dict[int, bool]) -> dict[int, Utilisateur]:
    """Structure → whom to ask: somebody of the direction who wants reminders; the team where there is no direction."""
    choisis: dict[int, Utilisateur] = {}
    directions: set[int] = set()
    for adhesion in _adhesions(structures):
        pk, personne = adhesion.structure_id, adhesion.utilisateur
        if adhesion.role == Adhesion.Role.DIRECTION:
            directions.add(pk)
        elif pk in directions:
            continue
        if pk in choisis:
            continue
        if personne.pk not in souhaits:
            souhaits[personne.pk] = veut(personne, GENRE)
        if souhaits[personne.pk]:
            choisis[pk] = personne
    return choisis


# --- the reminders of the schedule -----------------------------------------------------------


def rappeler() -> int:
    """Write the reminders that are due; returns how many e-mails left. Idempotent, safe if run twice at once."""
    clore()
    dues = avec_suivi(rappelables(Structure.objects.all()))
    dues = dues.filter(nb_personnes__gt=0, nb_rappels__lt=RAPPELS_MAX, rappel_en_cours=False)
    structures = list(dues.values_list("pk", flat=True))
    souhaits: dict[int, bool] = {}
    par_personne: dict[int, list[int]] = defaultdict(list)
    personnes: dict[int, Utilisateur] = {}
    for debut in range(0, len(structures), 500):
        for pk, personne in _destinataires(structures[debut : debut + 500], souhaits).items():
            par_personne[personne.pk].append(pk)
            personnes[personne.pk] = personne
    occupees = set(
        RappelFraicheur.objects.filter(clos_le__isnull=True).values_list("destinataire", flat=True)
    )  # fmt: skip
    return sum(
        _rappeler_une_fois(personnes[pk], dues_ici) is not None
        for pk, dues_ici in par_personne.items()
        if pk not in occupees
    )


def _rappeler_une_fois(personne: Utilisateur, structures: Iterable[int]) -> RappelFraicheur | None:
    try:
        return ecrire_rappel(personne, structures)
    except IntegrityError:
        # Another scheduler has just written to this person, or about one of these sheets.
        journal.info("rappel de fraîcheur déjà parti pour la personne %s", personne.pk)
        return None


@transaction.atomic
def ecrire_rappel(
    personne: Utilisateur, structures: Iterable[int], *, par: Utilisateur | None = None
) -> RappelFraicheur | None:
    """One e-mail to one person about their sheets still to confirm; None when nothing is left to ask.

    Raises IntegrityError when this person, or one of the sheets, already has a reminder under way.
    """
    # Locked: a sheet confirmed in the meantime is not asked about.
    verrouillees = Structure.objects.filter(pk__in=list(structures)).select_for_update(of=("self",))
    a_demander = list(rappelables(verrouillees).select_related("commune").order_by("nom_recherche", "pk"))
    if not a_demander:
        return None
    rappel = RappelFraicheur.objects.create(destinataire=personne, par=par)
    deja = dict(
        avec_suivi(Structure.objects.filter(pk__in=[s.pk for s in a_demander])).values_list("pk", "nb_rappels")
    )
    LigneRappel.objects.bulk_create(
        LigneRappel(rappel=rappel, structure=structure, numero=deja.get(structure.pk, 0) + 1)
        for structure in a_demander
    )
    rappel.courriel = notifier(
        personne,
        GENRE,
        "rappel_fraicheur",
        {"personne": personne, "structures": a_demander, "lien": settings.PCTI_URL + _page(a_demander), "par": par},
        objet=f"rappel-fraicheur:{rappel.pk}",
        repondre_a=par.email if par else "",
    )
    if rappel.courriel is None:
        # They refused these e-mails a moment ago.
        transaction.set_rollback(True)
        return None
    rappel.save(update_fields=["courriel"])
    return rappel


def _page(structures: list[Structure]) -> str:
    if len(structures) == 1:
        return reverse("structures:confirmer", args=[structures[0].pk])
    return reverse("structures:a_confirmer")


def clore(maintenant: datetime | None = None) -> None:
    """Close what no longer awaits an answer: older than thirty days, confirmed, or of a closed structure."""
    maintenant = maintenant or timezone.now()
    limite = maintenant - PAUSE
    en_cours = LigneRappel.objects.en_cours()
    en_cours.filter(structure__confirme_le__gt=F("rappel__envoye_le")).update(close_le=maintenant, confirmee=True)
    en_cours.filter(Q(rappel__envoye_le__lte=limite) | Q(structure__fermee_le__isnull=False)).update(
        close_le=maintenant
    )
    RappelFraicheur.objects.filter(clos_le__isnull=True, envoye_le__lte=limite).update(clos_le=maintenant)


# --- the reminder asked for by the coordination ----------------------------------------------


def relancer(structure: Structure, par: Utilisateur) -> RappelFraicheur:
    """Remind the people of a sheet once more, at the coordination's word; once between two confirmations.

    Raises RelanceImpossible, with the reason, when nobody can be written to now.
    """
    clore()
    suivie = avec_suivi(rappelables(Structure.objects.filter(pk=structure.pk))).first()
    if suivie is None:
        raise RelanceImpossible("Cette fiche est à jour, fermée ou de démonstration\u00a0: il n’y a rien à relancer.")
    if suivie.relancee_le is not None:
        raise RelanceImpossible("Cette fiche a déjà été relancée depuis sa dernière confirmation.")
    if suivie.rappel_en_cours:
        raise RelanceImpossible("Un rappel est déjà parti il y a moins de trente jours.")
    personne = _destinataires([structure.pk], {}).get(structure.pk)
    if personne is None:
        raise RelanceImpossible(
            "Personne ne peut être relancé\u00a0: invitez d’abord la direction, ou appelez la structure."
        )
    try:
        rappel = ecrire_rappel(personne, [structure.pk], par=par)
    except IntegrityError:
        rappel = None
    if rappel is None:
        raise RelanceImpossible("La personne qui tient cette fiche a reçu un rappel il y a moins de trente jours.")
    return rappel
