"""Who waits for a drawing: an image or a sheet takes seconds of a core, and anybody may ask for one.

In each process one is made at a time and one more waits: the other threads keep answering pages. What a
visitor's own filters ask for is never ready beforehand, so it is counted for each address.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from cartes.verrou import Foule

V = TypeVar("V", bound=Callable[..., HttpResponseBase])
# Seconds that one more may stand at the door; it holds a thread meanwhile.
ATTENTE = 2
# How many threads of a process may wait for the same drawing (`verrou`): the others answer pages.
FILE = 2
# Seconds after which somebody who was sent away may ask again.
PATIENCE = 10
_PLACES = threading.BoundedSemaphore(2)
_CRAYON = threading.Lock()


class Encombre(Exception):
    """Too many drawings at once, or for one address."""

    def __init__(self, statut: int) -> None:
        super().__init__(statut)
        self.statut = statut


def chacun_son_tour(request: HttpRequest, ecrire: Callable[[], bytes], *, sur_mesure: bool) -> Callable[[], bytes]:
    """`ecrire`, one at a time. `sur_mesure`: with somebody's own filters (setting « image_de_carte »).

    The result raises Encombre when it must wait too long.
    """

    def a_son_tour() -> bytes:
        if sur_mesure:
            compter(request, "image_de_carte")
        if not _PLACES.acquire(timeout=ATTENTE):
            raise Encombre(503)
        try:
            with _CRAYON:
                return ecrire()
        finally:
            _PLACES.release()

    return a_son_tour


def compter(request: HttpRequest, limite: str) -> None:
    """One more for this address, of what this limit counts (settings). Raises Encombre beyond."""
    # The public function of allauth never counts a page that is only read.
    if not ratelimit.consume(request, app="allauth.account", action=limite, limit_get=True):
        raise Encombre(429)


def ou_patienter(vue: V) -> V:
    """A view that says when to come back rather than make everybody wait."""

    @wraps(vue)
    def repondre(request: HttpRequest, *args: Any, **valeurs: Any) -> HttpResponseBase:
        try:
            return vue(request, *args, **valeurs)
        except (Encombre, Foule) as refus:
            statut = refus.statut if isinstance(refus, Encombre) else 503
            reponse = render(request, "cartes/patienter.html", {"patience": PATIENCE}, status=statut)
            reponse["Retry-After"] = str(PATIENCE)
            reponse["Cache-Control"] = "no-store"
            return reponse

    return cast(V, repondre)
