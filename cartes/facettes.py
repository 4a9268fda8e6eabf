"""What can be filtered in a bassin: families, types, publics and services that are there, counted, chosen or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cartes.filtres import Choix
from cartes.lignes import Ligne
from offres.models import Service
from structures.models import Public
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


@dataclass(frozen=True)
class Valeur:
    """One value of a list to choose from."""

    slug: str
    libelle: str
    nombre: int
    choisie: bool


@dataclass(frozen=True)
class Liste:
    """A list to choose from: its parameter, its words, and what « everything » says."""

    cle: str
    libelle: str
    tout: str
    valeurs: Sequence[Valeur]
    # What people come for: shown first, not under « Plus de filtres ».
    service: bool = False


def facettes(lignes: Iterable[Ligne], choix: Choix) -> list[FacetteFamille]:
    """Families in the order of the reference list; counts are those of the whole bassin.

    Counts that change with the filters would make people wonder where structures went.
    """
    par_type = Counter(ligne.structure.type if ligne.structure.type in TYPES else "autre" for ligne in lignes)
    filtres = choix.filtres
    trouvees = []
    for famille in FAMILLES.values():
        types = tuple(
            FacetteType(TYPES[slug], par_type[slug], slug in filtres.types)
            for slug in types_de(famille.slug)
            if par_type[slug]
        )
        if types:
            nombre = sum(facette.nombre for facette in types)
            trouvees.append(FacetteFamille(famille, nombre, famille.slug in filtres.familles, types))
    return trouvees


def listes(lignes: Sequence[Ligne], choix: Choix, *, partenaire: bool) -> list[Liste]:
    """Services offered, services needed (partners only) and publics that are there (two queries at most)."""
    trouvees = []
    if partenaire:
        services = list(Service.objects.order_by("ordre", "slug").values_list("slug", "libelle"))
        offres = Counter(slug for ligne in lignes for slug in ligne.offres)
        besoins = Counter(slug for ligne in lignes for slug in ligne.besoins)
        trouvees = [
            Liste(
                "offre",
                "Propose",
                "Tous les services",
                _valeurs(services, offres, choix.offres, toutes=True),
                service=True,
            ),
            Liste(
                "besoin", "A besoin de", "Tous les services", _valeurs(services, besoins, choix.besoins), service=True
            ),
        ]
    publics = list(Public.objects.order_by("ordre", "libelle").values_list("slug", "libelle"))
    accueillis = Counter(slug for ligne in lignes for slug in ligne.publics)
    trouvees.append(
        Liste("public", "Public accueilli", "Tous les publics", _valeurs(publics, accueillis, choix.publics))
    )
    return [liste for liste in trouvees if liste.valeurs]


def _valeurs(
    libelles: Iterable[tuple[str, str]], comptes: Counter[str], choisies: frozenset[str], *, toutes: bool = False
) -> list[Valeur]:
    """Those that are there; `toutes`: the others too, since a place searched around may bring them from next door."""
    return [
        Valeur(slug, libelle, comptes[slug], slug in choisies)
        for slug, libelle in libelles
        if toutes or comptes[slug] or slug in choisies
    ]
