"""When the demonstration's doors are open: embedded, on loopback, with demonstration data."""

import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest

from structures.comptes.models import Utilisateur


def vient_de_la_machine(request: HttpRequest) -> bool:
    """Whether the request comes from this very machine, not through a proxy."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def demonstration_ouverte(request: HttpRequest) -> bool:
    """Whether one-click sign-in and the mailbox may answer this request (one query at most)."""
    return bool(
        settings.PCTI_DEMO and vient_de_la_machine(request) and Utilisateur.objects.filter(demonstration=True).exists()
    )


def exiger_demonstration(request: HttpRequest) -> None:
    """Raise Http404 unless the demonstration is open: the pages don't exist otherwise."""
    if not demonstration_ouverte(request):
        raise Http404
