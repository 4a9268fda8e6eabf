"""What every request and every answer obey, whatever the page."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control

Suite = Callable[[HttpRequest], HttpResponseBase]


def gardes(suite: Suite) -> Suite:
    """Middleware, after the sign-in ones.

    No address holds a NUL: PostgreSQL refuses it in a text, and the page would break. What a
    signed-in person reads stays out of every cache, their browser's too (« retour » after they
    signed out, on a shared computer), unless the page said otherwise.
    """

    def repondre(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("caractère nul dans l’adresse")
        reponse = suite(request)
        if "Cache-Control" not in reponse.headers and request.user.is_authenticated:
            patch_cache_control(reponse, private=True, no_store=True)
        return reponse

    return repondre
