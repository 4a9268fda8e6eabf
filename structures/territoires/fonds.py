"""Backgrounds of interactive maps: what a browser asks for, as bytes ready to be sent.

The portal needs no tile server: land, départements, bassins, communes and town names are its own.
Sizes after compression: land and départements 40 kB, bassins 30 kB, communes of a bassin 5–35 kB.
"""

from functools import lru_cache

from structures.territoires import contours
from structures.territoires.chargement import terres_voisines, traces_communes
from structures.territoires.geojson import collection
from structures.territoires.models import Bassin, Commune, Contour

ATTRIBUTION = "Contours : IGN et Insee, Licence Ouverte 2.0"


@lru_cache(maxsize=1)
def _terres() -> str:
    return contours.vers_geojson(terres_voisines(), 3)


def fond_geojson() -> bytes:
    """Land around, then the départements (property `genre`: « terre » or « departement »)."""
    lignes = (
        Contour.objects.filter(departement__isnull=False)
        .order_by("departement_id")
        .values_list("departement_id", "departement__nom", "geojson")
    )
    terre = {"id": "terre", "geometry": _terres(), "properties": {"genre": "terre"}}
    departements = (
        {"id": f"D{code}", "geometry": texte, "properties": {"genre": "departement", "code": code, "nom": nom}}
        for code, nom, texte in lignes
    )
    return collection([terre, *departements])


def bassins_geojson(tolerance: float = 0.0) -> bytes:
    """Bassins of the région, by code, simplified together for a map seen from far (degrees; 0: as they are)."""
    bassins = Bassin.objects.de_la_region()
    if not tolerance:
        return bassins.en_geojson()
    lignes = list(bassins.filter(trace__isnull=False).values_list("code", "nom", "trace__geojson"))
    traces = contours.simplifier({code: contours.depuis_geojson(texte) for code, _, texte in lignes}, tolerance)
    return collection(
        {
            "id": code,
            "geometry": contours.vers_geojson(traces[code], contours.DECIMALES_CARTE),
            "properties": {"code": code, "nom": nom},
        }
        for code, nom, _ in sorted(lignes)
    )


def communes_de_la_region_geojson() -> bytes:
    """Every commune of the région (code, name, bassin), outlines simplified together for a map seen from far."""
    lignes = {
        code: {"nom": nom, "bassin": bassin}
        for code, nom, bassin in Commune.objects.de_la_region()
        .order_by("code")
        .values_list("code", "nom", "bassin_id")
    }
    traces = contours.simplifier(traces_communes(lignes), contours.TOLERANCE_COMMUNES)
    return collection(
        {"id": code, "geometry": contours.vers_geojson(traces[code], 3), "properties": lignes[code]}
        for code in lignes
        if code in traces
    )


def communes_geojson(bassin: str) -> bytes:
    """Communes of a bassin (its code), outlines simplified together; empty for an unknown bassin.

    The border of the bassin is not simplified: it is the very line of `Bassin.en_geojson` and of the
    communes of the next bassin.
    """
    noms = dict(Commune.objects.du_bassin(bassin).order_by("code").values_list("code", "nom"))
    traces = contours.simplifier(traces_communes(noms), contours.TOLERANCE_COMMUNES, bord=False)
    return collection(
        {
            "id": code,
            "geometry": contours.vers_geojson(traces[code], contours.DECIMALES_CARTE) if code in traces else None,
            "properties": {"code": code, "nom": nom},
        }
        for code, nom in noms.items()
    )
