"""Names of places: what is stored to search them, whatever way people write them."""

import re

from socle.recherche import normaliser

ABREGES = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_CEDEX = re.compile(r"\bcede?x?( \d+)?$")


def normaliser_nom(texte: str) -> str:
    """Lower case without accents, apostrophes or hyphens; « St » is spelt « saint ».

    >>> normaliser_nom("ST-LÔ")
    'saint lo'
    """
    return " ".join(ABREGES.get(mot, mot) for mot in normaliser(texte).split())


def sans_cedex(nom_normalise: str) -> str:
    """The same name without the postal « cedex 9 » (or its truncated forms) of addresses."""
    return _CEDEX.sub("", nom_normalise).strip()
