"""Many people invited at once: a list of the coordination, line by line, with what became of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from structures.models.adhesions import Adhesion, Invitation
from structures.models.structure import Structure


class LotInvitations(models.Model):
    """One list: prepared (looked at, corrected), then sent by a job."""

    class Etat(models.TextChoices):
        """The life of a list."""

        PREPARATION = "preparation", "À vérifier"
        ENVOI = "envoi", "Envoi en cours"
        TERMINE = "termine", "Envoyé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    titre = models.CharField("titre", max_length=200)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="lots_invitations")
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.PREPARATION)
    cree_le = models.DateTimeField("préparé le", auto_now_add=True)
    termine_le = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "invitations en nombre"
        verbose_name_plural = "invitations en nombre"
        ordering = ("-cree_le",)

    def __str__(self) -> str:
        return self.titre


class LigneLot(models.Model):
    """One line of the list: what was written, what it was understood as, what became of it."""

    class Etat(models.TextChoices):
        """What a line is worth; only « prete » is sent."""

        PRETE = "prete", "Prête"
        AMBIGUE = "ambigue", "À choisir"
        INCONNUE = "inconnue", "Structure inconnue"
        MALFORMEE = "malformee", "À corriger"
        DOUBLON = "doublon", "En double"
        DEJA_MEMBRE = "deja_membre", "Déjà membre"
        DEJA_INVITEE = "deja_invitee", "Déjà invitée"
        HORS_PERIMETRE = "hors_perimetre", "Hors de votre pôle"
        ECARTEE = "ecartee", "Écartée"
        ENVOYEE = "envoyee", "Invitée"
        REFUSEE = "refusee", "Non envoyée"

    lot = models.ForeignKey(LotInvitations, on_delete=models.CASCADE, related_name="lignes")
    numero = models.PositiveIntegerField("ligne")
    email = models.CharField("adresse électronique", max_length=254, blank=True)
    nom = models.CharField("nom", max_length=120, blank=True)
    role = models.CharField("rôle", max_length=12, choices=Adhesion.Role.choices, default=Adhesion.Role.MEMBRE)
    # The cells that name the structure, as they were written.
    texte = models.CharField("structure écrite", max_length=300, blank=True)
    structure = models.ForeignKey(Structure, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    candidates = models.JSONField("structures possibles", default=list, blank=True)
    etat = models.CharField("état", max_length=16, choices=Etat.choices)
    raison = models.CharField("raison", max_length=300, blank=True)
    invitation = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.SET_NULL, related_name="lignes")

    class Meta:
        verbose_name = "ligne d’invitations en nombre"
        verbose_name_plural = "lignes d’invitations en nombre"
        ordering = ("numero",)
        constraints: ClassVar = [models.UniqueConstraint(name="ligne_lot_numero", fields=["lot", "numero"])]
        indexes: ClassVar = [models.Index(fields=["lot", "etat", "numero"], name="ligne_lot_etat")]

    def __str__(self) -> str:
        return f"{self.numero} : {self.email}"
