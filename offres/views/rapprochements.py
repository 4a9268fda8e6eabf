"""Pages (bodies come right after the tables)."""

from django.http import HttpRequest, HttpResponse


def liste(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def du_besoin(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse("")


def preparer_fiche(request: HttpRequest, pk: int, offre_pk: int) -> HttpResponse:
    return HttpResponse("")
