"""What every page needs to know of the portal: its name, its motto, its menu."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from structures.comptes.models import Utilisateur
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


_donnees_fictives = False


def donnees_fictives() -> bool:
    """Whether this portal shows demonstration data (one query until they are there, then none)."""
    global _donnees_fictives
    if not settings.PCTI_DEMO:
        return False
    if not _donnees_fictives:
        _donnees_fictives = Utilisateur.objects.filter(demonstration=True).exists()
    return _donnees_fictives


def portail(request: HttpRequest) -> dict[str, object]:
    return {
        "portail_nom": "PCTI Normandie",
        "portail_devise": "Coopérer pour l’emploi, bassin par bassin",
        "marque_etat": settings.PCTI_MARQUE_ETAT,
        "demonstration": SimpleLazyObject(donnees_fictives),
        "navigation": SimpleLazyObject(lambda: menu(request)),
    }
