"""The life of an answer to the questionnaire, as one table."""

from dataclasses import dataclass

from offres.models import Reponse

INVITEE, BROUILLON, SOUMISE, ROUVERTE, REFUSEE = (
    Reponse.Etat.INVITEE.value,
    Reponse.Etat.BROUILLON.value,
    Reponse.Etat.SOUMISE.value,
    Reponse.Etat.ROUVERTE.value,
    Reponse.Etat.REFUSEE.value,
)


@dataclass(frozen=True)
class Action:
    """From which states, to which one (None: unchanged), who may, and whether a reason is asked."""

    libelle: str
    depuis: frozenset[str]
    vers: str | None
    permission: str
    motif: bool = False


ACTIONS: dict[str, Action] = {
    "commencer": Action("Commencer", frozenset({INVITEE}), BROUILLON, "offres.repondre"),
    "enregistrer": Action("Enregistrer", frozenset({BROUILLON, ROUVERTE}), None, "offres.repondre"),
    "soumettre": Action("Envoyer", frozenset({BROUILLON, ROUVERTE}), SOUMISE, "offres.repondre"),
    "refuser": Action("Ne pas répondre", frozenset({INVITEE, BROUILLON}), REFUSEE, "offres.repondre", motif=True),
    # Back to the draft when one was begun (offres/refus.py).
    "revenir": Action("Répondre finalement", frozenset({REFUSEE}), INVITEE, "offres.repondre"),
    "rouvrir": Action("Rouvrir", frozenset({SOUMISE}), ROUVERTE, "offres.rouvrir", motif=True),
}


def possible(reponse: Reponse, action: str) -> bool:
    """Whether the state of the answer allows the action (who may is said by regles.py)."""
    return reponse.etat in ACTIONS[action].depuis
