"""Pages (bodies come right after the tables)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def liste(request: HttpRequest, reponse_id: UUID, genre: str) -> HttpResponse:
    return HttpResponse("")


def ajouter(request: HttpRequest, reponse_id: UUID, genre: str) -> HttpResponse:
    return HttpResponse("")


def modifier(request: HttpRequest, reponse_id: UUID, genre: str, pk: int, volet: str) -> HttpResponse:
    return HttpResponse("")


def retirer(request: HttpRequest, reponse_id: UUID, genre: str, pk: int) -> HttpResponse:
    return HttpResponse("")


def communes(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
