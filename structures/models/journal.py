"""The journal of the imports, line by line, and what lists say of structures."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from structures.models.structure import Structure


class Import(models.Model):
    """Journal of one import: the file, its preview, what it did, what it rejected and why."""

    class Etat(models.TextChoices):
        """Where the import is: previewed, applied, undone…"""

        A_PREPARER = "a_preparer", "À préparer"
        EN_COURS = "en_cours", "En cours"
        APERCU = "apercu", "Aperçu prêt"
        TERMINE = "termine", "Terminé"
        ECHOUE = "echoue", "Échoué"
        ABANDONNE = "abandonne", "Abandonné"
        ANNULATION = "annulation", "Annulation en cours"
        ANNULE = "annule", "Annulé"

    fichier = models.CharField("fichier", max_length=200)
    # Also the name under which the file is kept, from its upload until it is applied or abandoned.
    empreinte = models.CharField("SHA-256", max_length=64, blank=True, db_index=True)
    conserve = models.BooleanField("fichier conservé", default=False)
    genre = models.CharField("format", max_length=40, blank=True)
    # The list across its forms and vintages (« finess », the name of a remembered spreadsheet…).
    liste = models.CharField("liste", max_length=120, blank=True, db_index=True)
    # What the reader of this kind needs to know (columns of a spreadsheet).
    parametres = models.JSONField("paramètres", default=dict, blank=True)
    essai = models.BooleanField("essai (rien n’est écrit)", default=False)
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.EN_COURS)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    commence_le = models.DateTimeField("commencé le", auto_now_add=True)
    fini_le = models.DateTimeField("fini le", null=True, blank=True)
    applique_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    applique_le = models.DateTimeField("appliqué le", null=True, blank=True)
    annule_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    annule_le = models.DateTimeField("annulé le", null=True, blank=True)
    # Where a run is: lines read, in the transaction of their lot; its claim, so that two runs never mix.
    position = models.PositiveBigIntegerField("lignes traitées", default=0)
    battement = models.DateTimeField("dernier lot", null=True, blank=True)
    bilan = models.JSONField("bilan en cours", default=dict, blank=True)
    # {"creees": n, "modifiees": n, …}; {"categorie": n} for what is out of scope.
    compteurs = models.JSONField("comptes", default=dict, blank=True)
    hors_perimetre = models.JSONField("catégories hors périmètre", default=dict, blank=True)
    erreur = models.TextField("erreur", blank=True)

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ("-commence_le", "-pk")
        constraints: ClassVar = [
            # Two imports of one list never write at the same time, whatever their processes.
            models.UniqueConstraint(
                fields=["liste"],
                condition=Q(essai=False, etat__in=["en_cours", "annulation"]) & ~Q(liste=""),
                name="import_un_seul_par_liste",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fichier} ({self.commence_le:%d/%m/%Y})"

    @property
    def de_services(self) -> bool:
        """Whether its lines are services of structures, rather than structures."""
        return self.liste == "data-inclusion-services"

    def get_genre_display(self) -> str:
        """The kind of file, in words."""
        from structures.imports.sources import libelle_du_genre

        return libelle_du_genre(self.genre)


class LigneImport(models.Model):
    """What an import did (or would do) of one line; what is unchanged is only counted."""

    class Action(models.TextChoices):
        """What became of the line."""

        CREEE = "creee", "Créée"
        MODIFIEE = "modifiee", "Modifiée"
        DISPARUE = "disparue", "Absente du fichier"
        REJETEE = "rejetee", "Rejetée"
        REMARQUE = "remarque", "À vérifier"
        ECART = "ecart", "Écart gardé"

    class Suite(models.TextChoices):
        """What was decided afterwards."""

        FERMEE = "fermee", "Fermée"
        GARDEE = "gardee", "Gardée"
        ANNULEE = "annulee", "Annulée"

    journal = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lignes")
    # Line of the file, 0 for what the file doesn't hold.
    numero = models.PositiveIntegerField("ligne", default=0)
    action = models.CharField("action", max_length=10, choices=Action.choices)
    structure = models.ForeignKey(
        Structure, null=True, blank=True, on_delete=models.SET_NULL, related_name="lignes_import"
    )
    nom = models.CharField("nom", max_length=200, blank=True)
    numero_cle = models.CharField("numéro", max_length=200, blank=True)
    # [[field, before, after], …], raw values (JSON); words come when they are shown.
    champs = models.JSONField("champs", default=list, blank=True)
    # {field: its provenance before (or null)}: what undoing gives back.
    avant = models.JSONField("provenances d’avant", default=dict, blank=True)
    raison = models.TextField("raison", blank=True)
    suite = models.CharField("suite", max_length=10, choices=Suite.choices, blank=True)
    suite_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    suite_le = models.DateTimeField("décidé le", null=True, blank=True)

    class Meta:
        verbose_name = "ligne d’import"
        verbose_name_plural = "lignes d’import"
        ordering = ("pk",)
        indexes: ClassVar = [models.Index(fields=["journal", "action", "id"], name="ligne_import_action")]
        constraints: ClassVar = [
            # A run taken up again doubles no line.
            models.UniqueConstraint(
                fields=["journal", "action", "numero"], condition=Q(numero__gt=0), name="ligne_import_une_fois"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.nom}"


class Identifiant(models.Model):
    """The name of a structure in a list: how its line is found again when the list comes back."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="identifiants")
    liste = models.CharField("liste", max_length=120)
    valeur = models.CharField("identifiant", max_length=200)
    # The import that brought it, so that undoing takes it away.
    journal = models.ForeignKey(Import, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = "identifiant dans une liste"
        verbose_name_plural = "identifiants dans les listes"
        ordering = ("liste", "valeur")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["liste", "valeur"], name="identifiant_unique_dans_sa_liste"),
        ]

    def __str__(self) -> str:
        return f"{self.liste} : {self.valeur}"


class Ecart(models.Model):
    """A file says otherwise than the structure: the structure's word stays, somebody decides."""

    class Etat(models.TextChoices):
        """What was decided; « gardé » holds until the file says something else."""

        OUVERT = "ouvert", "À regarder"
        GARDE = "garde", "Valeur de la structure gardée"

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="ecarts")
    liste = models.CharField("liste", max_length=120)
    champ = models.CharField("champ", max_length=30)
    # What the file says, raw (JSON): {field: value} for all that goes together (a point has three).
    valeurs = models.JSONField("valeurs du fichier", default=dict)
    source = models.CharField("source", max_length=20, choices=Structure.Source.choices)
    journal = models.ForeignKey(Import, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    etat = models.CharField("état", max_length=10, choices=Etat.choices, default=Etat.OUVERT)
    vu_le = models.DateTimeField("vu le", auto_now=True)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)

    class Meta:
        verbose_name = "écart entre un fichier et une structure"
        verbose_name_plural = "écarts entre les fichiers et les structures"
        ordering = ("structure", "champ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["structure", "liste", "champ"], name="ecart_unique_par_champ"),
        ]
        indexes: ClassVar = [models.Index(fields=["etat", "structure"], name="ecart_a_regarder")]

    def __str__(self) -> str:
        return f"{self.champ} de {self.structure_id}"
