"""What the rows of the territories need."""

from types import SimpleNamespace

from structures.territoires.models import ModificationPerimetre


def enrichir(scene: SimpleNamespace) -> None:
    """A change of the perimeter, to be undone."""
    scene.modification_perimetre = ModificationPerimetre.objects.create(
        pole=scene.pole, ajoutees=[scene.commune.code], par=scene.personnes["pilotage"]
    )
