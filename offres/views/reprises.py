"""« Reprendre », « Modifier », « Laisser »: one thing of last year's answer at a time."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from offres import reprises
from offres.operations import GENRES, ActionImpossible
from offres.views.parcours import charger, exiger_ecriture, personne


@require_POST
def reprendre(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Do what was chosen for one thing, then come back where it was offered."""
    reponse = charger(request, reponse_id)
    exiger_ecriture(request, reponse)
    cle, choix = request.POST.get("cle", ""), request.POST.get("choix", "")
    genre = cle.partition(":")[0]
    try:
        if choix == "laisser":
            reprises.laisser(reponse, cle, personne(request))
        elif choix in ("reprendre", "modifier"):
            ligne = reprises.reprendre(reponse, cle, personne(request))
            if ligne is not None and choix == "modifier":
                return redirect("offres:modifier_ligne", reponse.pk, genre, ligne.pk, "volume")
            messages.success(request, "C’est repris dans votre brouillon. Vous pouvez encore le changer.")
    except ActionImpossible as erreur:
        messages.info(request, str(erreur))
    if genre in GENRES:
        return redirect("offres:etape_lignes", reponse.pk, genre)
    return redirect("offres:etape_cooperations", reponse.pk)
