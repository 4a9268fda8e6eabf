"""The numbers that identify a structure, and the check that each carries.

Measured on the real lists we have (845 FINESS with their legal persons, 754 SIRET, 262 UAI, 52 SAFIR):
none fails its check. So a number typed in a form is refused when its check fails. A register may
still hold a wrong one: an import drops what hasn't the shape of the number, and keeps, with a remark,
a number that is the only key of its line and only fails its check.
"""

import re
from dataclasses import dataclass
from enum import Enum

# 23 letters for a remainder by 23: I, O and Q, too like 1 and 0, are left out.
LETTRES_UAI = "ABCDEFGHJKLMNPRSTUVWXYZ"
SIREN_LA_POSTE = "356000000"


class Verdict(Enum):
    """What a check says of a number."""

    VIDE = "vide"
    BON = "bon"
    CLE_FAUSSE = "cle_fausse"
    MAL_FORME = "mal_forme"


@dataclass(frozen=True)
class Genre:
    """A kind of number: its shape, and how it is said to people."""

    nom: str
    forme: re.Pattern[str]
    attendu: str
    exemple: str


FINESS = Genre("numéro FINESS", re.compile(r"[0-9][0-9AB][0-9]{7}"), "neuf chiffres", "140002536")
SIREN = Genre("SIREN", re.compile(r"[0-9]{9}"), "neuf chiffres", "356000000")
SIRET = Genre("SIRET", re.compile(r"[0-9]{14}"), "quatorze chiffres", "35600000000048")
UAI = Genre("numéro UAI", re.compile(r"[0-9]{7}[A-Z]"), "sept chiffres et une lettre", "0140006F")
SAFIR = Genre("code SAFIR", re.compile(r"[0-9]{5}"), "cinq chiffres", "14072")
GENRES = {"finess": FINESS, "siren": SIREN, "siret": SIRET, "uai": UAI, "safir": SAFIR}


def normaliser_numero(brut: str) -> str:
    """The signs of a number as people type it: no blanks, dots or dashes, letters in capitals."""
    return re.sub(r"[\s.\-]", "", brut).upper()


def luhn(chiffres: str) -> bool:
    """The key of FINESS, SIREN and SIRET: every second digit from the right doubled, the sum a multiple of 10."""
    somme = 0
    for rang, signe in enumerate(reversed(chiffres)):
        valeur = int(signe) * (1 + rang % 2)
        somme += valeur - 9 if valeur > 9 else valeur
    return somme % 10 == 0


def verdict(genre: str, numero: str) -> Verdict:
    """Check a number. `genre` is a key of GENRES; raises KeyError for another."""
    regle = GENRES[genre]
    if not numero:
        return Verdict.VIDE
    if not regle.forme.fullmatch(numero):
        return Verdict.MAL_FORME
    return Verdict.BON if _cle_juste(genre, numero) else Verdict.CLE_FAUSSE


def _cle_juste(genre: str, numero: str) -> bool:
    if genre == "safir":
        # Five digits and no key.
        return True
    if genre == "uai":
        return LETTRES_UAI[int(numero[:7]) % 23] == numero[7]
    if genre == "finess":
        # Corse: 2A and 2B are counted as 21 and 22.
        return luhn(numero.replace("A", "1").replace("B", "2"))
    if genre == "siret" and numero.startswith(SIREN_LA_POSTE):
        # La Poste has more establishments than Luhn leaves it numbers: the sum of the digits, by five.
        return luhn(numero) or sum(map(int, numero)) % 5 == 0
    if genre == "siret":
        return luhn(numero) and luhn(numero[:9])
    return luhn(numero)


def defaut(genre: str, numero: str) -> str:
    """Why the number can't be right, and how to mend it; nothing when it is right or empty."""
    regle = GENRES[genre]
    resultat = verdict(genre, numero)
    if resultat is Verdict.MAL_FORME:
        return f"Un {regle.nom} compte {regle.attendu}, par exemple {regle.exemple}."
    if resultat is Verdict.CLE_FAUSSE:
        if genre == "uai":
            lettre = LETTRES_UAI[int(numero[:7]) % 23]
            return (
                f"Ce numéro UAI ne peut pas exister\u00a0: après {numero[:7]}, la lettre serait {lettre}. "
                "Relisez les chiffres et la lettre."
            )
        return (
            f"Ce {regle.nom} ne peut pas exister\u00a0: sa clé de contrôle est fausse. "
            "Un chiffre est sans doute mal tapé ou deux chiffres sont inversés\u00a0; relisez-le."
        )
    return ""


def finess_valide(numero: str) -> bool:
    """Nine signs (the second may be A or B, in Corse), the last is a Luhn key."""
    return verdict("finess", numero) is Verdict.BON


def siren_valide(numero: str) -> bool:
    """Nine digits, Luhn."""
    return verdict("siren", numero) is Verdict.BON


def siret_valide(numero: str) -> bool:
    """Fourteen digits, Luhn over the whole and over its SIREN; the exception of La Poste."""
    return verdict("siret", numero) is Verdict.BON


def uai_valide(numero: str) -> bool:
    """Seven digits and the letter of their remainder by 23."""
    return verdict("uai", numero) is Verdict.BON


def safir_valide(numero: str) -> bool:
    """Five digits."""
    return verdict("safir", numero) is Verdict.BON


def defaut_finess(numero: str) -> str:
    """See `defaut`."""
    return defaut("finess", numero)


def defaut_siren(numero: str) -> str:
    """See `defaut`."""
    return defaut("siren", numero)


def defaut_siret(numero: str) -> str:
    """See `defaut`."""
    return defaut("siret", numero)


def defaut_uai(numero: str) -> str:
    """See `defaut`."""
    return defaut("uai", numero)


def defaut_safir(numero: str) -> str:
    """See `defaut`."""
    return defaut("safir", numero)
