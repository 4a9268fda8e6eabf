"""Agreements of the scene: a draft, one frozen, one out for signature."""

from types import SimpleNamespace

from fiches_action.conventions import circuit
from tests.conventions import fabriques


def enrichir(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    scene.fiche_conventionnable = fabriques.preparer(scene)
    scene.convention = fabriques.convention_complete(scene.fiche_conventionnable, direction)
    scene.partie_de_convention = scene.convention.parties.exclude(structure=scene.structure).get()
    scene.convention_lancee, scene.version_lancee = fabriques.convention_lancee(fabriques.preparer(scene), direction)
    scene.signataire = circuit.suivant(scene.convention_lancee)
