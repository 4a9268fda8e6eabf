"""Classes of a choropleth: few, full, true to the data, and colours that are read in grey too.

Counts and densities: natural breaks (Jenks, by Fisher's exact algorithm), which put together what is
alike, whatever the spread; zero has its own class. Rates: quarters. Gaps: the same steps on both
sides of zero, so that a colour always says the same distance.
The colours are also in static/cartes/cartes.css (a test compares them).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from socle.templatetags.typographie import nombre

NOMBRE_DE_CLASSES = 5
# Bounds of the gaps: round steps that people read at once.
PAS_RONDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
COULEURS = {
    "nd": "#F4F1EB",
    "0": "#FFFDF8",
    "1": "#EAF2F7",
    "2": "#CFE2EE",
    "3": "#AACDE2",
    "4": "#82B3D3",
    "5": "#5C98C1",
    # Missing (orange), as much (sand), more than asked (blue-green): orange and blue stay apart for every eye.
    "m3": "#D9844F",
    "m2": "#EBAE83",
    "m1": "#F6D6BE",
    "z": "#FBF8F2",
    "p1": "#CFE5E4",
    "p2": "#9CCACA",
    "p3": "#66AAAB",
}


@dataclass(frozen=True)
class Classe:
    """A class: its key (colour, style), its words in the legend, its bounds (both included)."""

    cle: str
    libelle: str
    debut: float = 0
    fin: float = 0

    @property
    def couleur(self) -> str:
        return COULEURS[self.cle]


AUCUNE_DONNEE = Classe("nd", "aucune donnée")


@dataclass(frozen=True)
class Legende:
    """The classes of a map, in the order of the legend."""

    classes: Sequence[Classe]

    def classe(self, valeur: float | None) -> Classe:
        """The class of a value (« aucune donnée » for None)."""
        if valeur is None:
            return AUCUNE_DONNEE
        for classe in self.classes:
            if classe is not AUCUNE_DONNEE and classe.debut <= valeur <= classe.fin:
                return classe
        return AUCUNE_DONNEE

    def montree(self, valeurs: Sequence[float | None]) -> list[Classe]:
        """The classes that the map shows: an empty one says nothing, but the steps of a gap or a rate stay."""
        presentes = {self.classe(valeur) for valeur in valeurs}
        if presentes <= {AUCUNE_DONNEE}:
            return [AUCUNE_DONNEE]
        return [c for c in self.classes if c in presentes or c.cle not in ("0", "nd")]


def ruptures(valeurs: Sequence[float], nombre_de_classes: int = NOMBRE_DE_CLASSES) -> list[list[float]]:
    """The values, sorted, cut in at most so many classes with the least spread in each (Fisher, 1958).

    Equal values are never parted. O(k n²) over the distinct values: 300 bassins take 0.1 s.
    """
    poids: dict[float, int] = {}
    for valeur in valeurs:
        poids[valeur] = poids.get(valeur, 0) + 1
    distinctes = sorted(poids)
    n, k = len(distinctes), min(nombre_de_classes, len(distinctes))
    if not n:
        return []
    # Sums of weights, of values and of squares up to each rank: the spread of a slice is then immediate.
    w, s, q = [0.0], [0.0], [0.0]
    for valeur in distinctes:
        w.append(w[-1] + poids[valeur])
        s.append(s[-1] + poids[valeur] * valeur)
        q.append(q[-1] + poids[valeur] * valeur * valeur)

    def ecart(i: int, j: int) -> float:
        return q[j] - q[i] - (s[j] - s[i]) ** 2 / (w[j] - w[i])

    cout = [ecart(0, j) if j else 0.0 for j in range(n + 1)]
    coupes: list[list[int]] = []
    for rang in range(1, k):
        suivant, coupe = [0.0] * (n + 1), [0] * (n + 1)
        for j in range(rang + 1, n + 1):
            coupe[j] = min(range(rang, j), key=lambda i: cout[i] + ecart(i, j))
            suivant[j] = cout[coupe[j]] + ecart(coupe[j], j)
        cout, coupes = suivant, [*coupes, coupe]
    bornes = [n]
    for coupe in reversed(coupes):
        bornes.append(coupe[bornes[-1]])
    bornes.append(0)
    bornes.reverse()
    return [distinctes[debut:fin] for debut, fin in itertools.pairwise(bornes)]


def _mots(debut: float, fin: float, decimales: int) -> str:
    ecrits = [ecrire(valeur, decimales) for valeur in (debut, fin)]
    return ecrits[0] if ecrits[0] == ecrits[1] else f"{ecrits[0]} à {ecrits[1]}"


def ecrire(valeur: float, decimales: int = 0) -> str:
    """A number as French writes it."""
    return f"{valeur:.{decimales}f}".replace(".", ",") if decimales else nombre(round(valeur))


def sequentielle(valeurs: Sequence[float | None], *, zero: str = "aucune", decimales: int = 0) -> Legende:
    """Natural breaks of what is above zero; zero apart, then « aucune donnée »."""
    positives = [v for v in valeurs if v]
    groupes = ruptures(positives)
    # Few classes take the readable middle of the ramp rather than its palest end.
    depart = 1 if len(groupes) > 3 else 2
    classes = [
        Classe(str(rang), _mots(groupe[0], groupe[-1], decimales), groupe[0], groupe[-1])
        for rang, groupe in enumerate(groupes, depart)
    ]
    return Legende([Classe("0", zero), *classes, AUCUNE_DONNEE])


def taux() -> Legende:
    """Quarters of a rate (0–100)."""
    return Legende(
        [
            Classe("0", "0\u00a0%"),
            Classe("1", "moins de 25\u00a0%", 1e-9, 24.999999),
            Classe("2", "de 25 à 50\u00a0%", 25, 49.999999),
            Classe("3", "de 50 à 75\u00a0%", 50, 74.999999),
            Classe("5", "75\u00a0% et plus", 75, 100),
            AUCUNE_DONNEE,
        ]
    )


def divergente(valeurs: Sequence[float | None]) -> Legende:
    """The same steps on both sides of zero; below it, something is missing."""
    plus_grand = max((abs(v) for v in valeurs if v is not None), default=0)
    # The last step holds the greatest value and is not empty: two steps below it, each the double.
    pas = next((p for p in PAS_RONDS if p * 6 >= plus_grand), PAS_RONDS[-1])
    infini = float("inf")
    if pas * 1 >= plus_grand:
        bornes = [(1.0, infini)]
    elif pas == 1 and plus_grand <= 2:
        bornes = [(1.0, 1.0), (2.0, infini)]
    else:
        bornes = [(1.0, pas * 1.0), (pas + 1.0, pas * 3.0), (pas * 3 + 1.0, infini)]
        bornes = [(a, b) for a, b in bornes if a <= plus_grand]

    def libelle(verbe: str, debut: float, fin: float) -> str:
        if fin == infini:
            return f"{verbe} {ecrire(debut)} ou davantage"
        return f"{verbe} {_mots(debut, fin, 0)}"

    manques = [Classe(f"m{rang}", libelle("il manque", a, b), -b, -a) for rang, (a, b) in enumerate(bornes, 1)]
    surplus = [Classe(f"p{rang}", libelle("en plus\u00a0:", a, b), a, b) for rang, (a, b) in enumerate(bornes, 1)]
    return Legende([*reversed(manques), Classe("z", "juste assez"), *surplus, AUCUNE_DONNEE])
