"""Structures of every family, the legal persons behind them, the publics they receive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from socle.recherche import normaliser
from structures.models.degres import DegresField
from structures.models.mots import disant, indexer, mots_de
from structures.referentiel import FAMILLES, PRECISIONS, TYPES, Famille, choix_precisions, choix_types, types_de
from structures.territoires.models import Bassin, Commune, Pole

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur

# So that the constraints can ask `finess__length=9` on both databases.
models.CharField.register_lookup(Length)

# A sheet that nobody confirmed for longer is shown as « à vérifier »; its people are reminded a little before.
FRAICHEUR = timedelta(days=183)
RAPPEL = timedelta(days=167)
# As whom somebody confirms or corrects a sheet.
QUALITES = {
    "direction": "la direction",
    "membre": "l’équipe",
    "coordination": "la coordination du pôle",
    "administration": "l’administration du portail",
}
# Where a sheet's words come from: when none of them is written, its words stay as they are.
CHAMPS_DITS = frozenset({"nom", "precision", "commune", "commune_id", "code_postal"})
FINESS_VALIDE = r"^[0-9][0-9AB][0-9]{7}$"


class PublicQuerySet(models.QuerySet["Public"]):
    """Reads of the publics."""

    def actifs(self) -> PublicQuerySet:
        """The publics that can be chosen today."""
        return self.filter(actif=True)


class Public(models.Model):
    """« Pour qui ? » : a public of the démarche. Our list first, then the administration edits it."""

    slug = models.SlugField("identifiant", max_length=60, unique=True)
    libelle = models.CharField("libellé", max_length=160)
    groupe = models.CharField("groupe", max_length=80)
    di_publics = models.JSONField("publics data·inclusion", default=list, blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)
    actif = models.BooleanField("proposé", default=True)

    objects = PublicQuerySet.as_manager()

    class Meta:
        verbose_name = "public"
        verbose_name_plural = "publics"
        ordering = ("ordre", "libelle")

    def __str__(self) -> str:
        return self.libelle


class Organisme(models.Model):
    """The legal person behind structures (gestionnaire). FINESS often gives only its number."""

    nom = models.CharField("nom", max_length=200)
    siren = models.CharField("SIREN", max_length=9, blank=True, validators=[RegexValidator(r"^\d{9}$")])
    finess_juridique = models.CharField(
        "numéro FINESS de l’entité juridique",
        max_length=9,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(FINESS_VALIDE)],
    )
    forme_juridique = models.CharField("forme juridique", max_length=120, blank=True)
    adresse = models.CharField("adresse du siège", max_length=200, blank=True)
    code_postal = models.CharField("code postal", max_length=5, blank=True)
    ville = models.CharField("ville", max_length=100, blank=True)

    class Meta:
        verbose_name = "organisme gestionnaire"
        verbose_name_plural = "organismes gestionnaires"
        ordering = ("nom", "pk")

    def __str__(self) -> str:
        return self.nom


class StructureQuerySet(models.QuerySet["Structure"]):
    """Reads of the structures."""

    def ouvertes(self) -> StructureQuerySet:
        """Structures that are not closed."""
        return self.filter(fermee_le__isnull=True)

    def du_bassin(self, code: str) -> StructureQuerySet:
        """Structures whose commune is in the bassin."""
        return self.filter(commune__bassin_id=code)

    def du_pole(self, pole: Pole) -> StructureQuerySet:
        """Structures whose commune is in the perimeter of the pôle."""
        return self.des_poles([pole.pk])

    def des_poles(self, poles: Iterable[int]) -> StructureQuerySet:
        """Structures whose commune is in the perimeter of one of these pôles, each once."""
        dedans = Pole.communes.through.objects.filter(pole__in=list(poles)).values("commune_id")
        return self.filter(commune__in=dedans)

    def de_la_famille(self, famille: str) -> StructureQuerySet:
        """Structures of a family (none for an unknown one)."""
        return self.filter(type__in=types_de(famille))

    def de(self, utilisateur: Utilisateur) -> StructureQuerySet:
        """Structures that this person belongs to today."""
        return self.filter(adhesions__utilisateur=utilisateur, adhesions__fin__isnull=True)

    def a_verifier(self) -> StructureQuerySet:
        """Open structures whose sheet nobody confirmed for six months."""
        return self.ouvertes().pas_confirmees_depuis(FRAICHEUR)

    def a_rappeler(self) -> StructureQuerySet:
        """Open structures whose sheet goes stale soon, or is: their people may be reminded."""
        return self.ouvertes().pas_confirmees_depuis(RAPPEL)

    def pas_confirmees_depuis(self, duree: timedelta) -> StructureQuerySet:
        """Structures that nobody vouched for since (a change by an import is no confirmation)."""
        limite = timezone.now() - duree
        return self.filter(Q(confirme_le__lt=limite) | Q(confirme_le__isnull=True, cree_le__lt=limite))

    def rechercher(self, texte: str) -> StructureQuerySet:
        """Structures that say every word or its beginning (name, town, postal code, type, FINESS number).

        The plain search of a list to choose from; the directory forgives more (`structures.annuaire`).
        """
        ensemble = self
        for mot in sorted(mots_de(texte)):
            ensemble = ensemble.filter(disant(mot) | Q(finess=mot.upper()))
        return ensemble

    def bulk_create(self, objs: Iterable[Structure], *args: Any, **kwargs: Any) -> list[Structure]:
        """As Django does, then their words."""
        with transaction.atomic():
            creees = super().bulk_create(objs, *args, **kwargs)
            indexer(creees)
        return creees

    def bulk_update(self, objs: Iterable[Structure], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        """As Django does, then their words when one of the fields says them."""
        objs, fields = tuple(objs), tuple(fields)
        with transaction.atomic():
            nombre = super().bulk_update(objs, fields, *args, **kwargs)
            if not CHAMPS_DITS.isdisjoint(fields):
                indexer(objs)
        return nombre

    def pour_carte(self) -> StructureQuerySet:
        """Open structures with a point, with only what a map or its list shows (one query)."""
        return (
            self.ouvertes()
            .filter(lat__isnull=False, lon__isnull=False)
            .select_related("commune")
            .only(
                "nom", "nom_recherche", "type", "precision", "lat", "lon", "adresse", "code_postal", "telephone",
                "fictive", "point_approche", "commune__nom", "commune__bassin_id",
            )
        )  # fmt: skip

    def pour_liste(self) -> StructureQuerySet:
        """With the commune and its bassin, in alphabetical order: what every list shows."""
        return self.select_related("commune__bassin", "commune__departement").order_by("nom_recherche", "pk")


class Structure(models.Model):
    """A place that accompanies people: ESAT, IME, mission locale, ULIS… in its commune."""

    class Source(models.TextChoices):
        """Where the sheet comes from."""

        FINESS = "finess", "FINESS"
        EDUCATION = "education", "annuaire de l’éducation"
        DATA_INCLUSION = "data-inclusion", "data·inclusion"
        TABLEUR = "tableur", "tableau importé"
        SAISIE = "saisie", "saisie dans le portail"
        DEMONSTRATION = "demonstration", "démonstration"

    nom = models.CharField("nom", max_length=200)
    nom_recherche = models.CharField(max_length=200, editable=False, db_index=True)
    # Name, town, postal code, numbers and short type, normalised: what the directory searches.
    texte_recherche = models.TextField(editable=False, default="")
    type = models.CharField("type", max_length=30, choices=choix_types)
    # The kind of school of an ULIS (`referentiel.PRECISIONS`).
    precision = models.CharField("nature", max_length=30, choices=choix_precisions, blank=True, default="")
    finess = models.CharField(
        "numéro FINESS",
        max_length=9,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(FINESS_VALIDE, "Un numéro FINESS compte neuf chiffres.")],
    )
    siret = models.CharField(
        "SIRET",
        max_length=14,
        blank=True,
        db_index=True,
        validators=[RegexValidator(r"^\d{14}$", "Un SIRET compte quatorze chiffres.")],
    )
    uai = models.CharField(
        "numéro UAI",
        max_length=8,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^\d{7}[A-Z]$", "Un numéro UAI compte sept chiffres et une lettre.")],
    )
    safir = models.CharField("code SAFIR", max_length=5, unique=True, null=True, blank=True)
    organisme = models.ForeignKey(
        Organisme,
        verbose_name="organisme gestionnaire",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="structures",
    )
    adresse = models.CharField("adresse", max_length=250, blank=True)
    code_postal = models.CharField(
        "code postal",
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^\d{5}$", "Un code postal compte cinq chiffres.")],
    )
    commune = models.ForeignKey(Commune, verbose_name="commune", on_delete=models.PROTECT, related_name="structures")
    lat = DegresField("latitude", null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)])
    lon = DegresField("longitude", null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)])
    point_approche = models.BooleanField("point au centre de la commune", default=False)
    publics = models.ManyToManyField(Public, verbose_name="publics accueillis", blank=True, related_name="structures")
    capacite = models.PositiveIntegerField("capacité ou file active", null=True, blank=True)
    telephone = models.CharField("téléphone", max_length=20, blank=True)
    courriel = models.EmailField("adresse électronique du service", blank=True)
    site_web = models.URLField("site web", blank=True)
    contact_fonction = models.CharField("service ou fonction à contacter", max_length=120, blank=True)
    contact_nom = models.CharField("nom de la personne à contacter", max_length=120, blank=True)
    contact_nom_public = models.BooleanField("montrer ce nom aux partenaires connectés", default=False)
    # The account of the person named, when there is one: that person may withdraw the name at once.
    contact_personne = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="compte de cette personne", null=True, blank=True,
        on_delete=models.SET_NULL, related_name="structures_contact",
    )  # fmt: skip
    # Who said that the person agrees, and when. Without it the name is never shown to partners.
    contact_consenti_le = models.DateTimeField("accord noté le", null=True, blank=True, editable=False)
    contact_consenti_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="accord noté par", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    fermee_le = models.DateField("fermée le", null=True, blank=True)
    # An absorbed structure is closed, kept, and sends its visitors to the one that absorbed it.
    fusionnee_dans = models.ForeignKey(
        "self", verbose_name="fusionnée dans", null=True, blank=True, editable=False, on_delete=models.PROTECT,
        related_name="absorbees",
    )  # fmt: skip
    # Several places of one structure: each has its own sheet, and points to the main one.
    site_principal = models.ForeignKey(
        "self", verbose_name="site principal", null=True, blank=True, on_delete=models.PROTECT,
        related_name="sites_rattaches",
    )  # fmt: skip
    fictive = models.BooleanField("structure de démonstration", default=False)
    alerte_commune = models.CharField("alerte sur la commune", max_length=250, blank=True)
    source = models.CharField("source", max_length=20, choices=Source.choices, default=Source.SAISIE)
    # {field: {"source": …, "le": ISO date}}: a field whose source is « structure » is never overwritten.
    provenance = models.JSONField("provenance des champs", default=dict, blank=True)
    cree_le = models.DateTimeField("créée le", auto_now_add=True)
    modifie_le = models.DateTimeField("modifiée le", auto_now=True)
    confirme_le = models.DateTimeField("confirmée le", null=True, blank=True)
    confirme_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="confirmée par", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="structures_confirmees",
    )  # fmt: skip
    # As whom they confirmed it, on that day: a key of `QUALITES`.
    confirme_en = models.CharField("confirmée en qualité de", max_length=16, blank=True, editable=False)

    objects = StructureQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["texte_recherche"])

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ("nom_recherche", "pk")
        indexes: ClassVar = [
            models.Index(fields=["type", "commune"], name="structure_type_commune"),
            models.Index(fields=["nom_recherche", "id"], name="structure_ordre"),
            models.Index(fields=["lat", "lon"], name="structure_lat_lon"),
            models.Index(fields=["commune", "fermee_le"], name="structure_commune_ouverte"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="structure_finess_neuf_signes",
                condition=Q(finess__isnull=True) | Q(finess__length=9),
            ),
            models.CheckConstraint(
                name="structure_siret_quatorze_chiffres",
                condition=Q(siret="") | Q(siret__length=14),
            ),
            models.CheckConstraint(
                name="structure_absorbee_fermee",
                condition=Q(fusionnee_dans__isnull=True) | Q(fermee_le__isnull=False) & ~Q(fusionnee_dans=F("id")),
            ),
            models.CheckConstraint(
                name="structure_site_d_une_autre",
                condition=Q(site_principal__isnull=True) | ~Q(site_principal=F("id")),
            ),
            models.CheckConstraint(
                name="structure_point_entier",
                condition=Q(lat__isnull=True, lon__isnull=True) | Q(lat__isnull=False, lon__isnull=False),
            ),
            models.CheckConstraint(
                name="structure_point_sur_terre",
                condition=Q(lat__isnull=True) | Q(lat__range=(-90, 90), lon__range=(-180, 180)),
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the search text in step; place at the commune's centre what has no point."""
        self.preparer()
        champs = kwargs.get("update_fields")
        if champs is not None:
            kwargs["update_fields"] = {*champs, "nom_recherche", "texte_recherche", "modifie_le"}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if champs is None or not CHAMPS_DITS.isdisjoint(champs):
                indexer([self])

    def get_absolute_url(self) -> str:
        """The public page of the structure."""
        return reverse("structures:detail", args=[self.pk])

    def preparer(self) -> None:
        """What save() computes; bulk writers call it themselves."""
        self.finess, self.uai, self.safir = self.finess or None, self.uai or None, self.safir or None
        if self.lat is None or self.lon is None:
            self.lat, self.lon, self.point_approche = self.commune.lat, self.commune.lon, True
        self.nom_recherche = normaliser(self.nom)[:200]
        morceaux = (
            self.nom, self.commune.nom, self.code_postal, self.finess, self.siret, self.uai, self.safir,
            self.type_court if self.type in TYPES else "",
        )  # fmt: skip
        self.texte_recherche = normaliser(" ".join(m for m in morceaux if m))

    @property
    def famille(self) -> Famille:
        """The family of its type (« autre » for a type that no longer exists)."""
        return FAMILLES[TYPES[self.type].famille if self.type in TYPES else "autre"]

    @property
    def type_libelle(self) -> str:
        """The full name of its type, with its precision when it has one."""
        libelle = TYPES[self.type].libelle if self.type in TYPES else self.type
        return f"{libelle} ({self.precision_libelle})" if self.precision_libelle else libelle

    @property
    def type_court(self) -> str:
        """The short name of its type (« ESAT », « ULIS collège »)."""
        court = TYPES[self.type].court if self.type in TYPES else self.type
        return f"{court} {self.precision_libelle}".strip()

    @property
    def precision_libelle(self) -> str:
        """« collège » for the ULIS of a collège; empty when the type asks for nothing or nobody said."""
        return PRECISIONS.get(self.type, {}).get(self.precision, "")

    @property
    def bassin(self) -> Bassin | None:
        """The bassin of its commune."""
        return self.commune.bassin

    @property
    def a_jour_le(self) -> Any:
        """When somebody last vouched for the sheet, or else when it was created."""
        return self.confirme_le or self.cree_le

    @property
    def a_verifier(self) -> bool:
        """Whether nobody vouched for the sheet for six months."""
        return bool(self.a_jour_le and self.a_jour_le < timezone.now() - FRAICHEUR)

    @property
    def confirme_par_qui(self) -> str:
        """Who confirmed it, by function: visitors never read a name."""
        return QUALITES.get(self.confirme_en, "")

    @property
    def contact_montrable(self) -> str:
        """The name of the person to contact if they agreed that partners read it (never for visitors)."""
        return self.contact_nom if self.contact_nom_public and self.contact_consenti_le else ""

    def distance_km(self, lat: float, lon: float) -> float | None:
        """Great-circle distance in km from the structure to a point, None when it has no point."""
        from structures.territoires.geometrie import distance_km

        if self.lat is None or self.lon is None:
            return None
        return distance_km(self.lat, self.lon, lat, lon)
