"""Pages (bodies come right after the tables)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def accueil(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    return HttpResponse("")


def structure(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    return HttpResponse("")


def cooperations(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    return HttpResponse("")


def relecture(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    return HttpResponse("")
