"""Names of places: what is stored to search them, whatever way people write them."""

import re
import unicodedata

_SEPARATEURS = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_ABREGES = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_CEDEX = re.compile(r"\bcede?x?( \d+)?$")


def normaliser_nom(texte: str) -> str:
    """Lower case without accents, apostrophes or hyphens; « St » is spelt « saint ».

    >>> normaliser_nom("ST-LÔ")
    'saint lo'
    """
    plat = unicodedata.normalize("NFKD", texte.translate(_LIGATURES))
    sans_accents = "".join(lettre for lettre in plat if not unicodedata.combining(lettre))
    mots = _SEPARATEURS.sub(" ", sans_accents.lower()).split()
    return " ".join(_ABREGES.get(mot, mot) for mot in mots)


def sans_cedex(nom_normalise: str) -> str:
    """The same name without the postal « cedex 9 » that addresses carry after the town."""
    return _CEDEX.sub("", nom_normalise).strip()
