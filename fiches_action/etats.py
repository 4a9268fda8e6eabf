"""The workflow of a sheet as one table: action → states it leaves, state it reaches, who, conditions."""

from collections.abc import Callable
from dataclasses import dataclass

from fiches_action.models import Acteur, Etat, FicheAction
from fiches_action.sections import SECTIONS


@dataclass(frozen=True)
class Manque:
    """Why an action can't be done yet, and the section where it is put right."""

    texte: str
    section: str


Condition = Callable[[FicheAction], list[Manque]]


def _rempli(fiche: FicheAction) -> dict[str, bool]:
    """For each of the nine fields, whether the least is written. Reads the prefetched rows."""
    return {
        "enjeux": bool(fiche.enjeux.strip()),
        "objet": bool(fiche.objet.strip() and fiche.finalite),
        "zone": bool(fiche.zone.strip() or fiche.bassins.all() or fiche.communes.all()),
        "beneficiaires": bool(fiche.publics.all()),
        "acteurs": any(a.role != Acteur.Role.PORTEUR and a.doit_confirmer for a in fiche.acteurs.all()),
        "ressources": bool(fiche.ressources.strip()),
        "partage": bool(fiche.partage_information.strip()),
        "planning": bool(fiche.etapes.all()),
        "indicateurs": bool(fiche.indicateurs.all()),
    }


DEMANDES = {
    "enjeux": "Décrivez l’enjeu en quelques phrases.",
    "objet": "Écrivez l’objet en une phrase et choisissez une finalité.",
    "zone": "Choisissez au moins un bassin d’emploi.",
    "beneficiaires": "Choisissez au moins un public.",
    "acteurs": "Ajoutez au moins une structure partenaire.",
    "ressources": "Dites quelles ressources sont mobilisées.",
    "partage": "Dites comment l’information est partagée.",
    "planning": "Ajoutez au moins une étape.",
    "indicateurs": "Ajoutez au moins un indicateur.",
}


def neuf_champs_remplis(fiche: FicheAction) -> list[Manque]:
    """The nine fields of the method, each with its least."""
    rempli = _rempli(fiche)
    return [Manque(DEMANDES[section.cle], section.cle) for section in SECTIONS if not rempli[section.cle]]


def avancement(fiche: FicheAction) -> int:
    """How many of the nine fields are filled."""
    return sum(_rempli(fiche).values())


def participations_confirmees(fiche: FicheAction) -> list[Manque]:
    """Every structure that takes part has agreed to (domaine.md §6.2)."""
    manques = []
    for acteur in fiche.acteurs.all():
        if not acteur.doit_confirmer:
            continue
        if acteur.confirmation == Acteur.Confirmation.ATTENDUE:
            manques.append(Manque(f"{acteur.structure.nom} n’a pas encore confirmé sa participation.", "acteurs"))
        elif acteur.confirmation == Acteur.Confirmation.DECLINEE:
            manques.append(
                Manque(f"{acteur.structure.nom} a décliné\u00a0: retirez-la de la fiche ou remplacez-la.", "acteurs")
            )
    return manques


@dataclass(frozen=True)
class Transition:
    """One line of the table."""

    action: str
    libelle: str
    de: frozenset[Etat]
    vers: Etat
    # Permission asked of the person, on the sheet.
    permission: str
    # Who that is, in words, for those who can't.
    qui: str
    # What it does, said before the person confirms.
    effet: str
    conditions: tuple[Condition, ...] = ()
    motif_requis: bool = False
    # The committee's decision has a date.
    decision: bool = False
    # Shown as the main button of the page.
    principale: bool = False

    def manques(self, fiche: FicheAction) -> list[Manque]:
        return [manque for condition in self.conditions for manque in condition(fiche)]


_PORTEUR = "la structure porteuse"
_COORDINATION = "la coordination du pôle"

_TABLE = (
    Transition(
        "proposer",
        "Proposer la fiche",
        frozenset({Etat.BROUILLON, Etat.A_COMPLETER}),
        Etat.PROPOSEE,
        "fiches_action.proposer",
        _PORTEUR,
        "Les partenaires du pôle pourront la lire, les structures citées confirmeront leur participation, "
        "puis la coordination portera la fiche devant le comité de suivi.",
        (neuf_champs_remplis,),
        principale=True,
    ),
    Transition(
        "valider",
        "Valider la fiche",
        frozenset({Etat.PROPOSEE}),
        Etat.VALIDEE,
        "fiches_action.valider",
        _COORDINATION,
        "La décision du comité de suivi est enregistrée avec sa date. Le texte ne change plus\u00a0; "
        "une convention peut être préparée.",
        (neuf_champs_remplis, participations_confirmees),
        decision=True,
        principale=True,
    ),
    Transition(
        "demander_complement",
        "Demander des compléments",
        frozenset({Etat.PROPOSEE}),
        Etat.A_COMPLETER,
        "fiches_action.valider",
        _COORDINATION,
        "La structure porteuse reprend la fiche et la propose de nouveau.",
        motif_requis=True,
    ),
    Transition(
        "reprendre_ecriture",
        "Reprendre l’écriture",
        frozenset({Etat.PROPOSEE}),
        Etat.A_COMPLETER,
        "fiches_action.proposer",
        _PORTEUR,
        "La fiche redevient modifiable\u00a0; il faudra la proposer de nouveau.",
    ),
    Transition(
        "demarrer",
        "Démarrer l’action",
        frozenset({Etat.VALIDEE}),
        Etat.EN_COURS,
        "fiches_action.conduire",
        _PORTEUR,
        "L’action commence\u00a0: les étapes et les indicateurs se suivent à partir d’aujourd’hui.",
        principale=True,
    ),
    Transition(
        "terminer",
        "Terminer l’action",
        frozenset({Etat.EN_COURS}),
        Etat.TERMINEE,
        "fiches_action.conduire",
        _PORTEUR,
        "Terminer clôt l’action\u00a0; la fiche reste lisible.",
        motif_requis=True,
        principale=True,
    ),
    Transition(
        "suspendre",
        "Suspendre",
        frozenset({Etat.VALIDEE, Etat.EN_COURS}),
        Etat.SUSPENDUE,
        "fiches_action.conduire",
        _PORTEUR,
        "L’action s’arrête pour un temps\u00a0; elle pourra reprendre.",
        motif_requis=True,
    ),
    Transition(
        "reprendre",
        "Reprendre l’action",
        frozenset({Etat.SUSPENDUE}),
        Etat.EN_COURS,
        "fiches_action.conduire",
        _PORTEUR,
        "L’action reprend là où elle s’était arrêtée.",
        principale=True,
    ),
    Transition(
        "abandonner",
        "Abandonner",
        frozenset({Etat.BROUILLON, Etat.PROPOSEE, Etat.A_COMPLETER, Etat.VALIDEE, Etat.EN_COURS, Etat.SUSPENDUE}),
        Etat.ABANDONNEE,
        "fiches_action.conduire",
        _PORTEUR,
        "La fiche est close sans suite. On ne revient pas en arrière.",
        motif_requis=True,
    ),
)

TRANSITIONS: dict[str, Transition] = {transition.action: transition for transition in _TABLE}
# A participation is given on a text that others may read: proposed, or sent back for completion.
ETATS_DE_CONFIRMATION = frozenset({Etat.PROPOSEE, Etat.A_COMPLETER})


def actions_depuis(etat: str) -> list[Transition]:
    """The lines of the table that leave this state, main one first."""
    return sorted((t for t in _TABLE if etat in t.de), key=lambda t: not t.principale)
