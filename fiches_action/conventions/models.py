"""Agreements: model texts, parties, signatories, frozen versions, evidence, seals, documents."""

import secrets
from datetime import date, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from fiches_action.conventions.etats import MODIFIABLES, SIGNEES, Etat, Vie
from fiches_action.models import Acteur, FicheAction
from socle import fichiers
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, est_pilotage, poles_coordonnes
from structures.models import Adhesion, Structure
from structures.territoires.models import Pole

PREAVIS_RENOUVELLEMENT = timedelta(days=90)
# Without I, L, O, U: read aloud and typed from paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def nouveau_jeton() -> str:
    return secrets.token_urlsafe(32)


def nouveau_code_controle() -> str:
    """Ten characters, 50 bits: printed on the document, asked by the public check."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class Document(models.Model):
    """Bytes kept for good, named by their SHA-256 (the store of ``socle.fichiers``)."""

    class Genre(models.TextChoices):
        VERSION = "version", "Version figée"
        SCELLE = "scelle", "Document scellé"
        DOSSIER = "dossier", "Dossier de preuve"

    empreinte = models.CharField("SHA-256", max_length=64, primary_key=True)
    genre = models.CharField("genre", max_length=10, choices=Genre.choices)
    octets = models.PositiveIntegerField("taille en octets")
    cree_le = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documents"

    def __str__(self) -> str:
        return f"{self.get_genre_display()} {self.empreinte[:12]}"

    @classmethod
    def deposer(cls, octets: bytes, genre: str) -> "Document":
        """Store the bytes, then their row. The same bytes twice are one document."""
        empreinte = fichiers.deposer(octets)
        document, _ = cls.objects.get_or_create(empreinte=empreinte, defaults={"genre": genre, "octets": len(octets)})
        return document

    def lire(self) -> bytes:
        """Raises FileNotFoundError or socle.fichiers.ContenuAltere."""
        return fichiers.lire(self.empreinte)


class ModeleConvention(models.Model):
    """A model text. A version is never changed: a new one is added."""

    code = models.SlugField("code", max_length=40)
    version = models.PositiveSmallIntegerField("version")
    titre = models.CharField("titre", max_length=120)
    texte = models.TextField("texte")
    actif = models.BooleanField("proposé", default=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "modèle de convention"
        verbose_name_plural = "modèles de convention"
        ordering: ClassVar = ["code", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(name="modele_convention_version", fields=["code", "version"])]

    def __str__(self) -> str:
        return f"{self.titre} (modèle {self.version})"


class ConventionQuerySet(models.QuerySet["Convention"]):
    def verrouillee(self, pk: int) -> "Convention":
        """The row as it is now, locked until commit (SQLite's IMMEDIATE already locks)."""
        return self.select_for_update(of=("self",)).select_related("pole", "fiche").get(pk=pk)

    def visibles_par(self, personne: Utilisateur | AnonymousUser) -> Self:
        """The one rule of visibility: parties and actors, signatories, coordination of the pôle, pilotage."""
        if not isinstance(personne, Utilisateur) or not personne.is_active:
            return self.none()
        if est_pilotage(personne) or est_administration(personne):
            return self
        miennes = Adhesion.objects.actives().filter(utilisateur=personne).values("structure")
        return self.filter(
            Q(pk__in=Partie.objects.filter(structure__in=miennes).values("convention"))
            | Q(fiche__in=Acteur.objects.filter(structure__in=miennes).values("fiche"))
            | Q(pk__in=Signataire.objects.filter(email__iexact=personne.email).values("convention"))
            | Q(pole__in=poles_coordonnes(personne))
        )

    def pour_liste(self) -> Self:
        """What a line of a list needs, in a constant number of queries."""
        return self.select_related("pole", "fiche").prefetch_related("parties", "signataires")

    def effacer_demonstration(self) -> int:
        """Remove the demonstration agreements and all that hangs on them (documents' bytes stay)."""
        from fiches_action.conventions.preuve import lever_la_protection

        ids = list(self.filter(demonstration=True).values_list("pk", flat=True))
        with transaction.atomic(), lever_la_protection():
            Scellement.objects.filter(version__convention__in=ids).delete()
            Preuve.objects.filter(convention__in=ids).delete()
            Version.objects.filter(convention__in=ids).delete()
            self.filter(pk__in=ids).delete()
        return len(ids)

    def en_vigueur(self, le: date | None = None) -> Self:
        """Signed, started and not ended on that day."""
        jour = le or timezone.localdate()
        return self.filter(etat__in=SIGNEES, debut__lte=jour).filter(Q(fin__isnull=True) | Q(fin__gte=jour))

    def a_renouveler(self, le: date | None = None) -> Self:
        jour = le or timezone.localdate()
        return self.en_vigueur(jour).filter(fin__lte=jour + PREAVIS_RENOUVELLEMENT)

    def compte_par_bassin_et_etat(self) -> dict[str, dict[str, int]]:
        """{bassin code: {state: number}}. An agreement whose sheet covers two bassins counts in both."""
        lignes = (
            self.filter(fiche__bassins__isnull=False)
            .values_list("fiche__bassins__code", "etat")
            .annotate(n=Count("pk", distinct=True))
            .order_by()
        )
        comptes: dict[str, dict[str, int]] = {}
        for bassin, etat, nombre in lignes:
            comptes.setdefault(bassin, {})[etat] = nombre
        return comptes


class Convention(models.Model):
    """An agreement between structures, drawn from a validated action sheet."""

    reference = models.CharField("référence", max_length=20, unique=True)
    fiche = models.ForeignKey(FicheAction, on_delete=models.PROTECT, related_name="conventions")
    modele = models.ForeignKey(ModeleConvention, on_delete=models.PROTECT, related_name="conventions")
    pole = models.ForeignKey(Pole, null=True, blank=True, on_delete=models.PROTECT, related_name="conventions")
    titre = models.CharField("titre", max_length=250)
    etat = models.CharField("état", max_length=24, choices=Etat.choices, default=Etat.BROUILLON)
    # Values of the « conv.* » variables of the model, as text.
    variables = models.JSONField("variables du modèle", default=dict, blank=True)
    debut = models.DateField("prend effet le", null=True, blank=True)
    fin = models.DateField("jusqu’au", null=True, blank=True)
    motif = models.TextField("motif du refus, de l’annulation ou de la résiliation", blank=True)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="conventions_creees"
    )
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    modifie_le = models.DateTimeField("modifiée le", default=timezone.now)
    # Counts each change of the text: a rendering started before a change is refused.
    revision = models.PositiveIntegerField("révision du texte", default=1)
    signee_le = models.DateTimeField("signée le", null=True, blank=True)
    demonstration = models.BooleanField("donnée de démonstration", default=False)

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = "convention"
        verbose_name_plural = "conventions"
        ordering: ClassVar = ["-cree_le", "-pk"]
        indexes: ClassVar = [models.Index(fields=["etat", "fin"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="convention_finit_apres_son_debut",
                condition=Q(fin__isnull=True) | Q(debut__isnull=True) | Q(fin__gte=models.F("debut")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} – {self.titre}"

    def get_absolute_url(self) -> str:
        return reverse("conventions:detail", args=[self.reference])

    @property
    def modifiable(self) -> bool:
        return self.etat in MODIFIABLES

    @property
    def version_courante(self) -> "Version | None":
        """The last frozen version, unless the text was taken up again since."""
        if self.etat in MODIFIABLES:
            return None
        return self.versions.order_by("-numero").first()

    @property
    def vie(self) -> Vie | None:
        """What the dates say, for a signed agreement."""
        if self.etat not in SIGNEES or self.debut is None:
            return None
        jour = timezone.localdate()
        if jour < self.debut:
            return Vie.A_VENIR
        if self.fin and jour > self.fin:
            return Vie.ECHUE
        if self.fin and self.fin <= jour + PREAVIS_RENOUVELLEMENT:
            return Vie.A_RENOUVELER
        return Vie.EN_VIGUEUR


class Partie(models.Model):
    """A structure that commits itself, and the legal person behind it."""

    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, related_name="parties")
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="parties_conventions")
    rang = models.PositiveSmallIntegerField("rang")
    nom = models.CharField(
        "personne morale", max_length=200, help_text="celle qui s’engage, par exemple l’association"
    )
    nom_court = models.CharField("nom dans le texte", max_length=120)
    forme_juridique = models.CharField("forme juridique", max_length=120, blank=True)
    adresse = models.CharField("adresse du siège", max_length=250, blank=True)
    numero = models.CharField("numéro SIRET ou FINESS", max_length=40, blank=True)
    engagements = models.TextField("engagements", blank=True)
    referent_nom = models.CharField("nom du référent", max_length=120, blank=True)
    referent_fonction = models.CharField("fonction du référent", max_length=120, blank=True)

    class Meta:
        verbose_name = "partie"
        verbose_name_plural = "parties"
        ordering: ClassVar = ["rang", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="partie_une_par_structure", fields=["convention", "structure"])
        ]

    def __str__(self) -> str:
        return self.nom_court or self.nom


class Signataire(models.Model):
    """The person who signs for a party, in their turn."""

    class Qualite(models.TextChoices):
        TITULAIRE = "titulaire", "Représentant légal"
        DELEGATAIRE = "delegataire", "Par délégation"

    class Etat(models.TextChoices):
        ATTENDU = "attendu", "Attend son tour"
        INVITE = "invite", "Invité à signer"
        SIGNE = "signe", "A signé"
        REFUSE = "refuse", "A refusé"

    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, related_name="signataires")
    partie = models.ForeignKey(Partie, on_delete=models.CASCADE, related_name="signataires")
    rang = models.PositiveSmallIntegerField("rang de signature")
    nom = models.CharField("nom", max_length=120)
    fonction = models.CharField("fonction", max_length=150)
    email = models.EmailField("adresse électronique")
    qualite = models.CharField("qualité", max_length=12, choices=Qualite.choices, default=Qualite.TITULAIRE)
    delegation_acte = models.CharField("acte de délégation", max_length=200, blank=True)
    delegation_le = models.DateField("date de la délégation", null=True, blank=True)
    etat = models.CharField("état", max_length=8, choices=Etat.choices, default=Etat.ATTENDU)
    # Finds the agreement; proves nothing by itself (the e-mailed code does).
    jeton = models.CharField("jeton", max_length=64, unique=True, default=nouveau_jeton)
    invite_le = models.DateTimeField("invité le", null=True, blank=True)
    code_empreinte = models.CharField("empreinte du code", max_length=64, blank=True)
    code_emis_le = models.DateTimeField("code émis le", null=True, blank=True)
    code_essais = models.PositiveSmallIntegerField("essais du code", default=0)
    code_envois = models.PositiveSmallIntegerField("codes envoyés dans l’heure", default=0)
    code_envois_depuis = models.DateTimeField("depuis", null=True, blank=True)
    signe_le = models.DateTimeField("signé ou refusé le", null=True, blank=True)
    motif = models.TextField("motif du refus", blank=True)

    class Meta:
        verbose_name = "signataire"
        verbose_name_plural = "signataires"
        ordering: ClassVar = ["rang", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="signataire_un_par_rang", fields=["convention", "rang"]),
            models.CheckConstraint(
                name="signataire_delegation_complete",
                condition=Q(qualite="titulaire") | (~Q(delegation_acte="") & Q(delegation_le__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom}, {self.fonction}"


class Version(models.Model):
    """A frozen text: exact bytes, their SHA-256 (H0), where each signature box stands."""

    convention = models.ForeignKey(Convention, on_delete=models.PROTECT, related_name="versions")
    numero = models.PositiveSmallIntegerField("numéro")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    code_controle = models.CharField("code de contrôle", max_length=12, unique=True, default=nouveau_code_controle)
    pages = models.PositiveSmallIntegerField("pages")
    # {"1": [page, x1, y1, x2, y2]} in points from the bottom left, by rank of signature.
    cases = models.JSONField("cases de signature", default=dict)
    figee_le = models.DateTimeField("figée le", default=timezone.now)
    figee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="versions_figees"
    )

    class Meta:
        verbose_name = "version figée"
        verbose_name_plural = "versions figées"
        ordering: ClassVar = ["-numero"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="version_numero_unique", fields=["convention", "numero"])
        ]

    def __str__(self) -> str:
        return f"{self.convention.reference}, version {self.numero}"

    @property
    def h0(self) -> str:
        return self.document_id


class PreuveQuerySet(models.QuerySet["Preuve"]):
    def de(self, convention: Convention) -> Self:
        return self.filter(convention=convention).order_by("rang")


class Preuve(models.Model):
    """One act, for good. Each one carries the hash of the one before it.

    The database itself refuses to change or delete a row (migration 0002);
    ``preuve.lever_la_protection`` is the one documented way around.
    """

    convention = models.ForeignKey(Convention, on_delete=models.PROTECT, related_name="preuves")
    rang = models.PositiveIntegerField("rang")
    acte = models.CharField("acte", max_length=30)
    # Canonical JSON, kept as text: the hash is over these very bytes.
    contenu = models.TextField("contenu")
    precedent = models.CharField("empreinte précédente", max_length=64, blank=True)
    empreinte = models.CharField("empreinte", max_length=64, unique=True)
    le = models.DateTimeField("le", default=timezone.now)

    objects = PreuveQuerySet.as_manager()

    class Meta:
        verbose_name = "preuve"
        verbose_name_plural = "preuves"
        ordering: ClassVar = ["convention", "rang"]
        constraints: ClassVar = [models.UniqueConstraint(name="preuve_rang_unique", fields=["convention", "rang"])]

    def __str__(self) -> str:
        return f"{self.rang}. {self.acte}"


class AnnexePreuve(models.Model):
    """Personal data of an act (address, IP, browser), apart: erasable, its hash stays in the chain."""

    preuve = models.OneToOneField(Preuve, on_delete=models.CASCADE, related_name="annexe")
    contenu = models.TextField("contenu")

    class Meta:
        verbose_name = "annexe de preuve"
        verbose_name_plural = "annexes de preuve"

    def __str__(self) -> str:
        return f"Annexe de {self.preuve}"


class Scellement(models.Model):
    """The seal of a version: asked for, under lease while a worker does it, then done once."""

    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="scellement")
    demande_le = models.DateTimeField("demandé le", default=timezone.now)
    bail_par = models.UUIDField("bail de", null=True, blank=True)
    bail_jusqua = models.DateTimeField("bail jusqu’à", null=True, blank=True)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    erreur = models.TextField("dernière erreur", blank=True)
    document = models.OneToOneField(
        Document, null=True, blank=True, on_delete=models.PROTECT, related_name="scellement"
    )
    dossier = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.PROTECT, related_name="scellements_prouves"
    )
    niveau = models.CharField("niveau", max_length=20, blank=True)
    scelle_le = models.DateTimeField("scellé le", null=True, blank=True)

    class Meta:
        verbose_name = "scellement"
        verbose_name_plural = "scellements"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="scellement_fait_ou_pas",
                condition=Q(document__isnull=True, scelle_le__isnull=True)
                | Q(document__isnull=False, scelle_le__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Scellement de {self.version}"
