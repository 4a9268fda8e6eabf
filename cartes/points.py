"""Every structure of the map in one small body: columns of integers, in the order of a space-filling curve.

Why columns and not server clusters, measured with 35,000 structures over the communes of France
(bench/cartes.py): one body of about 230 kB, compressed, lets the browser pan, zoom and filter without asking again,
where clusters ask the server at each move, and again at each filter. Neighbours on the ground are
neighbours in the columns, so that differences are small and compress well.

{"format": 1, "pas": 0.0001, "types": ["esat", …], "familles": [2, …], "id": […], "lat": […], "lon": […], "type": […]}

`id`, `lat` and `lon` are differences with the line before; `lat` and `lon` count steps of `pas` degrees
(11 m: finer than a pixel up to zoom 13); `type` is a rank in `types`, `familles` the rank of each type's
family in `noms`. Names come with the card of a structure.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from structures.models import Structure
from structures.referentiel import FAMILLES, TYPES

FORMAT = 1
PAS = 1e-4
# Bits of each coordinate in the curve: squares of some 600 m.
BITS = 16


def colonnes() -> bytes:
    """The body, public; one query."""
    lignes = (
        Structure.objects.ouvertes()
        .filter(lat__isnull=False, lon__isnull=False)
        .order_by("pk")
        .values_list("pk", "lat", "lon", "type")
    )
    return ecrire(list(lignes))


def ecrire(lignes: list[tuple[int, float | None, float | None, str]]) -> bytes:
    """Columns of (number, latitude, longitude, type)."""
    types = list(TYPES)
    rangs = {slug: rang for rang, slug in enumerate(types)}
    noms = list(FAMILLES)
    pks = np.array([ligne[0] for ligne in lignes], dtype=np.int64)
    lat = np.rint(np.array([ligne[1] for ligne in lignes], dtype=float) / PAS).astype(np.int64)
    lon = np.rint(np.array([ligne[2] for ligne in lignes], dtype=float) / PAS).astype(np.int64)
    genre = np.array([rangs.get(ligne[3], rangs["autre"]) for ligne in lignes], dtype=np.int64)
    # Same square: same type together, then by number.
    ordre = np.lexsort((pks, genre, courbe(lat, lon)))
    corps: dict[str, Any] = {
        "format": FORMAT,
        "pas": PAS,
        "noms": noms,
        "types": types,
        "familles": [noms.index(TYPES[slug].famille) for slug in types],
        "id": _differences(pks[ordre]),
        "lat": _differences(lat[ordre]),
        "lon": _differences(lon[ordre]),
        "type": genre[ordre].tolist(),
    }
    return json.dumps(corps, separators=(",", ":")).encode()


def _differences(valeurs: Any) -> list[int]:
    suite: list[int] = np.diff(valeurs, prepend=0).tolist()
    return suite


def courbe(lat: Any, lon: Any) -> Any:
    """Rank of each point on Morton's curve (bits of both coordinates, interleaved)."""
    if not len(lat):
        return np.zeros(0, dtype=np.int64)
    x, y = (_echelle(lon), _echelle(lat))
    cle = np.zeros(len(x), dtype=np.int64)
    for bit in range(BITS):
        cle |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return cle


def _echelle(valeurs: Any) -> Any:
    bas, haut = valeurs.min(), valeurs.max()
    return ((valeurs - bas) * (2**BITS - 1) // max(1, haut - bas)).astype(np.int64)
