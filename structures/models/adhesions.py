"""Who belongs to a structure, and who is invited to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from structures.models.structure import Structure
from structures.territoires.models import Pole


class AdhesionQuerySet(models.QuerySet["Adhesion"]):
    """Reads of the memberships."""

    def actives(self) -> AdhesionQuerySet:
        """Memberships that are not ended."""
        return self.filter(fin__isnull=True)


class Adhesion(models.Model):
    """A person belongs to a structure. Ended, never deleted."""

    class Role(models.TextChoices):
        """What the person may do for the structure."""

        DIRECTION = "direction", "Direction"
        MEMBRE = "membre", "Membre de l’équipe"

    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adhesions")
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="adhesions")
    role = models.CharField("rôle", max_length=12, choices=Role.choices, default=Role.MEMBRE)
    debut = models.DateTimeField("depuis le", default=timezone.now)
    fin = models.DateTimeField("jusqu’au", null=True, blank=True)

    objects = AdhesionQuerySet.as_manager()

    class Meta:
        verbose_name = "adhésion"
        verbose_name_plural = "adhésions"
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="adhesion_une_active",
                fields=["utilisateur", "structure"],
                condition=Q(fin__isnull=True),
            ),
            models.CheckConstraint(name="adhesion_role_connu", condition=Q(role__in=["direction", "membre"])),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} : {self.structure}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of the invitations."""

    def en_attente(self) -> InvitationQuerySet:
        """Invitations that can still be accepted."""
        return self.filter(etat=Invitation.Etat.ENVOYEE, expire_le__gt=timezone.now())


class Invitation(models.Model):
    """Somebody is asked by e-mail to join a structure, or to hold a right of the portal."""

    class Etat(models.TextChoices):
        """Expired is not stored: it is computed from `expire_le`."""

        ENVOYEE = "envoyee", "Envoyée"
        ACCEPTEE = "acceptee", "Acceptée"
        ANNULEE = "annulee", "Annulée"

    class Role(models.TextChoices):
        """The membership or the right that accepting gives."""

        DIRECTION = "direction", "Direction de la structure"
        MEMBRE = "membre", "Membre de l’équipe"
        COORDINATION = "coordination", "Coordination d’un pôle"
        PILOTAGE = "pilotage", "Pilotage régional (PRITH)"
        ADMINISTRATION = "administration", "Administration du portail"

    email = models.EmailField("adresse électronique")
    role = models.CharField("rôle", max_length=16, choices=Role.choices)
    structure = models.ForeignKey(
        Structure, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations"
    )
    pole = models.ForeignKey(Pole, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    # SHA-256 of the secret of the link: the secret itself is only in the e-mail.
    empreinte = models.CharField(max_length=64, unique=True, editable=False)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.ENVOYEE)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="invitations_envoyees"
    )
    cree_le = models.DateTimeField("envoyée le", auto_now_add=True)
    expire_le = models.DateTimeField("valable jusqu’au")
    acceptee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invitations_acceptees",
    )
    acceptee_le = models.DateTimeField("acceptée le", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ("-cree_le", "-pk")
        indexes: ClassVar = [models.Index(fields=["email", "etat"], name="invitation_email_etat")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="invitation_objet_du_role",
                condition=Q(role__in=["direction", "membre"], structure__isnull=False, pole__isnull=True)
                | Q(role="coordination", structure__isnull=True, pole__isnull=False)
                | Q(role__in=["pilotage", "administration"], structure__isnull=True, pole__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} : {self.get_role_display()}"

    @property
    def objet(self) -> str:
        """What one is invited to: a structure, a pôle, or the portal."""
        return str(self.structure or self.pole or "le portail")

    @property
    def expiree(self) -> bool:
        """Sent, never accepted, and its fourteen days are over."""
        return self.etat == self.Etat.ENVOYEE and self.expire_le <= timezone.now()

    @property
    def ouverte(self) -> bool:
        """Whether it can still be accepted."""
        return self.etat == self.Etat.ENVOYEE and not self.expiree
