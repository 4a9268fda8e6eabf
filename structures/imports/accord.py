"""What a line may change of a structure, and what stays to whoever said it first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from structures.imports.fiche import SourceImport
from structures.imports.identite import Retenue
from structures.imports.numeros import UNIQUES
from structures.imports.valeurs import (
    POINT,
    brut,
    depuis_brut,
    differences,
    est_vide,
    valeurs_actuelles,
)
from structures.models import Structure

# A list takes over from a lesser one, never the other way round: two lists that disagree don't take turns.
_RANGS: dict[str, int] = {
    Structure.Source.FINESS: 4,
    Structure.Source.EDUCATION: 4,
    Structure.Source.TABLEUR: 3,
    Structure.Source.DATA_INCLUSION: 2,
    Structure.Source.SAISIE: 1,
    Structure.Source.DEMONSTRATION: 0,
}


# A place is one thing: whoever corrected a part of it keeps the rest. The kind of school goes with the type.
_AVEC: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(POINT, (*POINT, "adresse", "commune_id")),
    "adresse": ("commune_id",),
    "code_postal": ("adresse", "commune_id"),
    "commune_id": ("adresse",),
    "precision": ("type",),
}


@dataclass
class Accord:
    """What becomes of a known structure: fields to write, fields the structure keeps, fields left to a list."""

    actuelles: dict[str, Any]
    ecrites: dict[str, Any] = field(default_factory=dict)
    gardees: dict[str, Any] = field(default_factory=dict)
    cedees: dict[str, Any] = field(default_factory=dict)
    # The raw provenance of the written fields, before.
    avant: dict[str, Any] = field(default_factory=dict)


def accorder(structure: Structure, retenue: Retenue, source: SourceImport, valeurs: dict[str, Any]) -> Accord:
    """Compare a structure with its line; nothing is changed yet."""
    accord = Accord(valeurs_actuelles(structure, valeurs))
    nouvelles = differences(accord.actuelles, valeurs)
    if _a_la_structure(structure, "alerte_commune", ""):
        # Somebody has answered it: not a difference worth a line at each import.
        nouvelles.pop("alerte_commune", None)
    for champ, valeur in nouvelles.items():
        actuelle = accord.actuelles[champ]
        if _a_la_structure(structure, champ, actuelle):
            accord.gardees[champ] = valeur
        elif est_vide(actuelle) or _prevaut(structure, champ, source):
            accord.ecrites[champ] = valeur
            accord.avant[champ] = structure.provenance.get(champ)
        else:
            accord.cedees[champ] = valeur
    return accord


def _a_la_structure(structure: Structure, champ: str, actuelle: Any) -> bool:
    """Whether the structure itself (or somebody typing in the portal) gave this value."""
    for maitre in (champ, *_AVEC.get(champ, ())):
        if structure.provenance.get(maitre, {}).get("source") == "structure":
            return True
    typee = champ not in structure.provenance and structure.source == Structure.Source.SAISIE
    return typee and not est_vide(actuelle)


def _prevaut(structure: Structure, champ: str, source: SourceImport) -> bool:
    """Whether this list may replace what another one said."""
    origine = structure.provenance.get(champ)
    if origine is None:
        return True
    if origine.get("source") == source.source and origine.get("liste", source.liste) == source.liste:
        return True
    return _RANGS.get(source.source, 0) > _RANGS.get(origine.get("source", ""), 0)


def origine(source: SourceImport, retenue: Retenue, champ: str) -> dict[str, str]:
    """The provenance of a field this list gives."""
    dite = {"source": source.source.value, "le": timezone.localdate().isoformat(), "liste": source.liste}
    return {**dite, "brut": retenue.fiche.nom} if champ == "nom" else dite


def appliquer(structure: Structure, retenue: Retenue, source: SourceImport, ecrites: Mapping[str, Any]) -> None:
    """Put the new values on the object (publics apart: they are rows of their own)."""
    poser(structure, ecrites)
    for champ in ecrites:
        structure.provenance[champ] = origine(source, retenue, champ)
    if "commune_id" in ecrites:
        structure.commune = retenue.place.commune
    structure.modifie_le = timezone.now()
    structure.preparer()


def poser(structure: Structure, valeurs: Mapping[str, Any]) -> None:
    """Set raw or typed values on the object, publics apart."""
    for champ, valeur in valeurs.items():
        if champ != "publics":
            typee = depuis_brut(champ, valeur)
            setattr(structure, champ, None if champ in UNIQUES and not typee else typee)


def en_lignes(avant: Mapping[str, Any], apres: Mapping[str, Any]) -> list[list[Any]]:
    """[[field, before, after], …] for the journal, raw."""
    return [[champ, brut(avant.get(champ)), brut(valeur)] for champ, valeur in apres.items()]


def par_ecart(gardees: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{field of the difference: raw values that go together}: a point is one difference."""
    groupes: dict[str, dict[str, Any]] = {}
    for champ, valeur in gardees.items():
        groupes.setdefault("lat" if champ in POINT else champ, {})[champ] = brut(valeur)
    return groupes
