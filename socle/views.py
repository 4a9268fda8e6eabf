"""How far a long job is: a page of its own, or the fragment that another page asks for again."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from socle.models import Travail


@never_cache
@require_safe
def travail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Shown to who asked for the job, and to the administration."""
    objet = get_object_or_404(Travail, pk=pk)
    if objet.demandeur_id != request.user.pk and not getattr(request.user, "is_staff", False):
        raise PermissionDenied("Ce travail a été demandé par une autre personne : elle seule peut le suivre.")
    gabarit = "composants/progression.html" if request.headers.get("HX-Request") else "socle/travail.html"
    return render(request, gabarit, {"travail": objet})
