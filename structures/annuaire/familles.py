"""Filters by family and type, read from an address: the directory and the maps read them alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict

from structures.models import StructureQuerySet
from structures.referentiel import FAMILLES, TYPES, types_de


@dataclass(frozen=True)
class Filtres:
    """Chosen families and types, and the values of the address that mean nothing."""

    familles: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    inconnus: tuple[str, ...] = field(default=())

    @classmethod
    def lire(cls, parametres: QueryDict) -> Filtres:
        """Filters of an address (`famille` and `type`, repeated as often as wanted)."""
        familles = frozenset(v for v in parametres.getlist("famille") if v)
        types = frozenset(v for v in parametres.getlist("type") if v)
        connues, connus = familles & FAMILLES.keys(), types & TYPES.keys()
        return cls(connues, connus, tuple(sorted((familles - connues) | (types - connus))))

    def types_retenus(self) -> frozenset[str] | None:
        """Slugs of the types to show, or None when everything shows.

        Types refine their own family: « médico-social, adultes » with « ESAT » shows the ESAT
        alone, and « IME » beside them adds the IME.
        """
        if not self.familles and not self.types:
            return None
        affinees = {TYPES[t].famille for t in self.types}
        entieres = {t for famille in self.familles - affinees for t in types_de(famille)}
        return frozenset(self.types | entieres)

    def appliquer(self, structures: StructureQuerySet) -> StructureQuerySet:
        """The structures that these filters keep."""
        retenus = self.types_retenus()
        return structures if retenus is None else structures.filter(type__in=retenus)
