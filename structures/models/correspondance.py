"""What the columns of a list mean: said once by a person, proposed again for the next file."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from structures.referentiel import choix_types


class Correspondance(models.Model):
    """How one list is read: its columns, its types, whether it is complete.

    `liste` also names the list in `Identifiant`: the same line is found again in next year's file.
    """

    liste = models.CharField("nom de la liste", max_length=120)
    format = models.CharField("format", max_length=10)
    empreinte = models.CharField("empreinte des en-têtes", max_length=64, db_index=True)
    entetes = models.JSONField("en-têtes", default=list)
    feuille = models.CharField("feuille", max_length=120, blank=True)
    # 0: found by itself.
    ligne_entete = models.PositiveIntegerField("ligne des en-têtes", default=0)
    # {unique header: field of structures.imports.tableur.champs}
    colonnes = models.JSONField("colonnes", default=dict)
    # {normalised value: [value as written, type, or "" when it is out of scope]}
    types = models.JSONField("types", default=dict, blank=True)
    type_constant = models.CharField("type de toutes les structures", max_length=30, blank=True, choices=choix_types)
    complete = models.BooleanField("liste complète", default=False)
    origine = models.CharField("d’où vient cette liste", max_length=200, blank=True)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="correspondances"
    )
    cree_le = models.DateTimeField("créée le", auto_now_add=True)
    modifie_le = models.DateTimeField("modifiée le", auto_now=True)

    class Meta:
        verbose_name = "correspondance de colonnes"
        verbose_name_plural = "correspondances de colonnes"
        ordering = ("liste", "pk")
        constraints: ClassVar = [models.UniqueConstraint(Lower("liste"), name="correspondance_liste_unique")]

    def __str__(self) -> str:
        return self.liste
