"""A signatory's own page, without an account: the link finds the agreement, the code proves the person.

Before the code, the page names the agreement and its parties, and nobody. After it, for half an
hour in this browser, the exact document can be read, then signed or refused.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fiches_action.conventions import circuit, preuve
from fiches_action.conventions.circuit import Consentement, SignatureRefusee
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.forms import FormulaireCode, FormulaireMotif, FormulaireSignature
from fiches_action.conventions.models import Signataire
from fiches_action.conventions.preuve import Acteur
from fiches_action.conventions.views import en_pdf

DUREE_IDENTIFICATION = timedelta(minutes=30)


def _signataire(jeton: str) -> Signataire:
    return get_object_or_404(
        Signataire.objects.select_related("partie__structure", "convention__pole", "convention__fiche"), jeton=jeton
    )


def _acteur(request: HttpRequest) -> Acteur:
    return Acteur(
        compte=str(request.user.pk or ""),
        ip=request.META.get("REMOTE_ADDR", ""),
        agent=request.headers.get("User-Agent", "")[:300],
    )


def _cle(signataire: Signataire) -> str:
    return f"signature-{signataire.pk}"


def _identifie(request: HttpRequest, signataire: Signataire) -> dict[str, Any] | None:
    """What this browser proved, if it did less than half an hour ago, for this very link."""
    garde = request.session.get(_cle(signataire))
    if not isinstance(garde, dict) or garde.get("jeton") != signataire.jeton:
        return None
    if timezone.now() - datetime.fromisoformat(garde["le"]) > DUREE_IDENTIFICATION:
        return None
    return garde


def _situation(signataire: Signataire) -> str:
    """signer | signe | refuse | attendre | clos: what the page is about."""
    convention = signataire.convention
    if signataire.etat == Signataire.Etat.SIGNE:
        return "signe"
    if signataire.etat == Signataire.Etat.REFUSE:
        return "refuse"
    if convention.etat != Etat.EN_SIGNATURE:
        return "clos"
    tour = circuit.suivant(convention)
    return "signer" if tour is not None and tour.pk == signataire.pk else "attendre"


def _page(request: HttpRequest, signataire: Signataire, statut: int = 200, **formulaires: Any) -> HttpResponse:
    version = signataire.convention.version_courante
    situation = _situation(signataire)
    identifie = _identifie(request, signataire) if version else None
    contexte: dict[str, Any] = {
        "signataire": signataire,
        "convention": signataire.convention,
        "parties": list(signataire.convention.parties.all()),
        "version": version,
        "situation": situation,
        "identifie": bool(identifie),
        "code_demande": request.session.get(f"{_cle(signataire)}-code") == signataire.jeton,
        "form_code": FormulaireCode(),
        "form_refus": FormulaireMotif(prefix="refus"),
        "etape": 3 if identifie else 2 if request.session.get(f"{_cle(signataire)}-code") else 1,
    }
    if version is not None and identifie:
        contexte["form_signature"] = FormulaireSignature(circuit.texte_consentement(signataire, version))
    contexte.update(formulaires)
    reponse = render(request, "conventions/signer.html", contexte, status=statut)
    # The address is a personal link: it must not leak to other sites.
    reponse["Referrer-Policy"] = "same-origin"
    reponse["X-Robots-Tag"] = "noindex"
    return reponse


@login_not_required
@never_cache
def signer(request: HttpRequest, jeton: str) -> HttpResponse:
    """GET: where one stands. POST: sign, once identified, with an explicit consent."""
    signataire = _signataire(jeton)
    if request.method != "POST":
        return _page(request, signataire)
    version = signataire.convention.version_courante
    identifie = _identifie(request, signataire)
    if version is None or identifie is None:
        return _page(request, signataire, 403, erreur="Votre identification a expiré\u00a0: demandez un nouveau code.")
    texte = circuit.texte_consentement(signataire, version)
    formulaire = FormulaireSignature(texte, request.POST)
    if request.POST.get("version") != str(version.pk):
        return _page(request, signataire, 409, erreur="Le texte a changé\u00a0: relisez-le avant de signer.")
    if not formulaire.is_valid():
        return _page(request, signataire, 422, form_signature=formulaire)
    consentement = Consentement(texte, identifie["le"], lecture=bool(identifie.get("lu")))
    try:
        circuit.signer(signataire, version, consentement, _acteur(request))
    except SignatureRefusee as erreur:
        return _page(request, _signataire(jeton), 409, erreur=str(erreur))
    request.session.pop(_cle(signataire), None)
    return redirect("conventions:signer", jeton=jeton)


@login_not_required
@never_cache
def code(request: HttpRequest, jeton: str) -> HttpResponse:
    """« envoyer »: e-mail a code. « verifier »: check it."""
    signataire = _signataire(jeton)
    if request.method != "POST":
        return redirect("conventions:signer", jeton=jeton)
    if request.POST.get("action") == "envoyer":
        try:
            circuit.envoyer_code(signataire, _acteur(request))
        except SignatureRefusee as erreur:
            return _page(request, signataire, 429, erreur=str(erreur))
        request.session[f"{_cle(signataire)}-code"] = signataire.jeton
        return redirect("conventions:signer", jeton=jeton)
    formulaire = FormulaireCode(request.POST)
    if not formulaire.is_valid():
        return _page(request, signataire, 422, form_code=formulaire, code_demande=True)
    try:
        le = circuit.verifier_code(signataire, formulaire.cleaned_data["code"], _acteur(request))
    except SignatureRefusee as erreur:
        formulaire.add_error("code", str(erreur))
        return _page(request, signataire, 422, form_code=formulaire, code_demande=True)
    # A new session identifier: what was proved belongs to this browser only.
    request.session.cycle_key()
    request.session[_cle(signataire)] = {"jeton": signataire.jeton, "le": le}
    return redirect("conventions:signer", jeton=jeton)


@login_not_required
@never_cache
@require_GET
def document(request: HttpRequest, jeton: str) -> HttpResponse:
    """The exact version V, once identified; its opening is evidence."""
    signataire = _signataire(jeton)
    version = signataire.convention.version_courante
    identifie = _identifie(request, signataire)
    if version is None or identifie is None:
        raise Http404("Identifiez-vous d’abord par le code reçu.")
    if not identifie.get("lu"):
        preuve.consigner(
            signataire.convention, "consultation", version=version, signataire=signataire, acteur=_acteur(request)
        )
        request.session[_cle(signataire)] = {**identifie, "lu": True}
    return en_pdf(version.document, f"{signataire.convention.reference}-version-{version.numero}.pdf")


@login_not_required
@never_cache
@require_POST
def refuser(request: HttpRequest, jeton: str) -> HttpResponse:
    """Refuse with a reason, once identified."""
    signataire = _signataire(jeton)
    if _identifie(request, signataire) is None:
        return _page(request, signataire, 403, erreur="Votre identification a expiré\u00a0: demandez un nouveau code.")
    formulaire = FormulaireMotif(request.POST, prefix="refus")
    if not formulaire.is_valid():
        return _page(request, signataire, 422, form_refus=formulaire, refus_ouvert=True)
    try:
        circuit.refuser(signataire, formulaire.cleaned_data["motif"], _acteur(request))
    except SignatureRefusee as erreur:
        return _page(request, _signataire(jeton), 409, erreur=str(erreur))
    request.session.pop(_cle(signataire), None)
    return redirect("conventions:signer", jeton=jeton)
