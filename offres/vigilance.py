"""A soft warning before a text that seems to name somebody: numbers only, never a person.

It looks for a national health number, a birth date, a civil title or « Prénom NOM ». It may be
wrong (a school's name looks like a person's): it warns and lets go.
"""

import re

NIR = re.compile(r"(?<!\d)[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[AB])[ .]?\d{3}[ .]?\d{3}(?!\d)")
NE_LE = re.compile(r"\b(?:né|née|nés|nées|naissance)\b", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[/.\- ](?:0?[1-9]|1[0-2])[/.\- ](?:19[3-9]\d|20[01]\d)(?!\d)")
DATE_EN_LETTRES = re.compile(
    r"\b(?:1er|\d{1,2}) (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
    r" (?:19[3-9]\d|20[01]\d)\b",
    re.IGNORECASE,
)
CIVILITE = re.compile(r"\b(?:M\.|Mr|Mme|Mlle|Monsieur|Madame)\s+[A-ZÀ-Ý][\w’'-]+")
PRENOM_NOM = re.compile(
    r"\b[A-ZÀ-Ý][a-zà-ÿ]+(?:-[A-ZÀ-Ý][a-zà-ÿ]+)? (?:[A-ZÀ-Ý]\. ?)?[A-ZÀ-Ý]{3,}(?:-[A-ZÀ-Ý]{2,})?\b"
)
# Capitals that are no family name.
SIGLES = {
    "ESAT", "IME", "SESSAD", "SAVS", "SAMSAH", "DITEP", "ITEP", "ULIS", "IMPRO", "MDPH", "RQTH", "PMSMP", "SIAE",
    "GEIQ", "EATT", "ETTI", "CFA", "ESRP", "ESPO", "UEROS", "APEI", "ADAPEI", "APAJH", "LADAPT", "PRITH", "PCTI",
    "TSA", "CAP", "BEP", "CACES", "HACCP", "CRA", "ARS", "ASE", "APF",
}  # fmt: skip


def soupcons(texte: str) -> list[str]:
    """What the text seems to contain, in words (empty: nothing)."""
    trouves = []
    if NIR.search(texte):
        trouves.append("un numéro de sécurité sociale")
    if NE_LE.search(texte) and (DATE.search(texte) or DATE_EN_LETTRES.search(texte)):
        trouves.append("une date de naissance")
    noms = [nom for nom in PRENOM_NOM.findall(texte) if nom.split()[-1] not in SIGLES]
    if CIVILITE.search(texte) or noms:
        trouves.append("le nom d’une personne")
    return trouves


def avertissement(*textes: str) -> str:
    """The sentence to show after saving, or an empty one."""
    trouves = list(dict.fromkeys(soupcon for texte in textes for soupcon in soupcons(texte)))
    if not trouves:
        return ""
    quoi = " et ".join(trouves)
    return (
        f"Votre texte est enregistré, mais il semble contenir {quoi}. Ne jamais saisir de nom ni de situation "
        "individuelle\u00a0: des nombres seulement. Si c’est le cas, corrigez-le."
    )
