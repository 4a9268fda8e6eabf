"""The région by bassins: how many structures in each, in classes that a map and a table share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import shapely
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Length

from cartes import sources
from socle.recherche import normaliser
from structures.models import Structure
from structures.territoires.contours import depuis_geojson
from structures.territoires.models import Bassin, Contour

NOMBRE_DE_CLASSES = 5
PAS_RONDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class Classe:
    """A class of the legend: from `debut` to `fin` structures (`fin` None: and more)."""

    rang: int
    debut: int
    fin: int | None

    @property
    def libelle(self) -> str:
        """« 10 à 19 », « 80 et plus », « aucune »."""
        if self.fin is None:
            return f"{self.debut} et plus"
        return "aucune" if self.fin == 0 else str(self.fin) if self.debut == self.fin else f"{self.debut} à {self.fin}"


@dataclass(frozen=True)
class LigneBassin:
    """A bassin in the table of the région."""

    bassin: Bassin
    structures: int
    classe: Classe


@dataclass(frozen=True)
class TableauRegion:
    """All bassins and the legend."""

    lignes: Sequence[LigneBassin]
    classes: Sequence[Classe]
    structures: int

    @property
    def regroupes(self) -> bool:
        """Whether the bassins are the default grouping of EPCI, which the screens must say."""
        return any(ligne.bassin.origine == Bassin.Origine.EPCI for ligne in self.lignes)


def classes_pour(maximum: int) -> list[Classe]:
    """Classes that double from a round step, the last one open and not empty.

    Bassins go from a few structures to a hundred: equal steps would put all but two of them in
    the first class.
    """
    if maximum == 0:
        return [Classe(0, 0, 0)]
    doubles = 2 ** (NOMBRE_DE_CLASSES - 2)
    pas = next((p for p in PAS_RONDS if p * doubles * 2 > maximum), PAS_RONDS[-1])
    bornes = sorted({1, *(pas * 2**rang for rang in range(NOMBRE_DE_CLASSES - 1))})
    bornes = [borne for borne in bornes if borne <= maximum]
    suites = [*(borne - 1 for borne in bornes[1:]), None]
    pleines = [Classe(rang, debut, fin) for rang, (debut, fin) in enumerate(zip(bornes, suites, strict=True), 1)]
    return [Classe(0, 0, 0), *pleines]


def _classe_de(nombre: int, classes: Sequence[Classe]) -> Classe:
    return next(c for c in reversed(classes) if nombre >= c.debut)


def bassins_de_la_region() -> list[Bassin]:
    """Bassins by name as a French reader sorts them: Évreux before Flers, on every database."""
    return sorted(Bassin.objects.de_la_region(), key=lambda bassin: normaliser(bassin.nom))


def tableau_region() -> TableauRegion:
    """The bassins of the région by name, with their open structures (two queries)."""
    comptes = dict(
        Structure.objects.ouvertes()
        .filter(commune__bassin__isnull=False)
        .order_by()
        .values_list("commune__bassin_id")
        .annotate(nombre=Count("pk"))
    )
    bassins = bassins_de_la_region()
    classes = classes_pour(max((comptes.get(b.code, 0) for b in bassins), default=0))
    lignes = [
        LigneBassin(bassin, nombre, _classe_de(nombre, classes))
        for bassin in bassins
        for nombre in [comptes.get(bassin.code, 0)]
    ]
    montrees = [c for c in classes if c.rang or any(ligne.classe.rang == 0 for ligne in lignes)]
    return TableauRegion(lignes, montrees, sum(ligne.structures for ligne in lignes))


@lru_cache(maxsize=4)
def _voisinages(cadres: tuple[tuple[object, ...], ...]) -> dict[str, frozenset[str]]:
    """Bassins that share a border, computed once per set of outlines (`cadres` tells the set)."""
    codes = [str(cadre[0]) for cadre in cadres]
    textes = dict(Contour.objects.filter(bassin__in=codes).values_list("bassin_id", "geojson"))
    traces = {code: depuis_geojson(textes[code]) for code in codes if code in textes}
    noms = list(traces)
    arbre = shapely.STRtree([traces[code] for code in noms])
    voisins: dict[str, frozenset[str]] = {}
    for code, trace in traces.items():
        rangs = arbre.query(trace, predicate="intersects")
        voisins[code] = frozenset(noms[int(rang)] for rang in rangs) - {code}
    return voisins


def voisins(bassin: Bassin) -> list[Bassin]:
    """Bassins in force that touch this one, by name (one query, two after a change of outlines)."""
    # A commune that moves may change an outline and not its box: the length of the outline tells.
    dessines = Bassin.objects.de_la_region().annotate(mesure=Length("trace__geojson"))
    mesures = {bassin: getattr(bassin, "mesure", None) for bassin in dessines}
    tous = sorted(mesures, key=lambda b: normaliser(b.nom))
    proches = _voisinages(tuple((b.code, b.cadre, mesures[b]) for b in sorted(tous, key=lambda b: b.code)))
    return [b for b in tous if b.code in proches.get(bassin.code, frozenset())]


def _cadre(bassins: Iterable[Bassin]) -> list[float] | None:
    """The box (west, south, east, north) that holds all these bassins, or None without outline."""
    cadres = [b.cadre for b in bassins if b.cadre]
    if not cadres:
        return None
    ouest, sud, est, nord = zip(*cadres, strict=True)
    return [min(ouest), min(sud), max(est), max(nord)]


def contexte_region() -> dict[str, object]:
    """What `cartes/_carte_region.html` needs; the home page includes it too."""
    tableau = tableau_region()
    return {"tableau": tableau, "carte": reglages(cadre=_cadre(ligne.bassin for ligne in tableau.lignes))}


def reglages(**valeurs: object) -> dict[str, object]:
    """What the modules of a map need to know, as data (no inline script)."""
    return {
        "tuiles": settings.PCTI_TUILES_URL,
        "bassins": sources.adresse_des_bassins(),
        "terres": sources.adresse_des_terres(),
        **valeurs,
    }
