"""Structures of every family, who belongs to them, and how they came here."""

from structures.models.adhesions import Adhesion, AdhesionQuerySet, Invitation, InvitationQuerySet
from structures.models.identite import DoublonPropose, DoublonProposeQuerySet, Fusion
from structures.models.journal import Import
from structures.models.structure import (
    FINESS_VALIDE,
    FRAICHEUR,
    Organisme,
    Public,
    PublicQuerySet,
    Structure,
    StructureQuerySet,
)

__all__ = [
    "FINESS_VALIDE",
    "FRAICHEUR",
    "Adhesion",
    "AdhesionQuerySet",
    "DoublonPropose",
    "DoublonProposeQuerySet",
    "Fusion",
    "Import",
    "Invitation",
    "InvitationQuerySet",
    "Organisme",
    "Public",
    "PublicQuerySet",
    "Structure",
    "StructureQuerySet",
]
