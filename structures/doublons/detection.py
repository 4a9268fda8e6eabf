"""Which sheets may be one structure. Proposed only: people decide.

Two sheets of compatible types are proposed when they share a number (SIRET) or a name, in one place
(75 m or the same commune). Where a national register gave each its own number (FINESS, UAI, SAFIR),
the register says they are two: then only the same place *and* the same SIRET or name is odd enough.
Pairs are looked for by blocks (number; commune and word; place and word): nearly linear.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import cos, floor, radians

from structures.doublons.noms import coeur, inclus, memes, mots_du_nom, proches
from structures.territoires.geometrie import distance_km

PRES_KM = 0.075
# A block beyond this is compared with its first sheet only: a list of 300 sheets of one name is no pair.
BLOC_MAX = 300
RAISONS = {
    "siret": "même SIRET",
    "nom": "même nom",
    "nom-proche": "nom presque identique",
    "nom-inclus": "l’un des noms précise l’autre",
    "lieu": "même endroit (moins de 75\u00a0m)",
    "commune": "même commune",
    "telephone": "même téléphone",
    "courriel": "même adresse électronique",
    "signale": "signalé par une personne",
}
POINTS = {
    "siret": 40, "nom": 40, "nom-proche": 30, "nom-inclus": 20, "lieu": 20, "commune": 10, "telephone": 10,
    "courriel": 10,
}  # fmt: skip
# Other types are themselves; « autre » may be any. An IMPro is often written as its IME.
_PARENTS = {"impro": "ime"}
_REGISTRES = ("finess", "uai", "safir")


@dataclass(frozen=True)
class Sujet:
    """What is compared of a sheet."""

    pk: int
    type: str
    commune: str
    finess: str
    uai: str
    safir: str
    siret: str
    # No point at all when it is only the centre of the commune.
    lat: float | None
    lon: float | None
    telephone: str
    courriel: str
    # Its main site or itself: sites of one structure are no duplicates.
    groupe: int
    fictive: bool
    # The kind of school that holds an ULIS.
    precision: str
    mots: frozenset[str]
    coeur: frozenset[str]


CHAMPS = (
    "pk", "nom", "type", "commune_id", "commune__nom", "finess", "uai", "safir", "siret", "lat", "lon",
    "point_approche", "telephone", "courriel", "site_principal_id", "fictive",
    "precision",
)  # fmt: skip


def sujet(ligne: tuple[object, ...]) -> Sujet:
    """From a row of `values_list(*CHAMPS)`."""
    v = dict(zip(CHAMPS, ligne, strict=True))
    mots = mots_du_nom(str(v["nom"]), str(v["type"]))
    precis = not v["point_approche"]
    return Sujet(
        pk=v["pk"],  # type: ignore[arg-type]
        type=str(v["type"]),
        commune=str(v["commune_id"]),
        finess=str(v["finess"] or ""),
        uai=str(v["uai"] or ""),
        safir=str(v["safir"] or ""),
        siret=str(v["siret"]),
        lat=v["lat"] if precis else None,  # type: ignore[arg-type]
        lon=v["lon"] if precis else None,  # type: ignore[arg-type]
        telephone="".join(c for c in str(v["telephone"]) if c.isdigit())[-9:],
        courriel=str(v["courriel"]).lower(),
        groupe=v["site_principal_id"] or v["pk"],  # type: ignore[arg-type]
        fictive=bool(v["fictive"]),
        precision=str(v["precision"]),
        mots=mots,
        coeur=coeur(mots, str(v["commune__nom"])),
    )


@dataclass(frozen=True)
class Semblance:
    """Two sheets (the older first) that may be one structure."""

    a: int
    b: int
    raisons: tuple[str, ...]
    score: int


def compatibles(un: str, autre: str) -> bool:
    """Whether sheets of these types can be one structure (an ESAT and its SAVS can't)."""
    return _PARENTS.get(un, un) == _PARENTS.get(autre, autre) or "autre" in (un, autre)


def comparer(un: Sujet, autre: Sujet) -> Semblance | None:
    """Whether two sheets are odd enough to be proposed, and why."""
    if un.groupe == autre.groupe or un.fictive != autre.fictive or not compatibles(un.type, autre.type):
        return None
    if un.precision and autre.precision and un.precision != autre.precision:
        # A collège and a lycée of one name are two schools.
        return None
    raisons = [*_numeros(un, autre), *_noms(un, autre), *_lieux(un, autre)]
    if not _proposable(un, autre, set(raisons)):
        return None
    for champ in ("telephone", "courriel"):
        if getattr(un, champ) and getattr(un, champ) == getattr(autre, champ):
            raisons.append(champ)
    score = min(100, sum(POINTS[raison] for raison in raisons))
    a, b = sorted((un.pk, autre.pk))
    return Semblance(a, b, tuple(raisons), score)


def _numeros(un: Sujet, autre: Sujet) -> list[str]:
    return ["siret"] if un.siret and un.siret == autre.siret else []


def _noms(un: Sujet, autre: Sujet) -> list[str]:
    # In one town, without its words, unless nothing else is left of one of the names.
    nus = un.commune == autre.commune and bool(un.coeur) == bool(autre.coeur)
    un_nom, autre_nom = (un.coeur, autre.coeur) if nus else (un.mots, autre.mots)
    if memes(un_nom, autre_nom):
        return ["nom"]
    if proches(un_nom, autre_nom):
        return ["nom-proche"]
    return ["nom-inclus"] if inclus(un.coeur, autre.coeur) else []


def _lieux(un: Sujet, autre: Sujet) -> list[str]:
    # Both have a point, and it is that of the address.
    if None not in (un.lat, un.lon, autre.lat, autre.lon) and _distance(un, autre) <= PRES_KM:
        return ["lieu"]
    return ["commune"] if un.commune == autre.commune else []


def _distance(un: Sujet, autre: Sujet) -> float:
    return distance_km(un.lat or 0.0, un.lon or 0.0, autre.lat or 0.0, autre.lon or 0.0)


def _proposable(un: Sujet, autre: Sujet, raisons: set[str]) -> bool:
    deux_numeros = any(getattr(un, r) and getattr(autre, r) for r in _REGISTRES)
    if un.type != autre.type and "autre" in (un.type, autre.type):
        # A type that nobody knows: the name and the place, or the number and the place.
        return "lieu" in raisons and bool(raisons & {"siret", "nom"})
    if deux_numeros:
        return "lieu" in raisons and bool(raisons & {"siret", "nom"})
    if "siret" in raisons:
        return bool(raisons & {"lieu", "commune", "nom"})
    if raisons & {"nom", "nom-proche"}:
        return bool(raisons & {"lieu", "commune"})
    return {"nom-inclus", "lieu"} <= raisons


# --- blocks ---------------------------------------------------------------------------------------


def _cases(s: Sujet) -> Iterator[tuple[int, int]]:
    """The square of 75 m where a point is, and its eight neighbours; the first is its own."""
    if s.lat is None or s.lon is None:
        return
    pas = PRES_KM / 111.2
    y = floor(s.lat / pas)
    # One width for a band of latitude, so that neighbours have the same squares.
    x = floor(s.lon * cos(radians(round(s.lat))) / pas)
    for dy, dx in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        yield y + dy, x + dx


def _blocs(sujets: Collection[Sujet]) -> Iterator[list[Sujet]]:
    """Groups whose members are worth comparing two by two."""
    blocs: dict[tuple[object, ...], list[Sujet]] = defaultdict(list)
    for s in sujets:
        if s.siret:
            blocs["siret", s.siret].append(s)
        mots = s.coeur or {""}
        # A typing error spares the beginning of a word, or its end.
        for cle in {(mot[:3], "") for mot in mots} | {("", mot[-3:]) for mot in mots}:
            blocs["commune", s.commune, cle].append(s)
        for case in _cases(s):
            blocs["lieu", *case].append(s)
    yield from blocs.values()


def semblances(sujets: Collection[Sujet]) -> Iterator[Semblance]:
    """Every pair worth proposing, each once."""
    vues: set[tuple[int, int]] = set()
    for bloc in _blocs(sujets):
        for un, autre in _paires(bloc):
            paire = (un.pk, autre.pk) if un.pk < autre.pk else (autre.pk, un.pk)
            if paire in vues:
                continue
            vues.add(paire)
            trouvee = comparer(un, autre)
            if trouvee is not None:
                yield trouvee


def _paires(bloc: list[Sujet]) -> Iterable[tuple[Sujet, Sujet]]:
    if len(bloc) <= BLOC_MAX:
        return combinations(bloc, 2)
    groupes: dict[tuple[object, ...], list[Sujet]] = defaultdict(list)
    for s in bloc:
        groupes[s.commune, s.coeur].append(s)
    return ((groupe[0], autre) for groupe in groupes.values() for autre in groupe[1:])
