"""The life of an agreement, as one table: action → from which states, to which, who may, what it needs.

« figer » makes version V and its SHA-256; changing the text afterwards (« reprendre ») means a new
version and new signatures. The signatory's and the seal's actions are done by the portal on proof,
never by a button of the agreement's page (permission ``None``).
"""

from dataclasses import dataclass

from django.db import models


class Etat(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    EN_RELECTURE = "en_relecture", "En relecture"
    PRETE = "prete_a_signer", "Prête à signer"
    EN_SIGNATURE = "en_signature", "En signature"
    SIGNEE = "signee", "Signée, scellement en attente"
    SCELLEE = "scellee", "Signée et scellée"
    HORS_PLATEFORME = "signee_hors_plateforme", "Signée hors plateforme"
    REFUSEE = "refusee", "Refusée"
    ANNULEE = "annulee", "Annulée"
    RESILIEE = "resiliee", "Résiliée"


class Vie(models.TextChoices):
    """What the dates say of a signed agreement; computed, never stored."""

    A_VENIR = "a_venir", "Prend effet bientôt"
    EN_VIGUEUR = "en_vigueur", "En vigueur"
    A_RENOUVELER = "a_renouveler", "À renouveler"
    ECHUE = "echue", "Échue"


@dataclass(frozen=True)
class Passage:
    de: frozenset[str]
    vers: str
    libelle: str
    # Permission asked of the person; None: only the portal does it, on proof.
    permission: str | None
    motif: bool = False


def _de(*etats: str) -> frozenset[str]:
    return frozenset(etats)


MODIFIABLES = _de(Etat.BROUILLON, Etat.EN_RELECTURE)
SIGNEES = _de(Etat.SIGNEE, Etat.SCELLEE, Etat.HORS_PLATEFORME)
CLOSES = _de(Etat.ANNULEE, Etat.RESILIEE)

PASSAGES: dict[str, Passage] = {
    "relire": Passage(_de(Etat.BROUILLON), Etat.EN_RELECTURE, "Envoyer en relecture", "conventions.modifier"),
    "corriger": Passage(_de(Etat.EN_RELECTURE), Etat.BROUILLON, "Revenir au brouillon", "conventions.modifier"),
    "figer": Passage(MODIFIABLES, Etat.PRETE, "Figer le texte", "conventions.modifier"),
    "reprendre": Passage(_de(Etat.PRETE, Etat.REFUSEE), Etat.BROUILLON, "Reprendre le texte", "conventions.modifier"),
    "lancer": Passage(_de(Etat.PRETE), Etat.EN_SIGNATURE, "Envoyer à la signature", "conventions.modifier"),
    "achever": Passage(_de(Etat.EN_SIGNATURE), Etat.SIGNEE, "Dernière signature", None),
    "sceller": Passage(_de(Etat.SIGNEE), Etat.SCELLEE, "Scellement", None),
    "refuser": Passage(_de(Etat.EN_SIGNATURE), Etat.REFUSEE, "Refus d’un signataire", None, motif=True),
    "annuler": Passage(
        _de(Etat.BROUILLON, Etat.EN_RELECTURE, Etat.PRETE, Etat.EN_SIGNATURE, Etat.REFUSEE),
        Etat.ANNULEE,
        "Annuler la convention",
        "conventions.modifier",
        motif=True,
    ),
    "deposer": Passage(
        _de(Etat.PRETE, Etat.EN_SIGNATURE),
        Etat.HORS_PLATEFORME,
        "Déposer l’exemplaire signé sur papier",
        "conventions.coordonner",
    ),
    "resilier": Passage(
        _de(Etat.SCELLEE, Etat.HORS_PLATEFORME), Etat.RESILIEE, "Résilier", "conventions.coordonner", motif=True
    ),
}


class PassageImpossible(Exception):
    """The agreement is not in a state from which this action starts."""


def passage(action: str, etat: str) -> Passage:
    """The row of the table. Raises PassageImpossible when the state forbids the action."""
    ligne = PASSAGES[action]
    if etat not in ligne.de:
        nom = Etat(etat).label
        raise PassageImpossible(
            f"«\u00a0{ligne.libelle}\u00a0» n’est pas possible\u00a0: la convention est «\u00a0{nom}\u00a0»."
        )
    return ligne
