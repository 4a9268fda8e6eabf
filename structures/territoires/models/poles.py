"""The pôles, their perimeter, and how it changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from structures.territoires.models.lieux import Bassin, Commune, Departement


class PoleQuerySet(models.QuerySet["Pole"]):
    """Reads of the pôles."""

    def couvrant(self, commune: Commune) -> PoleQuerySet:
        """The pôles whose perimeter holds the commune."""
        return self.filter(communes=commune)

    def avec_comptes(self) -> PoleQuerySet:
        """With `nombre_communes` and `habitants` of the perimeter."""
        return self.annotate(nombre_communes=Count("communes"), habitants=Coalesce(Sum("communes__population"), 0))


class Pole(models.Model):
    """A PCTI: a cooperation over a perimeter of communes, started from one or more bassins."""

    nom = models.CharField("nom", max_length=120)
    slug = models.SlugField("identifiant", max_length=120, unique=True)
    departement = models.ForeignKey(
        Departement,
        verbose_name="département",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="poles",
    )
    bassins = models.ManyToManyField(Bassin, verbose_name="bassins de départ", blank=True, related_name="poles")
    communes = models.ManyToManyField(Commune, verbose_name="périmètre", blank=True, related_name="poles")
    cree_le = models.DateTimeField("créé le", auto_now_add=True)
    demonstration = models.BooleanField("démonstration", default=False)

    objects = PoleQuerySet.as_manager()

    class Meta:
        verbose_name = "pôle"
        ordering = ("nom",)

    def __str__(self) -> str:
        return self.nom

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give the pôle its slug the first time."""
        if not self.slug:
            self.slug = slugify(self.nom)
        super().save(*args, **kwargs)


class ModificationPerimetreQuerySet(models.QuerySet["ModificationPerimetre"]):
    """Reads of the changes of perimeter."""

    def pour_historique(self) -> ModificationPerimetreQuerySet:
        """Newest first, with who made them."""
        return self.select_related("par", "annulee_par").order_by("-pk")


class ModificationPerimetre(models.Model):
    """One change of a pôle's perimeter: which communes came in and went out, who, when and why."""

    pole = models.ForeignKey(Pole, on_delete=models.CASCADE, related_name="modifications")
    # Insee codes: the trace must outlive a commune that merges.
    ajoutees = models.JSONField("communes ajoutées", default=list)
    retirees = models.JSONField("communes retirées", default=list)
    motif = models.CharField("motif", max_length=250, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    le = models.DateTimeField("le", auto_now_add=True)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
    annulee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    # On the opposite change that undoing wrote: what it undoes.
    annule = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="annulation")

    objects = ModificationPerimetreQuerySet.as_manager()

    class Meta:
        verbose_name = "modification de périmètre"
        verbose_name_plural = "modifications de périmètre"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.pole} : {len(self.ajoutees)} communes ajoutées, {len(self.retirees)} retirées"
