"""Pages (bodies come right after the tables)."""

from django.http import HttpRequest, HttpResponse


def offres(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def besoins(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
