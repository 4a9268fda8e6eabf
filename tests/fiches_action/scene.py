"""What the permission matrix needs of the sheets."""

from types import SimpleNamespace

from fiches_action.models import Acteur
from fiches_action.operations import creer_fiche


def enrichir(scene: SimpleNamespace) -> None:
    """``scene.fiche``: a draft that the structure leads; ``scene.fiche_proposee``: a proposed one that cites it."""
    direction = scene.personnes["direction"]
    scene.fiche = creer_fiche(
        direction, scene.structure, titre="Organiser des visites",
        partenaires=[scene.structure_voisine], bassins=[scene.bassin],
    )  # fmt: skip
    scene.fiche_proposee = creer_fiche(
        direction, scene.structure_voisine, titre="Ouvrir un atelier",
        partenaires=[scene.structure], bassins=[scene.bassin],
    )  # fmt: skip
    scene.fiche_proposee.etat = "proposee"
    scene.fiche_proposee.save()
    scene.acteur_cite = Acteur.objects.get(fiche=scene.fiche_proposee, structure=scene.structure)
    scene.acteur_partenaire = Acteur.objects.get(fiche=scene.fiche, structure=scene.structure_voisine)
