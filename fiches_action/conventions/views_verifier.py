"""/verifier/: anybody checks a document, by number and code or by dropping the file."""

import time
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from fiches_action.conventions import rendu, verification
from fiches_action.conventions.forms import FormulaireFichier, FormulaireNumero
from fiches_action.conventions.verification import Verdict
from fiches_action.conventions.views import en_pdf

# Checks per minute and address: a code has fifty bits, an analysis costs a second.
LIMITES = {"numero": 20, "fichier": 10}
FENETRE = 60
TROP = "Trop de vérifications depuis votre adresse. Réessayez dans une minute."


def _trop(request: HttpRequest, genre: str) -> bool:
    """Count one more check; whether it is one too many.

    The minute is in the key: a cache on disk gives its default life to a counter at each increment.
    """
    cle = f"verifier-{genre}-{request.META.get('REMOTE_ADDR', '')}-{int(time.time()) // FENETRE}"
    cache.add(cle, 0, FENETRE)
    try:
        return cache.incr(cle) > LIMITES[genre]
    except ValueError:  # expired between the two
        return False


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verifier(request: HttpRequest) -> HttpResponse:
    """GET with numero and code (the QR leads here) or POST with a file; the verdict is on the page."""
    if request.method == "POST":
        return _par_fichier(request)
    demande = {nom: request.GET[nom] for nom in ("numero", "code") if nom in request.GET}
    if len(demande) < 2:
        return _page(request, numero=FormulaireNumero(initial=demande))
    formulaire = FormulaireNumero(demande)
    if not formulaire.is_valid():
        return _page(request, numero=formulaire, statut=422)
    if _trop(request, "numero"):
        return _page(request, numero=formulaire, erreur=TROP, statut=429)
    verdict = verification.par_numero(formulaire.cleaned_data["numero"], formulaire.cleaned_data["code"])
    if verdict is None:
        verdict = Verdict(
            verification.INCONNU,
            "Aucun document n’est enregistré sous ce numéro et ce code. "
            "Vérifiez-les au bas de la page, ou déposez le fichier.",
        )
    return _page(request, numero=formulaire, verdict=verdict)


@login_not_required
@never_cache
@require_GET
def document(request: HttpRequest) -> HttpResponse:
    """The sealed document, for whoever holds its number and code: they are on every copy of it."""
    formulaire = FormulaireNumero(request.GET)
    if not formulaire.is_valid() or _trop(request, "numero"):
        raise Http404("Donnez le numéro et le code du document.")
    verdict = verification.par_numero(formulaire.cleaned_data["numero"], formulaire.cleaned_data["code"])
    if verdict is None or verdict.genre != verification.AUTHENTIQUE or verdict.version is None:
        raise Http404("Aucun document scellé sous ce numéro et ce code.")
    scelle = verdict.version.scellement.document
    if scelle is None:
        raise Http404("Ce document n’est pas encore scellé.")
    return en_pdf(scelle, f"{verdict.version.convention.reference}.pdf")


def _par_fichier(request: HttpRequest) -> HttpResponse:
    formulaire = FormulaireFichier(request.POST, request.FILES)
    if not formulaire.is_valid():
        return _page(request, fichier=formulaire, statut=422)
    if _trop(request, "fichier"):
        return _page(request, fichier=formulaire, erreur=TROP, statut=429)
    depose = formulaire.cleaned_data["fichier"]
    return _page(request, verdict=verification.par_fichier(depose.read()), nom=depose.name[:120])


def _page(request: HttpRequest, *, statut: int = 200, **contexte: Any) -> HttpResponse:
    contexte.setdefault("numero", FormulaireNumero())
    verdict = contexte.get("verdict")
    if verdict is not None and verdict.genre == verification.AUTHENTIQUE and "nom" not in contexte:
        contexte["code"] = rendu.grouper(verdict.version.code_controle)
    contexte.setdefault("fichier", FormulaireFichier(auto_id="depot_%s"))
    gabarit = "conventions/_verdict.html" if request.headers.get("HX-Request") else "conventions/verifier.html"
    return render(request, gabarit, contexte, status=statut)
