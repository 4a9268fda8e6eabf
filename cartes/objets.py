"""What the map of a bassin shows, as GeoJSON (RFC 7946): structures, zone of an offer, circle, cooperations.

The property `genre` says what each object is: « structure », « zone », « cercle-zone », « autour » (the circle),
« lieu » (its centre), « cooperation », « partenaire » (the end of a cooperation that the map has no symbol for).
Longitude first, degrees of WGS84, five decimals at most, outer rings anticlockwise. Identifiers are all texts: GDAL
gives numbers of its own to those of a file that mixes them with numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cartes.autour import point_de
from cartes.calques import Calques
from cartes.donnees import element
from cartes.liens import Cooperation
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.geojson import collection

Objet = Mapping[str, Any]
# About one metre.
DECIMALES = 5


def geojson(structures: Sequence[Structure], calques: Calques) -> bytes:
    """A feature collection; a structure without a point of its own has no place on the map, and none here."""
    placees = [s for s in structures if s.lat is not None and s.lon is not None]
    objets: list[Objet] = []
    for structure in placees:
        lu = element(structure)
        objets.append({**lu, "id": f"structure-{lu['id']}", "properties": {"genre": "structure", **lu["properties"]}})
    if calques.couvert is not None:
        objets += calques.couvert.objets()
    objets += _autour(calques)
    objets += _cooperations(calques.liens or (), {s.pk for s in placees})
    return collection(objets)


def _autour(calques: Calques) -> Iterable[Objet]:
    """The circle and its centre."""
    autour = calques.autour
    if autour is None or autour.lieu is None or calques.cercle is None:
        return
    dites = {"nom": autour.lieu.libelle, "rayon_km": autour.rayon_km}
    yield {
        "id": "autour", "geometry": contours.vers_geojson(calques.cercle), "properties": {"genre": "autour", **dites},
    }  # fmt: skip
    lieu = {"type": "Point", "coordinates": _place(autour.lieu.lat, autour.lieu.lon)}
    yield {"id": "lieu", "geometry": json.dumps(lieu), "properties": {"genre": "lieu", **dites}}


def _cooperations(liens: Sequence[Cooperation], dessinees: set[int]) -> Iterable[Objet]:
    """One object each, whatever the number of its lines, then the partners that have no point yet."""
    bouts: dict[int, Structure] = {}
    for lien in liens:
        yield {
            "id": lien.cle,
            "geometry": _traits(lien),
            "properties": {
                "genre": "cooperation",
                "nom": lien.titre,
                "document": lien.genre,
                "reference": lien.reference,
                "etat": lien.etat,
                "signee": lien.signee,
                "structures": [s.nom for s in lien.structures],
                "url": lien.url,
            },
        }
        bouts.update({s.pk: s for s in lien.structures if s.pk not in dessinees})
    for structure in bouts.values():
        bout = {"type": "Point", "coordinates": _place(*point_de(structure))}
        yield {
            "id": f"structure-{structure.pk}",
            "geometry": json.dumps(bout),
            "properties": {
                "genre": "partenaire",
                "nom": structure.nom,
                "commune": structure.commune.nom,
                "code_commune": structure.commune_id,
                "fermee": structure.fermee_le is not None,
                "url": structure.get_absolute_url(),
            },
        }


def _traits(lien: Cooperation) -> str | None:
    """Lines between different places; None when all are at the same: a line has two ends."""
    traits = [[_place(*point_de(s)) for s in paire] for paire in lien.paires]
    traits = [trait for trait in traits if trait[0] != trait[1]]
    return json.dumps({"type": "MultiLineString", "coordinates": traits}) if traits else None


def _place(lat: float, lon: float) -> list[float]:
    return [round(lon, DECIMALES), round(lat, DECIMALES)]
