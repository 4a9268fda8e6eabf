"""What every page needs to know of the portal: its name, its motto, its menu."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from structures.comptes.regles import est_administration, est_coordination, est_pilotage


@dataclass(frozen=True)
class Entree:
    """One link of the menu."""

    titre: str
    url: str
    courante: bool = False


PUBLIQUES = (("Cartes", "/cartes/"), ("Structures", "/structures/"))
CONNECTEES = (
    ("Offres et besoins", "/offres/"),
    ("Fiches-action", "/fiches/"),
    ("Conventions", "/conventions/"),
)
PILOTAGE = (("Pilotage", "/pilotage/"),)
VERIFIER = (("Vérifier un document", "/verifier/"),)


@cache
def existe(url: str) -> bool:
    """Whether a page answers at this path."""
    try:
        resolve(url)
    except Resolver404:
        return False
    return True


def menu(request: HttpRequest) -> list[Entree]:
    """The links that this person can follow, the current one marked."""
    personne = getattr(request, "user", None)
    entrees = list(PUBLIQUES)
    if personne is not None and personne.is_authenticated:
        entrees += CONNECTEES
        if any(test(personne) for test in (est_coordination, est_pilotage, est_administration)):
            entrees += PILOTAGE
    entrees += VERIFIER
    return [Entree(titre, url, request.path.startswith(url)) for titre, url in entrees if existe(url)]


def portail(request: HttpRequest) -> dict[str, object]:
    return {
        "portail_nom": "PCTI Normandie",
        "portail_devise": "Coopérer pour l’emploi, bassin par bassin",
        "marque_etat": settings.PCTI_MARQUE_ETAT,
        "demonstration": settings.PCTI_DEMO,
        "navigation": SimpleLazyObject(lambda: menu(request)),
    }
