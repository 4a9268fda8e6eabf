"""What every page needs to know of the portal."""

from django.conf import settings
from django.http import HttpRequest


def portail(request: HttpRequest) -> dict[str, object]:
    return {
        "portail_nom": "PCTI Normandie",
        "portail_devise": "Coopérer pour l’emploi, bassin par bassin",
        "marque_etat": settings.PCTI_MARQUE_ETAT,
        "demonstration": settings.PCTI_DEMO,
    }
