"""What the permission matrix needs of the sheets."""

from types import SimpleNamespace

from fiches_action.models import Acteur
from fiches_action.operations import creer_fiche


def enrichir(scene: SimpleNamespace) -> None:
    """``scene.fiche``: a draft led by the scene's structure; ``scene.fiche_proposee``: a proposed one."""
    for nom in ("fiche", "fiche_proposee"):
        fiche = creer_fiche(
            scene.personnes["direction"], scene.structure, titre="Organiser des visites",
            partenaires=[scene.structure_voisine], bassins=[scene.bassin],
        )  # fmt: skip
        setattr(scene, nom, fiche)
    scene.fiche_proposee.etat = "proposee"
    scene.fiche_proposee.save()
    scene.acteur_porteur = Acteur.objects.get(fiche=scene.fiche_proposee, structure=scene.structure)
    scene.acteur_partenaire = Acteur.objects.get(fiche=scene.fiche, structure=scene.structure_voisine)
