"""GeoJSON (RFC 7946) written by hand: outlines are stored as text, so they are not parsed again."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def objet(element: Mapping[str, Any]) -> str:
    """One Feature; `geometry` is GeoJSON text or None, `id` and `properties` plain values."""
    identifiant = json.dumps(element["id"], ensure_ascii=False)
    proprietes = json.dumps(element["properties"], ensure_ascii=False, separators=(",", ":"))
    geometrie = element["geometry"] or "null"
    return f'{{"type":"Feature","id":{identifiant},"geometry":{geometrie},"properties":{proprietes}}}'


def collection(elements: Iterable[Mapping[str, Any]]) -> bytes:
    """A FeatureCollection, UTF-8, in the order given."""
    corps = ",".join(objet(element) for element in elements)
    return f'{{"type":"FeatureCollection","features":[{corps}]}}'.encode()
