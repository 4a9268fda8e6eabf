"""What the matrix needs of this room."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from structures.models import Adhesion, Import, Invitation
from structures.operations import empreinte_du_jeton
from structures.territoires.models import MouvementCommune


def enrichir(scene: SimpleNamespace) -> None:
    """An invitation for « etranger » to join `scene.structure`, and the journal of an import."""
    scene.adhesion_de_membre = Adhesion.objects.get(utilisateur=scene.personnes["membre"], structure=scene.structure)
    scene.jeton_invitation = "jeton-de-la-scene"
    scene.invitation = Invitation.objects.create(
        email=scene.personnes["etranger"].email,
        role=Invitation.Role.MEMBRE,
        structure=scene.structure,
        par=scene.personnes["direction"],
        empreinte=empreinte_du_jeton(scene.jeton_invitation),
        expire_le=timezone.now() + timedelta(days=14),
    )
    scene.journal_import = Import.objects.create(fichier="finess.csv", etat=Import.Etat.TERMINE)
    scene.mouvement = MouvementCommune.objects.create(
        commune=scene.commune,
        de=scene.bassin,
        vers=scene.autre_bassin,
        le=timezone.localdate() + timedelta(days=30),
        motif="Pour la scène",
    )
