"""The questionnaire as PDF: an answer, and the blank form of a campaign."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from offres.models import Campagne
from offres.papier import imprimer_formulaire, imprimer_reponse
from offres.views.parcours import charger
from socle.documents import DocumentRendu
from socle.droits import exiger


@require_safe
def reponse(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """The answer on two or three pages, for its structure, the coordination and the pilotage."""
    lue = charger(request, reponse_id)
    return _pdf(imprimer_reponse(lue), f"reponse-{lue.structure.nom}")


@require_safe
def formulaire_de_la_reponse(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """The blank form, with the name of the structure on it."""
    lue = charger(request, reponse_id)
    return _pdf(imprimer_formulaire(lue.campagne, lue.structure), f"questionnaire-{lue.structure.nom}")


@require_safe
def formulaire(request: HttpRequest, pk: int) -> HttpResponse:
    """The blank form of a campaign, to print for a meeting."""
    campagne = get_object_or_404(Campagne.objects.select_related("pole"), pk=pk)
    exiger(request.user, "offres.suivre_campagne", campagne, raison="Cette campagne est celle d’un autre pôle.")
    return _pdf(imprimer_formulaire(campagne), f"questionnaire-{campagne.nom}")


def _pdf(rendu: DocumentRendu, nom: str) -> HttpResponse:
    fichier = f"{slugify(nom.replace('’', ' '))[:80]}.pdf"
    return HttpResponse(
        rendu.pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{fichier}"', "Cache-Control": "private, no-store"},
    )
