"""Behind a front server, the visitor's address is the one it wrote, never one that the client invents."""

from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from pcti.frontal import AdresseDuVisiteur


def _adresse(requete: HttpRequest) -> str:
    vues: list[str] = []

    def suite(request: HttpRequest) -> HttpResponse:
        vues.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    AdresseDuVisiteur(suite)(requete)
    return vues[0]


@pytest.mark.parametrize(
    ("frontaux", "entete", "attendue"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, "2001:db8::7", "2001:db8::7"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "n’importe quoi", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_l_adresse_du_visiteur(rf: RequestFactory, settings: Any, frontaux: int, entete: str, attendue: str) -> None:
    settings.PCTI_FRONTAUX = frontaux
    assert _adresse(rf.get("/", HTTP_X_FORWARDED_FOR=entete)) == attendue


def test_sans_frontal_l_entete_ne_vaut_rien(settings: Any) -> None:
    settings.PCTI_FRONTAUX = 0
    with pytest.raises(MiddlewareNotUsed):
        AdresseDuVisiteur(lambda requete: HttpResponse())
