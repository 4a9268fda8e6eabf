"""How far an offer reaches, before it is sent: communes and structures counted, and a map of it.

The rule is that of `offres/couverture.py`, seen from the offer: same distance, same centroids.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from offres.couverture import KM_PAR_DEGRE, RAYON_MAX_KM, a_vol_d_oiseau
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.chargement import terres_voisines
from structures.territoires.dessin import SOL, Aire, Repere, carte_svg
from structures.territoires.models import Bassin, Commune, Contour, Departement

ATTEINT = "#A9CBE6"
TRAIT = "#8C8271"
# Degrees around what is reached, so that one sees where it is.
MARGE = 0.2
# A map 640 px wide over a département: less than a pixel.
TOLERANCE = 0.004


@dataclass(frozen=True)
class Zone:
    """A rayonnement being chosen: its kind, and what that kind needs (codes, kilometres)."""

    genre: str
    rayon_km: int | None = None
    communes: Sequence[str] = ()
    bassins: Sequence[str] = ()
    departements: Sequence[str] = ()

    @property
    def complete(self) -> bool:
        """Whether it says enough to be drawn."""
        return {
            "communes": bool(self.communes),
            "rayon": self.rayon_km is not None and 1 <= self.rayon_km <= RAYON_MAX_KM,
            "bassins": bool(self.bassins),
            "departements": bool(self.departements),
            "region": True,
        }.get(self.genre, False)


@dataclass(frozen=True)
class Apercu:
    """What a zone reaches. `structures`: open ones, without the structure itself."""

    communes: int
    structures: int
    svg: str


def lieu_de(structure: Structure) -> tuple[float, float]:
    """Latitude and longitude of a structure: its own point, else the centroid of its commune."""
    if structure.lat is not None and structure.lon is not None:
        return structure.lat, structure.lon
    return structure.commune.lat, structure.commune.lon


def communes_atteintes(zone: Zone, structure: Structure) -> list[str]:
    """Codes of the communes reached (one query, two for a région)."""
    toutes = Commune.objects.all()
    if zone.genre == "communes":
        choisies = toutes.filter(pk__in=list(zone.communes))
    elif zone.genre == "bassins":
        choisies = toutes.filter(bassin_id__in=list(zone.bassins))
    elif zone.genre == "departements":
        choisies = toutes.filter(departement_id__in=list(zone.departements))
    elif zone.genre == "region":
        choisies = toutes.filter(departement__region_id=structure.commune.departement.region_id)
    else:
        return _dans_le_rayon(zone.rayon_km or 0, *lieu_de(structure))
    return [str(code) for code in choisies.values_list("pk", flat=True)]


def _dans_le_rayon(rayon_km: int, lat: float, lon: float) -> list[str]:
    hauteur = rayon_km / KM_PAR_DEGRE
    largeur = hauteur / max(math.cos(math.radians(lat)), 0.1)
    boite = Commune.objects.filter(
        lat__range=(lat - hauteur, lat + hauteur), lon__range=(lon - largeur * 1.1, lon + largeur * 1.1)
    )
    lignes = boite.values_list("pk", "lat", "lon")
    return [str(code) for code, c_lat, c_lon in lignes if a_vol_d_oiseau(lat, lon, c_lat, c_lon) <= rayon_km]


def apercu(zone: Zone, structure: Structure) -> Apercu | None:
    """What the zone reaches, or None while it is incomplete."""
    if not zone.complete:
        return None
    codes = communes_atteintes(zone, structure)
    autres = Structure.objects.ouvertes().exclude(pk=structure.pk)
    nombre = sum(
        autres.filter(commune_id__in=codes[debut : debut + 500]).count() for debut in range(0, len(codes), 500)
    )
    return Apercu(len(codes), nombre, _carte(zone, structure, codes))


def _traces(lignes: Iterable[str]) -> list[BaseGeometry]:
    return [contours.depuis_geojson(texte) for texte in lignes]


def _atteint(zone: Zone, structure: Structure) -> list[BaseGeometry]:
    """The areas reached, in degrees."""
    contours_ = Contour.objects.all()
    if zone.genre == "communes":
        choisis = contours_.filter(commune__in=list(zone.communes))
    elif zone.genre == "bassins":
        choisis = contours_.filter(bassin__in=list(zone.bassins))
    elif zone.genre == "departements":
        choisis = contours_.filter(departement__in=list(zone.departements))
    elif zone.genre == "region":
        propres = Departement.objects.filter(region_id=structure.commune.departement.region_id)
        choisis = contours_.filter(departement__in=propres)
    else:
        lat, lon = lieu_de(structure)
        rayon = (zone.rayon_km or 0) / KM_PAR_DEGRE
        rond = shapely.Point(0, 0).buffer(rayon, quad_segs=24)
        points = shapely.get_coordinates(rond) / [math.cos(math.radians(lat)), 1] + [lon, lat]
        return [shapely.Polygon(points)]
    return _traces(choisis.values_list("geojson", flat=True))


def _carte(zone: Zone, structure: Structure, codes: Sequence[str]) -> str:
    zones = _atteint(zone, structure)
    lat, lon = lieu_de(structure)
    repere = Repere(lat, lon, structure.famille.forme, structure.famille.couleur, structure.nom)
    ouest, sud, est, nord = (float(b) for b in shapely.total_bounds([*zones, shapely.Point(lon, lat)]))
    cadre = (ouest - MARGE, sud - MARGE, est + MARGE, nord + MARGE)
    lignes = Bassin.objects.de_la_region().filter(trace__isnull=False)
    bassins = {code: contours.depuis_geojson(texte) for code, texte in lignes.values_list("code", "trace__geojson")}
    fonds = contours.simplifier(bassins, TOLERANCE)
    if zone.genre == "rayon":
        # A radius stops at the coast: the sea has no structure.
        zones = [part for fond in fonds.values() if not (part := fond.intersection(zones[0])).is_empty]
    noms = dict(lignes.values_list("code", "nom"))
    departements = Contour.objects.filter(departement__isnull=False).values_list("geojson", flat=True)
    voisins = [terres_voisines(), *_traces(departements)]
    aires = [Aire(trace, SOL, noms[code], code) for code, trace in fonds.items()]
    aires += [Aire(partie, ATTEINT) for trace in zones for partie in _surfaces(trace)]
    return carte_svg(
        aires,
        titre="Carte de la zone choisie",
        description=f"{len(codes)} communes atteintes autour de {structure.commune.nom}",
        largeur=640,
        hauteur=480,
        cadre=cadre,
        voisins=voisins,
        reperes=[repere],
        trait=TRAIT,
    )


def _surfaces(trace: BaseGeometry) -> list[BaseGeometry]:
    """The polygons of a shape: an intersection may also leave a line or a point."""
    return [
        partie
        for partie in shapely.get_parts(trace.simplify(TOLERANCE / 2))
        if partie.geom_type == "Polygon" and not partie.is_empty
    ]
