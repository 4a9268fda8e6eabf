"""One structure, one sheet: the duplicates that are proposed, and the merges that were done."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from structures.models.structure import Structure
from structures.territoires.models import Pole


class DoublonProposeQuerySet(models.QuerySet["DoublonPropose"]):
    """Reads of the pairs."""

    def a_trancher(self) -> DoublonProposeQuerySet:
        """Pairs of open structures that nobody decided about yet."""
        return self.filter(etat=DoublonPropose.Etat.PROPOSE, a__fermee_le__isnull=True, b__fermee_le__isnull=True)

    def des_poles(self, poles: list[int]) -> DoublonProposeQuerySet:
        """Pairs of which one pôle at least, among these, covers both structures."""
        memes = Pole.objects.filter(pk__in=poles, communes=models.OuterRef("a__commune")).filter(
            communes=models.OuterRef("b__commune")
        )
        return self.filter(models.Exists(memes))

    def pour_liste(self) -> DoublonProposeQuerySet:
        """With what the list shows, the surest first."""
        return self.select_related("a__commune", "b__commune").order_by("-score", "pk")


class DoublonPropose(models.Model):
    """Two sheets that may be one structure: proposed by the portal, decided by the coordination."""

    class Etat(models.TextChoices):
        """A pair said distinct is never proposed again."""

        PROPOSE = "propose", "À trancher"
        FUSIONNE = "fusionne", "Fusionnées"
        DISTINCT = "distinct", "Deux structures distinctes"

    # a is the older one of the two: a pair has one row.
    a = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="doublons_a")
    b = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="doublons_b")
    # Keys of `structures.doublons.RAISONS`.
    raisons = models.JSONField("raisons", default=list)
    score = models.PositiveSmallIntegerField("vraisemblance, de 0 à 100")
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.PROPOSE)
    cree_le = models.DateTimeField("proposé le", auto_now_add=True)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="doublons_tranches"
    )
    le = models.DateTimeField("tranché le", null=True, blank=True)
    motif = models.TextField("motif", blank=True)

    objects = DoublonProposeQuerySet.as_manager()

    class Meta:
        verbose_name = "doublon proposé"
        verbose_name_plural = "doublons proposés"
        ordering = ("-score", "pk")
        indexes: ClassVar = [models.Index(fields=["etat", "-score", "id"], name="doublon_a_trancher")]
        constraints: ClassVar = [
            models.UniqueConstraint(name="doublon_une_paire", fields=["a", "b"]),
            models.CheckConstraint(name="doublon_ordre_de_la_paire", condition=Q(a__lt=F("b"))),
            models.CheckConstraint(name="doublon_score_sur_cent", condition=Q(score__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.a} / {self.b}"


class Fusion(models.Model):
    """Two sheets became one: what moved, field by field, so that it can be undone exactly."""

    gardee = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="fusions_recues")
    absorbee = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="fusions")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="fusions")
    le = models.DateTimeField("faite le", auto_now_add=True)
    motif = models.TextField("motif", blank=True)
    # [{"modele", "pk", "champ", "avant", "apres"}…] in the order they were made: undone from the last.
    deplacements = models.JSONField("ce qui a suivi", default=list)
    # {"gardee": {field: [before, after]}, "absorbee": {…}, "mots": […]}
    valeurs = models.JSONField("valeurs retenues", default=dict)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
    annulee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="fusions_annulees"
    )

    class Meta:
        verbose_name = "fusion"
        verbose_name_plural = "fusions"
        ordering = ("-le", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="fusion_une_en_vigueur", fields=["absorbee"], condition=Q(annulee_le__isnull=True)
            ),
            models.CheckConstraint(name="fusion_deux_structures", condition=~Q(gardee=F("absorbee"))),
        ]

    def __str__(self) -> str:
        return f"{self.absorbee} → {self.gardee}"
