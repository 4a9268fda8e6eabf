"""Names as they are compared: word order, articles, accents, the words of the type do not count."""

import re
from functools import cache

from rapidfuzz import fuzz

from socle.recherche import normaliser
from structures.referentiel import TYPES
from structures.territoires.noms import normaliser_nom

_ARTICLES = frozenset(
    "a au aux ass asso association avec d de des du en et l la le les n no par pour s sous sur un une".split()  # noqa: SIM905
)
# Words that name a type without being in its label, and words that every list adds.
_AUTRES_MOTS_DU_TYPE = {
    "esat": "cat",
    "ime": "imp",
    "ditep": "dispositif itep ditep",
    "ea": "entreprises adaptees",
    "france-travail": "pole emploi agence ape ft",
    "cap-emploi": "capemploi",
    "cfa-of": "centre formation apprentis",
}
_ELISIONS = re.compile(r"\b[dl]['’]", re.IGNORECASE)
_LIENS = frozenset(["siege", "site", "principal"])
# A typing error is forgiven in a word this long, when this much of it is alike.
_MOT_LONG, _MOT_SEMBLABLE, _NOM_SEMBLABLE = 5, 80, 88


@cache
def _mots_du_type(slug: str) -> frozenset[str]:
    decrit = TYPES.get(slug)
    libelles = f"{decrit.court} {decrit.libelle}" if decrit else ""
    return frozenset(normaliser(f"{libelles} {_AUTRES_MOTS_DU_TYPE.get(slug, '')}").split()) | _LIENS


def _sigles_recolles(mots: list[str]) -> list[str]:
    """« s a v s » → « savs »."""
    sortie: list[str] = []
    lettres = ""
    for mot in [*mots, ""]:
        if len(mot) == 1 and mot.isalpha():
            lettres += mot
            continue
        if len(lettres) > 1:
            sortie.append(lettres)
        lettres = ""
        if mot:
            sortie.append(mot)
    return sortie


def mots_du_nom(nom: str, type_: str) -> frozenset[str]:
    """The words that tell a structure from the others of its type."""
    mots = _sigles_recolles(normaliser_nom(_ELISIONS.sub(" ", nom)).split())
    return frozenset(mots) - _ARTICLES - _mots_du_type(type_)


def coeur(mots: frozenset[str], commune: str) -> frozenset[str]:
    """The words of a name without those of its town; empty for « ESAT d’Évreux » in Évreux."""
    return mots - frozenset(normaliser_nom(commune).split())


def memes(un: frozenset[str], autre: frozenset[str]) -> bool:
    """Same words, or written in one piece in one name and in several in the other."""
    return un == autre or ("".join(sorted("".join(un))) == "".join(sorted("".join(autre))) and _colles(un, autre))


def _colles(un: frozenset[str], autre: frozenset[str]) -> bool:
    """« papillonsblancs » and « papillons blancs » (same letters is not enough: anagrams)."""
    court, long = sorted((un - autre, autre - un), key=len)
    if len(court) != 1:
        return False
    (colle,) = court
    return all(mot in colle for mot in long)


def proches(un: frozenset[str], autre: frozenset[str]) -> bool:
    """The same name but for typing errors: each word left alone has a likeness on the other side."""
    seuls_un, seuls_autre = un - autre, autre - un
    if not seuls_un or len(seuls_un) != len(seuls_autre):
        return False
    if fuzz.ratio(" ".join(sorted(un)), " ".join(sorted(autre))) < _NOM_SEMBLABLE:
        return False
    restent = set(seuls_autre)
    for mot in seuls_un:
        if len(mot) < _MOT_LONG or not mot.isalpha():
            return False
        jumeau = max(restent, key=lambda m: fuzz.ratio(mot, m))
        if len(jumeau) < _MOT_LONG or not jumeau.isalpha() or fuzz.ratio(mot, jumeau) < _MOT_SEMBLABLE:
            return False
        restent.remove(jumeau)
    return True


def inclus(un: frozenset[str], autre: frozenset[str]) -> bool:
    """One name says more than the other: « Papillons blancs » and « Papillons blancs de l’Eure »."""
    petit, grand = sorted((un, autre), key=len)
    return petit < grand and sum(map(len, petit)) >= 6
