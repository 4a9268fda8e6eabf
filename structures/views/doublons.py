"""Pairs of sheets that may be one structure: the list, the search, a pair side by side, the decision."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.doublons import comparaison, registre
from structures.doublons.detection import RAISONS
from structures.doublons.forms import Distinction, Signalement
from structures.doublons.travaux import demander_les_doublons
from structures.models import DoublonPropose, DoublonProposeQuerySet, Fusion

PAR_PAGE = 30
RAISON = "Les doublons reviennent à la coordination d’un pôle et à l’administration du portail."
RAISON_DE_LA_PAIRE = (
    "Il faut coordonner un pôle qui couvre les deux structures. Sinon, l’administration du portail peut décider."
)
ETATS = {
    DoublonPropose.Etat.PROPOSE.value: "À trancher",
    DoublonPropose.Etat.DISTINCT.value: "Dites distinctes",
    DoublonPropose.Etat.FUSIONNE.value: "Réunies",
}


def _visibles(personne: Any, etat: str) -> DoublonProposeQuerySet:
    paires = DoublonPropose.objects.filter(etat=etat)
    if etat == DoublonPropose.Etat.PROPOSE:
        paires = paires.a_trancher()
    return paires if est_administration(personne) else paires.des_poles(list(poles_coordonnes(personne)))


def vraisemblance(paire: DoublonPropose) -> tuple[str, str]:
    """(words, tone) of how likely a pair is."""
    if paire.score >= 60:
        return "Très probable", "alerte"
    return ("Probable", "info") if paire.score >= 50 else ("Possible", "neutre")


def raisons(paire: DoublonPropose) -> list[str]:
    """Why it is proposed, in words."""
    return [RAISONS[raison] for raison in paire.raisons if raison in RAISONS]


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """The pairs that this person may decide, the surest first; keyset pages."""
    exiger(request.user, "structures.voir_doublons", raison=RAISON)
    etat = request.GET.get("etat", "")
    etat = etat if etat in ETATS else DoublonPropose.Etat.PROPOSE.value
    paires = _visibles(request.user, etat)
    nombre = paires.count()
    page = list(_apres(paires, request.GET.get("apres", "")).pour_liste().select_related("par")[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + urlencode({"etat": etat, "apres": f"{page[-1].score}-{page[-1].pk}"})
    contexte = {
        "etat": etat,
        "etats": [(slug, mot, "?" + urlencode({"etat": slug})) for slug, mot in ETATS.items()],
        "nombre": nombre,
        "paires": [(paire, raisons(paire), vraisemblance(paire)) for paire in page],
        "debut": "?" + urlencode({"etat": etat}) if request.GET.get("apres") else "",
        "suite": suite,
    }
    return render(request, "structures/doublons.html", contexte)


def _apres(paires: DoublonProposeQuerySet, repere: str) -> DoublonProposeQuerySet:
    """What follows a pair (« 60-1234 »: score, number); everything when it can't be read."""
    score, _, pk = repere.partition("-")
    if not (score.isdecimal() and pk.isdecimal() and len(score) < 4 and len(pk) < 19):
        return paires
    return paires.filter(Q(score__lt=int(score)) | Q(score=int(score), pk__gt=int(pk)))


@require_POST
def rechercher(request: HttpRequest) -> HttpResponse:
    """Compare all the sheets now; the page of the job shows how far it is."""
    exiger(request.user, "structures.voir_doublons", raison=RAISON)
    personne = request.user if isinstance(request.user, Utilisateur) else None
    return redirect("socle:travail", demander_les_doublons(personne).pk)


@require_http_methods(["GET", "HEAD", "POST"])
def signaler(request: HttpRequest) -> HttpResponse:
    """« These two are one »: the pair is written, and shown side by side."""
    exiger(request.user, "structures.voir_doublons", raison=RAISON)
    initiale = request.GET.get("structure", "")
    une = reverse("structures:detail", args=[int(initiale)]) if initiale.isdecimal() and len(initiale) < 19 else ""
    formulaire = Signalement(request.POST if request.method == "POST" else None, initial={"une": une})
    if request.method == "POST" and formulaire.is_valid():
        a, b = sorted((formulaire.cleaned_data["une"], formulaire.cleaned_data["autre"]), key=lambda s: s.pk)
        exiger(request.user, "structures.fusionner", DoublonPropose(a=a, b=b), raison=RAISON_DE_LA_PAIRE)
        return redirect("structures:doublon", registre.signaler(a, b).pk)
    statut = 422 if formulaire.errors else 200
    return render(request, "structures/signaler_doublon.html", {"form": formulaire}, status=statut)


def charger(request: HttpRequest, pk: int) -> DoublonPropose:
    """A pair that this person may decide. Raises Http404 or PermissionDenied."""
    liees = DoublonPropose.objects.select_related(
        "a__commune", "a__organisme", "b__commune", "b__organisme", "par"
    ).prefetch_related("a__publics", "b__publics")
    paire = get_object_or_404(liees, pk=pk)
    exiger(request.user, "structures.fusionner", paire, raison=RAISON_DE_LA_PAIRE)
    return paire


@require_safe
def doublon(request: HttpRequest, pk: int) -> HttpResponse:
    """Two sheets side by side."""
    return page_de_la_paire(request, charger(request, pk), Distinction())


def page_de_la_paire(request: HttpRequest, paire: DoublonPropose, form: Distinction) -> HttpResponse:
    """The comparison: each field, what hangs on each sheet, the two decisions (a constant number of queries)."""
    gardee = comparaison.a_garder(paire.a, paire.b)
    attaches = comparaison.attaches(paire.a), comparaison.attaches(paire.b)
    contexte = {
        "paire": paire,
        "raisons": raisons(paire),
        "mot": vraisemblance(paire),
        "cotes": [
            {"structure": structure, "attaches": mots, "gardee": structure.pk == gardee.pk}
            for structure, mots in zip((paire.a, paire.b), attaches, strict=True)
        ],
        "lignes": list(comparaison.comparer(paire.a, paire.b, gardee)),
        "form": form,
        "fusion": Fusion.objects.filter(
            gardee__in=(paire.a_id, paire.b_id), absorbee__in=(paire.a_id, paire.b_id), annulee_le__isnull=True
        ).first(),
    }
    return render(request, "structures/doublon.html", contexte, status=422 if form.errors else 200)


@require_POST
def distinguer(request: HttpRequest, pk: int) -> HttpResponse:
    """« Two distinct structures », for good, with the reason."""
    paire = charger(request, pk)
    formulaire = Distinction(request.POST)
    if not formulaire.is_valid():
        return page_de_la_paire(request, paire, formulaire)
    if isinstance(request.user, Utilisateur):
        try:
            registre.distinguer(paire, request.user, formulaire.cleaned_data["motif"])
        except registre.DejaTranche:
            messages.warning(request, "Quelqu’un vient de décider pour ces deux fiches.")
            return redirect("structures:doublon", paire.pk)
    messages.success(request, "C’est noté\u00a0: deux structures distinctes. Le portail ne les rapprochera plus.")
    return redirect("structures:doublons")


@require_POST
def reprendre(request: HttpRequest, pk: int) -> HttpResponse:
    """Back among the pairs to decide."""
    paire = charger(request, pk)
    try:
        registre.reconsiderer(paire)
    except registre.DejaTranche:
        messages.warning(request, "Ces deux fiches ne sont pas dites distinctes.")
    return redirect("structures:doublon", paire.pk)
