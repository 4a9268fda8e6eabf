"""Fictive cooperations in each state that needs no sheet: what the funnel and the pages of a match show."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from offres.cooperations import REPONSE_ATTENDUE, volume_possible
from offres.etats import ACCEPTEE, DECLINEE, EXPIREE, PROPOSEE
from offres.models import Besoin, EtapeRapprochement, Offre, Rapprochement
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Structure

# State, action of the answer, words of the answer, days since the proposal.
SUITES: tuple[tuple[str, str, str, int], ...] = (
    (PROPOSEE, "", "", 4),
    (ACCEPTEE, "accepter", "Avec plaisir. Voyons-nous en janvier pour fixer les dates.", 18),
    (DECLINEE, "decliner", "Nos ateliers sont complets jusqu’à l’été.", 21),
    (PROPOSEE, "", "", 9),
    (EXPIREE, "expirer", "", 40),
    (DECLINEE, "decliner", "Le trajet est trop long pour les personnes que nous accompagnons.", 27),
)
MESSAGES = (
    "Nous aimerions commencer par deux demi-journées de découverte, en petit groupe.",
    "Plusieurs personnes sont prêtes dès le printemps. Pouvons-nous en parler\u00a0?",
    "Votre offre répond exactement à ce que nos équipes demandent.",
)


def creer_cooperations(combien: int = 12) -> int:
    """Proposals between the demonstration's needs and the nearest offer of each; how many. No e-mail."""
    besoins = Besoin.objects.publiees().select_related("service", "structure__commune").order_by("pk")
    faites = 0
    for besoin in besoins[: 8 * combien]:
        if faites == combien:
            break
        candidates: Any = Offre.objects.candidates_pour(besoin)
        offre = (
            candidates.select_related("service", "structure").order_by("distance_km", "pk").first()
            if not besoin.service.hors_liste
            else None
        )
        if offre is not None and volume_possible(besoin, offre) != 0:
            _creer(besoin, offre, faites)
            faites += 1
    return faites


def _creer(besoin: Besoin, offre: Offre, rang: int) -> None:
    etat, action, texte, jours = SUITES[rang % len(SUITES)]
    proposee_le = timezone.now() - timedelta(days=jours)
    repondue_le = proposee_le + timedelta(days=min(3, jours))
    close = etat in (DECLINEE, EXPIREE)
    auteur, repondant = _direction(besoin.structure), _direction(offre.structure)
    rapprochement = Rapprochement.objects.create(
        besoin=besoin,
        offre=offre,
        etat=etat,
        auteur=auteur,
        message=MESSAGES[rang % len(MESSAGES)],
        volume=volume_possible(besoin, offre),
        cree_le=proposee_le,
        expire_le=(proposee_le + REPONSE_ATTENDUE).date(),
        repondue_par=repondant if action in ("accepter", "decliner") else None,
        motif=texte if action == "decliner" else "",
        acceptee_le=repondue_le if etat == ACCEPTEE else None,
        close_le=repondue_le if close else None,
    )
    _etape(rapprochement, "proposer", PROPOSEE, auteur, rapprochement.message, proposee_le)
    if action:
        _etape(rapprochement, action, etat, repondant if action != "expirer" else None, texte, repondue_le)


def _etape(
    rapprochement: Rapprochement, action: str, vers: str, par: Utilisateur | None, texte: str, le: datetime
) -> None:
    EtapeRapprochement.objects.create(
        rapprochement=rapprochement, action=action, vers=vers, par=par, texte=texte, le=le
    )


def _direction(structure: Structure) -> Utilisateur | None:
    """Who directs a structure of the demonstration, when an account does."""
    adhesion = Adhesion.objects.directions().filter(structure=structure).select_related("utilisateur").first()
    return adhesion.utilisateur if adhesion is not None else None
