"""What the demonstration shows on lower pages."""

from collections.abc import Sequence

from django.http import HttpRequest

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.conditions import demonstration_ouverte
from socle.prises import Encart, encarts_connexion


def comptes(request: HttpRequest) -> Sequence[Encart]:
    """The one-click accounts on the sign-in page, when the demonstration is open."""
    if not demonstration_ouverte(request):
        return []
    return [Encart("demo/comptes.html", {"comptes_demonstration": COMPTES})]


def brancher() -> None:
    encarts_connexion.brancher(comptes)
