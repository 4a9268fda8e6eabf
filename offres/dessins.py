"""Maps of offers and needs, drawn by the server: where the structures are, where a line reaches."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from offres.models import Besoin, Offre
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.chargement import traces_communes
from structures.territoires.croquis import carte_bassin, carte_region, fond
from structures.territoires.dessin import Aire, Lieu, Repere, carte_svg
from structures.territoires.geometrie import KM_PAR_DEGRE
from structures.territoires.models import Bassin, Commune, Contour

COULEUR = "#E4EACB"
LARGEUR, HAUTEUR = 640, 420
COTES_DU_CERCLE = 72
# The map of a list: its width and its points, in pixels; the région in degrees of longitude, about.
LARGEUR_LISTE, TAILLE_REPERE, ETENDUE_REGION = 900, 12, 4.0
# A degree of latitude is longer than one of longitude: cosine of 49° N.
COSINUS = 0.656


def repere(structure: Structure, titre: str, url: str = "") -> Repere:
    """A structure at its point, else at the centre of its commune."""
    lat = structure.commune.lat if structure.lat is None else structure.lat
    lon = structure.commune.lon if structure.lon is None else structure.lon
    return Repere(lat, lon, structure.famille.forme, structure.famille.couleur, titre, url)


def carte_des_structures(reperes: Sequence[Repere], bassin: Bassin | None, titre: str) -> str:
    """The structures of a list, in their bassin or in the région (SVG, a constant number of queries)."""
    if not reperes:
        ecartes: list[Repere] = []
    elif bassin is not None and bassin.est is not None and bassin.ouest is not None:
        ecartes = _ecarter(reperes, TAILLE_REPERE * (bassin.est - bassin.ouest) / LARGEUR_LISTE)
    else:
        ecartes = _ecarter(reperes, TAILLE_REPERE * ETENDUE_REGION / LARGEUR_LISTE)
    if bassin is not None:
        return carte_bassin(bassin, ecartes, titre=titre, largeur=LARGEUR_LISTE)
    return carte_region(titre=titre, reperes=ecartes, largeur=LARGEUR_LISTE, taille_repere=TAILLE_REPERE)


def _ecarter(reperes: Sequence[Repere], pas: float) -> list[Repere]:
    """Points that would cover one another stand around their place, `pas` degrees of longitude apart.

    Rings of 6, 12, 18… places around the first one: the picture stays near the truth.
    """
    groupes: dict[tuple[int, int], list[Repere]] = {}
    for point in reperes:
        groupes.setdefault((round(point.lat / pas), round(point.lon / pas)), []).append(point)
    places = []
    for groupe in groupes.values():
        for rang, point in enumerate(groupe):
            anneau = math.ceil((math.sqrt(12 * rang + 9) - 3) / 6)
            angle = 2 * math.pi * (rang - 1 - 3 * anneau * (anneau - 1)) / (6 * anneau) if anneau else 0.0
            lat = groupe[0].lat + pas * COSINUS * anneau * math.sin(angle)
            places.append(replace(point, lat=lat, lon=groupe[0].lon + pas * anneau * math.cos(angle)))
    return places


def carte_de_la_zone(ligne: Offre | Besoin, titre: str) -> str:
    """Where a line reaches, with its structure; the bassin of the structure when it says no zone."""
    point = repere(ligne.structure, ligne.structure.nom)
    traces = list(_traces(ligne, point))
    if not traces:
        bassin = ligne.structure.bassin
        return carte_des_structures([point], bassin, titre)
    ouest, sud, est, nord = (float(b) for b in shapely.total_bounds([*traces, shapely.Point(point.lon, point.lat)]))
    x, y = max((est - ouest) * 0.12, 0.05), max((nord - sud) * 0.12, 0.04)
    cadre = (ouest - x, sud - y, est + x, nord + y)
    tolerance = max((est - ouest) / LARGEUR, (nord - sud) / HAUTEUR)
    simples = contours.simplifier({str(rang): trace for rang, trace in enumerate(traces)}, tolerance)
    proches = Commune.objects.filter(lat__gte=cadre[1], lat__lte=cadre[3], lon__gte=cadre[0], lon__lte=cadre[2])
    return carte_svg(
        [Aire(trace, COULEUR) for trace in simples.values()],
        titre=titre,
        largeur=LARGEUR,
        hauteur=HAUTEUR,
        cadre=cadre,
        voisins=fond(tolerance),
        reperes=[point],
        lieux=[Lieu(lieu["nom"], lieu["lat"], lieu["lon"]) for lieu in proches.lieux(8)],
        taille_repere=16,
        trait="#5B6B1E",
    )


def _traces(ligne: Offre | Besoin, point: Repere) -> Iterable[BaseGeometry]:
    match ligne.rayonnement:
        case "rayon":
            return [_cercle(point.lat, point.lon, ligne.rayon_km or 1)]
        case "communes":
            return traces_communes(commune.pk for commune in ligne.communes.all()).values()
        case "bassins":
            return _lus(Contour.objects.filter(bassin__in=[b.pk for b in ligne.bassins.all()]))
        case "departements":
            return _lus(Contour.objects.filter(departement__in=[d.pk for d in ligne.departements.all()]))
        case "region":
            region = ligne.structure.commune.departement.region_id
            return _lus(Contour.objects.filter(departement__region=region))
    return []


def _lus(traces: Iterable[Contour]) -> list[BaseGeometry]:
    return [contours.depuis_geojson(trace.geojson) for trace in traces]


def _cercle(lat: float, lon: float, rayon_km: int) -> BaseGeometry:
    """A circle on the ground, as a polygon in degrees."""
    haut, large = rayon_km / KM_PAR_DEGRE, rayon_km / KM_PAR_DEGRE / math.cos(math.radians(lat))
    angles = (2 * math.pi * rang / COTES_DU_CERCLE for rang in range(COTES_DU_CERCLE))
    return shapely.Polygon([(lon + large * math.cos(a), lat + haut * math.sin(a)) for a in angles])
