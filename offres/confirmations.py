"""The e-mail that asks a direction to confirm what an interview wrote for it, however it comes to be written."""

from django.conf import settings
from django.urls import reverse

from offres.models import Reponse
from socle.models import Courriel
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier

PREFIXE = "conf-"


def occasion(reponse: Reponse, rang: int) -> str:
    """Asked again after a correction, it is another occasion: reminders start afresh."""
    demandee = reponse.confirmation_demandee_le
    return f"{PREFIXE}{rang}:{int(demandee.timestamp()) if demandee else 0}"


def rang_de(palier: str) -> int | None:
    """Which writing an occasion is (0: the request, then its reminders); None when it is no confirmation."""
    if not palier.startswith(PREFIXE):
        return None
    rang = palier.removeprefix(PREFIXE).partition("#")[0].partition(":")[0]
    return int(rang) if rang.isdecimal() else 0


def deposer(reponse: Reponse, personne: Utilisateur, rang: int, par: Utilisateur | None) -> Courriel | None:
    """One e-mail to one direction; None when this person doesn't want them."""
    return notifier(
        personne,
        "offres-confirmation",
        "offres_confirmation",
        {
            "reponse": reponse,
            "par": par,
            "rappel": rang > 0,
            "lien": settings.PCTI_URL + reverse("offres:etape_relecture", args=[reponse.pk]),
        },
        objet=f"offres.reponse:{reponse.pk}",
        repondre_a=par.email if par is not None else "",
    )
