"""The interview: the coordination fills the questionnaire in the director's name, who then confirms it by sending."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from offres.models import Reponse
from offres.operations import ActionImpossible
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.models import Adhesion


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
    pris = Reponse.objects.filter(
        pk=reponse.pk,
        version=version,
        saisie_par_coordination=True,
        confirmation_demandee_le__isnull=True,
        etat__in=(Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE),
    ).update(confirmation_demandee_le=timezone.now())
    if not pris:
        raise ActionImpossible("La réponse a changé, ou la confirmation est déjà demandée\u00a0: relisez-la.")
    reponse.refresh_from_db()
    for personne in personnes:
        notifier(
            personne,
            "offres-confirmation",
            "offres_confirmation",
            {
                "reponse": reponse,
                "par": par,
                "lien": settings.PCTI_URL + reverse("offres:etape_relecture", args=[reponse.pk]),
            },
            objet=f"offres.reponse:{reponse.pk}",
            repondre_a=par.email,
        )
    return personnes


@transaction.atomic
def reprendre_l_entretien(reponse: Reponse) -> None:
    """Write again after the confirmation was asked. Raises ActionImpossible when it was given meanwhile."""
    pris = Reponse.objects.filter(
        pk=reponse.pk, confirmation_demandee_le__isnull=False, etat__in=(Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE)
    ).update(confirmation_demandee_le=None)
    if not pris:
        raise ActionImpossible("La direction a déjà confirmé cette réponse.")
    reponse.refresh_from_db()
