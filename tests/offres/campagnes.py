"""What the tests of campaigns look up."""

from typing import Any

from offres.models import Campagne, Reponse

BACKEND = "django.contrib.auth.backends.ModelBackend"


def de(campagne: Campagne, structure: Any) -> Reponse:
    return Reponse.objects.get(campagne=campagne, structure=structure)
