"""Région, département, EPCI, commune, bassin, and their outlines.

A bassin is, by definition, a set of communes: membership is the foreign key `Commune.bassin`,
so everything that hangs on a commune follows when the official zones replace the default ones.

Outlines live in their own table (`Contour`): pages do `select_related("commune__bassin")` on
thousands of rows, and a bassin's outline alone weighs ten kilobytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.functions import Replace, RowNumber

from structures.territoires.geojson import collection
from structures.territoires.noms import normaliser_nom

if TYPE_CHECKING:
    from structures.territoires.models.poles import Pole

REGION_PAR_DEFAUT = "28"


def code_region() -> str:
    """Insee code of the région this portal serves (`PCTI_REGION`, Normandie by default)."""
    return str(getattr(settings, "PCTI_REGION", "") or REGION_PAR_DEFAUT)


class AvecContour(models.Model):
    """What has an outline in `Contour` (one query the first time, or `select_related("trace")`)."""

    class Meta:
        abstract = True

    @property
    def contour(self) -> str | None:
        """GeoJSON geometry (WGS84, longitude first) as text, or None when it is not known."""
        try:
            trace: Contour = self.trace  # type: ignore[attr-defined]
        except Contour.DoesNotExist:
            return None
        return trace.geojson


class Region(AvecContour):
    """A French région (Insee code, text)."""

    code = models.CharField("code Insee", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)

    class Meta:
        verbose_name = "région"
        ordering = ("nom",)

    def __str__(self) -> str:
        return self.nom


class DepartementQuerySet(models.QuerySet["Departement"]):
    """Reads of the départements."""

    def de_la_region(self, region: str | None = None) -> DepartementQuerySet:
        """The départements of the région served by the portal (or of the one given)."""
        return self.filter(region_id=region or code_region())


class Departement(AvecContour):
    """A département (Insee code, text: « 01 », « 2A »)."""

    code = models.CharField("code Insee", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    region = models.ForeignKey(Region, verbose_name="région", on_delete=models.PROTECT, related_name="departements")

    objects = DepartementQuerySet.as_manager()

    class Meta:
        verbose_name = "département"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.nom


class Epci(models.Model):
    """An intercommunalité, by its SIREN number."""

    code = models.CharField("SIREN", max_length=9, primary_key=True)
    nom = models.CharField("nom", max_length=200)

    class Meta:
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"
        ordering = ("nom",)

    def __str__(self) -> str:
        return self.nom


class BassinQuerySet(models.QuerySet["Bassin"]):
    """Reads of the bassins."""

    def avec_part_du_pole(self, pole: Pole) -> BassinQuerySet:
        """With `nombre` (communes) and `dedans` (those in the perimeter of the pôle)."""
        dedans = Count("communes", filter=Q(communes__in=pole.communes.all()))
        return self.annotate(nombre=Count("communes"), dedans=dedans)

    def actifs(self) -> BassinQuerySet:
        """The bassins of the grouping in force."""
        return self.filter(actif=True)

    def par_nom(self) -> BassinQuerySet:
        """By name as a reader expects it: Évreux between Dreux and Flers, on every database."""
        return self.order_by(Replace(Replace("nom", Value("É"), Value("E")), Value("’"), Value(" ")))

    def de_la_region(self, region: str | None = None) -> BassinQuerySet:
        """Active bassins that hold at least one commune of the région."""
        dedans = Commune.objects.filter(bassin=OuterRef("pk"), departement__region_id=region or code_region())
        return self.actifs().filter(Exists(dedans)).par_nom()

    def normands(self) -> BassinQuerySet:
        """Active bassins that touch Normandie, whatever région the portal serves."""
        return self.de_la_region(REGION_PAR_DEFAUT)

    def touchant_pole(self, pole: Pole, *, oui: bool = True) -> BassinQuerySet:
        """Bassins that hold at least one commune of the perimeter (or none, with `oui=False`)."""
        dedans = Exists(Commune.objects.filter(bassin=OuterRef("pk"), poles=pole))
        return self.filter(dedans) if oui else self.exclude(dedans)

    def touchant_departement(self, code: str) -> BassinQuerySet:
        """Active bassins that hold at least one commune of the département."""
        dedans = Commune.objects.filter(bassin=OuterRef("pk"), departement_id=code)
        return self.actifs().filter(Exists(dedans))

    def en_geojson(self) -> bytes:
        """RFC 7946 feature collection of these bassins, 4 decimals (about 10 m), by code."""
        lignes = self.order_by("code").select_related("trace")
        return collection(
            {
                "id": bassin.code,
                "geometry": bassin.contour,
                "properties": {"code": bassin.code, "nom": bassin.nom},
            }
            for bassin in lignes
        )


class Bassin(AvecContour):
    """A bassin d'emploi: official zone of Insee, or default grouping of EPCI around it."""

    class Origine(models.TextChoices):
        """Where the composition of the bassin comes from; the screens say it."""

        EPCI = "epci", "regroupement d’EPCI"
        ZONE_EMPLOI = "zone-emploi", "zone d’emploi 2020 (Insee)"

    code = models.CharField("code", max_length=4, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    origine = models.CharField("origine", max_length=20, choices=Origine.choices, default=Origine.EPCI)
    ouest = models.FloatField("longitude ouest", null=True, blank=True)
    sud = models.FloatField("latitude sud", null=True, blank=True)
    est = models.FloatField("longitude est", null=True, blank=True)
    nord = models.FloatField("latitude nord", null=True, blank=True)
    actif = models.BooleanField("en vigueur", default=True)

    objects = BassinQuerySet.as_manager()

    class Meta:
        verbose_name = "bassin d’emploi"
        verbose_name_plural = "bassins d’emploi"
        ordering = ("nom",)

    def __str__(self) -> str:
        return self.nom

    @property
    def cadre(self) -> tuple[float, float, float, float] | None:
        """Bounding box (west, south, east, north) in degrees, or None without outline."""
        if self.ouest is None or self.sud is None or self.est is None or self.nord is None:
            return None
        return self.ouest, self.sud, self.est, self.nord


class CommuneQuerySet(models.QuerySet["Commune"]):
    """Reads of the communes."""

    def avec_code_postal(self, code: str) -> CommuneQuerySet:
        """Communes that a postal code serves (often several), biggest first."""
        return self.filter(codes_postaux__code=code.replace(" ", "")).order_by("-population")

    def rechercher(self, texte: str) -> CommuneQuerySet:
        """Communes by name (today's, or one lost in a merger), postal or Insee code, best match first."""
        nom = normaliser_nom(texte)
        if not nom:
            return self.none()
        if nom.replace(" ", "").isdigit():
            chiffres = nom.replace(" ", "")
            postaux = CodePostal.objects.filter(commune=OuterRef("pk"), code__startswith=chiffres)
            ancien = CommuneAncienne.objects.filter(commune=OuterRef("pk"), code=chiffres)
            return self.filter(Q(pk=chiffres) | Exists(postaux) | Exists(ancien)).order_by("-population", "code")
        anciennes = CommuneAncienne.objects.filter(commune=OuterRef("pk"))
        rang = Case(
            When(nom_recherche=nom, then=Value(0)),
            When(Exists(anciennes.filter(nom_recherche=nom)), then=Value(1)),
            When(nom_recherche__startswith=nom, then=Value(2)),
            default=Value(3),
        )
        return (
            self.filter(
                Q(nom_recherche__startswith=nom)
                | Q(nom_recherche__contains=f" {nom}")
                | Exists(anciennes.filter(nom_recherche__startswith=nom))
            )
            .annotate(rang=rang)
            .order_by("rang", "-population", "code")
        )

    def de_la_region(self, region: str | None = None) -> CommuneQuerySet:
        """Communes of the région served by the portal (or of the one given)."""
        return self.filter(departement__region_id=region or code_region())

    def du_bassin(self, code: str) -> CommuneQuerySet:
        """Communes of a bassin."""
        return self.filter(bassin_id=code)

    def resoudre(self, code: str) -> Commune | None:
        """The commune of an Insee code, today's or the old one of a merged commune."""
        directe = self.filter(pk=code).first()
        if directe is not None:
            return directe
        return self.filter(anciennes__code=code).first()

    def lieux(self, par_bassin: int = 12) -> list[dict[str, Any]]:
        """Town names for a map: the biggest communes of each bassin, biggest first.

        `zoom` is the zoom from which a name shows, by population and by rank in the bassin: a
        rural bassin names its main town as soon as it is drawn. One query.
        """
        rang = Window(RowNumber(), partition_by=F("bassin_id"), order_by=[F("population").desc(), F("code").asc()])
        villes = (
            self.filter(bassin__isnull=False)
            .annotate(rang=rang)
            .filter(rang__lte=par_bassin)
            .order_by("-population", "code")
            .values("code", "nom", "lat", "lon", "population", "rang")
        )
        return [
            {**{cle: ville[cle] for cle in ("code", "nom", "lat", "lon")}, "zoom": zoom_du_nom(ville)}
            for ville in villes
        ]


def zoom_du_nom(ville: Mapping[str, Any]) -> int:
    """Zoom level from which a town is named (`population`, and `rang` in its bassin from 1)."""
    par_population = next(
        (z for seuil, z in ((80_000, 7), (20_000, 8), (10_000, 9)) if ville["population"] > seuil), 12
    )
    par_rang = next((z for rang, z in ((1, 8), (3, 9), (6, 10), (10, 11)) if ville["rang"] <= rang), 12)
    return min(par_population, par_rang)


class Commune(AvecContour):
    """A commune of the Insee code officiel géographique; `bassin` is null outside every zone."""

    code = models.CharField("code Insee", max_length=5, primary_key=True)
    nom = models.CharField("nom", max_length=100)
    nom_recherche = models.CharField(max_length=100, db_index=True, editable=False)
    departement = models.ForeignKey(
        Departement,
        verbose_name="département",
        on_delete=models.PROTECT,
        related_name="communes",
    )
    epci = models.ForeignKey(
        Epci,
        verbose_name="EPCI",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="communes",
    )
    bassin = models.ForeignKey(Bassin, null=True, blank=True, on_delete=models.SET_NULL, related_name="communes")
    population = models.PositiveIntegerField("population municipale", default=0)
    lat = models.FloatField("latitude du centre")
    lon = models.FloatField("longitude du centre")

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ("nom", "code")
        indexes = (models.Index(fields=("lat", "lon"), name="commune_lat_lon"),)

    def __str__(self) -> str:
        return self.nom

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the searchable name in step with the name."""
        self.nom_recherche = normaliser_nom(self.nom)
        super().save(*args, **kwargs)


class CodePostal(models.Model):
    """A postal code of a commune: codes and communes are many to many."""

    code = models.CharField("code postal", max_length=5, db_index=True)
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="codes_postaux")

    class Meta:
        verbose_name = "code postal"
        verbose_name_plural = "codes postaux"
        ordering = ("code",)
        constraints = (models.UniqueConstraint(fields=("commune", "code"), name="code_postal_unique"),)

    def __str__(self) -> str:
        return self.code


class CommuneAncienne(models.Model):
    """Code and name of a commune merged into another: old files still carry them."""

    code = models.CharField("ancien code Insee", max_length=5, primary_key=True)
    nom = models.CharField("ancien nom", max_length=100)
    nom_recherche = models.CharField(max_length=100, db_index=True, editable=False, default="")
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="anciennes")

    class Meta:
        verbose_name = "ancienne commune"
        verbose_name_plural = "anciennes communes"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.nom

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the searchable name in step with the name."""
        self.nom_recherche = normaliser_nom(self.nom)
        super().save(*args, **kwargs)


class Contour(models.Model):
    """Outline of exactly one territory: GeoJSON geometry as text, WGS84."""

    commune = models.OneToOneField(Commune, null=True, on_delete=models.CASCADE, related_name="trace")
    bassin = models.OneToOneField(Bassin, null=True, on_delete=models.CASCADE, related_name="trace")
    departement = models.OneToOneField(Departement, null=True, on_delete=models.CASCADE, related_name="trace")
    region = models.OneToOneField(Region, null=True, on_delete=models.CASCADE, related_name="trace")
    geojson = models.TextField("géométrie GeoJSON")

    class Meta:
        verbose_name = "contour"
        constraints = (
            models.CheckConstraint(
                name="contour_d_un_seul_territoire",
                condition=(
                    Q(commune__isnull=False, bassin__isnull=True) & Q(departement__isnull=True, region__isnull=True)
                )
                | (Q(commune__isnull=True, bassin__isnull=False) & Q(departement__isnull=True, region__isnull=True))
                | (Q(commune__isnull=True, bassin__isnull=True) & Q(departement__isnull=False, region__isnull=True))
                | (Q(commune__isnull=True, bassin__isnull=True) & Q(departement__isnull=True, region__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"contour {self.pk}"
