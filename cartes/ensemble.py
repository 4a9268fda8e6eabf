"""All the structures in one picture drawn by the server: for who has no script, and to be taken away.

Thousands of points: one path for each family, and one symbol where several of a family would hide one another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from cartes.dessin import Zone, carte_des_bassins, trame_region
from cartes.filtres import Filtres
from cartes.planches import LARGEUR, Signe, planche_des_familles
from cartes.region import bassins_de_la_region
from socle.templatetags.typographie import pluriel
from structures.models import Structure
from structures.referentiel import FAMILLES, TYPES
from structures.territoires.dessin import SOL, formes_svg
from structures.territoires.models import Bassin

TITRE = "Toutes les structures"
# Pixels: for a telephone, where the names of the wide one could not be read.
ETROITE = 400
# Pixels: of a symbol while they are few, then many; two symbols of a family nearer than a step are one.
GRANDE, PETITE, BEAUCOUP, PAS = 8.0, 5.0, 800, 2.5
Lue = tuple[str, float | None, float | None]
Places = Mapping[str, Mapping[tuple[int, int], tuple[float, float]]]


@dataclass(frozen=True)
class Part:
    """A bassin and how many structures it has (None: those without a bassin)."""

    bassin: Bassin | None
    nombre: int


def par_bassin(filtres: Filtres, bassins: Sequence[Bassin]) -> list[Part]:
    """What the picture shows, in numbers (one query)."""
    retenues = filtres.appliquer(Structure.objects.ouvertes()).order_by()
    comptes = dict(retenues.values_list("commune__bassin_id").annotate(n=Count("pk")))
    parts = [Part(bassin, comptes.pop(bassin.code, 0)) for bassin in bassins]
    reste = sum(comptes.values())
    return [*parts, Part(None, reste)] if reste else parts


def image(filtres: Filtres, largeur: int = LARGEUR) -> str:
    """The map, its legend and its source (SVG)."""
    lignes = filtres.appliquer(Structure.objects.ouvertes()).order_by().values_list("type", "lat", "lon")
    lues = [(TYPES[type_].famille if type_ in TYPES else "autre", lat, lon) for type_, lat, lon in lignes]
    comptes = Counter(famille for famille, _, _ in lues)
    zones = {bassin.code: Zone(SOL) for bassin in bassins_de_la_region()}
    carte = carte_des_bassins(zones, titre=TITRE, largeur=largeur, dessus=_points(_placer(lues, largeur)))
    signes = [Signe(famille, comptes[slug]) for slug, famille in FAMILLES.items() if comptes[slug]]
    sans_point = sum(lat is None or lon is None for _, lat, lon in lues)
    mots = f"{pluriel(len(lues), 'structure,structures')}."
    if sans_point:
        absentes = "structure n’a pas de position et n’est,structures n’ont pas de position et ne sont"
        mots += f" {pluriel(sans_point, absentes)} pas sur la carte."
    return planche_des_familles(carte, TITRE, signes, timezone.localtime(), mots=mots)


def _placer(lues: Sequence[Lue], largeur: int) -> Places:
    """Pixels of each family's symbols, one for each square of the grid; what is out of the picture is left out."""
    trame = trame_region(largeur)
    places: dict[str, dict[tuple[int, int], tuple[float, float]]] = defaultdict(dict)
    if trame is None:
        return places
    p = trame.projection
    for famille, lat, lon in lues:
        if lat is None or lon is None:
            continue
        x, y = p.xy(lat, lon)
        if 0 <= x <= p.largeur and 0 <= y <= p.hauteur:
            places[famille].setdefault((round(x / PAS), round(y / PAS)), (x, y))
    return places


def _points(places: Places) -> str:
    """The most numerous family first: the rare ones lie over it."""
    taille = GRANDE if sum(map(len, places.values())) <= BEAUCOUP else PETITE
    return "".join(
        formes_svg(FAMILLES[slug].forme, places[slug].values(), taille, FAMILLES[slug].couleur)
        for slug in sorted(places, key=lambda slug: -len(places[slug]))
    )
