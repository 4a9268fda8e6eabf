"""How agreements follow when two sheets of one structure are merged.

Only the link from a party to its structure moves. The name, the text, the frozen document and its
evidence stay as they were written or signed. Where both are parties to the same agreement, both
parties stay: two commitments were made, and each has its signature.
"""

from django.db.models import Model

from fiches_action.conventions.models import Partie
from socle.deplacements import Carnet, couvrir
from socle.templatetags.typographie import pluriel
from structures.models import Structure

couvrir("conventions.Partie.structure")


def fusionner(gardee: Model, absorbee: Model, carnet: Carnet) -> None:
    """Move the parties. Raises TypeError for anything but structures."""
    if not isinstance(gardee, Structure) or not isinstance(absorbee, Structure):
        raise TypeError("deux structures")
    deja = set(Partie.objects.filter(structure=gardee).values_list("convention", flat=True))
    nombre = 0
    for partie in Partie.objects.filter(structure=absorbee).select_related("convention").order_by("pk"):
        if partie.convention_id in deja:
            carnet.restes.append(
                f"la convention {partie.convention.reference}, où les deux sont parties\u00a0: "
                "chaque engagement signé reste tel qu’il est"
            )
        else:
            carnet.ecrire(partie, structure_id=gardee.pk)
            nombre += 1
    if nombre:
        carnet.mots.append(pluriel(nombre, "convention,conventions"))


def attaches(structure: Model) -> list[str]:
    """The agreements a structure is a party to, for the page that compares two (one query)."""
    nombre = Partie.objects.filter(structure=structure.pk).count()
    return [pluriel(nombre, "convention,conventions")] if nombre else []
