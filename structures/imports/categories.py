"""From a FINESS category to a type of the portal."""

import re
from typing import Any

from structures.imports.fiche import Fiche, HorsPerimetre, Lue, Rejet
from structures.models import FINESS_VALIDE
from structures.referentiel import TYPE_DE_CATEGORIE


def typer(*, categorie: str, ligne: int, finess: str, nom: str, **champs: Any) -> Lue:
    """The line with its type, or what it is instead: of another category, or broken."""
    if re.fullmatch(FINESS_VALIDE, finess) is None:
        raison = f"numéro FINESS mal formé (« {finess[:20]} »)" if finess else "numéro FINESS absent"
    elif not categorie.isdigit():
        raison = f"catégorie illisible (« {categorie[:20]} »)" if categorie else "catégorie absente"
    elif categorie not in TYPE_DE_CATEGORIE:
        return HorsPerimetre(ligne, categorie)
    else:
        return Fiche(ligne=ligne, finess=finess, nom=nom, type=TYPE_DE_CATEGORIE[categorie], **champs)
    return Rejet(ligne, raison, finess, nom)
