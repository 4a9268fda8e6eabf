"""Objects of this floor for tests, on the scene of the matrix (``tests/scene.py``)."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from offres.models import Besoin, Campagne, Offre, Reponse, Service
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Structure
from structures.territoires.models import Commune, Pole


def service(slug: str = "plateaux-techniques") -> Service:
    return Service.objects.get(slug=slug)


def structure(nom: str, commune: Commune, type_: str = "ime", **champs: Any) -> Structure:
    return Structure.objects.create(nom=nom, type=type_, commune=commune, **champs)


def membre(structure_: Structure, email: str, role: str = "direction") -> Utilisateur:
    utilisateur = Utilisateur.objects.create(email=email, prenom=email.split("@")[0].capitalize(), nom="Essai")
    Adhesion.objects.create(utilisateur=utilisateur, structure=structure_, role=role)
    return utilisateur


def campagne(pole: Pole, **champs: Any) -> Campagne:
    aujourdhui = timezone.localdate()
    valeurs: dict[str, Any] = {
        "nom": "Recueil d’essai",
        "debut": aujourdhui - timedelta(days=10),
        "fin": aujourdhui + timedelta(days=20),
        **champs,
    }
    return Campagne.objects.create(pole=pole, **valeurs)


def reponse(campagne_: Campagne, structure_: Structure, **champs: Any) -> Reponse:
    return Reponse.objects.create(campagne=campagne_, structure=structure_, **champs)


def soumise(campagne_: Campagne, structure_: Structure, par: Utilisateur | None = None) -> Reponse:
    return reponse(
        campagne_, structure_, etat="soumise", etape=5, participation="oui", soumise_le=timezone.now(), soumise_par=par
    )


def _ligne(modele: Any, structure_: Structure, slug: str, communes: list[Commune], **champs: Any) -> Any:
    valeurs: dict[str, Any] = {"publiee": True, "publiee_le": timezone.now(), **champs}
    choisi = service(slug)
    publics = valeurs.pop("publics", [])
    valeurs.setdefault("unite", choisi.unite_volume)
    ligne = modele.objects.create(structure=structure_, service=choisi, **valeurs)
    ligne.communes.set(communes)
    ligne.publics.set(publics)
    return ligne


def offre(structure_: Structure, slug: str = "plateaux-techniques", **champs: Any) -> Offre:
    """A published offer; « toute la région » unless told otherwise."""
    communes = champs.pop("communes", [])
    champs.setdefault("rayonnement", "region")
    ligne: Offre = _ligne(Offre, structure_, slug, communes, **champs)
    return ligne


def besoin(structure_: Structure, slug: str = "plateaux-techniques", **champs: Any) -> Besoin:
    """A published need."""
    ligne: Besoin = _ligne(Besoin, structure_, slug, champs.pop("communes", []), **champs)
    return ligne


def hier() -> date:
    return timezone.localdate() - timedelta(days=1)
