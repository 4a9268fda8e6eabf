"""Pages of the directory (bodies come right after the tables)."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from structures.models import Structure


@login_not_required
def annuaire(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@login_not_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(Structure, pk=pk).nom)
