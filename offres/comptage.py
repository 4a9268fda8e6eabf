"""How many offers answer each of many needs: the rule of `candidates_pour`, for a list or for a whole territory.

Asked need by need in SQL, each would read all the offers of its service: a minute for a région. Here the
needs and the offers that may reach them are read once each, and met by service and zone. A property test
keeps it equal to `candidates_pour`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from django.db.models import Exists, F, FloatField, Max, Min, OuterRef, Q, QuerySet, Value

from offres import couverture
from offres.models import Besoin, Offre, Rapprochement
from offres.models.referentiel import HORS_LISTE

REGION = "structure__commune__departement__region"
# Kind of rayonnement → the field of the offer and the field of the need that must be the same place.
ZONES = {
    Offre.Rayonnement.COMMUNES: ("communes", "structure__commune"),
    Offre.Rayonnement.BASSINS: ("bassins", "structure__commune__bassin"),
    Offre.Rayonnement.DEPARTEMENTS: ("departements", "structure__commune__departement"),
    Offre.Rayonnement.REGION: (REGION, REGION),
}
LIGNE = ("pk", "service", "structure", "structure__fictive", "debut", "fin")
Zone = tuple[int, str, Any]
# Beyond, a list of places costs more than the offers it leaves out.
LIEUX_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Ligne:
    """What the rule compares of an offer or of a need."""

    structure: int
    fictive: bool
    debut: date | None
    fin: date | None
    publics: frozenset[int]

    def va_avec(self, autre: "Ligne") -> bool:
        """Not the same structure, both real or both of the demonstration, dates that meet, publics compatible."""
        return (
            self.structure != autre.structure
            and self.fictive == autre.fictive
            and not (self.fin and autre.debut and self.fin < autre.debut)
            and not (autre.fin and self.debut and autre.fin < self.debut)
            and (not self.publics or not autre.publics or not self.publics.isdisjoint(autre.publics))
        )


@dataclass(frozen=True, slots=True)
class Cercle:
    """An offer « within so many km »."""

    offre: Ligne
    lat: float
    lon: float
    km: int

    def atteint(self, lat: float, lon: float) -> bool:
        if abs(lat - self.lat) * couverture.KM_PAR_DEGRE > self.km + 1:
            return False
        return couverture.a_vol_d_oiseau(self.lat, self.lon, lat, lon) <= self.km


@dataclass(frozen=True, slots=True)
class Demande:
    """A need, and the offers that answer it."""

    pk: int
    service: str
    offres: Iterator[Ligne]


def sans_offre(besoins: "QuerySet[Besoin]") -> dict[int, str]:
    """Of these needs, those that no published offer answers, each with its service in words."""
    a_voir = _sans_offre_large(besoins)
    return {demande.pk: demande.service for demande in _demandes(a_voir) if next(demande.offres, None) is None}


def _sans_offre_large(besoins: "QuerySet[Besoin]") -> "QuerySet[Besoin]":
    """Without the needs that any reader knows to be answered: one aggregate instead of most of the meeting.

    Where two structures at least offer a service to their whole région, to every public and at any date, each
    need of that service in that région has an offer, whoever asks.
    """
    publics = Offre.publics.through.objects.filter(offre=OuterRef("pk"))
    larges = (
        Offre.objects.publiees()
        .disponibles()
        .filter(~Exists(publics), rayonnement=Offre.Rayonnement.REGION, debut__isnull=True, fin__isnull=True)
        .exclude(service__slug=HORS_LISTE)
        .order_by()
        .values_list("service", "structure__fictive", REGION)
        .annotate(une=Min("structure"), autre=Max("structure"))
        .filter(une__lt=F("autre"))
    )
    regions: dict[tuple[int, bool], list[Any]] = defaultdict(list)
    for service, fictive, region, *_ in larges:
        regions[service, fictive].append(region)
    servis = Q()
    for (service, fictive), servies in regions.items():
        servis |= Q(service=service, structure__fictive=fictive, **{f"{REGION}__in": servies})
    return besoins.exclude(servis) if regions else besoins


def delaisses(besoins: "QuerySet[Besoin]") -> dict[int, str]:
    """Of these needs, those that no offer answers and that no cooperation follows, each with its service.

    A need that somebody already answers lacks nobody, even when the offer is used up by it. Every page that
    counts « besoins sans offre » counts these.
    """
    suivis = Rapprochement.objects.ouverts().filter(besoin=OuterRef("pk"))
    return sans_offre(besoins.filter(~Exists(suivis)))


def nombre_d_offres(besoins: "QuerySet[Besoin]") -> dict[int, int]:
    """How many published offers answer each of these needs."""
    return {demande.pk: sum(1 for _ in demande.offres) for demande in _demandes(besoins)}


def _demandes(besoins: "QuerySet[Besoin]") -> Iterator[Demande]:
    """Each need with its offers, looked for when they are asked for. A dozen queries in all."""
    zones = [besoin for _, besoin in ZONES.values()]
    lieu = ("structure__commune__lat", "structure__commune__lon")
    lus = list(besoins.order_by().values_list(*LIGNE, "service__slug", "service__libelle", *lieu, *zones))
    if not lus:
        return
    publics = _publics(Besoin, besoins)
    offres = Offre.objects.publiees().disponibles().filter(service__in={lu[1] for lu in lus if lu[6] != HORS_LISTE})
    par_zone, cercles = _par_zone([lu[10:] for lu in lus], offres), _cercles([(lu[8], lu[9]) for lu in lus], offres)
    for pk, service, structure, fictive, debut, fin, _, libelle, lat, lon, *lieux in lus:
        besoin = Ligne(structure, fictive, debut, fin, publics.get(pk, frozenset()))
        nommees = (par_zone.get((service, str(genre), lieu), ()) for genre, lieu in zip(ZONES, lieux, strict=True))
        autour = (cercle.offre for cercle in cercles.get(service, ()) if cercle.atteint(lat, lon))
        yield Demande(pk, libelle, _qui_vont(chain(*nommees, autour), besoin))


def _qui_vont(offres: Iterable[Ligne], besoin: Ligne) -> Iterator[Ligne]:
    return (offre for offre in offres if offre.va_avec(besoin))


def _publics(modele: type[Any], lignes: "QuerySet[Any]") -> dict[int, frozenset[int]]:
    """The publics that each of these lines states."""
    nom = modele._meta.model_name
    liens = modele.publics.through.objects.filter(**{f"{nom}__in": lignes.order_by().values("pk")})
    par_ligne: dict[int, set[int]] = defaultdict(set)
    for ligne, public in liens.values_list(nom, "public"):
        par_ligne[ligne].add(public)
    return {ligne: frozenset(lus) for ligne, lus in par_ligne.items()}


def _lues(offres: "QuerySet[Offre]", *champs: str) -> Iterator[tuple[int, Ligne, list[Any]]]:
    """Each offer's service, what the rule compares, and these fields besides."""
    publics = _publics(Offre, offres)
    for pk, service, structure, fictive, debut, fin, *autres in offres.order_by().values_list(*LIGNE, *champs):
        yield service, Ligne(structure, fictive, debut, fin, publics.get(pk, frozenset())), autres


def _par_zone(places: Sequence[Sequence[Any]], offres: "QuerySet[Offre]") -> dict[Zone, list[Ligne]]:
    """The offers that name a place of these needs (one value by kind of zone), by service, kind and place."""
    trouvees: dict[Zone, list[Ligne]] = defaultdict(list)
    for rang, (genre, (champ, _)) in enumerate(ZONES.items()):
        # As values: a database that is given the question again plans it badly.
        lieux = {place[rang] for place in places} - {None}
        du_genre = offres.filter(rayonnement=genre)
        if len(lieux) <= LIEUX_MAX:
            du_genre = du_genre.filter(**{f"{champ}__in": lieux})
        for service, offre, (lieu,) in _lues(du_genre, champ):
            trouvees[service, str(genre), lieu].append(offre)
    return trouvees


def _cercles(points: Sequence[tuple[float, float]], offres: "QuerySet[Offre]") -> dict[int, list[Cercle]]:
    """The offers « within so many km » whose box meets the one around these points, by service."""
    if not points:
        return {}
    lats, lons = zip(*points, strict=True)
    hauteur = F("rayon_km") / Value(couverture.KM_PAR_DEGRE, output_field=FloatField())
    largeur = hauteur / Value(couverture.COSINUS_PRUDENT)
    proches = (
        offres.filter(rayonnement=Offre.Rayonnement.RAYON)
        .annotate(lat_offreur=couverture.LAT_OFFREUR, lon_offreur=couverture.LON_OFFREUR)
        .filter(
            lat_offreur__gte=Value(min(lats)) - hauteur,
            lat_offreur__lte=Value(max(lats)) + hauteur,
            lon_offreur__gte=Value(min(lons)) - largeur,
            lon_offreur__lte=Value(max(lons)) + largeur,
        )
    )
    trouves: dict[int, list[Cercle]] = defaultdict(list)
    for service, offre, (lat, lon, km) in _lues(proches, "lat_offreur", "lon_offreur", "rayon_km"):
        trouves[service].append(Cercle(offre, lat, lon, km))
    return trouves
