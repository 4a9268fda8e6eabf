"""The words by which people call a type of structure: its names, and those of its ancestors.

« ESAT », « travail protégé », « CAT » and « établissement d’aide par le travail » are one type. The
list is ours (`donnees/synonymes.json`), a few dozen lines kept in memory.
"""

from functools import cache

from structures.models.mots import mots_de
from structures.referentiel import DONNEES, TYPES


@cache
def mots_des_types() -> dict[str, frozenset[str]]:
    """Word → slugs of the types that it names."""
    import json

    synonymes: dict[str, list[str]] = json.loads((DONNEES / "synonymes.json").read_text(encoding="utf-8"))
    types: dict[str, set[str]] = {}
    for slug, type_ in TYPES.items():
        for mot in mots_de(type_.libelle, type_.court, *synonymes.get(slug, [])):
            types.setdefault(mot, set()).add(slug)
    return {mot: frozenset(slugs) for mot, slugs in types.items()}


def types_dits(mot: str) -> frozenset[str]:
    """Slugs of the types that a word names, or begins to name (two letters: exactly).

    >>> sorted(types_dits("missio")), sorted(types_dits("cat"))
    (['mission-locale'], ['esat'])
    """
    exacts = mots_des_types().get(mot, frozenset())
    if len(mot) <= 2:
        return exacts
    return frozenset(slug for connu, slugs in mots_des_types().items() if connu.startswith(mot) for slug in slugs)
