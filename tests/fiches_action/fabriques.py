"""A typical sheet, as a structure would write it, on the scene of the matrix."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from django.test import override_settings

from fiches_action.models import Acteur, Etape, Etat, FicheAction, Indicateur
from fiches_action.operations import creer_fiche
from offres.models import Service
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import Adhesion, Public, Structure
from structures.territoires.models import Pole
from tests.fabriques import avec_second_facteur
from tests.scene import construire_scene

TEXTE = (
    "Chaque année, une quinzaine de jeunes quittent l’établissement avec un projet d’emploi que personne, du côté "
    "de l’emploi, n’a encore regardé. Les six premiers mois après la sortie sont ceux où les parcours s’arrêtent. "
)


def decor() -> SimpleNamespace:
    """The scene, a partner's member, and another pôle's coordination."""
    # Nobody signs in with a password here, and hashing one is slow on purpose.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        scene = construire_scene(("fiches_action",))
    scene.personnes["partenaire"] = Utilisateur.objects.create(
        email="partenaire@scene.test", prenom="Paule", nom="Duval"
    )
    Adhesion.objects.create(
        utilisateur=scene.personnes["partenaire"], structure=scene.structure_voisine, role=Adhesion.Role.DIRECTION
    )
    autre_pole = Pole.objects.create(nom="Un autre pôle")
    autre_pole.communes.add(scene.autre_commune)
    scene.personnes["autre_coordination"] = Utilisateur.objects.create(email="autre@scene.test", prenom="Autre")
    Habilitation.objects.create(
        utilisateur=scene.personnes["autre_coordination"], role="coordination", pole=autre_pole
    )
    avec_second_facteur(scene.personnes["autre_coordination"])
    return scene


def fiche_vide(scene: SimpleNamespace, **champs: Any) -> FicheAction:
    """A draft led by the scene's structure, with the neighbour as partner, nothing else."""
    return creer_fiche(
        scene.personnes["direction"],
        scene.structure,
        titre="Croiser les regards sur le projet des jeunes",
        partenaires=[scene.structure_voisine],
        **champs,
    )


def fiche_remplie(scene: SimpleNamespace, *, paragraphes: int = 2, **champs: Any) -> FicheAction:
    """A draft whose nine fields say what a usual sheet says (two pages)."""
    fiche = fiche_vide(
        scene,
        **{
            "enjeux": TEXTE * paragraphes,
            "objet": "Confirmer, un an avant la sortie, le projet d’emploi de chaque jeune volontaire.",
            "finalite": FicheAction.Finalite.PREPARER,
            "zone": "Évreux et les communes desservies par le bus.",
            "bassins": [scene.bassin],
            "publics": list(Public.objects.all()[:2]),
            "services": list(Service.objects.all()[:2]),
            "volume_prevu": 15,
            "criteres": "Personnes de 16 ans et plus, volontaires.",
            "ressources": TEXTE * paragraphes,
            "partage_information": TEXTE * paragraphes,
            "gouvernance": "Un point de suivi par trimestre entre les référents.",
            **champs,
        },
    )
    Acteur.objects.filter(fiche=fiche).update(contribution="Un conseiller, deux jours par mois.")
    for rang, intitule in enumerate(("Présentation des équipes", "Première série", "Plans d’action", "Bilan")):
        Etape.objects.create(
            fiche=fiche, intitule=intitule, responsable=scene.structure, debut=date(2026, 1 + 2 * rang, 5),
            fin=date(2026, 3 + 2 * rang, 28), ordre=rang,
        )  # fmt: skip
    for rang, (intitule, reference, cible) in enumerate(
        (("Projets validés à deux voix", 8, 15), ("Jeunes en stage", 3, 12), ("Événements partagés", 0, 8))
    ):
        Indicateur.objects.create(
            fiche=fiche, intitule=intitule, reference=reference, reference_le=date(2026, 1, 5), cible=cible,
            cible_le=date(2026, 12, 31), source="IME et Cap emploi", effectif=rang < 2, ordre=rang,
        )  # fmt: skip
    return fiche


def mettre_a(fiche: FicheAction, etat: str) -> FicheAction:
    """The sheet put in a state without walking the workflow (only tests may)."""
    validee = date(2026, 3, 2) if etat not in (Etat.BROUILLON, Etat.PROPOSEE, Etat.A_COMPLETER) else None
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, validee_le=validee)
    return FicheAction.objects.completes().get(pk=fiche.pk)


def tous_confirment(fiche: FicheAction) -> None:
    Acteur.objects.filter(fiche=fiche).update(confirmation=Acteur.Confirmation.CONFIRMEE)


def structure(scene: SimpleNamespace, nom: str) -> Structure:
    return Structure.objects.create(nom=nom, type="esat", commune=scene.commune)
