"""The structures of a page of the directory: found, sorted, cut by keys in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    situees: Any = structures.annotate(metres=metres)
    return situees if rayon_km is None else situees.filter(metres__lte=rayon_km * 1000)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Resultats:
    """Structures in their order. `elargis`: nothing at the place named, so the nearest elsewhere."""

    structures: StructureQuerySet
    nombre: int
    lieu: Lieu | None
    # The columns of the order, ascending, the last one unique.
    cles: tuple[str, ...]
    elargis: bool = False


def chercher(criteres: Criteres) -> Resultats:
    """What the criteria find, counted. A constant number of queries."""
    demande, base = criteres.demande, criteres.filtrer()
    resultats = _ordonner(trouver(base, demande), criteres)
    if resultats.nombre or not demande.lieux or resultats.lieu is None:
        return resultats
    partout = _ordonner(trouver(base, demande, partout=True), criteres)
    return replace(partout, elargis=partout.nombre > 0)


def _ordonner(structures: StructureQuerySet, criteres: Criteres) -> Resultats:
    """By distance from a place; else by rank when words were typed; else by name, straight from the index."""
    lieu = criteres.lieu
    if lieu is not None:
        situees: Any = avec_distance(structures, lieu, criteres.rayon)
        # Without a circle, the distance changes nothing to the number.
        nombre = (situees if criteres.rayon else structures).count()
        return Resultats(situees.order_by("metres", "pk"), nombre, lieu, ("metres", "pk"))
    nombre = structures.count()
    if criteres.demande.mots:
        cles: tuple[str, ...] = ("rang", "nom_recherche", "pk")
        return Resultats(avec_rang(structures, criteres.demande).order_by(*cles), nombre, None, cles)
    cles = ("nom_recherche", "pk")
    return Resultats(structures.order_by(*cles), nombre, None, cles)


@dataclass(frozen=True)
class Page:
    """Some structures, and the keys that lead further and back (empty: nothing there)."""

    structures: list[Structure]
    apres: str = ""
    avant: str = ""


def decouper(resultats: Resultats, apres: str, avant: str, taille: int = PAR_PAGE) -> Page:
    """The page after a key, or before one. An unknown key gives the first page.

    Keys first, sheets next: sorting thousands of whole sheets to show thirty costs ten times more.
    """
    ordre, cles = resultats.structures, resultats.cles
    repere = _repere(resultats, apres or avant)
    if repere is None:
        lues = list(ordre.values_list(*cles)[: taille + 1])
        return Page(_fiches(cles, lues[:taille]), _cle(cles, lues[taille - 1]) if len(lues) > taille else "")
    if apres:
        lues = list(ordre.filter(_au_dela(cles, repere)).values_list(*cles)[: taille + 1])
        page = lues[:taille]
        if not page:
            return Page([], "", apres)
        suite = _cle(cles, page[-1]) if len(lues) > taille else ""
        return Page(_fiches(cles, page), suite, _cle(cles, page[0]))
    lues = list(ordre.filter(_au_dela(cles, repere, "lt")).reverse().values_list(*cles)[: taille + 1])
    if len(lues) <= taille:
        # The beginning, whole: structures may have come in since.
        return decouper(resultats, "", "", taille)
    page = lues[:taille][::-1]
    return Page(_fiches(cles, page), _cle(cles, page[-1]), _cle(cles, page[0]))


def _fiches(cles: tuple[str, ...], lues: Sequence[tuple[Any, ...]]) -> list[Structure]:
    """The sheets of these keys, in their order, each with its distance when there is one."""
    liees = Structure.objects.select_related("commune__bassin", "commune__departement").order_by()
    fiches = {fiche.pk: fiche for fiche in liees.filter(pk__in=[lue[-1] for lue in lues])}
    page = []
    for lue in lues:
        fiche = fiches.get(lue[-1])
        if fiche is not None:
            if cles[0] == "metres":
                fiche.metres = lue[0]  # type: ignore[attr-defined]
            page.append(fiche)
    return page


def _cle(cles: tuple[str, ...], lue: tuple[Any, ...]) -> str:
    """« 1250-42 »: the distance in metres, or the rank (0 without words), and the number of the structure."""
    return f"{0 if cles[0] == 'nom_recherche' else lue[0]}-{lue[-1]}"


def _repere(resultats: Resultats, cle: str) -> tuple[Any, ...] | None:
    """The values of a key, None for one that is not ours (or whose structure is gone)."""
    morceaux = cle.split("-")
    if len(morceaux) != 2 or not all(m.isascii() and m.isdigit() and len(m) < 19 for m in morceaux):
        return None
    premiere, pk = int(morceaux[0]), int(morceaux[1])
    if resultats.lieu is not None:
        return premiere, pk
    nom = Structure.objects.filter(pk=pk).values_list("nom_recherche", flat=True).first()
    if nom is None:
        return None
    return (premiere, nom, pk) if len(resultats.cles) == 3 else (nom, pk)


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
