"""From what a person types (a commune, a postal code) to a bassin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structures.territoires.models import Bassin, Commune
from structures.territoires.noms import normaliser_nom

# More would be a list nobody reads; the page says that there are more.
LIMITE = 20


@dataclass(frozen=True)
class Resultat:
    """Communes found (at most LIMITE), and the only bassin they lead to when there is one."""

    communes: Sequence[Commune]
    bassin: Bassin | None
    commune: Commune | None
    tronque: bool


def chercher(texte: str) -> Resultat:
    """Communes of the région by name or postal code (one query).

    An exact name, or a text that leads to a single bassin, goes straight there; « Saint-Martin »,
    which names communes of ten bassins, gives the choice.
    """
    trouvees = Commune.objects.de_la_region().rechercher(texte).select_related("bassin", "departement")
    communes = list(trouvees[: LIMITE + 1])
    exactes = [c for c in communes if c.nom_recherche == normaliser_nom(texte)]
    retenues = exactes or communes
    bassins = {c.bassin for c in retenues}
    bassin = bassins.pop() if len(bassins) == 1 else None
    if len(communes) > LIMITE and not exactes:
        bassin = None
    commune = retenues[0] if bassin and len(retenues) == 1 else None
    return Resultat(communes[:LIMITE], bassin, commune, len(communes) > LIMITE)
