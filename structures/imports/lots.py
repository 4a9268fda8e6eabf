"""Many structures written at once, with their history and their words."""

from collections.abc import Iterable

from structures.comptes.models import Utilisateur
from structures.models import Structure

LOT = 500
# What `Structure.preparer` computes goes with any field.
_CALCULES = ("nom_recherche", "texte_recherche", "provenance", "modifie_le")


def mettre_a_jour(
    structures: Iterable[Structure], champs: Iterable[str], raison: str, par: Utilisateur | None
) -> None:
    """Write these fields of structures that exist, locked by the caller in its transaction.

    As rows that meet their own key: a « CASE WHEN » per row and field costs three times as much.
    """
    objets = list(structures)
    if not objets:
        return
    colonnes = sorted({champ.removesuffix("_id") for champ in champs} - {"publics"} | {*_CALCULES})
    # Django dates what it inserts, in the object too: these exist, and the history must say since when.
    nees = [structure.cree_le for structure in objets]
    Structure.objects.bulk_create(
        objets, batch_size=LOT, update_conflicts=True, unique_fields=["id"], update_fields=colonnes
    )
    for structure, nee in zip(objets, nees, strict=True):
        structure.cree_le = nee
    Structure.history.bulk_history_create(
        objets, batch_size=LOT, update=True, default_change_reason=raison[:100], default_user=par
    )
