"""A long job of the direction."""

import uuid
from types import SimpleNamespace

from socle.models import Travail


def enrichir(scene: SimpleNamespace) -> None:
    scene.travail = Travail.objects.create(
        genre="essai", intitule="Import d’essai", demandeur=scene.personnes["direction"], fait=3, total=10
    )
    scene.travail_de_personne = uuid.uuid4()
