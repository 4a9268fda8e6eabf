"""How long the questionnaire takes: measured on the answers already sent, announced to the next ones."""

from dataclasses import dataclass
from typing import Any

from offres.models import Campagne, Reponse

# Before anybody has answered: a quarter of an hour, the five steps together.
MINUTES_PREVUES = 15
# Under that, one slow or hurried person would make the figure.
ASSEZ = 5
# Less is a page left open or an answer « non »: no measure of the questionnaire.
SECONDES_MIN = 30


@dataclass(frozen=True)
class Duree:
    """Minutes, and on how many sent answers they were measured (0: foreseen, not measured)."""

    minutes: int
    mesurees: int = 0


def temps_median(reponses: Any) -> Duree | None:
    """The median active time of sent answers, rounded up to the minute (two queries); None when too few were measured.

    Interviews are left out: the coordination talks while it types. So are structures that don't take part.
    """
    lues = (
        reponses.filter(soumise_le__isnull=False, secondes_actives__gte=SECONDES_MIN, saisie_par_coordination=False)
        .exclude(participation=Reponse.Participation.NON)
        .order_by("secondes_actives")
        .values_list("secondes_actives", flat=True)
    )
    nombre = lues.count()
    if nombre < ASSEZ:
        return None
    milieu = list(lues[(nombre - 1) // 2 : nombre // 2 + 1])
    return Duree(max(1, -(-sum(milieu) // (60 * len(milieu)))), nombre)


def duree_annoncee(campagne: Campagne) -> Duree:
    """What a director is told: the median of their pôle, all campaigns together, or what was foreseen."""
    return temps_median(Reponse.objects.filter(campagne__pole=campagne.pole_id)) or Duree(MINUTES_PREVUES)
