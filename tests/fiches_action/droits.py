"""Who may open the pages of the sheets."""

from typing import Any

from tests.matrice import CONNECTES, DE_LA_STRUCTURE, Ligne, Scene

# Of the sheet at hand: its structure and the coordination of its pôle.
ECRIVENT = DE_LA_STRUCTURE | {"coordination"}
LECTEURS_PROPOSEE = CONNECTES - {"etranger"}
AVEC_STRUCTURE = {"membre", "direction", "etranger"}


def _fiche(**plus: Any) -> Any:
    return lambda s: {"reference": s.fiche.reference, **plus}


def _proposee(**plus: Any) -> Any:
    return lambda s: {"reference": s.fiche_proposee.reference, **plus}


def _acteur(s: Scene) -> dict[str, Any]:
    return {"reference": s.fiche.reference, "section": "acteurs", "pk": s.acteur_partenaire.pk}


def _participation(s: Scene) -> dict[str, Any]:
    return {"reference": s.fiche_proposee.reference, "pk": s.acteur_cite.pk}


LIGNES = [
    Ligne("fiches:liste", CONNECTES),
    Ligne("fiches:nouvelle", AVEC_STRUCTURE),
    Ligne("fiches:nouvelle", AVEC_STRUCTURE, methode="POST", donnees=lambda s: {"titre": "Ouvrir", "porteur": ""},
          attendu=200),
    Ligne("fiches:detail", ECRIVENT, kwargs=_fiche(), cas="brouillon"),
    Ligne("fiches:detail", LECTEURS_PROPOSEE, kwargs=_proposee(), cas="proposée"),
    Ligne("fiches:pdf", ECRIVENT, kwargs=_fiche(), cas="brouillon"),
    Ligne("fiches:modifier", ECRIVENT, kwargs=_fiche(section="enjeux")),
    Ligne("fiches:modifier", ECRIVENT, kwargs=_fiche(section="enjeux"), methode="POST",
          donnees=lambda s: {"enjeux": "Autre", "lue": "périmée"}, attendu=409),
    Ligne("fiches:modifier", set(), kwargs=_proposee(section="enjeux"), cas="proposée"),
    Ligne("fiches:ligne_ajouter", ECRIVENT, kwargs=_fiche(section="planning")),
    Ligne("fiches:ligne_modifier", ECRIVENT, kwargs=_acteur),
    Ligne("fiches:ligne_retirer", ECRIVENT, kwargs=_acteur),
    Ligne("fiches:ligne_retirer", ECRIVENT, kwargs=_acteur, methode="POST"),
    Ligne("fiches:participation", DE_LA_STRUCTURE, kwargs=_participation, methode="POST",
          donnees=lambda s: {"reponse": "oui"}),
    Ligne("fiches:passer", DE_LA_STRUCTURE, kwargs=_fiche(action="proposer")),
    Ligne("fiches:passer", {"coordination"}, kwargs=_proposee(action="valider"), cas="valider"),
    Ligne("fiches:passer", ECRIVENT, kwargs=_fiche(action="abandonner"), methode="POST",
          donnees=lambda s: {"motif": "Sans suite."}, cas="abandonner"),
]  # fmt: skip
