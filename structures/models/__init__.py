"""Structures of every family, who belongs to them, and how they came here."""

from structures.models.adhesions import Adhesion, AdhesionQuerySet, Invitation, InvitationQuerySet
from structures.models.correspondance import Correspondance
from structures.models.demandes import DemandeAdhesion, DemandeAdhesionQuerySet
from structures.models.fraicheur import LigneRappel, RappelFraicheur
from structures.models.identite import DoublonPropose, DoublonProposeQuerySet, Fusion
from structures.models.journal import Ecart, Identifiant, Import, LigneImport
from structures.models.lots import LigneLot, LotInvitations
from structures.models.mots import Mention, Mot, MotQuerySet
from structures.models.services import ServiceRepertorie, ServiceRepertorieQuerySet
from structures.models.structure import (
    FINESS_VALIDE,
    FRAICHEUR,
    QUALITES,
    RAPPEL,
    Organisme,
    Public,
    PublicQuerySet,
    Structure,
    StructureQuerySet,
)

__all__ = [
    "FINESS_VALIDE",
    "FRAICHEUR",
    "QUALITES",
    "RAPPEL",
    "Adhesion",
    "AdhesionQuerySet",
    "Correspondance",
    "DemandeAdhesion",
    "DemandeAdhesionQuerySet",
    "DoublonPropose",
    "DoublonProposeQuerySet",
    "Ecart",
    "Fusion",
    "Identifiant",
    "Import",
    "Invitation",
    "InvitationQuerySet",
    "LigneImport",
    "LigneLot",
    "LigneRappel",
    "LotInvitations",
    "Mention",
    "Mot",
    "MotQuerySet",
    "Organisme",
    "Public",
    "PublicQuerySet",
    "RappelFraicheur",
    "ServiceRepertorie",
    "ServiceRepertorieQuerySet",
    "Structure",
    "StructureQuerySet",
]
