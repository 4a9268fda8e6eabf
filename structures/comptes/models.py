"""People who sign in, and the rights that are not tied to one structure."""

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from structures.territoires.models import Pole, Region


class GestionnaireUtilisateurs(BaseUserManager["Utilisateur"]):
    def create_user(self, email: str, password: str | None = None, **champs: object) -> "Utilisateur":
        """Create an account. Raises ValueError without an e-mail."""
        if not email:
            raise ValueError("Un compte a toujours une adresse électronique.")
        utilisateur = self.model(email=email.strip().lower(), **champs)
        utilisateur.set_password(password)
        utilisateur.save(using=self._db)
        return utilisateur

    def create_superuser(self, email: str, password: str | None = None, **champs: object) -> "Utilisateur":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **champs)

    def get_by_natural_key(self, username: str | None) -> "Utilisateur":
        return self.get(email=(username or "").lower())


class Utilisateur(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in with their e-mail. Accounts are made by invitation."""

    email = models.EmailField("adresse électronique", unique=True)
    prenom = models.CharField("prénom", max_length=80, blank=True)
    nom = models.CharField("nom", max_length=80, blank=True)
    fonction = models.CharField("fonction", max_length=120, blank=True)
    telephone = models.CharField("téléphone professionnel", max_length=20, blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accède à l’administration", default=False)
    demonstration = models.BooleanField("compte de démonstration", default=False)
    date_joined = models.DateTimeField("créé le", default=timezone.now)
    # Warned that the account will be deleted, because nobody used it for two years.
    inactivite_annoncee_le = models.DateTimeField("inactivité annoncée le", null=True, blank=True)
    # Deleted: the row stays, without anything that names the person.
    supprime_le = models.DateTimeField("supprimé le", null=True, blank=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = GestionnaireUtilisateurs()

    class Meta:
        verbose_name = "utilisateur"
        verbose_name_plural = "utilisateurs"

    def __str__(self) -> str:
        return self.nom_complet or self.email

    def clean(self) -> None:
        """Forms and the admin: one address is one account, however it is typed."""
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def nom_complet(self) -> str:
        return f"{self.prenom} {self.nom}".strip()

    def get_full_name(self) -> str:
        return self.nom_complet

    def get_short_name(self) -> str:
        return self.prenom or self.email


class HabilitationQuerySet(models.QuerySet["Habilitation"]):
    def actives(self) -> Self:
        return self.filter(fin__isnull=True)

    def de_coordination(self, pole: Pole | None) -> Self:
        """Active rights of those who coordinate this pôle, with the person (none without a pôle)."""
        return self.actives().filter(role="coordination", pole=pole, pole__isnull=False).select_related("utilisateur")


class Habilitation(models.Model):
    """A right over a pôle (coordination), a région (pilotage) or the portal (administration).

    Ended, never deleted.
    """

    class Role(models.TextChoices):
        COORDINATION = "coordination", "Coordination d’un pôle"
        PILOTAGE = "pilotage", "Pilotage régional (PRITH)"
        ADMINISTRATION = "administration", "Administration du portail"

    utilisateur = models.ForeignKey(Utilisateur, on_delete=models.PROTECT, related_name="habilitations")
    role = models.CharField("rôle", max_length=16, choices=Role.choices)
    pole = models.ForeignKey(Pole, null=True, blank=True, on_delete=models.PROTECT, related_name="habilitations")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="habilitations")
    debut = models.DateTimeField("depuis le", default=timezone.now)
    fin = models.DateTimeField("jusqu’au", null=True, blank=True)

    objects = HabilitationQuerySet.as_manager()

    class Meta:
        verbose_name = "habilitation"
        verbose_name_plural = "habilitations"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="habilitation_perimetre_du_role",
                condition=Q(role="coordination", pole__isnull=False, region__isnull=True)
                | Q(role="pilotage", pole__isnull=True, region__isnull=False)
                | Q(role="administration", pole__isnull=True, region__isnull=True),
            ),
            # One per kind of perimeter: SQLite compares nulls as different.
            models.UniqueConstraint(
                name="habilitation_un_pole",
                fields=["utilisateur", "pole"],
                condition=Q(fin__isnull=True, pole__isnull=False),
            ),
            models.UniqueConstraint(
                name="habilitation_une_region",
                fields=["utilisateur", "region"],
                condition=Q(fin__isnull=True, region__isnull=False),
            ),
            models.UniqueConstraint(
                name="habilitation_une_administration",
                fields=["utilisateur"],
                condition=Q(fin__isnull=True, role="administration"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} : {self.get_role_display()}"


class ChoixNotification(models.Model):
    """A person wants, or doesn't want, a kind of e-mail (see ``notifications.py``)."""

    personne = models.ForeignKey(Utilisateur, on_delete=models.CASCADE, related_name="choix_notifications")
    genre = models.CharField("genre", max_length=60)
    recu = models.BooleanField("reçu", default=True)

    class Meta:
        verbose_name = "choix de notification"
        verbose_name_plural = "choix de notification"
        constraints: ClassVar = [
            models.UniqueConstraint(name="choix_notification_unique", fields=["personne", "genre"]),
        ]

    def __str__(self) -> str:
        return f"{self.personne} : {self.genre}"


class EvenementCompte(models.Model):
    """What touched the security of an account, and who did it. Read by the administration."""

    class Action(models.TextChoices):
        SECOND_FACTEUR_AJOUTE = "facteur_ajoute", "Second facteur ajouté"
        SECOND_FACTEUR_RETIRE = "facteur_retire", "Second facteur retiré"
        SECOND_FACTEUR_REMIS = "facteur_remis", "Seconds facteurs remis à zéro par l’administration"
        CODES_REFAITS = "codes_refaits", "Codes de secours refaits"
        ADRESSE_CHANGEE = "adresse_changee", "Adresse électronique changée"
        MOT_DE_PASSE = "mot_de_passe", "Mot de passe changé"
        SESSIONS_FERMEES = "sessions_fermees", "Sessions fermées"
        PROCONNECT = "proconnect", "Identité ProConnect rattachée"
        INACTIVITE_ANNONCEE = "inactivite", "Fermeture prochaine annoncée"
        SUPPRIME = "supprime", "Compte supprimé"

    personne = models.ForeignKey(Utilisateur, on_delete=models.CASCADE, related_name="evenements")
    action = models.CharField("action", max_length=20, choices=Action.choices)
    par = models.ForeignKey(Utilisateur, null=True, on_delete=models.SET_NULL, related_name="+")
    motif = models.CharField("motif", max_length=300, blank=True)
    le = models.DateTimeField("le", default=timezone.now)

    class Meta:
        verbose_name = "événement d’un compte"
        verbose_name_plural = "événements des comptes"
        ordering: ClassVar = ["-le", "-id"]
        indexes: ClassVar = [models.Index(fields=["personne", "-le"], name="evenement_compte_personne")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} ({self.personne})"
