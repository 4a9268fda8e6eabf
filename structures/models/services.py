"""Services that national directories already describe, beside what a structure offers in the portal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from structures.models.structure import Structure


class ServiceRepertorieQuerySet(models.QuerySet["ServiceRepertorie"]):
    """Reads of the services."""

    def proposes(self) -> ServiceRepertorieQuerySet:
        """The services that their directory still holds."""
        return self.filter(disparu_le__isnull=True)


class ServiceRepertorie(models.Model):
    """A service of data·inclusion: codes are those of its schema, kept as they come.

    It is not an offer: nobody of the structure wrote it here, and it feeds no matching.
    """

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="services_repertories")
    # Identifier in data·inclusion, unique in the whole of it (« dora--… »).
    cle = models.CharField("identifiant", max_length=200, unique=True)
    source = models.CharField("producteur", max_length=60)
    nom = models.CharField("nom", max_length=150)
    description = models.TextField("description", blank=True)
    type = models.CharField("type", max_length=40, blank=True)
    thematiques = models.JSONField("thématiques", default=list, blank=True)
    publics = models.JSONField("publics", default=list, blank=True)
    modes_accueil = models.JSONField("modes d’accueil", default=list, blank=True)
    zone_eligibilite = models.JSONField("zone d’éligibilité", default=list, blank=True)
    frais = models.CharField("frais", max_length=20, blank=True)
    modes_mobilisation = models.JSONField("modes de mobilisation", default=list, blank=True)
    mobilisable_par = models.JSONField("mobilisable par", default=list, blank=True)
    lien = models.URLField("lien", max_length=500, blank=True)
    date_maj = models.DateField("mis à jour par son producteur le")
    disparu_le = models.DateField("absent de sa source depuis le", null=True, blank=True)

    objects = ServiceRepertorieQuerySet.as_manager()

    class Meta:
        verbose_name = "service répertorié"
        verbose_name_plural = "services répertoriés"
        ordering = ("nom", "pk")
        indexes: ClassVar = [models.Index(fields=["structure", "disparu_le"], name="service_rep_structure")]

    def __str__(self) -> str:
        return self.nom
