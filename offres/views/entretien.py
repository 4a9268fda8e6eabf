"""The interview: the coordination writes in the director's name; the director confirms."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from offres import entretien
from offres.operations import ActionImpossible
from offres.views.parcours import charger, personne
from socle.droits import exiger


@require_POST
def mener(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """`action`: commencer, demander (the confirmation), reprendre (write again)."""
    reponse = charger(request, reponse_id)
    exiger(
        request.user,
        "offres.entretien",
        reponse,
        raison="Seule la coordination du pôle remplit un questionnaire au nom d’une structure.",
    )
    action = request.POST.get("action", "")
    try:
        if action == "commencer":
            entretien.commencer_l_entretien(reponse, personne(request))
        elif action == "reprendre":
            entretien.reprendre_l_entretien(reponse)
        elif action == "demander":
            lue = request.POST.get("version", "")
            version = int(lue) if lue.isdecimal() and len(lue) < 10 else -1
            personnes = entretien.demander_la_confirmation(reponse, version, personne(request))
            qui = ", ".join(str(une) for une in personnes)
            messages.success(request, f"La confirmation est demandée à {qui}. Rien n’est publié avant.")
    except ActionImpossible as erreur:
        messages.warning(request, str(erreur))
        return redirect("offres:etape_relecture", reponse.pk) if action == "demander" else redirect(reponse)
    return redirect(reponse)
