"""What the matrix needs of this room."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from socle.fichiers import ecrire_atomique
from socle.models import Travail
from structures.adhesions.invitations import empreinte_du_jeton
from structures.annuaire import travaux
from structures.imports import depot
from structures.models import (
    Adhesion,
    Correspondance,
    DemandeAdhesion,
    DoublonPropose,
    Fusion,
    Import,
    Invitation,
    LigneLot,
    LotInvitations,
    Structure,
)
from structures.territoires.models import MouvementCommune


def enrichir(scene: SimpleNamespace) -> None:
    """An invitation for « etranger » to join `scene.structure`, and the journal of an import."""
    scene.adhesion_de_membre = Adhesion.objects.get(utilisateur=scene.personnes["membre"], structure=scene.structure)
    Structure.objects.filter(pk=scene.structure.pk).update(
        contact_nom="Membre Scène", contact_personne=scene.personnes["membre"]
    )
    scene.export_annuaire = Travail.objects.create(
        genre=travaux.GENRE,
        intitule="Exporter l’annuaire",
        parametres={"requete": "", "colonnes": [], "format": "csv"},
        demandeur=scene.personnes["direction"],
    )
    ecrire_atomique(travaux.fichier(scene.export_annuaire), b"Nom\r\n")
    scene.jeton_invitation = "jeton-de-la-scene"
    scene.invitation = Invitation.objects.create(
        email=scene.personnes["etranger"].email,
        role=Invitation.Role.MEMBRE,
        structure=scene.structure,
        par=scene.personnes["direction"],
        empreinte=empreinte_du_jeton(scene.jeton_invitation),
        expire_le=timezone.now() + timedelta(days=14),
    )
    scene.demande = DemandeAdhesion.objects.create(
        structure=scene.structure,
        utilisateur=scene.personnes["etranger"],
        email=scene.personnes["etranger"].email,
        nom="Étranger Scène",
        role=Adhesion.Role.MEMBRE,
        fonction="Conseiller",
    )
    scene.jeton_demande = "jeton-de-la-demande"
    scene.demande_a_confirmer = DemandeAdhesion.objects.create(
        structure=scene.structure,
        email="nouvelle@scene.test",
        nom="Nouvelle Personne",
        role=Adhesion.Role.MEMBRE,
        fonction="Secrétaire",
        etat=DemandeAdhesion.Etat.A_CONFIRMER,
        empreinte=empreinte_du_jeton(scene.jeton_demande),
    )
    # Nobody directs it: the coordination of its pôle answers.
    Adhesion.objects.create(
        utilisateur=scene.personnes["direction"],
        structure=scene.structure_voisine,
        role=Adhesion.Role.DIRECTION,
        fin=timezone.now(),
    )
    scene.demande_sans_direction = DemandeAdhesion.objects.create(
        structure=scene.structure_voisine,
        utilisateur=scene.personnes["etranger"],
        email=scene.personnes["etranger"].email,
        nom="Étranger Scène",
        role=Adhesion.Role.DIRECTION,
        fonction="Directrice",
    )
    scene.lot = LotInvitations.objects.create(titre="Liste de la scène", par=scene.personnes["coordination"])
    LigneLot.objects.create(
        lot=scene.lot, numero=1, email="liste@scene.test", structure=scene.structure, etat=LigneLot.Etat.PRETE
    )
    scene.journal_import = Import.objects.create(fichier="finess.csv", etat=Import.Etat.TERMINE)
    scene.tableau_depose = Import.objects.create(
        fichier="ea.csv",
        genre="tableur",
        etat=Import.Etat.A_PREPARER,
        essai=True,
        conserve=True,
        empreinte=depot.deposer([b"nom;ville;code postal;type\nEA du Pr\xe9;Caen;14000;EA\n"]),
    )
    scene.correspondance = Correspondance.objects.create(liste="EA", colonnes={"nom": "nom"}, entetes=["nom", "ville"])
    scene.mouvement = MouvementCommune.objects.create(
        commune=scene.commune,
        de=scene.bassin,
        vers=scene.autre_bassin,
        le=timezone.localdate() + timedelta(days=30),
        motif="Pour la scène",
    )
    scene.doublon = DoublonPropose.objects.create(
        a=scene.structure, b=scene.structure_voisine, raisons=["lieu"], score=40
    )
    # Undone already: the scene stays as the other rooms know it.
    scene.fusion = Fusion.objects.create(
        gardee=scene.structure, absorbee=scene.structure_voisine, annulee_le=timezone.now()
    )
