"""Answers that are the same for everybody: no cookie read, none written, none in `Vary`.

The session's middleware looks at each request; it would make each answer depend on the cookie and
shared caches useless. A view marked `@pour_tous` sees a request without cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

V = TypeVar("V", bound=Callable[..., HttpResponseBase])
Suite = Callable[[HttpRequest], HttpResponseBase]
PREFIXE = "/cartes/"


def pour_tous(vue: V) -> V:
    """Mark a view whose answer depends on the address alone."""
    vue.pour_tous = True  # type: ignore[attr-defined]
    return vue


def sans_temoins(suite: Suite) -> Suite:
    """Middleware, before the session's."""

    def repondre(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIXE):
            return suite(request)
        try:
            publique = getattr(resolve(request.path_info).func, "pour_tous", False)
        except Resolver404:
            publique = False
        if not publique:
            return suite(request)
        request.COOKIES = {}
        reponse = suite(request)
        reponse.cookies.clear()
        autres = [nom for nom in reponse.headers.get("Vary", "").split(", ") if nom and nom.lower() != "cookie"]
        if autres:
            reponse.headers["Vary"] = ", ".join(autres)
        elif "Vary" in reponse.headers:
            del reponse.headers["Vary"]
        return reponse

    return repondre
