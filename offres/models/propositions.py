"""Offers and needs: the same questions on both sides, and the rule that makes them meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, IntegerField, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone

from offres import couverture
from offres.models.campagnes import Reponse
from offres.models.rapprochements import Rapprochement
from offres.models.referentiel import Service
from structures.models import Public, Structure
from structures.territoires.models import Bassin, Commune, Departement

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur

P = TypeVar("P", bound="Proposition")
# Dates beyond any other: an open period, as both databases compare it.
TOUJOURS, JAMAIS = date(1900, 1, 1), date(2999, 12, 31)


def periode(debut: Any, fin: Any) -> tuple[Any, Any]:
    """A period as two expressions that are never null (values, or references to an outer query)."""
    return (
        Coalesce(debut, Value(TOUJOURS), output_field=models.DateField()),
        Coalesce(fin, Value(JAMAIS), output_field=models.DateField()),
    )


def lieu_de(commune: Commune) -> couverture.Lieu:
    """A commune, as the coverage rule compares it."""
    region = Departement.objects.filter(pk=commune.departement_id).values("region_id")[:1]
    return couverture.Lieu(
        commune=commune.pk,
        bassin=commune.bassin_id,
        departement=commune.departement_id,
        region=Subquery(region),
        lat=Value(commune.lat),
        lon=Value(commune.lon),
    )


@dataclass(frozen=True)
class Volume:
    """A service in a bassin: how many lines, and their volumes added (`None` told: not counted)."""

    service_id: int
    bassin: str
    lignes: int
    volume: int


class PropositionQuerySet(models.QuerySet[P]):
    """Reads that offers and needs share."""

    def publiees(self) -> Self:
        """Visible to signed-in partners: sent, not withdrawn, not over, of a structure that is open."""
        ouvertes = self.filter(publiee=True, structure__fermee_le__isnull=True)
        return ouvertes.filter(Q(fin__isnull=True) | Q(fin__gte=timezone.localdate()))

    publies = publiees

    def brouillons(self) -> Self:
        """Lines being written in a questionnaire, not sent yet."""
        return self.filter(publiee=False, retiree_le__isnull=True)

    def de_la_reponse(self, reponse: Reponse) -> Self:
        """What was sent, or what its authors are writing when it was not (or must be sent again)."""
        lignes = self.filter(reponse=reponse)
        return lignes.filter(publiee=True) if reponse.etat == Reponse.Etat.SOUMISE else lignes.brouillons()

    def du_bassin(self, code: str) -> Self:
        """Of the structures located in a bassin."""
        return self.filter(structure__commune__bassin_id=code)

    def de(self, utilisateur: "Utilisateur") -> Self:
        """Of the structures of which this person is an active member."""
        return self.filter(structure__in=Structure.objects.de(utilisateur))

    def pour_affichage(self) -> Self:
        """With what a list shows, in a constant number of queries."""
        return self.select_related("service", "structure__commune__bassin").prefetch_related(
            "publics", "communes", "bassins", "departements"
        )

    def _avec_reste(self, nom: str, cle: str, **comptes: Any) -> Self:
        """The volume less what accepted matches take; null when the volume is not told, never negative.

        `comptes`: which of the matches count.
        """
        pris = (
            Rapprochement.objects.qui_consomment()
            .filter(**{cle: OuterRef("pk")}, **comptes)
            .order_by()
            .values(cle)
            .annotate(total=Sum("volume"))
            .values("total")
        )
        reste = F("volume") - Coalesce(Subquery(pris, output_field=IntegerField()), 0)
        return self.annotate(
            **{
                nom: Case(
                    When(volume__isnull=True, then=Value(None)),
                    default=Greatest(reste, Value(0)),
                    output_field=IntegerField(),
                )
            }
        )

    def aux_dates_de(self, debut: Any, fin: Any) -> Self:
        """Whose dates meet a period (expressions; a missing end is told by a far date)."""
        return self.filter(Q(debut__isnull=True) | Q(debut__lte=fin), Q(fin__isnull=True) | Q(fin__gte=debut))

    def compte_par_bassin(self) -> dict[str, int]:
        """Number of published lines per bassin code (one query)."""
        lignes = (
            self.publiees()
            .filter(structure__commune__bassin__isnull=False)
            .order_by()
            .values_list("structure__commune__bassin_id")
            .annotate(nombre=Count("pk"))
        )
        return {str(code): nombre for code, nombre in lignes}

    def volumes_par_service_et_bassin(self) -> list[Volume]:
        """Published lines and added volumes, per service and bassin (one query)."""
        lignes = (
            self.publiees()
            .filter(structure__commune__bassin__isnull=False)
            .order_by("service__ordre")
            .values_list("service_id", "structure__commune__bassin_id")
            .annotate(lignes=Count("pk"), total=Coalesce(Sum("volume"), 0))
        )
        return [Volume(service, bassin, nombre, total) for service, bassin, nombre, total in lignes]


class OffreQuerySet(PropositionQuerySet["Offre"]):
    """Reads of the offers."""

    def avec_volume_restant(self) -> Self:
        """Each offer with `volume_restant`: its volume less what accepted matches take (unit of the offer)."""
        return self._avec_reste("volume_restant", "offre")

    def disponibles(self) -> Self:
        """With `volume_restant`, without those that accepted matches have used up."""
        return self.avec_volume_restant().filter(Q(volume__isnull=True) | Q(volume_restant__gt=0))

    def avec_accords_hors_compte(self) -> Self:
        """Each offer with `hors_compte`: the agreements that `volume_restant` can't count.

        Those that don't say how much, and all of them when the offer itself says no volume.
        """
        accords = (
            Rapprochement.objects.qui_consomment()
            .filter(Q(volume__isnull=True) | Q(offre__volume__isnull=True), offre=OuterRef("pk"))
            .order_by()
            .values("offre")
            .annotate(nombre=Count("pk"))
            .values("nombre")
        )
        return self.annotate(hors_compte=Coalesce(Subquery(accords, output_field=IntegerField()), 0))

    def situees(self, lieu: couverture.Lieu) -> Self:
        """With `distance_km` from the offering structure to a place, and what the radius rule needs."""
        return self.alias(lat_offreur=couverture.LAT_OFFREUR, lon_offreur=couverture.LON_OFFREUR).annotate(
            distance_km=couverture.distance_km(lieu.lat, lieu.lon)
        )

    def couvrant(self, commune: Commune) -> Self:
        """Offers whose rayonnement reaches this commune, whatever its kind: one query.

        THE coverage rule: matching, map, directory and export all call it. Each offer carries
        `distance_km` (from its structure to the commune's centroid).
        """
        lieu = lieu_de(commune)
        return self.situees(lieu).filter(
            couverture.atteint(
                lieu,
                communes=Offre.communes.through,
                bassins=Offre.bassins.through,
                departements=Offre.departements.through,
            )
        )

    def avec_un_public_parmi(self, demandes: Sequence[int]) -> Self:
        """Offers that state no public, or one of these at least.

        One value read by offer rather than two EXISTS (PostgreSQL would read the publics of every offer),
        and an inequality (it would take an equality for a rare one, and join the other way round).
        """
        commun = Max(Case(When(public__in=demandes, then=Value(1)), default=Value(0)))
        cites = Offre.publics.through.objects.filter(offre=OuterRef("pk")).order_by().values("offre")
        avec: Any = cites.annotate(commun=commun)
        lu = Subquery(avec.values("commun"), output_field=IntegerField())
        return self.alias(public_commun=Coalesce(lu, Value(1))).filter(public_commun__gt=0)

    def candidates_pour(self, besoin: "Besoin") -> Self:
        """Offers that answer a need: THE rule of matching, one query (offres/rapprochement.py says why).

        Same service, rayonnement that reaches the structure in need, publics and dates compatible, something
        left of the volume; the structure's own excluded, and a demonstration meets demonstrations only. Each
        carries `distance_km` and `volume_restant`.
        """
        commune = besoin.structure.commune
        # The zone first, by itself: volumes and publics are read of the few offers that reach the place. In one
        # list of conditions PostgreSQL reads them of every offer of the service before it looks at the zone.
        atteignent = (
            self.publiees()
            .filter(service=besoin.service_id, structure__fictive=besoin.structure.fictive)
            .exclude(structure=besoin.structure_id)
            .aux_dates_de(*periode(Value(besoin.debut), Value(besoin.fin)))
            .couvrant(commune)
            .order_by()
        )
        offres = self.filter(pk__in=atteignent.values("pk")).situees(lieu_de(commune)).disponibles()
        if besoin.service.hors_liste:
            # Nothing, with its columns: who reads it sorts by distance.
            return offres.none()
        demandes = [public.pk for public in besoin.publics.all()]
        return offres.avec_un_public_parmi(demandes) if demandes else offres


class BesoinQuerySet(PropositionQuerySet["Besoin"]):
    """Reads of the needs."""

    def avec_volume_manquant(self) -> Self:
        """Each need with `volume_manquant`: its volume less what accepted matches already bring.

        A match is written in the unit of its offer: in another one, nobody can take it off the need.
        """
        return self._avec_reste("volume_manquant", "besoin", offre__unite=OuterRef("unite"))

    def a_trouver(self) -> Self:
        """Of those read with `volume_manquant`, without those that agreements cover (unknown volumes stay)."""
        return self.filter(Q(volume__isnull=True) | Q(volume_manquant__gt=0))

    def atteints_par(self, offre: "Offre") -> Self:
        """Needs whose commune the rayonnement of an offer reaches: `OffreQuerySet.couvrant` read backwards.

        Each carries `distance_km` (from the offering structure to the centroid of the commune).
        """
        structure = offre.structure
        depuis = structure.commune
        lat = structure.lat if structure.lat is not None else depuis.lat
        lon = structure.lon if structure.lon is not None else depuis.lon
        situes = self.annotate(
            distance_km=couverture.entre(
                Value(lat, output_field=models.FloatField()),
                Value(lon, output_field=models.FloatField()),
                F("structure__commune__lat"),
                F("structure__commune__lon"),
            )
        )
        match offre.rayonnement:
            case "communes":
                return situes.filter(structure__commune__in=offre.communes.values("pk"))
            case "bassins":
                return situes.filter(structure__commune__bassin__in=offre.bassins.values("pk"))
            case "departements":
                return situes.filter(structure__commune__departement__in=offre.departements.values("pk"))
            case "region":
                return situes.filter(structure__commune__departement__region=depuis.departement.region_id)
            case "rayon":
                return situes.filter(distance_km__lte=offre.rayon_km)
        return situes.none()

    def repondables_par(self, offre: "Offre") -> Self:
        """The needs that an offer may answer: `OffreQuerySet.candidates_pour` read from the other side."""
        du_besoin = Besoin.publics.through.objects.filter(besoin=OuterRef("pk"))
        de_l_offre = Offre.publics.through.objects.filter(offre=offre.pk)
        communs = du_besoin.filter(public__in=de_l_offre.values("public"))
        besoins = (
            self.publiees()
            .filter(service=offre.service_id, structure__fictive=offre.structure.fictive)
            .exclude(structure=offre.structure_id)
            .aux_dates_de(*periode(Value(offre.debut), Value(offre.fin)))
            .atteints_par(offre)
            .filter(~Exists(du_besoin) | ~Exists(de_l_offre) | Exists(communs))
            .avec_volume_manquant()
        )
        if offre.service.hors_liste or not Offre.objects.publiees().disponibles().filter(pk=offre.pk).exists():
            # Nothing, with its columns: who reads it sorts by distance.
            return besoins.none()
        return besoins


class Proposition(models.Model):
    """What offers and needs have in common: the four questions of the method.

    A line being written is `publiee=False`; sent, it is published. When an answer is reopened its
    published lines stay as they were sent: copies (`remplace` → the original) are edited, and
    take the originals' place when the answer is sent again.
    """

    class Rayonnement(models.TextChoices):
        COMMUNES = "communes", "Des communes précises"
        RAYON = "rayon", "Un rayon autour de la structure"
        BASSINS = "bassins", "Un ou plusieurs bassins d’emploi"
        DEPARTEMENTS = "departements", "Un ou plusieurs départements"
        REGION = "region", "Toute la région"
        # Reaches nobody until it is told: the line stays in the lists, no need is matched with it.
        INCONNU = "inconnu", "Je ne sais pas encore"

    reponse = models.ForeignKey(
        Reponse, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="réponse"
    )
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="%(class)ss")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="%(class)ss")
    service_autre = models.CharField("service à préciser", max_length=160, blank=True)
    description = models.TextField("description", blank=True)
    # Null: « ne sait pas » when `volume_inconnu`, else not answered yet.
    volume = models.PositiveIntegerField("volume", null=True, blank=True)
    volume_inconnu = models.BooleanField("volume non connu", default=False)
    unite = models.CharField("unité", max_length=30, blank=True)
    # [{"profession": "Éducatrice spécialisée", "etp": 0.2 | null}]
    ressources = models.JSONField("professions et temps consacré", default=list, blank=True)
    lieux = models.TextField("locaux et plateaux", blank=True)
    # Letters of the ROME's grands domaines.
    domaines_rome = models.JSONField("domaines professionnels", default=list, blank=True)
    materiel = models.TextField("matériel et outils", blank=True)
    # Blank: not answered yet.
    rayonnement = models.CharField("rayonnement", max_length=12, choices=Rayonnement.choices, blank=True)
    rayon_km = models.PositiveSmallIntegerField("rayon en kilomètres", null=True, blank=True)
    communes = models.ManyToManyField(Commune, verbose_name="communes", blank=True, related_name="+")
    bassins = models.ManyToManyField(Bassin, verbose_name="bassins", blank=True, related_name="+")
    departements = models.ManyToManyField(Departement, verbose_name="départements", blank=True, related_name="+")
    publics = models.ManyToManyField(Public, verbose_name="publics", blank=True, related_name="%(class)ss")
    modalites = models.JSONField("modalités", default=list, blank=True)
    periodicite = models.CharField("périodicité", max_length=20, blank=True)
    conditions = models.TextField("conditions", blank=True)
    debut = models.DateField("à partir du", null=True, blank=True)
    fin = models.DateField("jusqu’au", null=True, blank=True)

    publiee = models.BooleanField("publiée", default=False)
    publiee_le = models.DateTimeField("publiée le", null=True, blank=True)
    retiree_le = models.DateTimeField("retirée le", null=True, blank=True)
    remplace = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="copie_en_cours"
    )
    version = models.PositiveIntegerField("version", default=0)
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    modifie_le = models.DateTimeField("modifiée le", default=timezone.now)
    modifie_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True
        ordering: ClassVar = ["service__ordre", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(class)s_rayon_en_km",
                condition=~Q(rayonnement="rayon") | Q(rayon_km__gte=1, rayon_km__lte=couverture.RAYON_MAX_KM),
            ),
            models.CheckConstraint(
                name="%(class)s_finit_apres_son_debut",
                condition=Q(debut__isnull=True) | Q(fin__isnull=True) | Q(fin__gte=F("debut")),
            ),
            models.CheckConstraint(
                name="%(class)s_retiree_non_publiee", condition=~Q(publiee=True, retiree_le__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["publiee", "service"], name="%(class)s_publiee_service"),
            models.Index(fields=["structure", "publiee"], name="%(class)s_structure"),
        ]

    def __str__(self) -> str:
        return f"{self.libelle} – {self.structure}"

    @property
    def libelle(self) -> str:
        """The service in words, with what was told of « autre service »."""
        return self.service_autre if self.service.hors_liste and self.service_autre else self.service.libelle

    def active(self, le: date | None = None) -> bool:
        """Whether its dates include that day (today by default)."""
        jour = le or timezone.localdate()
        return (self.debut is None or self.debut <= jour) and (self.fin is None or self.fin >= jour)


class Offre(Proposition):
    """A service that a structure is ready to share."""

    objects = OffreQuerySet.as_manager()

    class Meta(Proposition.Meta):
        verbose_name = "offre"


class Besoin(Proposition):
    """A service that a structure needs."""

    class Priorite(models.TextChoices):
        HAUTE = "haute", "Haute"
        MOYENNE = "moyenne", "Moyenne"
        BASSE = "basse", "Basse"
        INCONNUE = "inconnue", "Je ne sais pas"

    class MomentCle(models.TextChoices):
        AVANT = "avant", "Avant la sortie de l’établissement"
        PENDANT = "pendant", "À la sortie"
        APRES = "apres", "Après la sortie"
        INCONNU = "inconnu", "Je ne sais pas"

    priorite = models.CharField("priorité", max_length=8, choices=Priorite.choices, blank=True)
    moment_cle = models.CharField("moment clé", max_length=8, choices=MomentCle.choices, blank=True)
    # When the unit of the service is not persons (sessions, permanences): how many persons a year.
    personnes = models.PositiveIntegerField("personnes concernées sur un an", null=True, blank=True)
    partenaire_pressenti = models.CharField("partenaire déjà pressenti", max_length=200, blank=True)

    objects = BesoinQuerySet.as_manager()

    class Meta(Proposition.Meta):
        verbose_name = "besoin"

    def get_absolute_url(self) -> str:
        return reverse("offres:rapprochements_du_besoin", args=[self.pk])
