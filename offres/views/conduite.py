"""Leading an open campaign: remind, extend, close; and the structure that won't answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from offres import campagnes as operations
from offres import refus, relances, suivi, textes
from offres.forms.campagnes import ProlongationForm, RefusForm
from offres.models import Campagne
from offres.operations import ActionImpossible
from offres.views.campagnes import la_campagne
from offres.views.parcours import charger, personne, postees
from socle.droits import exiger
from socle.templatetags.typographie import pluriel

CHOISIES_MAX = 500
MONTREES = 8


def _fil(campagne: Campagne) -> list[tuple[str, str]]:
    return [("Campagnes", reverse("offres:campagnes")), (campagne.nom, campagne.get_absolute_url())]


def _choisies(donnees: QueryDict) -> list[UUID] | None:
    """The answers named in the address or in the form; None for all the awaited ones."""
    if donnees.get("toutes") == "oui":
        return None
    return _cles(donnees, "reponse")


def _cles(donnees: QueryDict, champ: str) -> list[UUID]:
    """The numbers ticked, those that are none left out."""
    cles = []
    for brute in donnees.getlist(champ)[:CHOISIES_MAX]:
        try:
            cles.append(UUID(brute))
        except ValueError:
            continue
    return cles


@require_http_methods(["GET", "HEAD", "POST"])
def relancer(request: HttpRequest, pk: int) -> HttpResponse:
    """Who would be reminded, with which words; then do it."""
    campagne = la_campagne(request, pk)
    choisies = _choisies(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            operations.demander_des_relances(campagne, choisies, personne(request))
            messages.success(request, "Les rappels partent\u00a0: cette page dit où ils en sont.")
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect(campagne)
    attendues = operations.a_relancer(campagne, choisies).order_by("structure__nom_recherche", "pk")
    attendues = list(suivi.avec_sort(attendues))
    personnes = relances.par_personne(attendues)
    jointes = {r.pk for _, siennes in personnes.values() for r in siennes}
    exemples = sorted(personnes.values(), key=lambda p: (-len(p[1]), p[1][0].structure.nom_recherche))
    apercus = []
    # The fullest one, and one of a single structure when they differ.
    montres = exemples[:1]
    if exemples and len(exemples[0][1]) > len(exemples[-1][1]):
        montres.append(exemples[-1])
    for qui, siennes in montres:
        apercus.append((qui, len(siennes), *textes.composer(campagne, "relance", siennes)))
    deja = relances.rappelees_le(timezone.localdate()).filter(reponse__in=jointes)
    return render(
        request,
        "offres/relancer.html",
        {
            "campagne": campagne,
            "fil": _fil(campagne),
            "choisies": choisies,
            "attendues": attendues,
            "montrees": [(reponse, suivi.SORTS[reponse.sort_suivi]) for reponse in attendues[:MONTREES]],
            "autres": max(0, len(attendues) - MONTREES),
            "nb_personnes": len(personnes),
            "muettes": [r for r in attendues if r.pk not in jointes],
            "deja": deja.count(),
            "apercus": apercus,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def verifier_les_courriels(request: HttpRequest, pk: int) -> HttpResponse:
    """The e-mails that failed, came back or may not have left; the coordination decides to send some again."""
    campagne = la_campagne(request, pk)
    if request.method == "POST":
        choisis = _cles(request.POST, "courriel")
        partis = sum(relances.renvoyer(campagne, cle, personne(request)) for cle in choisis)
        if partis:
            messages.success(request, f"{pluriel(partis, 'courriel part,courriels partent')} à nouveau.")
        else:
            messages.info(request, "Rien n’est reparti\u00a0: cochez un courriel dont la réponse est attendue.")
        return redirect(request.path)
    return render(
        request,
        "offres/courriels_a_verifier.html",
        {"campagne": campagne, "fil": _fil(campagne), "courriels": suivi.courriels_a_verifier(campagne)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def prolonger(request: HttpRequest, pk: int) -> HttpResponse:
    """Give more time, or open again what was closed."""
    campagne = la_campagne(request, pk)
    form = ProlongationForm(postees(request), initial={"fin": campagne.fin})
    if request.method == "POST" and form.is_valid():
        try:
            operations.prolonger(campagne, form.cleaned_data["fin"], personne(request))
            messages.success(
                request, "La nouvelle date est enregistrée. Pensez à le dire\u00a0: relancez les structures."
            )
            return redirect(campagne)
        except ActionImpossible as erreur:
            form.add_error("fin", str(erreur))
    return render(
        request,
        "offres/prolonger.html",
        {"campagne": campagne, "fil": _fil(campagne), "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def fermer(request: HttpRequest, pk: int) -> HttpResponse:
    """Close before the end, after a page that says what it does."""
    campagne = la_campagne(request, pk)
    if request.method == "POST":
        try:
            retenus = operations.fermer(campagne, personne(request))
            mots = "courriel qui attendait ne partira pas,courriels qui attendaient ne partiront pas"
            suite = f" {pluriel(retenus, mots)}." if retenus else ""
            messages.success(request, f"La campagne est close.{suite}")
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect(campagne)
    return render(request, "offres/fermer_campagne.html", {"campagne": campagne, "fil": _fil(campagne)})


# --- the structure that won't answer ----------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def refuser(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """« Notre structure ne répondra pas », with a reason; no reminder any more."""
    reponse = charger(request, reponse_id)
    exiger(
        request.user,
        "offres.refuser",
        reponse,
        raison="Seules les personnes de la structure, ou la coordination de son pôle, notent qu’elle ne répondra pas.",
    )
    form = RefusForm(postees(request))
    contexte: dict[str, Any] = {
        "reponse": reponse,
        "form": form,
        "fil": [("Questionnaire", reponse.get_absolute_url())],
    }
    if request.method == "POST" and form.is_valid():
        try:
            refus.refuser(reponse, form.cleaned_data["raison"], form.cleaned_data["precision"], personne(request))
            messages.success(request, "C’est noté\u00a0: vous ne recevrez plus de rappel. Vous pouvez changer d’avis.")
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect(reponse)
    return render(request, "offres/refuser.html", contexte, status=422 if form.errors else 200)


@require_POST
def revenir(request: HttpRequest, reponse_id: UUID) -> HttpResponse:
    """Answer after all."""
    reponse = charger(request, reponse_id)
    exiger(
        request.user,
        "offres.revenir",
        reponse,
        raison="Seules les personnes de la structure, ou la coordination de son pôle, peuvent revenir sur ce refus.",
    )
    try:
        refus.revenir(reponse, personne(request))
        messages.success(request, "Le questionnaire est de nouveau ouvert à la structure.")
    except ActionImpossible as erreur:
        messages.info(request, str(erreur))
    return redirect(reponse)
