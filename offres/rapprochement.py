"""Who can answer a need, why, and what is missing: a rule one can read, computed and never stored.

Hard (`OffreQuerySet.candidates_pour`): same service, the offer reaches the commune of the structure in
need, publics compatible (either side states none, or they share one), dates that meet, something left of
the volume. The rest sorts (`classement`), in this order: how much of the need is covered, another family
of structures first (partners complete each other), distance by steps of five kilometres, the offer said
most lately. One query; the words are made for what a page shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import Case, F, FloatField, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, Floor, Least
from django.utils import timezone

from offres.models import Besoin, Offre
from offres.unites import accord, mots, volume_en_mots
from socle.templatetags.typographie import jour, nombre, pluriel
from structures.referentiel import types_de

# Two offers at 11 and 13 km are as near: the fresher one comes first.
PALIER_KM = 5.0
# Beyond, the page says that the offer is old: the questionnaire is answered every year.
ANCIENNE = timedelta(days=400)
REGLE = (
    "Même service, zone qui atteint la structure, publics et dates compatibles, volume encore libre. "
    "D’abord ce qui couvre le plus du besoin, puis une autre famille de structures, puis la plus proche "
    "(à 5\u00a0km près), puis l’offre publiée le plus récemment."
)


class Libre(Protocol):
    """What counts in a total: how much is free, in the unit of the need (None: not known)."""

    @property
    def libre(self) -> int | None: ...


@dataclass(frozen=True)
class Rang:
    """One offer in the order of the rule, without its words: thousands weigh little."""

    offre: int
    structure: int
    distance_km: float
    libre: int | None
    couvert: int


@dataclass(frozen=True)
class Candidat:
    """An offer that may answer a need."""

    offre: Offre
    distance_km: float
    raisons: list[str]
    manques: list[str]
    # What is left of the offer, in the unit of the need; None when it can't be counted.
    libre: int | None
    # How much of the need it covers; None when one of the two volumes is not known.
    volume_couvert: int | None


@dataclass(frozen=True)
class Bilan:
    """What the candidates cover together."""

    phrase: str
    demande: int | None
    # Agreed already, and free in the offers: never more than what is asked.
    convenu: int
    couvert: int
    suffisant: bool


def volume_manquant(besoin: Besoin) -> int | None:
    """What accepted matches have not brought yet; None when the need doesn't say its volume."""
    compte: Any = Besoin.objects.avec_volume_manquant().get(pk=besoin.pk)
    return None if compte.volume_manquant is None else int(compte.volume_manquant)


def classement(besoin: Besoin, manquant: int | None) -> QuerySet[Offre]:
    """The offers that answer a need, best first: one query, the whole rule in SQL."""
    couvert: Any = Value(0, output_field=IntegerField())
    if manquant is not None:
        couvert = Case(
            When(volume__isnull=False, unite=besoin.unite, then=Least(F("volume_restant"), Value(manquant))),
            default=Value(0),
            output_field=IntegerField(),
        )
    famille = Case(
        When(structure__type__in=types_de(besoin.structure.famille.slug), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    offres: QuerySet[Offre] = (
        Offre.objects.candidates_pour(besoin)
        .annotate(
            couvert=couvert,
            meme_famille=famille,
            palier=Floor(F("distance_km") / Value(PALIER_KM), output_field=FloatField()),
            dite_le=Coalesce("publiee_le", "cree_le"),
        )
        .order_by("-couvert", "meme_famille", "palier", "-dite_le", "pk")
    )
    return offres


def rangs(besoin: Besoin, manquant: int | None) -> list[Rang]:
    """The order of the rule, every candidate, in one query."""
    if besoin.service.hors_liste:
        return []
    classees: QuerySet[Any] = classement(besoin, manquant)
    lignes = classees.values_list("pk", "structure_id", "distance_km", "volume_restant", "unite", "couvert")
    return [
        Rang(pk, structure, distance, restant if unite == besoin.unite else None, couvert)
        for pk, structure, distance, restant, unite, couvert in lignes
    ]


def candidats(besoin: Besoin, *, limite: int | None = None, vous: bool = False) -> list[Candidat]:
    """The offers that answer a need, best first, in words. Constant number of queries."""
    manquant = volume_manquant(besoin)
    return en_mots(besoin, rangs(besoin, manquant)[:limite], manquant, vous=vous)


def candidat(besoin: Besoin, offre: Offre, *, vous: bool = False) -> Candidat | None:
    """Why this offer answers this need; None when it doesn’t (any more)."""
    manquant = volume_manquant(besoin)
    siens = [rang for rang in rangs(besoin, manquant) if rang.offre == offre.pk]
    return next(iter(en_mots(besoin, siens, manquant, vous=vous)), None)


def en_mots(besoin: Besoin, choisis: Sequence[Rang], manquant: int | None, *, vous: bool = False) -> list[Candidat]:
    """Load these offers and say why each answers. `vous`: the reader belongs to the structure in need."""
    lues = Offre.objects.filter(pk__in=[r.offre for r in choisis]).avec_accords_hors_compte().pour_affichage()
    offres: dict[int, Offre] = {offre.pk: offre for offre in lues}
    demandes = {public.pk: public.libelle for public in besoin.publics.all()}
    return [
        _evaluer(besoin, offres[rang.offre], rang, manquant, demandes, vous)
        for rang in choisis
        # Withdrawn between the two queries.
        if rang.offre in offres
    ]


def _evaluer(
    besoin: Besoin, offre: Offre, rang: Rang, manquant: int | None, demandes: dict[int, str], vous: bool
) -> Candidat:
    commune = besoin.structure.commune.nom
    raisons = [f"couvre votre commune, {commune}" if vous else f"couvre {commune}"]
    manques: list[str] = []
    couvert = _volumes(besoin, offre, rang, manquant, raisons, manques)
    raisons.append(distance_en_mots(besoin, offre, rang.distance_km))
    _publics(offre, demandes, raisons, manques)
    _dates(besoin, offre, manques)
    _fraicheur(offre.publiee_le or offre.cree_le, raisons, manques)
    return Candidat(offre, rang.distance_km, raisons, manques, rang.libre, couvert)


def distance_en_mots(besoin: Besoin, offre: Offre, distance: float) -> str:
    """« dans la même commune », « à 14 km »."""
    if offre.structure.commune_id == besoin.structure.commune_id:
        return "dans la même commune"
    return "à moins d’un kilomètre" if distance < 1 else f"à {nombre(round(distance))}\u00a0km"


def _volumes(
    besoin: Besoin, offre: Offre, rang: Rang, manquant: int | None, raisons: list[str], manques: list[str]
) -> int | None:
    if offre.volume is None:
        accords: int = getattr(offre, "hors_compte", 0)
        deja = f", {pluriel(accords, 'coopération en cours,coopérations en cours')}" if accords else ""
        manques.append(f"l’offre ne dit pas son volume{deja}")
        return None
    if rang.libre is None:
        raisons.append(
            f"{volume_en_mots(offre.volume, offre.unite)}, pour {volume_en_mots(besoin.volume, besoin.unite)}"
        )
        return None
    libres = rang.libre
    if libres < offre.volume:
        raisons.append(f"{nombre(libres)} encore {accord('libre', libres)} sur {nombre(offre.volume)}")
    if manquant is None:
        raisons.append(volume_en_mots(libres, offre.unite))
        return None
    if manquant == 0:
        return 0
    couvert = min(libres, manquant)
    reste = "qui manquent encore" if besoin.volume is not None and manquant < besoin.volume else None
    if couvert == manquant:
        raisons.append(f"tout le besoin\u00a0: {volume_en_mots(couvert, besoin.unite)}")
        return couvert
    unites = mots(besoin.unite, couvert)
    demandes = accord("demandé", 2, besoin.unite)
    raisons.append(f"{nombre(couvert)}\u00a0{unites} sur les {nombre(manquant)} {reste or demandes}")
    manques.append(f"il manque {volume_en_mots(manquant - couvert, besoin.unite)}")
    return couvert


def _publics(offre: Offre, demandes: dict[int, str], raisons: list[str], manques: list[str]) -> None:
    offerts = {public.pk for public in offre.publics.all()}
    if not demandes or not offerts:
        return
    communs = [libelle for pk, libelle in demandes.items() if pk in offerts]
    absents = [libelle for pk, libelle in demandes.items() if pk not in offerts]
    raisons.append(("publics communs" if len(communs) > 1 else "public commun") + f"\u00a0: {', '.join(communs)}")
    if absents:
        manques.append(f"ne cite pas\u00a0: {', '.join(absents)}")


def _dates(besoin: Besoin, offre: Offre, manques: list[str]) -> None:
    """What is said of dates that meet only in part (those that don't meet at all are no candidates)."""
    if offre.debut and offre.debut > max(besoin.debut or timezone.localdate(), timezone.localdate()):
        manques.append(f"disponible à partir du {jour(offre.debut)}")
    if offre.fin and (besoin.fin is None or offre.fin < besoin.fin):
        manques.append(f"s’arrête le {jour(offre.fin)}")


def _fraicheur(dite_le: datetime, raisons: list[str], manques: list[str]) -> None:
    phrase = f"offre publiée le {jour(dite_le)}"
    (manques if timezone.now() - dite_le > ANCIENNE else raisons).append(phrase)


def bilan(besoin: Besoin, trouves: Sequence[Libre], manquant: int | None = None) -> Bilan:
    """What the candidates cover together, in one sentence. `manquant`: what agreements left (all by default)."""
    demande = besoin.volume
    if demande is None:
        if not trouves:
            return Bilan("Aucune offre ne répond à ce besoin pour le moment.", None, 0, 0, False)
        return Bilan("Le besoin ne dit pas son volume\u00a0: les offres sont triées par distance.", None, 0, 0, False)
    manquant = demande if manquant is None else manquant
    convenu = demande - manquant
    libres = min(sum(c.libre or 0 for c in trouves), manquant)
    deja = f", dont {nombre(convenu)} déjà {accord('convenu', convenu, besoin.unite)}" if convenu else ""
    combien = volume_en_mots(demande, besoin.unite)
    if manquant == 0:
        return Bilan(f"Vos accords couvrent tout le besoin\u00a0: {combien}.", demande, convenu, demande, True)
    if not trouves:
        phrase = f"Besoin de {combien}{deja}. " if convenu else ""
        return Bilan(f"{phrase}Aucune offre ne répond à ce besoin pour le moment.", demande, convenu, convenu, False)
    if libres >= manquant:
        debut = "Cette offre couvre" if len(trouves) == 1 else f"À elles {len(trouves)}, ces offres couvrent"
        quoi = (
            f"ce qui manque\u00a0: {volume_en_mots(manquant, besoin.unite)}"
            if convenu
            else (f"tout le besoin\u00a0: {combien}")
        )
        return Bilan(f"{debut} {quoi}.", demande, convenu, demande, True)
    reste = volume_en_mots(manquant - libres, besoin.unite)
    return Bilan(
        f"Besoin de {combien}{deja}, offres à {nombre(libres)}\u00a0: il manque {reste}.",
        demande,
        convenu,
        convenu + libres,
        False,
    )
