"""A service that the list lacks, which a coordination asks the administration to add."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from offres.models.referentiel import Service


class DemandeServiceQuerySet(models.QuerySet["DemandeService"]):
    """Reads of the requests."""

    def en_attente(self) -> Self:
        return self.filter(etat=DemandeService.Etat.DEMANDEE)


class DemandeService(models.Model):
    """One request: its words, the lines it comes from, what the administration answered."""

    class Etat(models.TextChoices):
        DEMANDEE = "demandee", "En attente"
        AJOUTEE = "ajoutee", "Ajouté à la liste"
        ECARTEE = "ecartee", "Non retenu"

    libelle = models.CharField("libellé", max_length=120)
    definition = models.TextField("définition")
    # Lines that take the service once it is in the list: [["offres", 12], ["besoins", 40]].
    lignes = models.JSONField("lignes concernées", default=list, blank=True)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.DEMANDEE)
    demandee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    demandee_le = models.DateTimeField("demandée le", default=timezone.now)
    repondue_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    repondue_le = models.DateTimeField("répondue le", null=True, blank=True)
    motif = models.TextField("motif", blank=True)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = DemandeServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de service"
        verbose_name_plural = "demandes de services"
        ordering: ClassVar = ["-demandee_le", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="demande_service_ajoutee_nommee", condition=~Q(etat="ajoutee") | Q(service__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.libelle
