"""Offers and needs of everybody, for signed-in partners."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from offres.forms.filtres import FiltresForm
from offres.models import Besoin, Offre
from socle.droits import exiger
from structures.regles import adhesions_de

PAR_PAGE = 25


@require_safe
def offres(request: HttpRequest) -> HttpResponse:
    return _liste(request, Offre, "offres")


@require_safe
def besoins(request: HttpRequest) -> HttpResponse:
    return _liste(request, Besoin, "besoins")


def _liste(request: HttpRequest, modele: type[Any], genre: str) -> HttpResponse:
    """Newest first; the key of the next page is the last number shown (no repeated row)."""
    exiger(request.user, "offres.consulter")
    filtres = FiltresForm(request.GET)
    lignes: Any = filtres.filtrer(modele.objects.publiees())
    total = lignes.count()
    avant = request.GET.get("avant", "")
    suivantes = lignes.filter(pk__lt=int(avant)) if avant.isdecimal() and len(avant) < 16 else lignes
    page = list(suivantes.pour_affichage().order_by("-pk")[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = f"{request.path}?{filtres.requete(avant=page[-1].pk)}"
    miennes = adhesions_de(request.user)
    return render(
        request,
        "offres/liste.html",
        {
            "genre": genre,
            "lignes": [(ligne, ligne.structure_id in miennes) for ligne in page],
            "total": total,
            "filtres": filtres,
            "jetons": filtres.jetons(request.path),
            "debut": f"{request.path}?{filtres.requete()}" if avant else "",
            "suite": suite,
            "demonstration_ici": any(ligne.structure.fictive for ligne in page),
        },
    )
