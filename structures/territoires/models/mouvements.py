"""Moves of communes from a bassin to another, decided here: dated, explained, kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from structures.territoires.models.lieux import Bassin, Commune


class MouvementCommuneQuerySet(models.QuerySet["MouvementCommune"]):
    """Reads of the decisions."""

    def a_venir(self) -> MouvementCommuneQuerySet:
        """Decided, not yet applied, not cancelled."""
        return self.filter(applique_le__isnull=True, annule_le__isnull=True)

    def passes(self) -> MouvementCommuneQuerySet:
        """Applied or cancelled: nothing more will come of them."""
        return self.exclude(applique_le__isnull=True, annule_le__isnull=True)

    def appliques(self) -> MouvementCommuneQuerySet:
        """Those that moved their commune."""
        return self.filter(applique_le__isnull=False)

    def pour_liste(self) -> MouvementCommuneQuerySet:
        """With all that a list shows, in one query."""
        return self.select_related("commune__departement", "de", "vers", "par", "annule_par")

    def en_vigueur(self) -> dict[str, str]:
        """Commune → bassin of its last applied move."""
        return dict(self.appliques().order_by("le", "pk").values_list("commune_id", "vers_id"))


class MouvementCommune(models.Model):
    """A decision: from a date on, a commune belongs to another bassin, for a reason.

    It outlives every reload of the composition: the last one applied says where the commune is.
    """

    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="mouvements")
    de = models.ForeignKey(Bassin, null=True, blank=True, on_delete=models.PROTECT, related_name="departs")
    vers = models.ForeignKey(Bassin, on_delete=models.PROTECT, related_name="arrivees")
    le = models.DateField("à compter du")
    motif = models.TextField("motif")
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decide_le = models.DateTimeField("décidé le", auto_now_add=True)
    applique_le = models.DateTimeField("appliqué le", null=True, blank=True)
    annule_le = models.DateTimeField("annulé le", null=True, blank=True)
    annule_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MouvementCommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "mouvement de commune"
        verbose_name_plural = "mouvements de communes"
        ordering = ("-le", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="mouvement_un_par_jour", fields=("commune", "le"), condition=Q(annule_le__isnull=True)
            ),
            models.CheckConstraint(
                name="mouvement_applique_ou_annule", condition=Q(applique_le__isnull=True) | Q(annule_le__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.commune} : {self.de or 'hors bassin'} → {self.vers}"

    @property
    def etat(self) -> str:
        """« appliqué », « annulé » or « à venir »."""
        return "appliqué" if self.applique_le else "annulé" if self.annule_le else "à venir"
