"""Official names written in capitals, made readable: « ESAT LES PRES » → « ESAT Les Prés »."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from structures.referentiel import DONNEES
from structures.territoires.noms import normaliser_nom

_MOT = re.compile(r"[^\s()/,;:\"«»+&]+")
_VOYELLES = set("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")
_MOTS = json.loads((DONNEES / "mots_officiels.json").read_text(encoding="utf-8"))
# Acronyms that hold a vowel (those without one are recognised by themselves).
_SIGLES = frozenset(_MOTS["sigles"])
_ECRITS: dict[str, str] = _MOTS["ecrits"]
# Common words (their accents, lower case inside a name), then proper words whose accent is lost.
_COURANTS: dict[str, str] = _MOTS["courants"]
_ACCENTS: dict[str, str] = _MOTS["accents"]
_ARTICLES = {"LE", "LA", "LES"}
_PETITS = frozenset(_MOTS["petits"])
_ELIDES = {"L", "D", "QU", "N", "S", "J"}


def lisible(nom: str, villes: Mapping[str, str] | None = None, *, debut: bool = True) -> str:
    """The name as one would write it. A name that already has lower case is left as it is.

    `villes` gives official names by normalised name (`normaliser_nom`); `debut` False when the
    text follows another word (a street name after « rue »).
    """
    propre = " ".join(nom.split())
    if any(lettre.islower() for lettre in propre):
        return propre
    propre = _aerer(propre)
    mots = list(_MOT.finditer(propre))
    textes = [mot.group() for mot in mots]
    sortie: list[str] = []
    position = rang = 0
    while rang < len(mots):
        nombre, ecrit = _ville(textes, rang, villes or {})
        if not nombre:
            nombre, ecrit = 1, _mot(textes, rang, debut=debut)
        sortie.append(propre[position : mots[rang].start()] + ecrit)
        position = mots[rang + nombre - 1].end()
        rang += nombre
    resultat = "".join(sortie) + propre[position:]
    # The file has lost its apostrophes: « L AIGLE », « D EVREUX ».
    resultat = re.sub(r"\b([LDld])[ '’]+(?=[AEIOUYHÀÂÉÈÊÎÔŒaeiouyhàâéèêîôœ]\w)", r"\1’", resultat)
    return re.sub(r'"([^"]+)"', "«\u00a0\\1\u00a0»", resultat).replace(" - ", " – ")


def _aerer(nom: str) -> str:
    """Spaces around a dash or an ampersand that the file glued to a word or a bracket."""
    nom = re.sub(r"(?<=[\s\")])-(?=\w)|(?<=\w)-(?=\s)", " - ", nom)
    return " ".join(re.sub(r"\s&|&\s", " & ", nom).split())


# The words of a register come back from line to line.
_normal = lru_cache(maxsize=2_000)(normaliser_nom)


def _ville(textes: list[str], rang: int, villes: Mapping[str, str]) -> tuple[int, str]:
    """(number of words, official name) of the longest town that starts here; (0, "") when none."""
    if not textes[rang][0].isalnum():
        return 0, ""
    for nombre in range(min(7, len(textes) - rang), 0, -1):
        if not textes[rang + nombre - 1][-1].isalnum():
            continue
        officiel = villes.get(_normal(" ".join(textes[rang : rang + nombre])))
        if officiel and not (nombre == 1 and textes[rang] in _SIGLES):
            return nombre, officiel.replace("'", "’")
    return 0, ""


def _mot(textes: list[str], rang: int, *, debut: bool) -> str:
    """One word: compound words and elisions part by part."""
    mot = textes[rang]
    avant = textes[rang - 1] if rang else ""
    premier = rang == 0 and debut
    morceaux = re.split(r"(['’-])", mot)
    return "".join(
        morceau if place % 2 else _morceau(morceau, premier and place == 0, avant, textes, rang, place, morceaux)
        for place, morceau in enumerate(morceaux)
    ).replace("'", "’")


def _morceau(
    mot: str, premier: bool, avant: str, textes: list[str], rang: int, place: int, morceaux: list[str]
) -> str:
    compose = len(morceaux) > 1
    if mot in _ECRITS:
        return _ECRITS[mot]
    if mot in _SIGLES or any(c.isdigit() for c in mot):
        return mot
    if mot == "A" and rang and not premier and rang + 1 < len(textes) and textes[rang + 1][0].isalpha():
        return "à"
    elide = place + 1 < len(morceaux) and morceaux[place + 1] in "'’"
    if mot in _ELIDES and (elide or (rang + 1 < len(textes) and len(mot) == 1 and mot in "LD")):
        # « d’ » is small; « l’ » is an article: small after a preposition only.
        petit = not premier and (mot != "L" or avant in _PETITS)
        return mot.lower() if petit else mot.capitalize()
    if mot in _PETITS:
        return mot.capitalize() if premier else mot.lower()
    if mot in _ARTICLES:
        return mot.lower() if (avant in _PETITS or (compose and place)) and not premier else mot.capitalize()
    if mot in _COURANTS:
        courant = _COURANTS[mot]
        return courant if not premier else courant[0].upper() + courant[1:]
    if mot in _ACCENTS:
        return _ACCENTS[mot]
    if len(mot) > 1 and ("." in mot.strip(".") or not _VOYELLES & set(mot)):
        return mot
    return mot.capitalize()
