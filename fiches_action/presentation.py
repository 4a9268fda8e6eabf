"""What the page and the PDF show of a sheet, and which actions a person finds at its end."""

from dataclasses import dataclass
from typing import Any

from fiches_action.etats import Manque, Transition, actions_depuis
from fiches_action.models import Etat, FicheAction
from fiches_action.planning import frise
from fiches_action.sections import COMPLEMENTS, SECTIONS
from fiches_action.trajectoires import trajectoire
from socle.droits import peut
from structures.comptes.models import Utilisateur

# Tone of the coloured tag (composants/etat.html).
_TONS = {
    Etat.BROUILLON: "neutre",
    Etat.PROPOSEE: "info",
    Etat.A_COMPLETER: "alerte",
    Etat.VALIDEE: "succes",
    Etat.EN_COURS: "info",
    Etat.SUSPENDUE: "alerte",
    Etat.TERMINEE: "succes",
    Etat.ABANDONNEE: "erreur",
}


def ton(etat: str) -> str:
    """Tone of a state's tag."""
    return _TONS[Etat(etat)]


def presenter(fiche: FicheAction) -> dict[str, Any]:
    """The context shared by the page and the PDF, from prefetched rows."""
    etapes = list(fiche.etapes.all())
    return {
        "fiche": fiche,
        "ton": ton(fiche.etat),
        "sections": SECTIONS,
        "complements": COMPLEMENTS,
        "acteurs": sorted(fiche.acteurs.all(), key=lambda a: (a.role != "porteur", a.role == "informe", a.pk)),
        "frise": frise(etapes),
        "trajectoires": [trajectoire(indicateur) for indicateur in fiche.indicateurs.all()],
    }


@dataclass(frozen=True)
class ActionOfferte:
    """A line of the workflow from where the sheet stands, for one person."""

    transition: Transition
    permise: bool
    manques: list[Manque]

    @property
    def prete(self) -> bool:
        return self.permise and not self.manques


def actions_pour(personne: Utilisateur, fiche: FicheAction) -> list[ActionOfferte]:
    """Every action that leaves the present state, main one first; who can't is told who can."""
    return [
        ActionOfferte(
            transition,
            peut(personne, transition.permission, fiche),
            transition.manques(fiche) if transition.principale else [],
        )
        for transition in actions_depuis(fiche.etat)
    ]
