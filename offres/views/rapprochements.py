"""Matches: who can answer my needs, and the sheet one starts together."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from offres import cooperations
from offres.models import Besoin, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.rapprochement import bilan, candidats
from offres.views.parcours import personne
from socle.droits import exiger, peut
from structures.comptes.regles import est_pilotage, poles_coordonnes
from structures.regles import adhesions_de
from structures.territoires.models import Commune

PAR_PAGE = 25


def _besoins_de(request: HttpRequest) -> QuerySet[Besoin]:
    """The needs this person may act on: their structures', those of the pôles they coordinate."""
    if est_pilotage(request.user):
        return Besoin.objects.publiees()
    communes = Commune.objects.filter(poles__in=poles_coordonnes(request.user))
    return Besoin.objects.publiees().filter(
        Q(structure__in=list(adhesions_de(request.user))) | Q(structure__commune__in=communes)
    )


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """My needs, newest first, each with how many offers answer it (one query for all)."""
    exiger(request.user, "offres.consulter")
    besoins = _besoins_de(request)
    total = besoins.count()
    avant = request.GET.get("avant", "")
    if avant.isdecimal() and len(avant) < 16:
        besoins = besoins.filter(pk__lt=int(avant))
    engages = Rapprochement.objects.filter(etat=Rapprochement.Etat.ENGAGEE).exclude(url="")
    page: list[Any] = list(
        besoins.avec_nombre_de_candidates()  # type: ignore[attr-defined]
        .pour_affichage()
        .prefetch_related(Prefetch("rapprochements", queryset=engages, to_attr="engages"))
        .order_by("-pk")[: PAR_PAGE + 1]
    )
    suite = f"{request.path}?avant={page[PAR_PAGE - 1].pk}" if len(page) > PAR_PAGE else ""
    return render(
        request,
        "offres/rapprochements.html",
        {
            "besoins": page[:PAR_PAGE],
            "total": total,
            "suite": suite,
            "debut": request.path if avant else "",
            "demonstration_ici": any(besoin.structure.fictive for besoin in page),
        },
    )


def _besoin_ou_404(pk: int) -> Besoin:
    return get_object_or_404(
        Besoin.objects.publiees()
        .select_related("service", "structure__commune__bassin")
        .prefetch_related("publics", "communes", "bassins", "departements"),
        pk=pk,
    )


@require_safe
def du_besoin(request: HttpRequest, pk: int) -> HttpResponse:
    """One need, the offers that answer it, why, and what is missing."""
    besoin = _besoin_ou_404(pk)
    exiger(
        request.user,
        "offres.voir_rapprochements",
        besoin,
        raison="Les rapprochements d’un besoin sont vus par sa structure et par la coordination du pôle.",
    )
    trouves = candidats(besoin)
    engages = dict(
        besoin.rapprochements.filter(etat=Rapprochement.Etat.ENGAGEE).exclude(url="").values_list("offre_id", "url")
    )
    return render(
        request,
        "offres/rapprochements_du_besoin.html",
        {
            "besoin": besoin,
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
            "candidats": [(candidat, engages.get(candidat.offre.pk, "")) for candidat in trouves],
            "bilan": bilan(besoin, trouves),
            "peut_rapprocher": peut(request.user, "offres.rapprocher", besoin),
            "demonstration_ici": besoin.structure.fictive,
        },
    )


@require_POST
def preparer_fiche(request: HttpRequest, pk: int, offre_pk: int) -> HttpResponse:
    """Start an action sheet with both structures (once: asked again, it opens the same)."""
    besoin = _besoin_ou_404(pk)
    exiger(
        request.user,
        "offres.rapprocher",
        besoin,
        raison="La structure qui a ce besoin, ou la coordination du pôle, commence la fiche-action.",
    )
    offre = get_object_or_404(Offre.objects.select_related("service", "structure__commune"), pk=offre_pk)
    mien = besoin.structure_id in adhesions_de(request.user)
    cote = Rapprochement.Cote.BESOIN if mien else Rapprochement.Cote.COORDINATION
    try:
        return redirect(cooperations.preparer_fiche(besoin, offre, personne(request), cote))
    except ActionImpossible as erreur:
        messages.warning(request, str(erreur))
        return redirect(besoin)
