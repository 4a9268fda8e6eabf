"""Matches: who can answer my needs, and the sheet one starts together."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Case, F, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from offres import cooperations
from offres.combinaisons import combinaisons, lignes
from offres.comptage import nombre_d_offres
from offres.etats import TONS
from offres.models import Besoin, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.rapprochement import REGLE, bilan, distance_en_mots, en_mots, rangs, volume_manquant
from offres.views.parcours import personne
from socle.droits import exiger, peut
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_pilotage, poles_coordonnes
from structures.regles import adhesions_de, est_direction
from structures.territoires.models import Commune

PAR_PAGE = 25
# A page shows the best ones; the counts are of all.
CANDIDATS_MAX = 40
COOPERATIONS_MAX = 100
OFFRES_MAX = 50


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
    """What awaits me, my needs (newest first, each with how many offers answer it), my offers."""
    exiger(request.user, "offres.consulter")
    besoins = _besoins_de(request)
    total = besoins.count()
    avant = request.GET.get("avant", "")
    if avant.isdecimal() and len(avant) < 16:
        besoins = besoins.filter(pk__lt=int(avant))
    ouverts = Rapprochement.objects.ouverts()
    page: list[Any] = list(
        besoins.pour_affichage()  # type: ignore[attr-defined]
        .prefetch_related(Prefetch("rapprochements", queryset=ouverts, to_attr="ouverts"))
        .order_by("-pk")[: PAR_PAGE + 1]
    )
    nombres = nombre_d_offres(Besoin.objects.filter(pk__in=[besoin.pk for besoin in page]))
    suite = f"{request.path}?avant={page[PAR_PAGE - 1].pk}" if len(page) > PAR_PAGE else ""
    premiere = not avant
    return render(
        request,
        "offres/rapprochements.html",
        {
            "besoins": [(besoin, nombres[besoin.pk]) for besoin in page[:PAR_PAGE]],
            "total": total,
            "suite": suite,
            "debut": request.path if avant else "",
            "cooperations": resumes(cooperations_de(personne(request)), request) if premiere else [],
            "offres": _mes_offres(request) if premiere else [],
            "peut_suivre": peut(request.user, "offres.suivre_rapprochements"),
            "demonstration_ici": any(besoin.structure.fictive for besoin in page),
        },
    )


def cooperations_de(qui: Utilisateur) -> list[Rapprochement]:
    """The open matches of one's structures, those that await an answer first (one query)."""
    ouverts = Rapprochement.objects.de(qui).ouverts().pour_affichage()
    return sorted(ouverts[:COOPERATIONS_MAX], key=lambda r: (r.etat != Rapprochement.Etat.PROPOSEE, -r.pk))


def resumes(rapprochements: Iterable[Rapprochement], request: HttpRequest) -> list[dict[str, Any]]:
    """Each match with its state in words, and whether this person's structure is the one to answer."""
    miennes = adhesions_de(request.user)
    return [
        {
            "rapprochement": rapprochement,
            "ton": TONS[rapprochement.etat],
            "a_repondre": rapprochement.etat == Rapprochement.Etat.PROPOSEE and rapprochement.sollicitee.pk in miennes,
            "autre": rapprochement.offre.structure
            if rapprochement.besoin.structure_id in miennes
            else rapprochement.besoin.structure,
        }
        for rapprochement in rapprochements
    ]


def _mes_offres(request: HttpRequest) -> list[Offre]:
    """The published offers of my structures, with what is left of them."""
    miennes = list(adhesions_de(request.user))
    if not miennes:
        return []
    offres = Offre.objects.publiees().filter(structure__in=miennes).avec_volume_restant().avec_accords_hors_compte()
    return list(
        offres.annotate(reste=F("volume_restant"))
        .select_related("service", "structure")
        .order_by("service__ordre", "pk")[:OFFRES_MAX]
    )


def besoin_ou_404(pk: int) -> Besoin:
    return get_object_or_404(
        Besoin.objects.publiees()
        .select_related("service", "structure__commune__bassin")
        .prefetch_related("publics", "communes", "bassins", "departements"),
        pk=pk,
    )


def offre_ou_404(pk: int) -> Offre:
    return get_object_or_404(
        Offre.objects.publiees()
        .select_related("service", "structure__commune__departement")
        .prefetch_related("publics", "communes", "bassins", "departements"),
        pk=pk,
    )


@require_safe
def du_besoin(request: HttpRequest, pk: int) -> HttpResponse:
    """One need, the offers that answer it, why, what is missing, and which together would be enough."""
    besoin = besoin_ou_404(pk)
    exiger(
        request.user,
        "offres.voir_rapprochements",
        besoin,
        raison="Les rapprochements d’un besoin sont vus par sa structure et par la coordination du pôle.",
    )
    mien = besoin.structure_id in adhesions_de(request.user)
    manquant = volume_manquant(besoin)
    tous = rangs(besoin, manquant)
    ensembles = combinaisons(manquant, tous)
    montres = {rang.offre for rang in tous[:CANDIDATS_MAX]} | {o for e in ensembles for o in e.offres}
    candidats = en_mots(besoin, [rang for rang in tous if rang.offre in montres], manquant, vous=mien)
    par_offre = {candidat.offre.pk: candidat for candidat in candidats}
    en_cours = {r.offre_id: r for r in besoin.rapprochements.ouverts().pour_affichage()}
    return render(
        request,
        "offres/rapprochements_du_besoin.html",
        {
            "besoin": besoin,
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
            "candidats": [(candidat, en_cours.get(candidat.offre.pk)) for candidat in candidats[:CANDIDATS_MAX]],
            "total": len(tous),
            "bilan": bilan(besoin, tous, manquant),
            "regle": REGLE,
            "combinaisons": [(e, lignes(e, besoin.unite, par_offre)) for e in ensembles],
            "cooperations": resumes(en_cours.values(), request),
            "peut_rapprocher": peut(request.user, "offres.rapprocher", besoin),
            "peut_proposer": manquant != 0 and bool(est_direction(request.user, besoin.structure)),
            "demonstration_ici": besoin.structure.fictive,
        },
    )


@require_safe
def de_l_offre(request: HttpRequest, pk: int) -> HttpResponse:
    """One offer, and the needs it may answer: the same rule from the other side."""
    offre = offre_ou_404(pk)
    exiger(
        request.user,
        "offres.voir_besoins_couverts",
        offre,
        raison="Les besoins qu’une offre peut couvrir sont vus par sa structure et par la coordination du pôle.",
    )
    lue: Any = Offre.objects.avec_volume_restant().avec_accords_hors_compte().get(pk=offre.pk)
    compte: Any = offre
    compte.reste, compte.hors_compte = lue.volume_restant, lue.hors_compte
    repondables: Any = Besoin.objects.repondables_par(offre)
    besoins = list(repondables.pour_affichage().order_by(_priorite(), "distance_km", "pk")[: CANDIDATS_MAX + 1])
    en_cours = {r.besoin_id: r for r in offre.rapprochements.ouverts().pour_affichage()}
    return render(
        request,
        "offres/rapprochements_de_l_offre.html",
        {
            "offre": offre,
            "restant": lue.volume_restant,
            # Nothing tells when it is full.
            "sans_fin": offre.volume is None and lue.hors_compte > 0,
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
            "besoins": [
                (besoin, distance_en_mots(besoin, offre, besoin.distance_km), en_cours.get(besoin.pk))
                for besoin in besoins[:CANDIDATS_MAX]
            ],
            "davantage": len(besoins) > CANDIDATS_MAX,
            "cooperations": resumes(en_cours.values(), request),
            "peut_proposer": bool(est_direction(request.user, offre.structure)),
            "demonstration_ici": offre.structure.fictive,
        },
    )


def _priorite() -> Case:
    """High first, then medium, low, and those that say nothing."""
    rangs_ = {Besoin.Priorite.HAUTE: 0, Besoin.Priorite.MOYENNE: 1, Besoin.Priorite.BASSE: 2}
    cas = [When(priorite=priorite, then=Value(rang)) for priorite, rang in rangs_.items()]
    return Case(*cas, default=Value(3))


@require_POST
def preparer_fiche(request: HttpRequest, pk: int, offre_pk: int) -> HttpResponse:
    """Start an action sheet with both structures (once: asked again, it opens the same)."""
    besoin = besoin_ou_404(pk)
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
