"""Coverage computations: outlines that tile the ground without overlap nor gap.

Everything is in degrees (WGS84, longitude first). Stored outlines have 5 decimals (about 1 m),
the ones sent to browsers 4 (about 10 m). Neighbours are always handled together: simplified one
by one, they would overlap and gape.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

# Holes narrower than this are given to the neighbour with the longest border (degrees).
LARGEUR_TROU = 0.1
PAS = 1e-5
PAS_CARTE = 1e-4
DECIMALES = 5
DECIMALES_CARTE = 4
TOLERANCE_COMMUNES = 0.004

Anneau = list[int]
Geometrie = list[list[Anneau]]


def reparer(contours: Sequence[BaseGeometry], pas: float = PAS, trou: float = LARGEUR_TROU) -> list[BaseGeometry]:
    """A valid coverage on a grid of `pas` degrees: edges matched, overlaps and holes removed.

    `trou` is the width (degrees) under which a hole goes to a neighbour. Cleaning can create
    vertices off the grid, and rounding can undo a clean edge, so both are repeated until stable.
    Raises ValueError when the outlines cannot be made a coverage.
    """
    traces: Any = np.asarray(contours, dtype=object)
    for _ in range(5):
        traces = shapely.make_valid(shapely.set_precision(traces, pas, mode="pointwise"))
        traces = np.array([_surfaces(trace) for trace in traces], dtype=object)
        if couverture_valide(traces) and not _a_des_trous(traces, trou):
            return list(traces)
        traces = np.asarray(nettoyer(traces, trou, pas), dtype=object)
    raise ValueError("les contours ne forment pas une couverture, même réparés")


def nettoyer(contours: Sequence[BaseGeometry], trou: float = 0.0, pas: float = PAS) -> list[BaseGeometry]:
    """One pass of GEOS's cleaner: overlaps removed, borders matched, holes narrower than `trou` filled."""
    # In shapely since 2.2; its published types stop at 2.1.
    propres = shapely.coverage_clean(  # type: ignore[attr-defined]
        list(contours), gap_width=trou, snapping_distance=pas
    )
    return list(propres)


def couverture_valide(contours: Sequence[BaseGeometry]) -> bool:
    """True when no outline overlaps another and shared borders have the same vertices."""
    traces = np.asarray(contours, dtype=object)
    return bool(shapely.is_valid(traces).all() and shapely.coverage_is_valid(traces))


def _surfaces(trace: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry: `make_valid` may add stray lines and points."""
    morceaux = [p for p in _parties(trace) if isinstance(p, shapely.Polygon) and p.area > 0]
    return morceaux[0] if len(morceaux) == 1 else shapely.MultiPolygon(morceaux)


def _parties(trace: BaseGeometry) -> list[BaseGeometry]:
    parties: list[BaseGeometry] = []
    for partie in shapely.get_parts(trace):
        parties.extend(_parties(partie) if hasattr(partie, "geoms") else [partie])
    return parties


def fusionner(communes: Mapping[str, BaseGeometry], groupes: Mapping[str, str]) -> dict[str, BaseGeometry]:
    """Union of the communes by group (commune → group), a valid coverage on the grid of maps.

    The outlines of the communes have no hole, so a hole that is left is a commune outside the
    group, and stays: filling it would draw a commune where it does not belong.
    """
    par_groupe: dict[str, list[BaseGeometry]] = {}
    for commune, groupe in groupes.items():
        if commune in communes:
            par_groupe.setdefault(groupe, []).append(communes[commune])
    cles = sorted(par_groupe)
    unions = [shapely.coverage_union_all(par_groupe[cle]) for cle in cles]
    return dict(zip(cles, reparer(unions, pas=PAS_CARTE, trou=PAS_CARTE), strict=True))


def _a_des_trous(contours: Sequence[BaseGeometry], largeur: float) -> bool:
    """True when the union of all has a hole narrower than `largeur` (degrees)."""
    union = shapely.coverage_union_all(contours)
    return any(
        shapely.maximum_inscribed_circle(shapely.Polygon(anneau)).length * 2 < largeur
        for partie in shapely.get_parts(union)
        for anneau in partie.interiors
    )


def simplifier(
    contours: Mapping[str, BaseGeometry], tolerance: float, *, bord: bool = True
) -> dict[str, BaseGeometry]:
    """The same outlines with fewer vertices, shared borders moved together (degrees).

    Without `bord`, the outer border of the whole keeps its vertices: what was not given here (the
    next bassin, the outline of this one) still meets it exactly.
    """
    if not contours:
        return {}
    cles = sorted(contours)
    simples = shapely.coverage_simplify([contours[cle] for cle in cles], tolerance, simplify_boundary=bord)
    return dict(zip(cles, simples, strict=True))


def depuis_geojson(texte: str) -> BaseGeometry:
    """Geometry of a stored outline."""
    return shapely.from_geojson(texte)


def vers_geojson(trace: BaseGeometry, decimales: int = DECIMALES) -> str:
    """GeoJSON text with as many decimals as asked and no blank, rings the RFC 7946 way round."""
    oriente = shapely.orient_polygons(trace)
    polygones = [
        [_arrondir(anneau, decimales) for anneau in (partie.exterior, *partie.interiors)]
        for partie in shapely.get_parts(oriente)
    ]
    if len(polygones) == 1:
        return json.dumps({"type": "Polygon", "coordinates": polygones[0]}, separators=(",", ":"))
    return json.dumps({"type": "MultiPolygon", "coordinates": polygones}, separators=(",", ":"))


def _arrondir(anneau: BaseGeometry, decimales: int) -> list[list[float]]:
    points: list[list[float]] = np.round(shapely.get_coordinates(anneau), decimales).tolist()
    nets = [point for rang, point in enumerate(points) if rang == 0 or point != points[rang - 1]]
    # A speck that rounding flattens keeps its true vertices rather than becoming invalid.
    return nets if len(nets) >= 4 else shapely.get_coordinates(anneau).tolist()


def coder(trace: BaseGeometry) -> Geometrie:
    """Compact form for the repository: hundred-thousandths of a degree, differences, open rings."""
    return [
        [_differences(anneau) for anneau in (partie.exterior, *partie.interiors)]
        for partie in shapely.get_parts(trace)
    ]


def _differences(anneau: BaseGeometry) -> Anneau:
    points = np.rint(shapely.get_coordinates(anneau)[:-1] / PAS).astype(np.int64)
    suite: Anneau = np.diff(points, axis=0, prepend=[[0, 0]]).ravel().tolist()
    return suite


def decoder(geometrie: Geometrie) -> BaseGeometry:
    """Inverse of `coder`."""
    polygones = []
    for anneaux in geometrie:
        lignes = [np.cumsum(np.reshape(suite, (-1, 2)), axis=0) / round(1 / PAS) for suite in anneaux]
        polygones.append(shapely.Polygon(lignes[0], lignes[1:]))
    return polygones[0] if len(polygones) == 1 else shapely.MultiPolygon(polygones)
