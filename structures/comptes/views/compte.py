"""Change one's address, delete one's account."""

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.logout import logout
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from structures.comptes import adresse as adresses
from structures.comptes import suppression
from structures.comptes.forms import FormulaireAdresse, FormulaireCodeAdresse, FormulaireSuppression
from structures.comptes.models import Utilisateur

TROP = "Trop de codes demandés de suite. Patientez une minute, puis recommencez."


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="allauth.mfa")
def adresse(request: HttpRequest) -> HttpResponse:
    """Ask for a code at the new address."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    formulaire = FormulaireAdresse(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid():
        nouvelle = formulaire.cleaned_data["adresse"]
        if not ratelimit.consume(request, action="request_login_code", key=nouvelle.lower()):
            formulaire.add_error("adresse", TROP)
        else:
            try:
                adresses.demander(request.session, personne, nouvelle)
                return redirect("comptes:adresse_code")
            except adresses.ErreurAdresse as erreur:
                formulaire.add_error("adresse", str(erreur))
    contexte = {"formulaire": formulaire, "personne": personne}
    return render(request, "comptes/adresse.html", contexte, status=422 if formulaire.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def adresse_code(request: HttpRequest) -> HttpResponse:
    """The code received at the new address."""
    attente = request.session.get(adresses.CLE)
    if not attente:
        return redirect("comptes:adresse")
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    formulaire = FormulaireCodeAdresse(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid():
        try:
            nouvelle = adresses.confirmer(request.session, personne, formulaire.cleaned_data["code"])
            messages.success(request, f"Votre adresse est désormais {nouvelle}. Vos autres sessions sont fermées.")
            return redirect("comptes:profil")
        except adresses.ErreurAdresse as erreur:
            formulaire.add_error("code", str(erreur))
    contexte = {"formulaire": formulaire, "nouvelle": attente["adresse"]}
    return render(request, "comptes/adresse_code.html", contexte, status=422 if formulaire.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="allauth.mfa")
def supprimer(request: HttpRequest) -> HttpResponse:
    """What deleting the account does; then do it."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    formulaire = FormulaireSuppression(request.POST if request.method == "POST" else None)
    empechement = suppression.empechement(personne)
    if request.method == "POST" and formulaire.is_valid() and not empechement:
        try:
            suppression.supprimer(personne, personne, "À la demande de la personne")
        except suppression.ErreurSuppression as erreur:
            empechement = str(erreur)
        else:
            logout(request)
            messages.success(request, "Votre compte est supprimé.")
            return redirect("accueil:accueil")
    contexte = {
        "formulaire": formulaire,
        "personne": personne,
        "empechement": empechement,
        "alertes": suppression.alertes(personne),
    }
    return render(request, "comptes/supprimer.html", contexte, status=422 if formulaire.errors else 200)
