"""The long jobs of this room."""

from typing import Any

from django.db import transaction
from django.urls import reverse

from socle.models import Travail
from socle.travaux import Suivi, executant
from structures.adhesions.invitations import retrouver
from structures.adhesions.lots import GENRE_LOT, envoyer

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


@executant(GENRE_LOT)
def executer_lot(suivi: Suivi) -> dict[str, Any]:
    """Send a list of invitations. Each line is one transaction: no line is ever sent twice."""
    lot = suivi.travail.parametres["lot"]
    bilan = envoyer(lot, lambda fait, total: suivi.avancer(fait, total, "Envoi des invitations\u00a0:"))
    nombre = bilan["envoyees"]
    resume = f"{nombre} invitations envoyées" if nombre > 1 else f"{nombre} invitation envoyée"
    if bilan["refusees"]:
        resume += f", {bilan['refusees']} non envoyées (la raison est sur chaque ligne)"
    return {"resume": f"{resume}.", "url": reverse("structures:lot", args=[lot])}
