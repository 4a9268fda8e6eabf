"""Long jobs and e-mails: rows that say the truth, whatever becomes of the broker."""

import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

# A running job writes its heartbeat every few seconds; silent for longer, its worker is dead.
SILENCE = timedelta(seconds=20)
ESSAIS_MAX = 5


class TravailQuerySet(models.QuerySet["Travail"]):
    def orphelins(self) -> Self:
        """Jobs whose worker died, and waiting jobs that the broker forgot."""
        limite = timezone.now() - SILENCE
        return self.filter(
            Q(etat=Travail.Etat.EN_COURS, battement__lt=limite)
            | Q(etat=Travail.Etat.EN_ATTENTE, battement__lt=limite, pas_avant__lte=timezone.now())
        )


class Travail(models.Model):
    """One long job: what, for whom, how far, how it ended."""

    class Etat(models.TextChoices):
        EN_ATTENTE = "en_attente", "En attente"
        EN_COURS = "en_cours", "En cours"
        REUSSI = "reussi", "Terminé"
        ECHOUE = "echoue", "Échoué"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    genre = models.CharField("genre", max_length=60)
    intitule = models.CharField("intitulé", max_length=200)
    objet = models.CharField("objet", max_length=80, blank=True, help_text="identifiant de l’objet concerné")
    parametres = models.JSONField("paramètres", default=dict, blank=True)
    demandeur = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="travaux"
    )
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.EN_ATTENTE)
    fait = models.PositiveIntegerField("fait", default=0)
    total = models.PositiveIntegerField("total", default=0)
    etape = models.CharField("étape en cours", max_length=200, blank=True)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    resultat = models.JSONField("résultat", default=dict, blank=True)
    erreur = models.TextField("erreur", blank=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    # Also the claim: whoever updates it from the value it read owns the job.
    battement = models.DateTimeField("battement", default=timezone.now)
    pas_avant = models.DateTimeField("pas avant", default=timezone.now)
    fini_le = models.DateTimeField("fini le", null=True, blank=True)

    objects = TravailQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering: ClassVar = ["-cree_le"]
        indexes: ClassVar = [
            models.Index(fields=["etat", "battement"]),
            models.Index(fields=["genre", "objet"]),
        ]

    def __str__(self) -> str:
        return self.intitule

    @property
    def fini(self) -> bool:
        return self.etat in (self.Etat.REUSSI, self.Etat.ECHOUE)

    @property
    def pourcentage(self) -> int | None:
        """0–100, or None when the length of the job is not known."""
        return min(100, 100 * self.fait // self.total) if self.total else None


class CourrielQuerySet(models.QuerySet["Courriel"]):
    def a_expedier(self) -> Self:
        maintenant = timezone.now()
        encore = Q(pas_apres__isnull=True) | Q(pas_apres__gt=maintenant)
        return self.filter(encore, etat=Courriel.Etat.EN_ATTENTE, pas_avant__lte=maintenant)

    def perimes(self) -> Self:
        """Still waiting when what they say is no longer true."""
        return self.filter(etat=Courriel.Etat.EN_ATTENTE, pas_apres__lte=timezone.now())

    def abandonnes_en_route(self) -> Self:
        """Claimed by a worker that died: perhaps sent, perhaps not."""
        return self.filter(etat=Courriel.Etat.EN_COURS, reclame_le__lt=timezone.now() - timedelta(minutes=5))


class Courriel(models.Model):
    """One e-mail to one person, written in the same transaction as its cause, sent after commit."""

    class Etat(models.TextChoices):
        EN_ATTENTE = "en_attente", "En attente"
        EN_COURS = "en_cours", "Envoi en cours"
        ENVOYE = "envoye", "Envoyé"
        INCERTAIN = "incertain", "Incertain"
        ECHOUE = "echoue", "Échoué"
        REVENU = "revenu", "Revenu"
        PERIME = "perime", "Trop tard pour partir"

    class Retour(models.TextChoices):
        """Why an e-mail came back, in the words of the people who read the tracking page."""

        ADRESSE = "adresse", "l’adresse n’existe pas, ou n’existe plus"
        DOMAINE = "domaine", "ce qui suit le @ dans l’adresse n’existe pas"
        FERMEE = "fermee", "la boîte est fermée"
        PLEINE = "pleine", "la boîte est pleine"
        LOURD = "lourd", "le courriel est trop lourd pour cette boîte"
        DELAI = "delai", "le serveur du destinataire n’a pas répondu à temps"
        REFUS = "refus", "le serveur du destinataire l’a refusé (filtre ou règle de sécurité)"
        AUTRE = "autre", "le serveur du destinataire l’a renvoyé sans raison claire"

    # To write again to the same address would come back again.
    SANS_ESPOIR: ClassVar = (Retour.ADRESSE, Retour.DOMAINE, Retour.FERMEE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    modele = models.CharField("modèle", max_length=80)
    destinataire = models.EmailField("destinataire")
    sujet = models.CharField("sujet", max_length=250)
    texte = models.TextField("texte")
    html = models.TextField("HTML", blank=True)
    repondre_a = models.EmailField("répondre à", blank=True)
    # What it is about (« conventions.signataire:12 »): reminders ask it whether they were already sent.
    objet = models.CharField("objet", max_length=120, blank=True)
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.EN_ATTENTE)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    erreur = models.TextField("erreur", blank=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    pas_avant = models.DateTimeField("pas avant", default=timezone.now)
    reclame_le = models.DateTimeField("réclamé le", null=True, blank=True)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)
    # After this moment what it says is no longer true (« avant le 30 »): it doesn't leave any more.
    pas_apres = models.DateTimeField("pas après", null=True, blank=True)
    # A mail server brought it back, at once or days later (socle/retours.py).
    revenu_le = models.DateTimeField("revenu le", null=True, blank=True)
    retour = models.CharField("raison du retour", max_length=10, choices=Retour.choices, blank=True)

    objects = CourrielQuerySet.as_manager()

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering: ClassVar = ["-cree_le"]
        indexes: ClassVar = [
            models.Index(fields=["etat", "pas_avant"]),
            models.Index(fields=["objet", "modele"]),
        ]

    def __str__(self) -> str:
        return f"{self.sujet} → {self.destinataire}"
