"""Second factors: set up, used, renewed, removed. allauth does the work; the words and the order are ours."""

import time
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as codes
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from socle.droits import exiger
from structures.comptes.forms import FormulaireRemise
from structures.comptes.models import EvenementCompte, Utilisateur
from structures.comptes.second_facteur import (
    ErreurFacteur,
    cles_possibles,
    est_exige,
    manque,
    possede,
    remettre_a_zero,
    suite_de,
)

# The recovery codes may be downloaded for a quarter of an hour after they were shown, from the same session.
DELAI_TELECHARGEMENT = 900
CLE_CODES = "codes_montres_a"


@require_GET
def second_facteur(request: HttpRequest) -> HttpResponse:
    """Why a second factor is asked, and the two ways to have one."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    if possede(personne):
        return redirect(suite_de(request))
    return render(
        request,
        "comptes/second_facteur.html",
        {"exige": est_exige(personne), "cles_possibles": cles_possibles(request)},
    )


class Securite(IndexView):
    """What protects the account, and what lately happened to it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        personne = self.request.user
        facteurs = list(Authenticator.objects.filter(user=personne).order_by("created_at"))
        contexte.update(
            {
                "application": next((f for f in facteurs if f.type == Authenticator.Type.TOTP), None),
                "cles": [f for f in facteurs if f.type == Authenticator.Type.WEBAUTHN],
                "codes": next((f for f in facteurs if f.type == Authenticator.Type.RECOVERY_CODES), None),
                "exige": est_exige(personne),
                "manque": manque(personne),
                "cles_possibles": cles_possibles(self.request),
                "evenements": EvenementCompte.objects.filter(personne=personne).select_related("par")[:8],
            }
        )
        if contexte["codes"]:
            contexte["codes_restants"] = len(contexte["codes"].wrap().get_unused_codes())
        return contexte


class AjoutApplication(ActivateTOTPView):
    """The secret too is shown, in groups of four, for who cannot scan."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        secret = contexte["form"].secret
        contexte["secret"] = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
        return contexte


class AjoutCle(AddWebAuthnView):
    """A passkey that opens alone: it lives on the device, and asks for a finger, a face or a PIN."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not cles_possibles(request):
            messages.error(request, "Les clés d’accès demandent une adresse en https.")
            return redirect("mfa_index")
        reponse: HttpResponse = super().dispatch(request, *args, **kwargs)
        return reponse

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        contexte.setdefault("form", kwargs.get("form") or self.get_form())
        contexte["js_data"] = {"creation_options": auth.begin_registration(self.request.user, passwordless=True)}
        return contexte


class RetraitCle(RemoveWebAuthnView):
    """Who must have a second factor keeps one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        contexte["retenue"] = not get_adapter().can_delete_authenticator(self.get_object())
        return contexte

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            refus: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
            return refus
        reponse: HttpResponse = super().form_valid(form)
        return reponse


class CodesDeSecours(ViewRecoveryCodesView):
    """Shown in clear once, then only counted."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        if contexte["can_view_codes"]:
            self.request.session[CLE_CODES] = int(time.time())
        contexte["suite"] = self.request.session.get("suite_second_facteur", "/")
        return contexte


@never_cache
@require_GET
@reauthentication_required(app="allauth.mfa")
def telecharger_les_codes(request: HttpRequest) -> HttpResponse:
    """The codes just shown, as a text file. Refused once the page that showed them is a quarter of an hour old."""
    if time.time() - request.session.get(CLE_CODES, 0) > DELAI_TELECHARGEMENT:
        raise PermissionDenied("Ces codes ne sont montrés qu’une fois. Faites-en de nouveaux.")
    enveloppe, _ = codes.view_recovery_codes(request)
    if enveloppe is None:
        raise Http404
    lignes = ["Codes de secours du portail PCTI Normandie", f"Compte\u00a0: {request.user}", ""]
    lignes += [*enveloppe.get_unused_codes(), "", "Chaque code ne sert qu’une fois. Gardez-les en lieu sûr.", ""]
    reponse = HttpResponse("\r\n".join(lignes), content_type="text/plain; charset=utf-8")
    reponse["Content-Disposition"] = 'attachment; filename="codes-de-secours-pcti.txt"'
    return reponse


@require_GET
def liste_des_cles(request: HttpRequest) -> HttpResponse:
    """allauth sends here after a change; the list is on the page of the security."""
    return HttpResponseRedirect(reverse("mfa_index"))


@require_http_methods(["GET", "HEAD", "POST"])
def remettre_les_facteurs(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody lost their second factor and their codes: the administration resets them, and says why."""
    exiger(request.user, "comptes.administrer", raison="Seule l’administration du portail peut le faire.")
    personne = get_object_or_404(Utilisateur.objects.filter(supprime_le__isnull=True), pk=pk)
    par = get_object_or_404(Utilisateur, pk=request.user.pk)
    if personne == par:
        raise PermissionDenied("Une autre personne de l’administration doit remettre à zéro vos seconds facteurs.")
    formulaire = FormulaireRemise(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid():
        try:
            remettre_a_zero(personne, par, formulaire.cleaned_data["motif"])
        except ErreurFacteur as erreur:
            messages.error(request, str(erreur))
        else:
            messages.success(request, f"Les seconds facteurs de {personne} sont remis à zéro. Un courriel le lui dit.")
        return redirect("comptes:remettre_les_facteurs", pk=pk)
    contexte = {
        "formulaire": formulaire,
        "personne": personne,
        "facteurs": Authenticator.objects.filter(user=personne).order_by("created_at"),
        "evenements": EvenementCompte.objects.filter(personne=personne).select_related("par")[:20],
    }
    return render(request, "comptes/remise.html", contexte, status=422 if formulaire.errors else 200)
