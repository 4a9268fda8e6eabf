"""The person's open sessions: see them, close them."""

from allauth.account.internal.flows.logout import logout
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from structures.comptes.models import Utilisateur
from structures.comptes.sessions import appareil, fermer, ouvertes


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """On which devices this account is open, since when, last seen when."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    cle = request.session.session_key
    lignes = [
        {"session": session, "appareil": appareil(session.user_agent), "ici": session.session_key == cle}
        for session in ouvertes(personne)
    ]
    lignes.sort(key=lambda ligne: not ligne["ici"])
    return render(request, "comptes/sessions.html", {"lignes": lignes, "autres": len(lignes) > 1})


@require_POST
def fermer_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Close one of one's own sessions; the present one is a sign-out."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    session = get_object_or_404(UserSession, pk=pk, user=personne)
    if session.session_key == request.session.session_key:
        session.delete()
        logout(request)
        return redirect("account_login")
    fermer([session], personne, personne)
    messages.success(request, "La session est fermée\u00a0: cet appareil devra se connecter de nouveau.")
    return redirect("comptes:sessions")


@require_POST
def fermer_les_autres(request: HttpRequest) -> HttpResponse:
    """Close every session but this one."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    autres = [s for s in ouvertes(personne) if s.session_key != request.session.session_key]
    fermer(autres, personne, personne)
    messages.success(request, "Toutes les autres sessions sont fermées.")
    return redirect("comptes:sessions")
