"""The long jobs of this room."""

from typing import Any

from django.db import transaction

from socle.models import Travail
from socle.travaux import Suivi, executant
from structures.adhesions.invitations import retrouver

GENRE_RETROUVER = "retrouver_invitation"


@executant(GENRE_RETROUVER)
def executer_retrouver(suivi: Suivi) -> dict[str, Any]:
    """Send again what awaits an address. The address itself is not kept in the row of the job."""
    email = suivi.travail.parametres.get("email", "")
    with transaction.atomic():
        # Taken up again after a crash, it finds no address: never sent twice.
        if email and Travail.objects.filter(pk=suivi.travail.pk, parametres__email=email).update(parametres={}):
            retrouver(email)
    return {}
