"""The page of a bassin, and what its map asks for while somebody explores it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from cartes import apercus
from cartes.bassin import cercle, contexte, contexte_autour
from cartes.liens import cooperations, montrer
from cartes.zones import offre_montrable, rayonnement
from socle.droits import exiger
from structures.models import Structure
from structures.territoires.models import Bassin


def _bassin_ou_404(code: str) -> Bassin:
    return get_object_or_404(Bassin.objects.actifs(), pk=code)


def _json(donnees: object) -> JsonResponse:
    return JsonResponse(donnees, safe=False, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


@login_not_required
@require_safe
def bassin(request: HttpRequest, code: str) -> HttpResponse:
    """Structures of a bassin on a map and, equal to it, as a list."""
    valeurs = contexte(_bassin_ou_404(code), request.GET, request.user)
    demandee = valeurs["demandee"]
    if demandee is not None and demandee.structure is not None:
        # What the map would fetch: without script, the address opens the card all the same.
        valeurs["apercu"] = _apercu(request, demandee.structure)
    return render(request, "cartes/bassin.html", valeurs)


def _apercu(request: HttpRequest, structure: Structure) -> str:
    return render_to_string("cartes/_fiche.html", apercus.contexte(structure, request.user), request)


@login_not_required
@require_safe
@cache_control(private=True, no_store=True)
def fiche(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a structure (a fragment); offers and needs for signed-in partners only."""
    structure = get_object_or_404(Structure.objects.ouvertes().select_related("commune__bassin", "organisme"), pk=pk)
    return HttpResponse(_apercu(request, structure))


@login_not_required
@require_safe
@cache_control(private=True, no_store=True)
@gzip_page
def autour(request: HttpRequest, code: str) -> HttpResponse:
    """What is around a place: the words, the circle, the distances, the lines of the bassins around."""
    valeurs = contexte_autour(_bassin_ou_404(code), request.GET, request.user)
    return _json(
        {
            "reponse": render_to_string("cartes/_autour_reponse.html", valeurs, request),
            "cercle": cercle(valeurs["autour"]) if valeurs["autour"] else None,
            "distances": valeurs["distances"],
            "lignes": render_to_string("cartes/_lignes.html", valeurs, request),
        }
    )


@require_safe
@cache_control(private=True, no_store=True)
@gzip_page
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    """What an offer covers; for signed-in partners."""
    exiger(request.user, "offres.consulter", raison="Les offres se lisent une fois connecté.")
    offre = offre_montrable(pk)
    if offre is None:
        raise Http404("Cette offre n’est pas publiée.")
    return _json(rayonnement(offre))


@require_safe
@cache_control(private=True, no_store=True)
def liens(request: HttpRequest, code: str) -> HttpResponse:
    """The cooperations of a bassin that this person may read, as lines and as a list."""
    exiger(request.user, "offres.consulter", raison="Les coopérations se lisent une fois connecté.")
    trouvees = cooperations(request.user, bassin=_bassin_ou_404(code).code)
    return _json(
        {
            "liens": [cooperation.en_json() for cooperation in trouvees],
            "liste": render_to_string("cartes/_cooperations.html", {"vues": montrer(trouvees)}, request),
        }
    )
