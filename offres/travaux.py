"""Long jobs of this floor."""

from datetime import date
from typing import Any

from django.urls import reverse

from offres import relances
from offres.campagnes import GENRE_INVITATIONS, GENRE_RELANCES, a_relancer, inviter_les_structures
from offres.models import Campagne
from socle.templatetags.typographie import pluriel
from socle.travaux import Refus, Suivi, executant


def _campagne(suivi: Suivi) -> Campagne:
    """The campaign whose number is the job's object."""
    return Campagne.objects.select_related("pole", "ouverte_par").get(pk=int(suivi.travail.objet))


@executant(GENRE_INVITATIONS)
def inviter(suivi: Suivi) -> dict[str, Any]:
    """Invite the structures of a campaign."""
    campagne = _campagne(suivi)
    comptes = inviter_les_structures(campagne, suivi)
    muettes = comptes["sans_destinataire"]
    resume = f"{pluriel(comptes['invitees'], 'structure est invitée,structures sont invitées')}."
    if muettes:
        resume += (
            f" {pluriel(muettes, 'n’a encore personne,n’ont encore personne')} à qui écrire sur le portail\u00a0: "
            "l’invitation partira d’elle-même quand quelqu’un les rejoindra."
        )
    return {**comptes, "resume": resume, "url": reverse("offres:campagne", args=[campagne.pk])}


@executant(GENRE_RELANCES)
def relancer(suivi: Suivi) -> dict[str, Any]:
    """Remind the answers named in the parameters (all the awaited ones when None); once a day each."""
    campagne, parametres = _campagne(suivi), suivi.travail.parametres
    if suivi.travail.demandeur is None:
        raise Refus("La personne qui demandait ces rappels n’est plus connue.")
    jour = date.fromisoformat(parametres["jour"])
    palier = f"{relances.MANUEL}-{jour}"
    personnes = relances.par_personne(list(a_relancer(campagne, parametres["reponses"])))
    ecrits = 0
    for rang, (personne, siennes) in enumerate(personnes.values(), start=1):
        ecrits += relances.ecrire(campagne, personne, siennes, palier, par=suivi.travail.demandeur) > 0
        if rang % 20 == 0 or rang == len(personnes):
            suivi.avancer(rang, len(personnes), "Rédaction des rappels, un par personne")
    mots = pluriel(ecrits, "rappel est écrit,rappels sont écrits")
    return {
        "ecrits": ecrits,
        "resume": f"{mots}\u00a0: le suivi dit combien sont partis.",
        "url": reverse("offres:campagne", args=[campagne.pk]),
    }
