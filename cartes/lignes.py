"""Lines of the list of a bassin: a structure with all that the filters read, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from offres.models import Besoin, Offre, Reponse
from structures.models import Structure, StructureQuerySet
from structures.models.mots import mots_de


@dataclass
class Ligne:
    """A structure, what it says of itself, and for partners its published services."""

    structure: Structure
    publics: frozenset[str] = frozenset()
    offres: frozenset[str] = frozenset()
    besoins: frozenset[str] = frozenset()
    nb_offres: int = 0
    nb_besoins: int = 0
    fictives: bool = False
    repondu: bool = False
    montree: bool = True
    # Metres from the place asked for, when there is one.
    distance_m: int | None = None
    # Of another bassin, near the place asked for.
    dehors: bool = False

    @cached_property
    def mots(self) -> frozenset[str]:
        """The words under which the line is found."""
        return frozenset(mots_de(self.structure.texte_recherche))

    @property
    def texte(self) -> str:
        """The same words in one attribute."""
        return " ".join(sorted(self.mots))

    @property
    def km(self) -> str:
        """« à 14 km », « à 800 m »; empty without a place."""
        if self.distance_m is None:
            return ""
        if self.distance_m < 1000:
            return f"à\u00a0{max(round(self.distance_m, -2), 100)}\u00a0m" if self.distance_m >= 50 else "sur place"
        return f"à\u00a0{round(self.distance_m / 1000)}\u00a0km"


def lignes_de(structures: StructureQuerySet, *, partenaire: bool) -> list[Ligne]:
    """One line per structure, in the order of lists (two queries for a visitor, five for a partner)."""
    cles = structures.order_by().values("pk")
    lignes = {s.pk: Ligne(s) for s in structures.pour_liste()}
    publics = Structure.publics.through.objects.filter(structure__in=cles)
    _verser(lignes, "publics", publics.values_list("structure_id", "public__slug"))
    if partenaire:
        for nom, modele in (("offres", Offre), ("besoins", Besoin)):
            _proposer(lignes, nom, modele.objects.publiees().filter(structure__in=cles))
        for pk in _ayant_repondu(cles):
            if pk in lignes:
                lignes[pk].repondu = True
    return list(lignes.values())


def _verser(lignes: dict[int, Ligne], champ: str, couples: Iterable[tuple[int, str]]) -> None:
    reunis: dict[int, set[str]] = {}
    for pk, slug in couples:
        reunis.setdefault(pk, set()).add(slug)
    for pk, slugs in reunis.items():
        if pk in lignes:
            setattr(lignes[pk], champ, frozenset(slugs))


def _proposer(lignes: dict[int, Ligne], nom: str, propositions: QuerySet[Any]) -> None:
    """The published services of each line, how many lines say them, and whether one is made up."""
    lues = list(
        propositions.order_by().values_list("structure_id", "service__slug", "reponse__campagne__demonstration")
    )
    _verser(lignes, nom, ((pk, slug) for pk, slug, _ in lues))
    for pk, _, fictive in lues:
        ligne = lignes.get(pk)
        if ligne is None:
            continue
        if nom == "offres":
            ligne.nb_offres += 1
        else:
            ligne.nb_besoins += 1
        ligne.fictives = ligne.fictives or bool(fictive)


def _ayant_repondu(cles: QuerySet[Any]) -> Iterable[int]:
    """As the directory's filter: an answer sent since the first of January."""
    debut = timezone.make_aware(datetime(timezone.localdate().year, 1, 1))
    return Reponse.objects.filter(soumise_le__gte=debut, structure__in=cles).values_list("structure_id", flat=True)


def trier_par_distance(lignes: list[Ligne]) -> list[Ligne]:
    """The nearest first; those whose distance is not known keep their order, last."""
    loin: Callable[[Ligne], float] = lambda ligne: ligne.distance_m if ligne.distance_m is not None else 1e9  # noqa: E731
    return sorted(lignes, key=loin)
