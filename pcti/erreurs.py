"""Error pages: they say why, and what to do next."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def erreur_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", {"raison": reason}, status=403)


def erreur_403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", {"raison": str(exception or "")}, status=403)


def erreur_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", {}, status=404)


def erreur_500(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", {"reference": uuid.uuid4().hex[:8]}, status=500)
