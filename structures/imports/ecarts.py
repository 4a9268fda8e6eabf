"""What files say otherwise than structures: kept until somebody decides or the file says something else."""

from collections.abc import Mapping, Sequence
from typing import Any

from structures.imports.accord import Accord, par_ecart
from structures.imports.fiche import SourceImport
from structures.imports.identite import Retenue
from structures.models import Ecart, Import, Structure

# {(structure, field): (state, values)} of this list.
Regardes = Mapping[tuple[int, str], tuple[str, dict[str, Any]]]


def deja_regardes(structures: Sequence[int], source: SourceImport) -> Regardes:
    """The differences of these structures that are known already (one query)."""
    lignes = Ecart.objects.filter(structure__in=structures, liste=source.liste)
    return {
        (pk, champ): (etat, v) for pk, champ, etat, v in lignes.values_list("structure", "champ", "etat", "valeurs")
    }


def a_dire(structure: int, gardees: Mapping[str, Any], regardes: Regardes) -> dict[str, Any]:
    """The differences to show: all but those that somebody has settled and the file repeats."""
    groupes = par_ecart(gardees)
    tus = {champ for champ, valeurs in groupes.items() if regardes.get((structure, champ)) == ("garde", valeurs)}
    return {champ: valeur for champ, valeur in gardees.items() if _groupe(champ) not in tus}


def _groupe(champ: str) -> str:
    return next(iter(par_ecart({champ: None})))


def retenir(accords: Sequence[tuple[Structure, Retenue, Accord]], source: SourceImport, journal: Import) -> None:
    """Write the differences of a lot; those that the file no longer makes go (four queries at most)."""
    deja = deja_regardes([s.pk for s, _, _ in accords], source)
    voulus = {
        (s.pk, champ): valeurs for s, _, accord in accords for champ, valeurs in par_ecart(accord.gardees).items()
    }
    if perdus := deja.keys() - voulus.keys():
        for champ in {champ for _, champ in perdus}:
            pks = [pk for pk, autre in perdus if autre == champ]
            Ecart.objects.filter(structure__in=pks, liste=source.liste, champ=champ).delete()
    neufs = [
        Ecart(
            structure_id=pk,
            liste=source.liste,
            champ=champ,
            valeurs=valeurs,
            source=source.source,
            journal=journal,
            etat=Ecart.Etat.OUVERT,
        )
        for (pk, champ), valeurs in voulus.items()
        if deja.get((pk, champ), ("", None))[1] != valeurs
    ]
    if neufs:
        Ecart.objects.bulk_create(
            neufs,
            update_conflicts=True,
            unique_fields=["structure", "liste", "champ"],
            update_fields=["valeurs", "source", "journal", "etat", "vu_le"],
        )
