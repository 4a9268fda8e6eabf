"""ProConnect: the ways there and back are allauth's; the way out is ours."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from structures.comptes import proconnect

depart = never_cache(login_not_required(require_GET(proconnect.depart)))
retour = never_cache(login_not_required(require_GET(proconnect.retour)))


@never_cache
@login_not_required
@require_GET
def sortie(request: HttpRequest) -> HttpResponse:
    """Signed out of the portal: ProConnect's own session is next.

    A page and not a redirection: our policy lets no form lead elsewhere, even by a redirection.
    """
    adresse = request.session.pop(proconnect.CLE_SORTIE, "")
    if not adresse:
        return redirect("accueil:accueil")
    return render(request, "comptes/proconnect_sortie.html", {"adresse": adresse})


@never_cache
@login_not_required
@require_GET
def sorti(request: HttpRequest) -> HttpResponse:
    """Back from ProConnect's sign-out."""
    attendu = request.session.pop(proconnect.CLE_ETAT_SORTIE, "")
    if attendu and secrets.compare_digest(attendu.encode(), request.GET.get("state", "").encode()):
        messages.success(request, "Vous êtes déconnecté du portail et de ProConnect.")
    return redirect("account_login")
