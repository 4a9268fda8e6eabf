"""Sessions of a person: seen, named in words, closed for good."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from structures.comptes.models import EvenementCompte, Utilisateur

# Seconds between two writes of « dernière activité » for one session: a page must not cost a write.
PAS = 300
CLE = "vue_a"
NAVIGATEURS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
APPAREILS = (
    (r"iPhone", "un iPhone"),
    (r"iPad", "un iPad"),
    (r"Android.*Mobile", "un téléphone Android"),
    (r"Android", "une tablette Android"),
    (r"Windows", "un ordinateur Windows"),
    (r"Macintosh|Mac OS X", "un Mac"),
    (r"CrOS", "un Chromebook"),
    (r"Linux|X11", "un ordinateur Linux"),
)


def appareil(agent: str) -> str:
    """What a browser says of itself, in words: « Firefox sur un ordinateur Windows »."""
    navigateur = next((nom for motif, nom in NAVIGATEURS if re.search(motif, agent)), "")
    machine = next((nom for motif, nom in APPAREILS if re.search(motif, agent)), "")
    if not navigateur and not machine:
        return "Un appareil inconnu"
    return f"{navigateur or 'Un navigateur'} sur {machine or 'un appareil inconnu'}"


def noter(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    """After every sign-in, whatever the way: a row for the session."""
    if isinstance(user, Utilisateur) and hasattr(request, "session"):
        _ecrire(request, user)


def _ecrire(request: HttpRequest, personne: Utilisateur) -> None:
    if not request.session.session_key:
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": personne,
            "ip": request.META.get("REMOTE_ADDR") or "0.0.0.0",  # noqa: S104 - unknown, not a listening address
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
            "last_seen_at": timezone.now(),
        },
    )
    request.session[CLE] = int(time.time())


class SuiviDesSessions:
    """Middleware: writes « last seen » at most every five minutes for each session."""

    def __init__(self, suite: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.suite = suite

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        personne = request.user
        if isinstance(personne, Utilisateur) and time.time() - request.session.get(CLE, 0) > PAS:
            _ecrire(request, personne)
        return self.suite(request)


def ouvertes(personne: Utilisateur) -> list[UserSession]:
    """The sessions that still open something, the most recently used first (one query)."""
    vivantes = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    siennes = UserSession.objects.filter(user=personne, session_key__in=vivantes)
    return list(siennes.order_by("-last_seen_at", "-pk"))


@transaction.atomic
def fermer(sessions: list[UserSession], personne: Utilisateur, par: Utilisateur) -> int:
    """Close these sessions of a person: their next page asks to sign in. How many."""
    for session in sessions:
        session.end()
    if sessions:
        EvenementCompte.objects.create(
            personne=personne, action=EvenementCompte.Action.SESSIONS_FERMEES, par=par, motif=str(len(sessions))
        )
    return len(sessions)


def fermer_toutes(personne: Utilisateur, *, sauf: str | None = None) -> int:
    """Close every session of a person, but the one whose key is given."""
    sessions = UserSession.objects.filter(user=personne).exclude(session_key=sauf or "")
    for session in sessions:
        session.end()
    return len(sessions)


def purger(sessions_avant: timedelta = timedelta(0)) -> int:
    """Forget expired sessions and the rows that described them; how many rows. Idempotent."""
    Session.objects.filter(expire_date__lt=timezone.now() - sessions_avant).delete()
    vivantes = Session.objects.values("session_key")
    nombre, _ = UserSession.objects.exclude(session_key__in=vivantes).delete()
    return int(nombre)
