"""Somebody asks to join a structure: signed in, or with an address that a link has proven."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from structures.models.adhesions import Adhesion
from structures.models.structure import Structure


class DemandeAdhesionQuerySet(models.QuerySet["DemandeAdhesion"]):
    """Reads of the requests."""

    def en_attente(self) -> DemandeAdhesionQuerySet:
        """Requests that somebody has to answer."""
        return self.filter(etat=DemandeAdhesion.Etat.EN_ATTENTE)


class DemandeAdhesion(models.Model):
    """A request to join. Without an account, nobody is disturbed before the address is proven."""

    class Etat(models.TextChoices):
        """The life of a request."""

        A_CONFIRMER = "a_confirmer", "Adresse à confirmer"
        EN_ATTENTE = "en_attente", "En attente de réponse"
        ACCEPTEE = "acceptee", "Acceptée"
        REFUSEE = "refusee", "Refusée"
        RETIREE = "retiree", "Retirée"

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="demandes")
    # None: somebody without an account, who will be invited.
    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="demandes_adhesion",
    )
    email = models.EmailField("adresse électronique")
    nom = models.CharField("prénom et nom", max_length=120)
    role = models.CharField("rôle demandé", max_length=12, choices=Adhesion.Role.choices)
    fonction = models.CharField("fonction", max_length=120)
    message = models.TextField("message", max_length=500, blank=True)
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.EN_ATTENTE)
    # SHA-256 of the secret that proves the address.
    empreinte = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    cree_le = models.DateTimeField("faite le", default=timezone.now)
    reponse = models.TextField("mot de réponse", max_length=500, blank=True)
    repondue_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="demandes_repondues"
    )
    repondue_le = models.DateTimeField("répondue le", null=True, blank=True)

    objects = DemandeAdhesionQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d’adhésion"
        verbose_name_plural = "demandes d’adhésion"
        ordering = ("cree_le", "pk")
        indexes: ClassVar = [models.Index(fields=["structure", "etat"], name="demande_structure_etat")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="demande_une_en_cours",
                fields=["email", "structure"],
                condition=Q(etat__in=["a_confirmer", "en_attente"]),
            ),
            models.CheckConstraint(name="demande_role_connu", condition=Q(role__in=["direction", "membre"])),
            models.CheckConstraint(
                name="demande_confirmable",
                condition=~Q(etat="a_confirmer") | Q(utilisateur__isnull=True, empreinte__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom} : {self.structure}"

    @property
    def ton(self) -> str:
        """Tone of its state (`composants/etat.html`)."""
        return {"en_attente": "info", "acceptee": "succes", "refusee": "erreur"}.get(self.etat, "neutre")
