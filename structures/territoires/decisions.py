"""What people decided about the bassin of a commune, put back over a composition that is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass

from structures.territoires.models import Bassin, Commune, MouvementCommune


@dataclass(frozen=True)
class Conflit:
    """A reload puts a commune elsewhere than the decision; `garde` when the decision wins."""

    commune: str
    nom: str
    decide: str
    demande: str
    garde: bool

    def __str__(self) -> str:
        ailleurs = f"le fichier dit {self.demande}" if self.demande else "le fichier ne la place pas"
        if self.garde:
            return f"{self.nom} ({self.commune}) reste dans le bassin {self.decide}, décidé à la main ; {ailleurs}"
        return (
            f"{self.nom} ({self.commune}) : le bassin {self.decide}, décidé à la main, n’existe plus dans la "
            f"composition ; {ailleurs}"
        )


def respecter(bassin_de: Mapping[str, str], *, partiel: bool = False) -> tuple[dict[str, str], list[Conflit]]:
    """A composition (commune → bassin) with the decided moves put back, and where they disagree.

    A decision towards a bassin that the composition no longer has can't stand: said, not kept.
    With `partiel`, the other bassins and the communes that are not named stay as they are.
    """
    decisions = MouvementCommune.objects.en_vigueur()
    bassins = set(bassin_de.values())
    if partiel:
        decisions = {commune: bassin for commune, bassin in decisions.items() if commune in bassin_de}
        bassins |= set(Bassin.objects.actifs().values_list("code", flat=True))
    noms = dict(Commune.objects.filter(pk__in=decisions).values_list("code", "nom"))
    rendue, conflits = dict(bassin_de), []
    for commune, decide in sorted(decisions.items()):
        demande = bassin_de.get(commune, "")
        if demande == decide:
            continue
        garde = decide in bassins
        conflits.append(Conflit(commune, noms.get(commune, commune), decide, demande, garde))
        if garde:
            rendue[commune] = decide
    return rendue, conflits
