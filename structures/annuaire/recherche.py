"""The structures of a page of the directory: found, sorted, cut by keys in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.db.models import FloatField, IntegerField, Q, Value
from django.db.models.functions import ASin, Cast, Coalesce, Cos, Least, Power, Radians, Round, Sin, Sqrt

from structures.annuaire.criteres import Criteres
from structures.annuaire.demande import avec_rang, trouver
from structures.annuaire.lieux import Lieu
from structures.models import Structure, StructureQuerySet
from structures.territoires.geometrie import RAYON_TERRE_KM, cadre

PAR_PAGE = 30


def avec_distance(structures: StructureQuerySet, lieu: Lieu, rayon_km: int | None = None) -> StructureQuerySet:
    """With `metres` to the place (haversine), a whole number: the same in the next page's key.

    A radius keeps a box first, which the index answers, then the circle.
    """
    if rayon_km is not None:
        boite = cadre(lieu.lat, lieu.lon, rayon_km)
        structures = structures.filter(
            lat__gte=boite.sud, lat__lte=boite.nord, lon__gte=boite.ouest, lon__lte=boite.est
        )
    lat, lon = Coalesce("lat", "commune__lat"), Coalesce("lon", "commune__lon")
    demi_lat = Sin((Radians(lat) - Radians(Value(lieu.lat))) / Value(2.0))
    demi_lon = Sin((Radians(lon) - Radians(Value(lieu.lon))) / Value(2.0))
    corde = Power(demi_lat, 2) + Cos(Radians(lat)) * Cos(Radians(Value(lieu.lat))) * Power(demi_lon, 2)
    arc = ASin(Least(Value(1.0), Sqrt(corde, output_field=FloatField())))
    metres = Cast(Round(Value(2000 * RAYON_TERRE_KM) * arc), IntegerField())
    structures = structures.annotate(metres=metres)
    return structures if rayon_km is None else structures.filter(metres__lte=rayon_km * 1000)


@dataclass(frozen=True)
class Resultats:
    """Structures in their order. `elargis`: nothing at the place named, so the nearest elsewhere."""

    structures: StructureQuerySet
    nombre: int
    lieu: Lieu | None
    elargis: bool = False

    @property
    def cles(self) -> tuple[str, ...]:
        """The columns of the order, ascending, the last one unique."""
        return ("metres", "pk") if self.lieu else ("rang", "nom_recherche", "pk")


def chercher(criteres: Criteres) -> Resultats:
    """What the criteria find, counted. A constant number of queries."""
    demande, lieu = criteres.demande, criteres.lieu
    base = criteres.filtrer()
    structures = _ordonner(trouver(base, demande), criteres, lieu)
    nombre = structures.count()
    if nombre or not demande.lieux or lieu is None:
        return Resultats(structures, nombre, lieu)
    partout = _ordonner(trouver(base, demande, partout=True), criteres, lieu)
    nombre = partout.count()
    return Resultats(partout, nombre, lieu, elargis=nombre > 0)


def _ordonner(structures: StructureQuerySet, criteres: Criteres, lieu: Lieu | None) -> StructureQuerySet:
    if lieu is not None:
        return avec_distance(structures, lieu, criteres.rayon).order_by("metres", "pk")
    return avec_rang(structures, criteres.demande).order_by("rang", "nom_recherche", "pk")


@dataclass(frozen=True)
class Page:
    """Some structures, and the keys that lead further and back (empty: nothing there)."""

    structures: list[Structure]
    apres: str = ""
    avant: str = ""


def decouper(resultats: Resultats, apres: str, avant: str, taille: int = PAR_PAGE) -> Page:
    """The page after a key, or before one. An unknown key gives the first page."""
    ordre = resultats.structures.select_related("commune__bassin", "commune__departement")
    repere = _repere(resultats, apres or avant)
    if repere is None:
        lues = list(ordre[: taille + 1])
        return Page(lues[:taille], _cle(resultats, lues[taille - 1]) if len(lues) > taille else "")
    if apres:
        lues = list(ordre.filter(_au_dela(resultats.cles, repere))[: taille + 1])
        page = lues[:taille]
        suite = _cle(resultats, page[-1]) if len(lues) > taille else ""
        return Page(page, suite, _cle(resultats, page[0])) if page else Page([], "", apres)
    lues = list(ordre.filter(_au_dela(resultats.cles, repere, "lt")).reverse()[: taille + 1])
    if len(lues) <= taille:
        # The beginning, whole: structures may have come in since.
        return decouper(resultats, "", "", taille)
    page = lues[:taille][::-1]
    return Page(page, _cle(resultats, page[-1]), _cle(resultats, page[0]))


def _cle(resultats: Resultats, structure: Structure) -> str:
    """« 1250-42 »: the distance in metres, or the rank, and the number of the structure."""
    premiere = getattr(structure, resultats.cles[0])
    return f"{premiere}-{structure.pk}"


def _repere(resultats: Resultats, cle: str) -> tuple[Any, ...] | None:
    """The values of a key, None for one that is not ours (or whose structure is gone)."""
    morceaux = cle.split("-")
    if len(morceaux) != 2 or not all(m.isascii() and m.isdigit() and len(m) < 19 for m in morceaux):
        return None
    premiere, pk = int(morceaux[0]), int(morceaux[1])
    if resultats.lieu is not None:
        return premiere, pk
    nom = Structure.objects.filter(pk=pk).values_list("nom_recherche", flat=True).first()
    return None if nom is None else (premiere, nom, pk)


def _au_dela(cles: tuple[str, ...], repere: tuple[Any, ...], sens: str = "gt") -> Q:
    """(a, b, c) > repere, spelled out: both databases and Django understand it."""
    condition = Q()
    egales: dict[str, Any] = {}
    for cle, valeur in zip(cles, repere, strict=True):
        condition |= Q(**egales, **{f"{cle}__{sens}": valeur})
        egales[cle] = valeur
    return condition


def kilometres(structure: Structure) -> float | None:
    """Distance of a found structure, in km, None when no place was given."""
    metres = cast("int | None", getattr(structure, "metres", None))
    return None if metres is None else metres / 1000


__all__ = ["Page", "Resultats", "avec_distance", "chercher", "decouper", "kilometres"]
