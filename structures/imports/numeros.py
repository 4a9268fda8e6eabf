"""The numbers of a line, cleaned: what is malformed is left aside and said."""

import hashlib
from dataclasses import dataclass

from structures.identifiants import GENRES, Verdict, normaliser_numero, verdict
from structures.imports.fiche import Fiche
from structures.imports.noms_lisibles import lisible
from structures.territoires.noms import normaliser_nom

UNIQUES = ("finess", "uai", "safir")


@dataclass(frozen=True)
class Numeros:
    """The sound numbers of a line, and what is to be said of the others."""

    finess: str = ""
    siret: str = ""
    siren: str = ""
    uai: str = ""
    safir: str = ""
    remarques: tuple[str, ...] = ()


def nettoyer(fiche: Fiche) -> Numeros:
    """Blanks, dots and hyphens away, capitals.

    A number of another shape is left aside with a remark; so is one whose key is false, unless it is
    all the line has to be known by: a register may hold a wrong one, and its line is a real place.
    """
    lus = {nom: str(getattr(fiche, nom)) for nom in GENRES}
    propres = {nom: normaliser_numero(lu) for nom, lu in lus.items()}
    verdicts = {nom: verdict(nom, propre) for nom, propre in propres.items()}
    sur = bool(fiche.cle_source) or any(verdicts[nom] is Verdict.BON for nom in UNIQUES)
    remarques: list[str] = []
    for nom, resultat in verdicts.items():
        if resultat is Verdict.MAL_FORME or (resultat is Verdict.CLE_FAUSSE and sur):
            defaut = "mal formé" if resultat is Verdict.MAL_FORME else "à la clé fausse"
            remarques.append(f"{GENRES[nom].nom} {defaut}, laissé de côté (« {lus[nom][:40]} »)")
            propres[nom] = ""
        elif resultat is Verdict.CLE_FAUSSE:
            remarques.append(f"{GENRES[nom].nom} à la clé fausse, gardé (« {propres[nom]} »)")
    return Numeros(**propres, remarques=tuple(remarques))


def cle_de_liste(fiche: Fiche, numeros: Numeros, commune: str) -> str:
    """What names the line in its list: its own identifier, or else what it says of itself."""
    if fiche.cle_source:
        return fiche.cle_source[:200]
    for nom in UNIQUES:
        if getattr(numeros, nom):
            return f"{nom}:{getattr(numeros, nom)}"
    dit = "|".join((numeros.siret, fiche.type, commune, normaliser_nom(lisible(fiche.nom))))
    return "~" + hashlib.sha256(dit.encode()).hexdigest()[:32]


def cle_lisible(fiche: Fiche, numeros: Numeros) -> str:
    """The number shown in the journal: the strongest the line bears."""
    for nom in ("finess", "uai", "safir"):
        if getattr(numeros, nom):
            return str(getattr(numeros, nom))
    return fiche.cle_source or numeros.siret


def mots_de_la_cle(fiche: Fiche, numeros: Numeros) -> str:
    """How to say « the same line twice »."""
    if fiche.cle_source:
        return "identifiant"
    for nom in UNIQUES:
        if getattr(numeros, nom):
            return GENRES[nom].nom
    return "établissement (même nom, même type, même commune)"
