"""A person's own pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def profil(request: HttpRequest) -> HttpResponse:
    return render(request, "comptes/profil.html")
