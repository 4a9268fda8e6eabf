"""The numbers of a line, cleaned: what is malformed is left aside and said."""

import hashlib
import re
from dataclasses import dataclass

from structures.imports.fiche import Fiche
from structures.imports.noms_lisibles import lisible
from structures.models import FINESS_VALIDE
from structures.territoires.noms import normaliser_nom

_FORMES = {
    "finess": (FINESS_VALIDE, "numéro FINESS"),
    "siret": (r"^\d{14}$", "SIRET"),
    "siren": (r"^\d{9}$", "SIREN"),
    "uai": (r"^\d{7}[A-Z]$", "numéro UAI"),
    "safir": (r"^\d{1,5}$", "code SAFIR"),
}
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
    """Blanks, dots and hyphens away, capitals; a number of another shape is left aside with a remark."""
    sains: dict[str, str] = {}
    remarques: list[str] = []
    for nom, (forme, mots) in _FORMES.items():
        lu = str(getattr(fiche, nom))
        propre = re.sub(r"[\s.\u00a0\u202f-]", "", lu).upper()
        if propre and re.fullmatch(forme, propre) is None:
            remarques.append(f"{mots} mal formé, laissé de côté (« {lu[:40]} »)")
            propre = ""
        sains[nom] = propre
    return Numeros(**sains, remarques=tuple(remarques))


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
            return _FORMES[nom][1]
    return "établissement (même nom, même type, même commune)"
