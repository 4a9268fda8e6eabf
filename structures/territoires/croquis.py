"""Ready-made maps from the tables: the région and its bassins, one bassin, one place.

Each reads the database in a constant number of queries and returns an SVG document as text.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry

from structures.territoires import contours
from structures.territoires.chargement import terres_voisines, traces_communes
from structures.territoires.dessin import Aire, Boite, Calque, Lieu, Repere, carte_svg, teinter
from structures.territoires.models import Bassin, Commune, Contour, Departement, code_region

# Half a pixel of a map 900 px wide over the région: fewer bytes, nothing to be seen.
TOLERANCE_REGION = 0.006
TRAIT_COMMUNE = "#DDD5C8"


def _bassins(codes: Sequence[str] | None = None) -> dict[str, tuple[str, BaseGeometry]]:
    lignes = Bassin.objects.de_la_region() if codes is None else Bassin.objects.filter(code__in=codes)
    couples = lignes.filter(trace__isnull=False).values_list("code", "nom", "trace__geojson")
    return {code: (nom, contours.depuis_geojson(texte)) for code, nom, texte in couples}


def _departements(tolerance: float = 0.0) -> dict[str, BaseGeometry]:
    lignes = Contour.objects.filter(departement__isnull=False).values_list("departement_id", "geojson")
    traces = {str(code): contours.depuis_geojson(texte) for code, texte in lignes}
    return contours.simplifier(traces, tolerance) if tolerance and traces else traces


def _fond(tolerance: float) -> list[BaseGeometry]:
    """Land around: the rest of the country, then the départements that are loaded."""
    return [terres_voisines(), *_departements(tolerance).values()]


def carte_region(
    couleurs: Mapping[str, str] | None = None,
    *,
    titre: str = "Carte des bassins d’emploi de la région",
    description: str = "",
    libelles: bool = True,
    reperes: Sequence[Repere] = (),
    largeur: int = 900,
    corps: float = 13.0,
    taille_repere: float = 9.0,
) -> str:
    """The bassins of the région, coloured by code (soft tints when no colour is given).

    A bassin missing from `couleurs` keeps its soft tint. Framed on the bassins.
    """
    bassins = _bassins()
    traces = contours.simplifier({code: trace for code, (_, trace) in bassins.items()}, TOLERANCE_REGION)
    teintes = {**teinter(traces), **(couleurs or {})}
    aires = [Aire(traces[code], teintes[code], nom if libelles else "", code) for code, (nom, _) in bassins.items()]
    voisins = _fond(TOLERANCE_REGION)
    return carte_svg(
        aires,
        titre=titre,
        description=description,
        largeur=largeur,
        voisins=voisins,
        reperes=reperes,
        corps=corps,
        taille_repere=taille_repere,
        cadre=None if aires else _cadre_region(),
    )


def _cadre_region() -> tuple[float, float, float, float]:
    """Box of the région's départements; of metropolitan France when nothing is loaded."""
    propres = set(Departement.objects.filter(region_id=code_region()).values_list("code", flat=True))
    traces = [trace for code, trace in _departements().items() if code in propres]
    if not traces:
        return (-5.2, 42.3, 8.3, 51.1)
    ouest, sud, est, nord = (float(b) for b in shapely.total_bounds(traces))
    return ouest, sud, est, nord


def carte_bassin(
    bassin: Bassin,
    reperes: Sequence[Repere] = (),
    *,
    titre: str = "",
    description: str = "",
    largeur: int = 700,
    hauteur: int | None = None,
    noms: int = 10,
    calque: Calque | None = None,
    numerotes: Sequence[Lieu] = (),
    corps_numero: float = 9.0,
    taille_repere: float = 12.0,
) -> str:
    """One bassin among its neighbours, with its biggest towns and the points given.

    `calque` may widen the frame, or choose a part of the map: then towns are those of that part, and the outlines of
    the communes help to find one's way. `numerotes`: towns that a list numbers; the biggest ones keep their name too.
    """
    bassins = _bassins()
    if bassin.code not in bassins:
        bassins.update(_bassins([bassin.code]))
    cadre = calque.cadre if calque is not None else None
    etendue = cadre[2] - cadre[0] if cadre is not None else _large(bassin)
    tolerance = 0.8 * etendue / largeur
    traces = contours.simplifier({code: trace for code, (_, trace) in bassins.items()}, tolerance)
    voisins = [trace for code, trace in traces.items() if code != bassin.code]
    aires = [Aire(traces[bassin.code])] if bassin.code in traces else []
    plein = calque is not None and calque.plein
    lieux = _lieux(bassin, noms, cadre if plein else None, largeur)
    if plein and etendue < 3 * _large(bassin):
        # Under the border of the bassin, which is then a line without a ground; from far they would be a blot.
        aires = [*_communes(bassin, tolerance), *(replace(aire, couleur="none") for aire in aires)]
    return carte_svg(
        aires,
        titre=titre or f"Carte du bassin d’emploi {bassin.nom}",
        description=description,
        largeur=largeur,
        hauteur=hauteur,
        cadre=cadre or (None if aires else _cadre_region()),
        voisins=[*_fond(tolerance), *voisins],
        reperes=reperes,
        lieux=[*numerotes, *lieux],
        trait="#8C8271",
        calque=calque,
        corps_numero=corps_numero,
        taille_repere=taille_repere,
    )


def _large(bassin: Bassin) -> float:
    """Its width in degrees; about that of the région when it isn't known."""
    return bassin.est - bassin.ouest if bassin.est is not None and bassin.ouest is not None else 4.0


def _lieux(bassin: Bassin, noms: int, cadre: Boite | None, largeur: int) -> list[Lieu]:
    """The biggest towns of a bassin; of a part of the map, those that an interactive map as near would name."""
    communes = Commune.objects.du_bassin(bassin.code)
    if cadre is None:
        choisis = communes.lieux(noms)
    else:
        ouest, sud, est, nord = cadre
        # 256 pixels go around the Earth at zoom 0.
        zoom = math.log2(360 * largeur / (256 * (est - ouest))) + 0.5
        dedans = communes.filter(lon__range=(ouest, est), lat__range=(sud, nord)).lieux(2 * noms)
        choisis = [lieu for lieu in dedans if lieu["zoom"] <= zoom] or dedans[:1]
    return [Lieu(lieu["nom"], lieu["lat"], lieu["lon"]) for lieu in choisis]


def _communes(bassin: Bassin, tolerance: float) -> list[Aire]:
    """The communes of a bassin, thinly bordered."""
    codes = Commune.objects.du_bassin(bassin.code).values_list("code", flat=True)
    traces = contours.simplifier(traces_communes(codes), tolerance, bord=False)
    return [Aire(trace, trait=TRAIT_COMMUNE) for trace in traces.values()]


def carte_situation(
    commune: Commune,
    repere: Repere,
    *,
    titre: str = "",
    largeur: int = 420,
    hauteur: int = 300,
) -> str:
    """Where a place is in its bassin (or in the région, for a commune outside every bassin)."""
    nom = titre or f"Situation de {commune.nom}"
    if commune.bassin is not None:
        return carte_bassin(commune.bassin, [repere], titre=nom, largeur=largeur, hauteur=hauteur, noms=6)
    return carte_region(titre=nom, reperes=[repere], libelles=False, largeur=largeur)
