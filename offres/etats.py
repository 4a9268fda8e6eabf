"""The life of an answer to the questionnaire, as one table."""

from dataclasses import dataclass

from offres.models import Rapprochement, Reponse

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
    "soumettre": Action("Envoyer", frozenset({BROUILLON, ROUVERTE}), SOUMISE, "offres.envoyer"),
    "refuser": Action("Ne pas répondre", frozenset({INVITEE, BROUILLON}), REFUSEE, "offres.repondre", motif=True),
    # Back to the draft when one was begun (offres/refus.py).
    "revenir": Action("Répondre finalement", frozenset({REFUSEE}), INVITEE, "offres.repondre"),
    "rouvrir": Action("Rouvrir", frozenset({SOUMISE}), ROUVERTE, "offres.rouvrir", motif=True),
}


def possible(reponse: Reponse, action: str) -> bool:
    """Whether the state of the answer allows the action (who may is said by regles.py)."""
    return reponse.etat in ACTIONS[action].depuis


# --- matches ----------------------------------------------------------------------------------

PROPOSEE, ACCEPTEE, ENGAGEE, SIGNEE, DECLINEE, EXPIREE, ECARTEE = (
    Rapprochement.Etat.PROPOSEE.value,
    Rapprochement.Etat.ACCEPTEE.value,
    Rapprochement.Etat.ENGAGEE.value,
    Rapprochement.Etat.SIGNEE.value,
    Rapprochement.Etat.DECLINEE.value,
    Rapprochement.Etat.EXPIREE.value,
    Rapprochement.Etat.ECARTEE.value,
)


# The colour of each state, as the tags of the portal say it.
TONS: dict[str, str] = {
    PROPOSEE: "alerte",
    ACCEPTEE: "info",
    ENGAGEE: "info",
    SIGNEE: "succes",
    DECLINEE: "erreur",
    EXPIREE: "neutre",
    ECARTEE: "neutre",
}


@dataclass(frozen=True)
class PassageRapprochement:
    """One line of the life of a match."""

    # The button; blank: the portal does it, nobody presses anything.
    libelle: str
    # What the history says: « a accepté la coopération ».
    recit: str
    depuis: frozenset[str]
    vers: str
    # Permission asked of the person, on the match; None: only the portal.
    permission: str | None
    # Said under the button before the person presses it.
    effet: str = ""
    motif: bool = False
    # Whether the other side is told.
    prevenir: bool = True


# `proposer` leaves no state: it makes the row.
PASSAGES: dict[str, PassageRapprochement] = {
    "proposer": PassageRapprochement(
        "Proposer une coopération",
        "a proposé une coopération",
        frozenset(),
        PROPOSEE,
        "offres.proposer",
    ),
    "accepter": PassageRapprochement(
        "Accepter",
        "a accepté la coopération",
        frozenset({PROPOSEE}),
        ACCEPTEE,
        "offres.repondre_a_la_proposition",
        "Vos coordonnées et celles de votre interlocuteur sont échangées, et le volume convenu est réservé.",
    ),
    "engager": PassageRapprochement(
        "Commencer une fiche-action",
        "a commencé une fiche-action",
        frozenset({PROPOSEE, ACCEPTEE}),
        ENGAGEE,
        "offres.engager",
        "Une fiche-action est préparée avec ce que les deux structures ont déjà dit.",
    ),
    "decliner": PassageRapprochement(
        "Décliner",
        "a décliné la proposition",
        frozenset({PROPOSEE}),
        DECLINEE,
        "offres.repondre_a_la_proposition",
        "L’autre structure lit votre motif. Vos coordonnées ne lui sont pas données.",
        motif=True,
    ),
    "retirer": PassageRapprochement(
        "Retirer ma proposition",
        "a retiré sa proposition",
        frozenset({PROPOSEE}),
        ECARTEE,
        "offres.retirer_la_proposition",
        "L’autre structure n’a plus à répondre.",
        motif=True,
    ),
    "ecarter": PassageRapprochement(
        "Mettre fin à cette coopération",
        "a mis fin à la coopération",
        frozenset({ACCEPTEE}),
        ECARTEE,
        "offres.ecarter",
        "Le volume réservé redevient disponible pour les autres structures.",
        motif=True,
    ),
    "expirer": PassageRapprochement(
        "",
        "La proposition est restée sans réponse",
        frozenset({PROPOSEE}),
        EXPIREE,
        None,
    ),
    "perimer": PassageRapprochement(
        "",
        "L’offre ou le besoin a été retiré\u00a0: la proposition ne tient plus",
        frozenset({PROPOSEE}),
        ECARTEE,
        None,
    ),
    # The sheet was abandoned: the agreement stays, another sheet may be started.
    "revenir": PassageRapprochement(
        "",
        "La fiche-action a été abandonnée",
        frozenset({ENGAGEE}),
        ACCEPTEE,
        None,
    ),
    # The same, when the other side had not agreed to anything yet: the couple may be proposed again.
    "abandonner": PassageRapprochement(
        "",
        "La fiche-action a été abandonnée avant tout accord",
        frozenset({ENGAGEE}),
        ECARTEE,
        None,
    ),
    # In the sheet, the other side confirmed that it takes part.
    "confirmer": PassageRapprochement(
        "",
        "a confirmé sa participation à la fiche-action",
        frozenset({ENGAGEE}),
        ENGAGEE,
        None,
    ),
    "decliner_fiche": PassageRapprochement(
        "",
        "a décliné sa participation à la fiche-action",
        frozenset({ENGAGEE}),
        DECLINEE,
        None,
    ),
    # It had agreed, and says no after all; or it was taken off the sheet: the volume is free again.
    "quitter_fiche": PassageRapprochement(
        "",
        "ne participe plus à la fiche-action\u00a0: la coopération s’arrête",
        frozenset({ENGAGEE}),
        ECARTEE,
        None,
    ),
    "retirer_fiche": PassageRapprochement(
        "",
        "Une des deux structures a été retirée de la fiche-action\u00a0: la coopération s’arrête",
        frozenset({ENGAGEE}),
        ECARTEE,
        None,
    ),
    "signer": PassageRapprochement(
        "",
        "Une convention est signée",
        frozenset({ENGAGEE}),
        SIGNEE,
        None,
    ),
}


def passages_depuis(etat: str) -> dict[str, PassageRapprochement]:
    """What somebody may press from a state, in the order of the table."""
    return {nom: p for nom, p in PASSAGES.items() if etat in p.depuis and p.permission is not None}
