"""One match: proposing it, reading it from both sides, answering."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from offres import cooperations
from offres.avis_rapprochements import phrase
from offres.etats import PASSAGES, TONS, PassageRapprochement, passages_depuis
from offres.forms.rapprochements import AcceptationForm, MotifForm, PropositionForm
from offres.models import Besoin, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.rapprochement import candidat
from offres.templatetags.offres_mots import a_nom
from offres.views.parcours import personne, postees
from offres.views.rapprochements import besoin_ou_404, offre_ou_404
from offres.vigilance import avertissement
from socle.droits import exiger, peut
from structures.models import Adhesion, Structure
from structures.regles import adhesions_de, est_direction

RAISONS = {
    "offres.repondre_a_la_proposition": "La direction de la structure sollicitée répond à cette proposition.",
    "offres.retirer_la_proposition": "La direction qui a proposé peut retirer sa proposition.",
    "offres.engager": "Une des deux structures, ou la coordination du pôle, commence la fiche-action.",
    "offres.ecarter": "La direction d’une des deux structures, ou la coordination, met fin à la coopération.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def proposer(request: HttpRequest, pk: int, offre_pk: int) -> HttpResponse:
    """Write to the other structure, from a need or from an offer."""
    besoin, offre = besoin_ou_404(pk), offre_ou_404(offre_pk)
    couple = Rapprochement(besoin=besoin, offre=offre)
    exiger(
        request.user,
        "offres.proposer",
        couple,
        raison="La direction d’une des deux structures propose la coopération.",
    )
    deja = Rapprochement.objects.ouverts().filter(besoin=besoin, offre=offre).first()
    if deja is not None:
        return redirect(deja)
    # Whoever directs both speaks for the need.
    du_besoin = bool(est_direction(request.user, besoin.structure))
    couple.cote = Rapprochement.Cote.BESOIN if du_besoin else Rapprochement.Cote.OFFRE
    form = _formulaire_de_proposition(request, besoin, offre)
    if form.is_valid():
        try:
            rapprochement = cooperations.proposer(
                besoin,
                offre,
                personne(request),
                couple.cote,
                message=form.cleaned_data["message"],
                volume=form.cleaned_data.get("volume"),
            )
        except ActionImpossible as erreur:
            form.add_error(None, str(erreur))
        else:
            _avertir(request, rapprochement.message)
            messages.success(request, f"Votre proposition est envoyée {a_nom(rapprochement.sollicitee.nom)}.")
            return redirect(rapprochement)
    retour = besoin.get_absolute_url() if du_besoin else reverse("offres:rapprochements_de_l_offre", args=[offre.pk])
    return render(
        request,
        "offres/proposer_cooperation.html",
        {
            "form": form,
            "couple": couple,
            "candidat": candidat(besoin, offre, vous=du_besoin),
            "sans_direction": not Adhesion.objects.directions().filter(structure=couple.sollicitee).exists(),
            "delai": cooperations.REPONSE_ATTENDUE.days,
            "retour": retour,
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
            "demonstration_ici": besoin.structure.fictive,
        },
        status=422 if form.is_bound else 200,
    )


def _formulaire_de_proposition(request: HttpRequest, besoin: Besoin, offre: Offre) -> PropositionForm:
    return PropositionForm(
        postees(request),
        possible=cooperations.volume_possible(besoin, offre),
        unite=offre.unite,
        plafond=cooperations.raison_du_plafond(besoin, offre),
        voulu=request.GET.get("volume", ""),
        demande=cooperations.se_compte_seul(besoin, offre),
    )


def _avertir(request: HttpRequest, texte: str) -> None:
    """Warn softly when a message seems to name somebody."""
    if attention := avertissement(texte):
        messages.warning(request, attention)


def _charger(request: HttpRequest, pk: int) -> Rapprochement:
    """The match, for who may read it. Raises Http404 or PermissionDenied."""
    rapprochement = get_object_or_404(
        Rapprochement.objects.pour_affichage().select_related("auteur", "repondue_par"), pk=pk
    )
    exiger(
        request.user,
        "offres.voir_rapprochement",
        rapprochement,
        raison="Une coopération est lue par ses deux structures et par la coordination du pôle.",
    )
    return rapprochement


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What both structures said, where it stands, what this person may do."""
    return _page(request, _charger(request, pk))


def _formulaire(
    action: str, passage: PassageRapprochement, rapprochement: Rapprochement, donnees: Any = None
) -> forms.Form | None:
    if action == "accepter":
        besoin, offre = rapprochement.besoin, rapprochement.offre
        return AcceptationForm(
            donnees,
            volume=rapprochement.volume,
            unite=offre.unite,
            # When nobody said how much yet, it may be said now.
            possible=cooperations.volume_possible(besoin, offre),
            plafond=cooperations.raison_du_plafond(besoin, offre),
        )
    return MotifForm(donnees, prefix=action) if passage.motif else None


def _page(request: HttpRequest, rapprochement: Rapprochement, **formulaires: forms.Form) -> HttpResponse:
    gestes = [
        (action, passage, formulaires.get(action) or _formulaire(action, passage, rapprochement))
        for action, passage in passages_depuis(rapprochement.etat).items()
        if passage.permission and peut(request.user, passage.permission, rapprochement)
    ]
    miennes = set(adhesions_de(request.user))
    sienne = not miennes.isdisjoint({rapprochement.besoin.structure_id, rapprochement.offre.structure_id})
    proposee = rapprochement.etat == Rapprochement.Etat.PROPOSEE
    return render(
        request,
        "offres/rapprochement.html",
        {
            "rapprochement": rapprochement,
            "ton": TONS[rapprochement.etat],
            "gestes": gestes,
            "ouvert": next(iter(formulaires), ""),
            "etapes": [(etape, phrase(etape)) for etape in rapprochement.etapes.select_related("par")],
            # People are named to each other once both have agreed, never before.
            "contacts": _contacts(rapprochement, miennes) if sienne and rapprochement.convenu else [],
            # Why they were put together, while somebody has to decide.
            "candidat": candidat(
                rapprochement.besoin, rapprochement.offre, vous=rapprochement.besoin.structure_id in miennes
            )
            if proposee
            else None,
            "attend": proposee and not any(action == "accepter" for action, *_ in gestes),
            "sienne": sienne,
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
            "demonstration_ici": rapprochement.besoin.structure.fictive,
        },
        status=422 if formulaires else 200,
    )


def _contacts(rapprochement: Rapprochement, miennes: set[int]) -> list[tuple[Structure | None, Any]]:
    """Who spoke for the other side (for both, when the reader belongs to both); None: for the coordination."""
    auteur, repond = rapprochement.auteur, rapprochement.repondue_par
    proposante: Structure | None = rapprochement.proposante
    sollicitee = rapprochement.sollicitee
    if rapprochement.cote == Rapprochement.Cote.COORDINATION:
        # Neither side had spoken: either of them may have agreed, in the sheet.
        proposante = None
        if repond is not None and rapprochement.besoin.structure_id in adhesions_de(repond):
            sollicitee = rapprochement.besoin.structure
    paires = ((proposante, auteur), (sollicitee, repond))
    autres = [p for p in paires if p[0] is None or p[0].pk not in miennes] or list(paires)
    return [(structure, qui) for structure, qui in autres if qui is not None and qui.is_active]


@require_POST
def agir(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """One passage of the table. Raises Http404 for an action nobody presses."""
    passage = PASSAGES.get(action)
    if passage is None or passage.permission is None or not passage.depuis:
        raise Http404("action inconnue")
    rapprochement = _charger(request, pk)
    exiger(request.user, passage.permission, rapprochement, raison=RAISONS.get(passage.permission, ""))
    form = _formulaire(action, passage, rapprochement, request.POST)
    if form is not None and not form.is_valid():
        return _page(request, rapprochement, **{action: form})
    try:
        adresse = _appliquer(action, rapprochement, request, form.cleaned_data if form is not None else {})
    except ActionImpossible as erreur:
        if form is None:
            messages.warning(request, str(erreur))
            return redirect(rapprochement)
        form.add_error(None, str(erreur))
        return _page(request, rapprochement, **{action: form})
    return redirect(adresse)


def _appliquer(action: str, rapprochement: Rapprochement, request: HttpRequest, dit: dict[str, Any]) -> str:
    """Do it; where to go next. Raises ActionImpossible."""
    qui = personne(request)
    if action == "engager":
        return cooperations.engager(rapprochement, qui)
    if action == "accepter":
        cooperations.accepter(rapprochement, qui, volume=dit.get("volume"), message=dit["message"])
        messages.success(request, "La coopération est acceptée. Vous pouvez maintenant vous joindre.")
        _avertir(request, dit["message"])
    else:
        ecrire = {
            "decliner": cooperations.decliner,
            "retirer": cooperations.retirer,
            "ecarter": cooperations.ecarter,
        }[action]
        ecrire(rapprochement, qui, dit["motif"])
        messages.success(request, "C’est enregistré\u00a0: l’autre structure est prévenue.")
        _avertir(request, dit["motif"])
    return rapprochement.get_absolute_url()
