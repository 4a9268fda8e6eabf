"""Volumes in words: « 8 personnes par an », « 1 session par an »."""

from socle.templatetags.typographie import nombre

# Unit of the controlled list → singular, plural, gender of « quel ».
MOTS: dict[str, tuple[str, str, str]] = {
    "personnes/an": ("personne", "personnes", "f"),
    "sessions/an": ("session", "sessions", "f"),
    "permanences/an": ("permanence", "permanences", "f"),
    "envois/an": ("envoi", "envois", "m"),
    "outils/an": ("outil", "outils", "m"),
}


def mots(unite: str, combien: int | None = 2) -> str:
    """« personnes » for « personnes/an »; an unknown unit is given as it is, without « /an »."""
    singulier, plusieurs, _ = MOTS.get(unite, (unite.removesuffix("/an"), unite.removesuffix("/an"), "m"))
    return plusieurs if combien is None or combien >= 2 else singulier


def volume_en_mots(volume: int | None, unite: str) -> str:
    """« 8 personnes par an »; « volume non précisé »."""
    if volume is None:
        return "volume non précisé"
    return f"{nombre(volume)}\u00a0{mots(unite, volume)} par an"


def question_du_volume(genre: str, unite: str) -> str:
    """The label of the number, with its unit: « Combien de sessions par an ? »."""
    quoi = mots(unite)
    de = "d’" if quoi[:1] in "aeiouyéèê" else "de "
    if genre == "besoins" and unite == "personnes/an":
        return "Combien de personnes sont concernées sur un an\u00a0?"
    return f"Combien {de}{quoi} par an\u00a0?"


def accord(adjectif: str, combien: int, unite: str = "") -> str:
    """The adjective in the gender and number of what is counted: « demandées », « libre »."""
    feminin = "e" if MOTS.get(unite, ("", "", "m"))[2] == "f" and not adjectif.endswith("e") else ""
    return f"{adjectif}{feminin}{'s' if combien >= 2 else ''}"
