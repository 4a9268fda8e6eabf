"""The journal of the imports."""

from django.conf import settings
from django.db import models


class Import(models.Model):
    """Journal of one import: the file, what it did, what it rejected and why."""

    class Genre(models.TextChoices):
        """The form of the file, recognised by itself."""

        FINESS_HISTORIQUE = "finess-historique", "FINESS, fichier historique (CSV)"
        FINESS_JOURNALIER = "finess-journalier", "FINESS, flux quotidien (JSON)"

    class Etat(models.TextChoices):
        """How the import ended."""

        EN_COURS = "en_cours", "En cours"
        TERMINE = "termine", "Terminé"
        ECHOUE = "echoue", "Échoué"

    fichier = models.CharField("fichier", max_length=200)
    empreinte = models.CharField("SHA-256", max_length=64, blank=True)
    genre = models.CharField("format", max_length=30, choices=Genre.choices, blank=True)
    essai = models.BooleanField("essai (rien n’est écrit)", default=False)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.EN_COURS)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    commence_le = models.DateTimeField("commencé le", auto_now_add=True)
    fini_le = models.DateTimeField("fini le", null=True, blank=True)
    # {"creees": n, "modifiees": n, …}; {"categorie": n} for what is out of scope.
    compteurs = models.JSONField("comptes", default=dict, blank=True)
    hors_perimetre = models.JSONField("catégories hors périmètre", default=dict, blank=True)
    rejets = models.JSONField("lignes rejetées", default=list, blank=True)
    modifications = models.JSONField("modifications, champ par champ", default=list, blank=True)
    ecarts = models.JSONField("écarts laissés à la structure", default=list, blank=True)
    remarques = models.JSONField("remarques", default=list, blank=True)
    disparues = models.JSONField("absentes du fichier", default=list, blank=True)
    erreur = models.TextField("erreur", blank=True)

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ("-commence_le", "-pk")

    def __str__(self) -> str:
        return f"{self.fichier} ({self.commence_le:%d/%m/%Y})"
