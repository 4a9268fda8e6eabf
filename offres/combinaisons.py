"""Several offers that together cover a need: a greedy choice one can explain, on two readings.

« Le moins de partenaires »: the largest offer first. « Au plus près »: the nearest first. In both, as soon
as one offer is enough to finish, the nearest of those that are enough is taken. Five structures at most:
beyond, nobody would organise it. Not the optimum, and it doesn't claim to be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offres.rapprochement import Candidat, Rang
from offres.unites import mots
from socle.templatetags.typographie import nombre

PARTENAIRES_MAX = 5
# The best of the order are enough to combine.
EXAMINEES = 200


@dataclass(frozen=True)
class Part:
    """What one offer brings to a combination."""

    rang: Rang
    volume: int


@dataclass(frozen=True)
class Combinaison:
    """Offers that together bring all that is missing, and how they were chosen."""

    titre: str
    explication: str
    parts: tuple[Part, ...]

    @property
    def offres(self) -> frozenset[int]:
        return frozenset(part.rang.offre for part in self.parts)


_LECTURES: tuple[tuple[str, str, Callable[[Rang], tuple[float, ...]]], ...] = (
    (
        "Le moins de partenaires",
        "les offres les plus larges d’abord",
        lambda rang: (-(rang.libre or 0), rang.distance_km, rang.offre),
    ),
    ("Au plus près", "les offres les plus proches d’abord", lambda rang: (rang.distance_km, rang.offre)),
)


def combinaisons(manquant: int | None, rangs: Sequence[Rang]) -> list[Combinaison]:
    """Up to two combinations; none when one offer is enough, or when all together are not."""
    if not manquant:
        return []
    libres = [rang for rang in rangs[:EXAMINEES] if rang.libre]
    if any((rang.libre or 0) >= manquant for rang in libres):
        return []
    trouvees: list[Combinaison] = []
    for titre, explication, cle in _LECTURES:
        parts = _choisir(manquant, sorted(libres, key=cle))
        combinaison = Combinaison(titre, explication, parts)
        if parts and combinaison.offres not in [deja.offres for deja in trouvees]:
            trouvees.append(combinaison)
    return trouvees


def _choisir(manquant: int, dans_l_ordre: Sequence[Rang]) -> tuple[Part, ...]:
    """Take offers until nothing is missing; nothing when five structures are not enough."""
    parts: list[Part] = []
    prises: set[int] = set()
    while manquant and len(prises) < PARTENAIRES_MAX:
        # A structure is asked once.
        restent = [rang for rang in dans_l_ordre if rang.structure not in prises]
        if not restent:
            return ()
        suffisent = [rang for rang in restent if (rang.libre or 0) >= manquant]
        choisi = min(suffisent, key=lambda rang: (rang.distance_km, rang.offre)) if suffisent else restent[0]
        volume = min(choisi.libre or 0, manquant)
        parts.append(Part(choisi, volume))
        prises.add(choisi.structure)
        manquant -= volume
    return () if manquant else tuple(parts)


def lignes(combinaison: Combinaison, unite: str, candidats: dict[int, Candidat]) -> list[tuple[Candidat, int, str]]:
    """Each offer of a combination with what it brings, in words: « 8 personnes »."""
    return [
        (candidats[part.rang.offre], part.volume, f"{nombre(part.volume)}\u00a0{mots(unite, part.volume)}")
        for part in combinaison.parts
        if part.rang.offre in candidats
    ]
