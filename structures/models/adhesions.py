"""Who belongs to a structure, and who is invited to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from socle.models import Courriel
from structures.models.structure import Structure
from structures.territoires.models import Pole


class AdhesionQuerySet(models.QuerySet["Adhesion"]):
    """Reads of the memberships."""

    def actives(self) -> AdhesionQuerySet:
        """Memberships that are not ended."""
        return self.filter(fin__isnull=True)

    def directions(self) -> AdhesionQuerySet:
        """Active memberships of those who direct and can still sign in."""
        return self.actives().filter(role=Adhesion.Role.DIRECTION, utilisateur__is_active=True)


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
    # Who invited or approved, and who ended it (the person themself when they left).
    donnee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="adhesions_donnees"
    )
    terminee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="adhesions_terminees"
    )

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
        """Invitations that can still be accepted: sent, not expired, to a structure that has not closed."""
        return self.filter(
            etat=Invitation.Etat.ENVOYEE, expire_le__gt=timezone.now(), structure__fermee_le__isnull=True
        )

    def a_suivre(self) -> InvitationQuerySet:
        """What a team's page shows: pending, expired, or cancelled for want of the right of who sent it."""
        return self.filter(
            Q(etat=Invitation.Etat.ENVOYEE) | Q(etat=Invitation.Etat.ANNULEE, motif=Invitation.Motif.DROIT_PERDU)
        ).select_related("par", "courriel", "pole", "structure")

    def closes(self) -> InvitationQuerySet:
        """Accepted, or withdrawn for good."""
        return self.filter(
            Q(etat=Invitation.Etat.ACCEPTEE) | Q(etat=Invitation.Etat.ANNULEE) & ~Q(motif=Invitation.Motif.DROIT_PERDU)
        ).select_related("par", "courriel", "acceptee_par")


class Invitation(models.Model):
    """Somebody is asked by e-mail to join a structure, or to hold a right of the portal."""

    class Etat(models.TextChoices):
        """Expired is not stored: it is computed from `expire_le`."""

        ENVOYEE = "envoyee", "Envoyée"
        ACCEPTEE = "acceptee", "Acceptée"
        ANNULEE = "annulee", "Annulée"

    class Motif(models.TextChoices):
        """Why it was cancelled."""

        RETIREE = "retiree", "retirée"
        REMPLACEE = "remplacee", "remplacée par une autre"
        DROIT_PERDU = "droit_perdu", "la personne qui invitait n’en a plus le droit"

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
    # A re-sending changes the secret (the former link dies), not the row.
    envois = models.PositiveSmallIntegerField("nombre d’envois", default=1)
    envoyee_le = models.DateTimeField("dernier envoi", default=timezone.now)
    courriel = models.ForeignKey(
        Courriel, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    # Name given by who invites, to greet; the person writes their own.
    nom = models.CharField("nom de la personne invitée", max_length=120, blank=True)
    motif = models.CharField("motif de l’annulation", max_length=12, choices=Motif.choices, blank=True)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
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
            models.UniqueConstraint(
                name="invitation_une_par_structure",
                fields=["email", "structure"],
                condition=Q(etat="envoyee", structure__isnull=False),
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
        return self.etat == self.Etat.ENVOYEE and not self.expiree and not self.sans_objet

    @property
    def sans_objet(self) -> bool:
        """Its structure has closed since: nobody joins it any more."""
        return self.structure is not None and self.structure.fermee_le is not None

    @property
    def suivi(self) -> tuple[str, str]:
        """How far it is: (words, tone of `composants/etat.html`)."""
        if self.etat == self.Etat.ACCEPTEE:
            return "Acceptée", "succes"
        if self.etat == self.Etat.ANNULEE:
            return "Annulée", "neutre"
        if self.expiree:
            return "Expirée", "alerte"
        if self.courriel is None:
            # Sent before its e-mail was kept beside it.
            return "Envoyée, sans réponse", "info"
        envoi = self.courriel.etat
        if envoi == Courriel.Etat.ECHOUE:
            return "Message non distribué", "erreur"
        if envoi == Courriel.Etat.REVENU:
            return f"Message revenu\u00a0: {self.courriel.get_retour_display()}", "erreur"
        if envoi == Courriel.Etat.INCERTAIN:
            return "Envoi incertain", "alerte"
        if envoi == Courriel.Etat.ENVOYE:
            return "Distribuée, sans réponse", "info"
        return "Envoi en cours", "neutre"

    @property
    def renvoyable(self) -> bool:
        """Whether it may leave again: pending, expired, or cancelled only because its sender lost the right."""
        return self.etat == self.Etat.ENVOYEE or (
            self.etat == self.Etat.ANNULEE and self.motif == self.Motif.DROIT_PERDU
        )
