"""Search text: accents, case, punctuation and ligatures ignored, the same on both databases."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "’": " ", "'": " "})


def normaliser(texte: str) -> str:
    """« L’Œuvre d’Évreux » → « l oeuvre d evreux »."""
    plat = unicodedata.normalize("NFKD", texte.translate(_LIGATURES))
    sans_accent = "".join(c for c in plat if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", " ", sans_accent).strip()
