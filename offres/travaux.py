"""Long jobs of this floor."""

from typing import Any

from django.urls import reverse

from offres.models import Campagne
from offres.operations import GENRE_INVITATIONS, inviter_les_structures
from socle.travaux import Suivi, executant


@executant(GENRE_INVITATIONS)
def inviter(suivi: Suivi) -> dict[str, Any]:
    """Invite the structures of a campaign (its number is the job's object)."""
    campagne = Campagne.objects.select_related("pole", "ouverte_par").get(pk=int(suivi.travail.objet))
    comptes = inviter_les_structures(campagne, suivi)
    muettes = comptes["sans_destinataire"]
    resume = f"{comptes['invitees']} structures sont invitées."
    if muettes:
        resume += (
            f" {muettes} n’ont pas encore de direction inscrite sur le portail\u00a0: "
            "elles n’ont pas reçu de courriel."
        )
    return {**comptes, "resume": resume, "url": reverse("offres:campagne", args=[campagne.pk])}
