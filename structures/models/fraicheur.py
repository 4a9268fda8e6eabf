"""Reminders that keep the sheets true: who was asked to confirm which sheet, when, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from structures.models.structure import Structure

# Between two reminders, for a person as for a sheet.
PAUSE = timedelta(days=30)
# Reminders without an answer, after which the coordination is told.
RAPPELS_MAX = 3


class RappelFraicheur(models.Model):
    """One e-mail that asks one person to look at one or several sheets.

    Open for thirty days (`clos_le` null): the constraint keeps the portal from writing twice to
    the same person meanwhile, whatever runs at the same time.
    """

    destinataire = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rappels_fraicheur"
    )
    envoye_le = models.DateTimeField("envoyé le", default=timezone.now)
    courriel = models.ForeignKey("socle.Courriel", null=True, on_delete=models.SET_NULL, related_name="+")
    # Whom of the coordination asked for it; null: the schedule.
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="relances_demandees"
    )
    clos_le = models.DateTimeField("clos le", null=True, blank=True)

    class Meta:
        verbose_name = "rappel de fraîcheur"
        verbose_name_plural = "rappels de fraîcheur"
        ordering = ("-envoye_le", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="rappel_un_a_la_fois", fields=["destinataire"], condition=Q(clos_le__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"Rappel à {self.destinataire} ({self.envoye_le:%d/%m/%Y})"


class LigneRappelQuerySet(models.QuerySet["LigneRappel"]):
    """Reads of the sheets that people were reminded of."""

    def en_cours(self) -> LigneRappelQuerySet:
        """Those that still await an answer."""
        return self.filter(close_le__isnull=True)

    def du_cycle(self) -> LigneRappelQuerySet:
        """Those sent since the sheet was last confirmed (or created)."""
        depuis = Coalesce(F("structure__confirme_le"), F("structure__cree_le"))
        return self.filter(rappel__envoye_le__gt=depuis)


class LigneRappel(models.Model):
    """One sheet of a reminder."""

    rappel = models.ForeignKey(RappelFraicheur, on_delete=models.CASCADE, related_name="lignes")
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="rappels")
    # First, second, third since the last confirmation.
    numero = models.PositiveSmallIntegerField("numéro", default=1)
    close_le = models.DateTimeField("close le", null=True, blank=True)
    confirmee = models.BooleanField("la fiche a été confirmée", default=False)

    objects = LigneRappelQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche rappelée"
        verbose_name_plural = "fiches rappelées"
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="rappel_une_fiche_une_fois", fields=["structure"], condition=Q(close_le__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.structure} : rappel {self.numero}"
