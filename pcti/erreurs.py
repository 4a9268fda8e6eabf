"""Error pages: they say why, and what to do next."""

import logging
import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

journal = logging.getLogger(__name__)


@login_not_required
def erreur_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def erreur_403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", {"raison": str(exception or "")}, status=403)


def erreur_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def erreur_500(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: what broke may be the database or the session."""
    reference = uuid.uuid4().hex[:8]
    journal.error("erreur 500, référence %s : %s %s", reference, request.method, request.path)
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)
