"""Behind a reverse proxy: the address of who asks, as the nearest trusted front server wrote it.

Rate limits count by address and the evidence of a signature keeps it: the proxy's own would be
everybody's.
"""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse


class AdresseDuVisiteur:
    """Put in ``REMOTE_ADDR`` the entry of ``X-Forwarded-For`` written by the first of ``PCTI_FRONTAUX`` servers.

    Counted from the right: what stands further left was sent by the client and proves nothing.
    """

    def __init__(self, suite: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.PCTI_FRONTAUX < 1:
            raise MiddlewareNotUsed
        self.suite = suite

    def __call__(self, request: HttpRequest) -> HttpResponse:
        adresses = request.headers.get("X-Forwarded-For", "").split(",")
        if len(adresses) >= settings.PCTI_FRONTAUX:
            try:
                lue = ipaddress.ip_address(adresses[-settings.PCTI_FRONTAUX].strip())
            except ValueError:
                pass
            else:
                request.META["REMOTE_ADDR"] = str(lue)
        return self.suite(request)
