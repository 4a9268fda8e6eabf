"""Types and families of structures: the controlled lists that every floor names by slug."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DONNEES = Path(__file__).parent / "donnees"


@dataclass(frozen=True)
class Famille:
    """A family: always shown by shape, colour and word together (several colours meet for some eyes)."""

    slug: str
    libelle: str
    forme: str
    couleur: str


@dataclass(frozen=True)
class TypeStructure:
    """A type of structure; `finess` are the category codes of the national file that mean it."""

    slug: str
    libelle: str
    court: str
    famille: str
    finess: tuple[str, ...]
    di_reseaux_porteurs: tuple[str, ...]


FAMILLES: dict[str, Famille] = {
    famille.slug: famille
    for famille in (
        Famille("medico-social-enfants", "Médico-social, enfants", "cercle", "#1F78B4"),
        Famille("medico-social-adultes", "Médico-social, adultes", "carre", "#8E2A6B"),
        Famille("emploi", "Emploi", "losange", "#173F5F"),
        Famille("education", "Éducation", "triangle", "#A86400"),
        Famille("iae", "Insertion par l’activité économique", "hexagone", "#2E7D32"),
        Famille("emploi-adapte", "Emploi adapté", "pentagone", "#D1432F"),
        Famille("formation", "Formation", "etoile", "#6A5ACD"),
        Famille("institution", "Institution", "croix", "#5A5A5A"),
        Famille("autre", "Autre", "anneau", "#8A8A8A"),
    )
}


def lire_donnees(nom: str) -> list[dict[str, Any]]:
    """The rows of one of our own JSON lists (`donnees/<nom>.json`)."""
    lignes: list[dict[str, Any]] = json.loads((DONNEES / f"{nom}.json").read_text(encoding="utf-8"))
    return lignes


def _types() -> dict[str, TypeStructure]:
    return {
        ligne["slug"]: TypeStructure(
            ligne["slug"],
            ligne["libelle"],
            ligne["court"],
            ligne["famille"],
            tuple(ligne["finess"]),
            tuple(ligne["di_reseaux_porteurs"]),
        )
        for ligne in lire_donnees("types_structures")
    }


TYPES: dict[str, TypeStructure] = _types()
# FINESS category → type. 195 and every other category are « hors périmètre ».
TYPE_DE_CATEGORIE: dict[str, str] = {code: t.slug for t in TYPES.values() for code in t.finess}


@cache
def categories_finess() -> dict[str, str]:
    """Words of the FINESS categories that the portal leaves aside, by code (nomenclature of the ANS)."""
    return dict(json.loads((DONNEES / "categories_finess.json").read_text(encoding="utf-8")))


# What a type leaves to say: the kind of school that holds an ULIS. {type: {slug: words}}
PRECISIONS: dict[str, dict[str, str]] = {
    "ulis": {
        "ecole": "école",
        "college": "collège",
        "lycee": "lycée",
        "lycee-professionnel": "lycée professionnel",
        "erea": "EREA",
    },
}


@cache
def types_de(famille: str) -> tuple[str, ...]:
    """Slugs of the types of a family (empty for an unknown family)."""
    return tuple(t.slug for t in TYPES.values() if t.famille == famille)


def choix_types() -> list[tuple[str, list[tuple[str, str]]]]:
    """The types as choices, grouped by family."""
    return [
        (famille.libelle, [(t.slug, t.libelle) for t in TYPES.values() if t.famille == famille.slug])
        for famille in FAMILLES.values()
    ]


def choix_precisions() -> list[tuple[str, str]]:
    """The precisions of every type as choices."""
    return [(slug, libelle) for precisions in PRECISIONS.values() for slug, libelle in precisions.items()]
