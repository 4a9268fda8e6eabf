"""The interview: the coordination fills the questionnaire in the director's name, who then confirms it by sending.

The confirmation is asked for once and reminded twice at most. Each writing is a row of `Relance`, like those of
a campaign: written once whatever the schedule does, and held back if the answer is sent meanwhile.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from offres import confirmations
from offres.models import Relance, Reponse
from offres.operations import ActionImpossible
from structures.comptes.models import Utilisateur
from structures.models import Adhesion

# Days after the confirmation was asked for.
RAPPELS = {1: timedelta(days=3), 2: timedelta(days=8)}
# Nobody is written to twice in two days about one answer, whatever the reason.
REPOS = timedelta(days=2)


@transaction.atomic
def commencer_l_entretien(reponse: Reponse, par: Utilisateur) -> None:
    """Let the coordination write in this answer. Raises ActionImpossible when it is sent."""
    reponse_ = Reponse.objects.select_for_update(of=("self",)).get(pk=reponse.pk)
    if not reponse_.modifiable:
        raise ActionImpossible("Cette réponse est déjà envoyée\u00a0: rouvrez-la d’abord.")
    Reponse.objects.filter(pk=reponse.pk).update(
        saisie_par_coordination=True, entretien_par=par, entretien_le=timezone.now(), confirmation_demandee_le=None
    )
    reponse.refresh_from_db()


def directions(reponse: Reponse) -> list[Utilisateur]:
    """Who can confirm: the active directions of the structure."""
    adhesions = Adhesion.objects.actives().filter(
        structure=reponse.structure_id, role=Adhesion.Role.DIRECTION, utilisateur__is_active=True
    )
    personnes = {adhesion.utilisateur for adhesion in adhesions.select_related("utilisateur")}
    return sorted(personnes, key=lambda personne: personne.email)


@transaction.atomic
def demander_la_confirmation(reponse: Reponse, version: int, par: Utilisateur) -> list[Utilisateur]:
    """Ask the directions to reread and send what was written for them; whom it was asked.

    Nothing is published. Raises ActionImpossible (nobody to ask, changed meanwhile, already asked).
    """
    personnes = directions(reponse)
    if not personnes:
        raise ActionImpossible(
            "Cette structure n’a pas de direction sur le portail\u00a0: invitez-la depuis la page de la structure."
        )
    ouvertes = Reponse.objects.non_closes().filter(
        pk=reponse.pk,
        version=version,
        saisie_par_coordination=True,
        confirmation_demandee_le__isnull=True,
        etat__in=(Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE),
    )
    if not ouvertes.update(confirmation_demandee_le=timezone.now()):
        if reponse.etat == Reponse.Etat.BROUILLON and reponse.campagne.close:
            raise ActionImpossible("La campagne est close\u00a0: la direction ne pourrait plus envoyer cette réponse.")
        raise ActionImpossible("La réponse a changé, ou la confirmation est déjà demandée\u00a0: relisez-la.")
    reponse.refresh_from_db()
    for personne in personnes:
        _ecrire(reponse, personne, 0, par)
    return personnes


def _ecrire(reponse: Reponse, personne: Utilisateur, rang: int, par: Utilisateur) -> bool:
    """One e-mail to one direction, once per occasion; whether it was written."""
    ligne = Relance(reponse=reponse, personne=personne, palier=confirmations.occasion(reponse, rang), par=par)
    Relance.objects.bulk_create([ligne], ignore_conflicts=True)
    if not Relance.objects.filter(pk=ligne.pk).exists():
        return False
    courriel = confirmations.deposer(reponse, personne, rang, par)
    sort = Relance.Sort.ECRITE if courriel is not None else Relance.Sort.NON_VOULUE
    Relance.objects.filter(pk=ligne.pk).update(courriel=courriel, sort=sort)
    return courriel is not None


def rappeler_les_confirmations(le: date | None = None) -> int:
    """Remind the confirmations that are due; how many e-mails. Idempotent, safe if run twice at once."""
    jour = le or timezone.localdate()
    echues = (
        _a_confirmer()
        .filter(confirmation_demandee_le__date__lte=jour - RAPPELS[1])
        .values_list("pk", flat=True)
        .order_by("pk")
    )
    return sum(_rappeler(pk, jour) for pk in list(echues))


def _a_confirmer() -> Any:
    """Asked for and not given, in a campaign that isn't closed, for a structure that still exists."""
    return Reponse.objects.filter(
        saisie_par_coordination=True,
        confirmation_demandee_le__isnull=False,
        etat__in=(Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE),
        campagne__fermee_le__isnull=True,
        structure__fermee_le__isnull=True,
        structure__fusionnee_dans__isnull=True,
    )


@transaction.atomic
def _rappeler(pk: UUID, jour: date) -> int:
    # Locked and read again: a confirmation given meanwhile is not reminded.
    reponse = _a_confirmer().select_for_update(of=("self",)).select_related("entretien_par").filter(pk=pk).first()
    if reponse is None or reponse.entretien_par is None:
        return 0
    depuis = jour - timezone.localdate(reponse.confirmation_demandee_le)
    rang = max(rang for rang, delai in RAPPELS.items() if delai <= depuis)
    ecrits = 0
    for personne in directions(reponse):
        derniere = Relance.objects.filter(reponse=reponse, personne=personne).order_by("cree_le").last()
        if derniere is not None and jour - timezone.localdate(derniere.cree_le) < REPOS:
            continue
        ecrits += _ecrire(reponse, personne, rang, reponse.entretien_par)
    return ecrits


@transaction.atomic
def reprendre_l_entretien(reponse: Reponse) -> None:
    """Write again after the confirmation was asked. Raises ActionImpossible when it was given meanwhile."""
    pris = Reponse.objects.filter(
        pk=reponse.pk, confirmation_demandee_le__isnull=False, etat__in=(Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE)
    ).update(confirmation_demandee_le=None)
    if not pris:
        raise ActionImpossible("La direction a déjà confirmé cette réponse.")
    reponse.refresh_from_db()
