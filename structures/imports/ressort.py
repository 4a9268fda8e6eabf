"""A coordination may import a list of the whole région: it must not gain rights by it."""

from collections.abc import Iterable

from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.imports.accord import Accord
from structures.imports.valeurs import POINT
from structures.models import Structure
from structures.territoires.models import Commune

_LIEU = ("commune_id", "adresse", "code_postal", *POINT)


def garder_chez_les_autres(accords: Iterable[tuple[Structure, Accord]], par: Utilisateur | None) -> None:
    """Where a file would bring into the importer's pôle a structure of another one, the place stays.

    The structure's own coordination sees the difference and decides: whoever coordinates the commune
    of a structure may change it, invite its direction, close it. The command line and the
    administration are not held to it.
    """
    deplacees = [(s, accord) for s, accord in accords if "commune_id" in accord.ecrites]
    if not deplacees or par is None or est_administration(par):
        return
    poles = poles_coordonnes(par)
    siennes = set(Commune.objects.filter(poles__in=poles).values_list("pk", flat=True)) if poles else set()
    for structure, accord in deplacees:
        if structure.commune_id in siennes or accord.ecrites["commune_id"] not in siennes:
            continue
        for champ in _LIEU:
            if champ in accord.ecrites:
                accord.gardees[champ] = accord.ecrites.pop(champ)
                accord.avant.pop(champ, None)
