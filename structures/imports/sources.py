"""The lists the portal knows how to read, and how a file tells which one it is.

To add one: a module with `ENTREES: tuple[Entree, ...]`, named in `_MODULES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from structures.imports.fiche import FichierIllisible, SourceImport
from structures.imports.ouverture import debut_du_fichier

_MODULES = (
    "structures.imports.finess",
    "structures.imports.education",
    "structures.imports.data_inclusion",
    "structures.imports.tableur.entree",
)


@dataclass(frozen=True)
class Entree:
    """A kind of file. `reconnaitre(path, first 64 kB decompressed)`; `source(parameters of the import)`.

    `suite`: name of a page (argument: the import's pk) that must be passed through before the
    preview — to say which column is what. It fills `Import.parametres`, then calls
    `structures.imports.conduite.demander_apercu(journal, par)`.
    """

    genre: str
    libelle: str
    reconnaitre: Callable[[Path, bytes], bool]
    source: Callable[[Mapping[str, Any]], SourceImport]
    suite: str = ""
    # The most particular first: « any spreadsheet » comes last.
    rang: int = 50


@cache
def entrees() -> tuple[Entree, ...]:
    """Every kind of file, the most particular first."""
    toutes: list[Entree] = []
    for module in _MODULES:
        toutes.extend(import_module(module).ENTREES)
    return tuple(sorted(toutes, key=lambda entree: entree.rang))


def entree(genre: str) -> Entree | None:
    """The kind of this name, or None (a kind of another version of the portal)."""
    return next((e for e in entrees() if e.genre == genre), None)


def libelle_du_genre(genre: str) -> str:
    """The kind, in words."""
    connue = entree(genre)
    return connue.libelle if connue else genre


def reconnaitre(chemin: Path) -> Entree:
    """The kind of a file. Raises FichierIllisible, saying what was expected, for anything else."""
    debut = debut_du_fichier(chemin)
    if not debut.strip():
        raise FichierIllisible("Ce fichier est vide.")
    for candidate in entrees():
        if candidate.reconnaitre(chemin, debut):
            return candidate
    connues = ", ".join(f"«\u00a0{e.libelle}\u00a0»" for e in entrees())
    raise FichierIllisible(f"Ce fichier n’a pas été reconnu. Les fichiers attendus sont\u00a0: {connues}.")
