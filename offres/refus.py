"""A structure says that it won't answer, and may change its mind."""

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from offres.etats import ACTIONS
from offres.models import Reponse
from offres.operations import ActionImpossible
from offres.relances import retenir
from structures.comptes.models import Utilisateur


@transaction.atomic
def refuser(reponse: Reponse, raison: str, precision: str, par: Utilisateur) -> None:
    """The structure won't answer, and says why; it gets no reminder any more.

    Raises ActionImpossible when the answer is sent, refused or closed, or without a reason.
    """
    action = ACTIONS["refuser"]
    if raison not in Reponse.Refus.values or (raison == Reponse.Refus.AUTRE and not precision.strip()):
        raise ActionImpossible("Dites pourquoi votre structure ne répondra pas.")
    pris = (
        Reponse.objects.non_closes()
        .filter(pk=reponse.pk, etat__in=action.depuis)
        .update(
            etat=action.vers,
            version=F("version") + 1,
            refusee_le=timezone.now(),
            refusee_par=par,
            refus=raison,
            motif_refus=precision.strip(),
        )
    )
    if not pris:
        raise ActionImpossible("Cette réponse est déjà envoyée, ou la campagne est close.")
    retenir([reponse.pk])
    reponse.refresh_from_db()


@transaction.atomic
def revenir(reponse: Reponse, par: Utilisateur) -> None:
    """Answer after all: the draft is found as it was. Raises ActionImpossible when it was not refused."""
    action = ACTIONS["revenir"]
    pris = (
        Reponse.objects.non_closes()
        .filter(pk=reponse.pk, etat__in=action.depuis)
        .update(
            etat=Case(
                When(commencee_le__isnull=False, then=Value(Reponse.Etat.BROUILLON.value)), default=Value(action.vers)
            ),
            version=F("version") + 1,
            modifie_le=timezone.now(),
            modifie_par=par,
            refusee_le=None,
            refusee_par=None,
            refus="",
            motif_refus="",
        )
    )
    if not pris:
        raise ActionImpossible("La structure n’avait pas refusé de répondre, ou la campagne est close.")
    reponse.refresh_from_db()


def noter_ouverture(reponse: Reponse) -> None:
    """Somebody of the structure looks at the questionnaire for the first time."""
    if reponse.ouverte_le is None:
        reponse.ouverte_le = timezone.now()
        Reponse.objects.filter(pk=reponse.pk, ouverte_le__isnull=True).update(ouverte_le=reponse.ouverte_le)
