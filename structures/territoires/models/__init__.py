"""Tables of the territories, one file per subject."""

from structures.territoires.models.lieux import (
    Bassin,
    CodePostal,
    Commune,
    CommuneAncienne,
    Contour,
    Departement,
    Epci,
    Region,
    code_region,
)
from structures.territoires.models.mouvements import MouvementCommune
from structures.territoires.models.poles import ModificationPerimetre, Pole

__all__ = [
    "Bassin",
    "CodePostal",
    "Commune",
    "CommuneAncienne",
    "Contour",
    "Departement",
    "Epci",
    "ModificationPerimetre",
    "MouvementCommune",
    "Pole",
    "Region",
    "code_region",
]
