"""The front door, and the pages that the law asks for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/accueil.html")


@login_not_required
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/accessibilite.html")


@login_not_required
@require_safe
def mentions_legales(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/mentions_legales.html")


@login_not_required
@require_safe
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/donnees_personnelles.html")


@login_not_required
@require_safe
def aide(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/aide.html")
