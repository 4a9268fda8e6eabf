"""A row of a spreadsheet as text, whatever the program that wrote it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Avancer = Callable[[int], None]
# Cells beyond are not read: programs leave formatting on thousands of empty columns.
COLONNES_LUES = 1024
# The limits of the spreadsheet programs themselves.
CELLULE_MAX = 32_767  # characters
RANGEES_MAX = 1_048_576
# What a program shows for a formula that failed: no value.
_ERREURS = frozenset(
    (
        "#N/A",
        "#NA",
        "#REF!",
        "#VALEUR!",
        "#VALUE!",
        "#DIV/0!",
        "#NOM?",
        "#NAME?",
        "#NUL!",
        "#NULL!",
        "#NOMBRE!",
        "#NUM!",
    )
)


@dataclass(frozen=True)
class Rangee:
    """One row: `numero` is the one that the person's program shows; `defaut` says why it can't be read."""

    numero: int
    cellules: tuple[str, ...]
    defaut: str = ""

    @property
    def vide(self) -> bool:
        """Whether no cell holds anything."""
        return not self.defaut and not any(self.cellules)

    def cellule(self, rang: int) -> str:
        """The cell of this column (from 0), empty when the row is shorter."""
        return self.cellules[rang] if rang < len(self.cellules) else ""


Lecteur = Callable[[Path, str, Avancer | None], Iterator[Rangee]]


def propre(texte: str) -> str:
    """The text of a cell: no NUL (databases refuse it), outer blanks gone, errors of formulas emptied."""
    net = texte.replace("\x00", "").replace("\u00a0", " ").strip()
    # ="01400": the trick that keeps a leading zero in a CSV.
    if len(net) > 3 and net.startswith('="') and net.endswith('"'):
        net = net[2:-1].strip()
    return "" if net in _ERREURS else net


def rangee(numero: int, cellules: list[str]) -> Rangee:
    """A row with its texts made clean; one cell out of all proportion makes the whole row unreadable."""
    if any(len(cellule) > CELLULE_MAX for cellule in cellules):
        courtes = tuple(propre(cellule[:200]) for cellule in cellules[:COLONNES_LUES])
        return Rangee(numero, courtes, f"une cellule dépasse {CELLULE_MAX} caractères")
    nettes = [propre(cellule) for cellule in cellules[:COLONNES_LUES]]
    while nettes and not nettes[-1]:
        nettes.pop()
    return Rangee(numero, tuple(nettes))


def entier(texte: str) -> int | None:
    """A whole number of nine digits at most, as programs write rows, styles and ranks; None for anything else."""
    return int(texte) if texte.isascii() and texte.isdigit() and len(texte) < 10 else None


def texte_du_nombre(valeur: float) -> str:
    """« 39969770500032 » for 3.9969770500032e13, « 1400 » for 1400.0, « 49.27 » for 49.27; « » for no number."""
    if not math.isfinite(valeur):
        return ""
    if valeur == int(valeur) and abs(valeur) < 1e15:
        return str(int(valeur))
    return repr(valeur)
