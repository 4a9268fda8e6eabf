"""What can be filtered in a bassin: families and types that are there, counted, ticked or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cartes.filtres import Filtres
from structures.models import Structure
from structures.referentiel import FAMILLES, TYPES, Famille, TypeStructure, types_de


@dataclass(frozen=True)
class FacetteType:
    """A type present in the bassin."""

    type: TypeStructure
    nombre: int
    cochee: bool


@dataclass(frozen=True)
class FacetteFamille:
    """A family present in the bassin, with its types."""

    famille: Famille
    nombre: int
    cochee: bool
    types: tuple[FacetteType, ...]


def facettes(structures: Iterable[Structure], filtres: Filtres) -> list[FacetteFamille]:
    """Families in the order of the reference list; counts are those of the whole bassin.

    Counts that change with the filters would make people wonder where structures went.
    """
    par_type = Counter(structure.type if structure.type in TYPES else "autre" for structure in structures)
    lignes = []
    for famille in FAMILLES.values():
        types = tuple(
            FacetteType(TYPES[slug], par_type[slug], slug in filtres.types)
            for slug in types_de(famille.slug)
            if par_type[slug]
        )
        if types:
            nombre = sum(facette.nombre for facette in types)
            lignes.append(FacetteFamille(famille, nombre, famille.slug in filtres.familles, types))
    return lignes
