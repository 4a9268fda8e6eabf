"""Load the demonstration, or load it afresh. Refuses a database that holds real data."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from fiches_action.conventions.models import Convention
from fiches_action.models import FicheAction
from offres.models import Besoin, Campagne, DemandeService, Offre, Rapprochement, Reponse, Service
from pcti.demo.comptes_fictifs import APPARTENANCES, creer_comptes, creer_poles, rattacher
from pcti.demo.conventions_fictives import creer_conventions
from pcti.demo.cooperations_fictives import creer_cooperations
from pcti.demo.fiches_fictives import creer_fiches
from pcti.demo.models import MessageRecu
from pcti.demo.reponses_fictives import creer_reponses
from pcti.demo.structures_fictives import PUBLICS, batir
from socle.models import Courriel, Travail
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import (
    Adhesion,
    Correspondance,
    Fusion,
    Import,
    Invitation,
    LotInvitations,
    Public,
    RappelFraicheur,
    Structure,
)
from structures.territoires import mouvements
from structures.territoires.models import ModificationPerimetre, Pole

Dire = Callable[[str], None]


class DonneesReelles(Exception):
    """The database holds real structures or accounts: the demonstration stays away."""


def est_chargee() -> bool:
    return Utilisateur.objects.filter(demonstration=True).exists()


def contient_donnees_reelles() -> bool:
    """Whether something in this database is not the demonstration's."""
    return Structure.objects.filter(fictive=False).exists() or Utilisateur.objects.filter(demonstration=False).exists()


def charger(dire: Dire) -> None:
    """Load everything. Raises DonneesReelles; nothing is half-written: one transaction, a few seconds."""
    if contient_donnees_reelles():
        raise DonneesReelles
    with transaction.atomic():
        structures = creer_structures()
        dire(f"{len(structures)} structures fictives")
        poles = creer_poles()
        comptes = creer_comptes(poles)
        rattacher(comptes)
        dire(f"{len(comptes)} comptes, {len(poles)} pôles")
        coordination = {"27": comptes["coordination.eure"], "50": comptes["coordination.manche"]}
        reponses, offres, besoins = creer_reponses(poles, coordination)
        dire(f"{reponses} questionnaires, {offres} offres, {besoins} besoins")
        fiches = creer_fiches(coordination, comptes["administration"])
        dire(f"{len(fiches)} fiches-action")
        conventions = creer_conventions(fiches)
        dire(f"{len(conventions)} conventions, dont une scellée")
        dire(f"{creer_cooperations(fiches)} coopérations, des propositions aux conventions signées")


@transaction.atomic
def effacer() -> None:
    """Remove the demonstration, territories and nomenclatures excepted. Raises DonneesReelles."""
    if contient_donnees_reelles():
        raise DonneesReelles
    Convention.objects.effacer_demonstration()
    FicheAction.objects.effacer_demonstration()
    mouvements.effacer()
    _vider(Rapprochement, Offre, Besoin, Reponse, Campagne, Invitation, Adhesion, Import, Fusion)
    ajoutes = list(DemandeService.objects.filter(service__isnull=False).values_list("service", flat=True))
    _vider(DemandeService, LotInvitations, Correspondance, RappelFraicheur)
    # What a visitor added to the list of services, once nothing uses it any more.
    Service.objects.filter(pk__in=ajoutes).delete()
    # They point to each other: the database protects what is pointed to.
    ModificationPerimetre.objects.update(annule=None)
    Structure.objects.update(fusionnee_dans=None, site_principal=None)
    Structure.objects.all().delete()
    Structure.history.all().delete()
    _vider(Courriel, Travail, MessageRecu, Session, Habilitation, Pole, Utilisateur)


def _vider(*modeles: type[Model]) -> None:
    for modele in modeles:
        modele._base_manager.all().delete()


def creer_structures() -> list[Structure]:
    structures = batir()
    for structure in structures:
        structure.preparer()
    structures = Structure.objects.bulk_create(structures, batch_size=500)
    publics = {public.slug: public.pk for public in Public.objects.all()}
    lien = Structure.publics.through
    lien.objects.bulk_create(
        [
            lien(structure_id=structure.pk, public_id=publics[slug])
            for structure in structures
            for slug in PUBLICS.get(structure.type, ())
        ],
        batch_size=500,
    )
    dater(structures)
    return structures


def dater(structures: list[Structure]) -> None:
    """Some sheets were confirmed lately, some have been left alone: the coordination has sheets to verify."""
    maintenant = timezone.now()
    tenues = {commune for _, commune, _ in APPARTENANCES.values()}
    for rang, structure in enumerate(structures):
        if rang % 3 == 0:
            structure.confirme_le = maintenant - timedelta(days=5 + rang % 150)
            structure.confirme_en = Adhesion.Role.DIRECTION
        elif rang % 8 == 1 and structure.commune_id not in tenues:
            structure.cree_le = maintenant - timedelta(days=190 + rang)
    Structure.objects.bulk_update(structures, ["confirme_le", "confirme_en", "cree_le"], batch_size=200)
