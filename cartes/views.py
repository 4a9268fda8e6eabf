"""The page of the région."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cartes.recherche import chercher
from cartes.region import contexte_region


@login_not_required
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The bassins of the région, and the way to one from a commune or a postal code."""
    texte = request.GET.get("q", "").strip()[:100]
    resultat = chercher(texte) if texte else None
    if resultat and resultat.bassin:
        adresse = reverse("cartes:bassin", args=[resultat.bassin.code])
        return redirect(f"{adresse}?commune={resultat.commune.code}" if resultat.commune else adresse)
    return render(request, "cartes/region.html", {"texte": texte, "resultat": resultat, **contexte_region()})
