"""« Autre service » : what structures wrote beside the list, brought to a service of the list, or added to it."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from offres.models import Besoin, DemandeService, Offre, Service
from offres.models.referentiel import HORS_LISTE
from offres.operations import GENRES, ActionImpossible, Ligne
from offres.relances import personnes_de
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.notifications import notifier
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.territoires.models import Pole


def genre_de(ligne: Ligne) -> str:
    """« offres » or « besoins »."""
    return "offres" if isinstance(ligne, Offre) else "besoins"


def a_classer(personne: Utilisateur, modele: type[Offre] | type[Besoin]) -> Any:
    """The published lines outside the list that this person may bring to a service."""
    lignes: Any = modele._default_manager.all()
    lignes = lignes.publiees().filter(service__slug=HORS_LISTE)
    if not est_administration(personne):
        dedans = Pole.communes.through.objects.filter(pole__in=poles_coordonnes(personne)).values("commune_id")
        lignes = lignes.filter(structure__commune__in=dedans)
    return lignes.select_related("service", "structure__commune").order_by("-publiee_le", "-pk")


def nombre_a_classer(personne: Utilisateur) -> int:
    """How many lines wait (two queries)."""
    return sum(a_classer(personne, modele).count() for modele in GENRES.values())


@transaction.atomic
def classer(ligne: Ligne, service: Service, par: Utilisateur) -> None:
    """Bring a line outside the list to a service of the list; the structure's own words stay beside it.

    Its volume keeps the unit it was told in. Raises ActionImpossible when the line or the service no longer fits.
    """
    if service.hors_liste or not service.actif:
        raise ActionImpossible("Choisissez un service de la liste.")
    modele = type(ligne)
    hors_liste = Service.objects.filter(slug=HORS_LISTE)
    pris = modele._default_manager.filter(pk=ligne.pk, service__in=hors_liste).update(
        service=service, version=F("version") + 1, modifie_le=timezone.now(), modifie_par=par
    )
    if not pris:
        raise ActionImpossible("Cette ligne a déjà été rattachée à un service.")
    # A copy being corrected in a reopened answer would bring « autre » back.
    modele._default_manager.filter(remplace=ligne.pk, service__in=hors_liste).update(service=service)
    ligne.refresh_from_db()
    _prevenir_la_structure(ligne, par)


def _prevenir_la_structure(ligne: Ligne, par: Utilisateur) -> None:
    """Whoever wrote « autre service » is told under which service partners find it now."""
    besoin = genre_de(ligne) == "besoins"
    page = reverse("offres:besoin" if besoin else "offres:offre", args=[ligne.pk])
    for personne in personnes_de([ligne.structure_id]).get(ligne.structure_id, []):
        notifier(
            personne,
            "offres-service-rattache",
            "offres_service_rattache",
            {"ligne": ligne, "besoin": besoin, "lien": settings.PCTI_URL + page, "par": par},
            objet=f"offres.{'besoin' if besoin else 'offre'}:{ligne.pk}",
            repondre_a=par.email,
        )


@transaction.atomic
def demander(ligne: Ligne, libelle: str, definition: str, par: Utilisateur) -> DemandeService:
    """Ask the administration to add a service; a line asks once. Raises ActionImpossible."""
    cle = [genre_de(ligne), ligne.pk]
    # One at a time: two coordinations may cover the same structure.
    ouvertes = list(DemandeService.objects.en_attente().select_for_update())
    if any(cle in demande.lignes for demande in ouvertes):
        raise ActionImpossible("Un ajout est déjà demandé pour cette ligne.")
    demande = DemandeService.objects.create(libelle=libelle, definition=definition, lignes=[cle], demandee_par=par)
    droits = Habilitation.objects.actives().filter(role=Habilitation.Role.ADMINISTRATION, utilisateur__is_active=True)
    for droit in droits.select_related("utilisateur"):
        notifier(
            droit.utilisateur,
            "offres-services",
            "offres_service_demande",
            {"demande": demande, "lien": settings.PCTI_URL + reverse("offres:autres_services")},
            objet=f"offres.demandeservice:{demande.pk}",
            repondre_a=par.email,
        )
    return demande


def _slug(libelle: str) -> str:
    """An identifier that no service has."""
    base = slugify(libelle)[:50] or "service"
    slug, rang = base, 2
    while Service.objects.filter(slug=slug).exists():
        slug, rang = f"{base}-{rang}", rang + 1
    return slug


@transaction.atomic
def ajouter(demande: DemandeService, libelle: str, definition: str, unite: str, par: Utilisateur) -> Service:
    """Add the service to the list and bring the lines that asked for it. Raises ActionImpossible when answered."""
    _reclamer(demande, par)
    service = Service.objects.create(
        slug=_slug(libelle), libelle=libelle, definition=definition, unite_volume=unite, optionnel=True, ordre=90
    )
    DemandeService.objects.filter(pk=demande.pk).update(etat=DemandeService.Etat.AJOUTEE, service=service)
    for genre, pk in demande.lignes:
        ligne: Any = GENRES[genre]._default_manager.filter(pk=pk, service__slug=HORS_LISTE).first()
        if ligne is not None:
            classer(ligne, service, par)
    demande.refresh_from_db()
    _repondre(demande)
    return service


@transaction.atomic
def ecarter(demande: DemandeService, motif: str, par: Utilisateur) -> None:
    """Don't add it, and say why. Raises ActionImpossible without a reason or when answered."""
    if not motif.strip():
        raise ActionImpossible("Dites pourquoi ce service n’est pas ajouté.")
    _reclamer(demande, par)
    DemandeService.objects.filter(pk=demande.pk).update(etat=DemandeService.Etat.ECARTEE, motif=motif.strip())
    demande.refresh_from_db()
    _repondre(demande)


def _reclamer(demande: DemandeService, par: Utilisateur) -> None:
    """Two administrators answer at once: the second one is told."""
    verrouillee = DemandeService.objects.select_for_update().get(pk=demande.pk)
    if verrouillee.etat != DemandeService.Etat.DEMANDEE:
        raise ActionImpossible("Cette demande a déjà reçu une réponse.")
    DemandeService.objects.filter(pk=demande.pk).update(repondue_par=par, repondue_le=timezone.now())


def _repondre(demande: DemandeService) -> None:
    notifier(
        demande.demandee_par,
        "offres-services",
        "offres_service_reponse",
        {"demande": demande, "lien": settings.PCTI_URL + reverse("offres:autres_services")},
        objet=f"offres.demandeservice:{demande.pk}",
    )
