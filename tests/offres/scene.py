"""What the permission matrix needs of this floor."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from offres import operations
from offres.models import DemandeService, Rapprochement
from tests.offres import fabriques as f


def enrichir(scene: SimpleNamespace) -> None:
    """A campaign, an answer being written with one line, an answer sent, a need and an offer that meet."""
    scene.campagne_offres = f.campagne(scene.pole, nom="Recueil de la scène")
    scene.campagne_preparee = f.campagne(scene.pole, nom="Recueil à venir", en_preparation=True)
    scene.reponse = f.reponse(scene.campagne_offres, scene.structure)
    scene.ligne_offre = operations.ajouter_ligne(
        scene.reponse, "offres", f.service("ateliers-tre"), scene.personnes["direction"]
    )
    scene.reponse_soumise = f.soumise(f.campagne(scene.pole, nom="Recueil précédent"), scene.structure)
    scene.besoin = f.besoin(scene.structure, "plateaux-techniques", volume=12)
    scene.offre = f.offre(scene.autre_structure, "plateaux-techniques", volume=8)
    # Another couple: the one above stays free, for whoever proposes it.
    scene.rapprochement = Rapprochement.objects.create(
        besoin=f.besoin(scene.structure, "ateliers-numerique", volume=4),
        offre=f.offre(scene.autre_structure, "ateliers-numerique", volume=6),
        cote=Rapprochement.Cote.BESOIN,
        auteur=scene.personnes["direction"],
        message="Deux ateliers au printemps, chez vous ou chez nous.",
        volume=4,
        expire_le=timezone.localdate() + timedelta(days=30),
    )
    scene.offre_hors_liste = f.offre(scene.structure, "autre", service_autre="Garage solidaire")
    scene.demande_service = DemandeService.objects.create(
        libelle="Garage solidaire", definition="Prêter un véhicule.", demandee_par=scene.personnes["coordination"]
    )
