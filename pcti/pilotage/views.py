"""Steering pages: the région, then one bassin."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from fiches_action.conventions.models import Convention
from fiches_action.models import FicheAction
from offres.models import Reponse
from pcti.pilotage import graphiques, tableau
from pcti.pilotage.services import volumes_du_bassin
from socle.droits import exiger
from structures.models import Structure
from structures.referentiel import TYPES
from structures.territoires.models import Bassin

RAISON = "Le pilotage est ouvert à la coordination des pôles, au PRITH et à l’administration du portail."
SVG = "image/svg+xml"


def _exiger(request: HttpRequest) -> None:
    exiger(request.user, "pilotage.voir", raison=RAISON)


@require_GET
def region(request: HttpRequest) -> HttpResponse:
    """Three alerts, the map, then the figures of each bassin."""
    _exiger(request)
    lignes = tableau.lignes_par_bassin()
    contexte = {
        "lignes": lignes,
        "ensemble": tableau.ensemble(lignes),
        "alertes": tableau.alertes(lignes),
        "classes": graphiques.CLASSES,
        "interroges": sorted((li for li in lignes if li.taux is not None), key=lambda li: -(li.taux or 0)),
    }
    return render(request, "pilotage/region.html", contexte)


@require_GET
def carte(request: HttpRequest) -> HttpResponse:
    _exiger(request)
    return HttpResponse(graphiques.carte_des_reponses(tableau.lignes_par_bassin()), content_type=SVG)


@require_GET
def graphique(request: HttpRequest) -> HttpResponse:
    _exiger(request)
    return HttpResponse(graphiques.barres_des_reponses(tableau.lignes_par_bassin()), content_type=SVG)


@require_GET
def bassin(request: HttpRequest, code: str) -> HttpResponse:
    """One bassin: who answers, what is offered and asked, sheets and agreements."""
    _exiger(request)
    le_bassin = get_object_or_404(Bassin.objects.actifs(), pk=code)
    ligne = next((li for li in tableau.lignes_par_bassin() if li.code == code), None)
    types = (
        Structure.objects.ouvertes()
        .du_bassin(code)
        .order_by()
        .values_list("type")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    repondu = dict(
        Reponse.objects.du_bassin(code)
        .comptees()
        .soumises()
        .order_by()
        .values_list("structure__type")
        .annotate(n=Count("structure", distinct=True))
    )
    contexte = {
        "bassin": le_bassin,
        "fil": [("Pilotage", reverse("pilotage:tableau"))],
        "ligne": ligne,
        "types": [(TYPES[t].libelle if t in TYPES else t, n, repondu.get(t, 0)) for t, n in types],
        "volumes": volumes_du_bassin(code),
        "fiches": FicheAction.objects.du_bassin(code).pour_liste()[:20],
        "conventions": Convention.objects.filter(fiche__bassins=code).distinct().order_by("-pk")[:20],
    }
    return render(request, "pilotage/bassin.html", contexte)
