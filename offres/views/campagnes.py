"""Pages (bodies come right after the tables)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def liste(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def ouvrir(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("")


def rouvrir(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    return HttpResponse("")
