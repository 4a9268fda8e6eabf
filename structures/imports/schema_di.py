"""The schema of data·inclusion v1: its own models judge each line, we say in French what they found."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from data_inclusion.schema import v1
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
MONTREES = 5

# Type of error of pydantic → words. `c` is its context.
_MOTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda c: "champ obligatoire absent",
    "string_type": lambda c: "un texte est attendu",
    "string_too_short": lambda c: f"trop court, {c.get('min_length')} caractères au moins",
    "string_too_long": lambda c: f"trop long, {c.get('max_length')} caractères au plus",
    "string_pattern_mismatch": lambda c: "n’a pas la forme attendue",
    "enum": lambda c: "valeur inconnue du schéma",
    "literal_error": lambda c: "valeur inconnue du schéma",
    "set_type": lambda c: "une liste est attendue",
    "list_type": lambda c: "une liste est attendue",
    "too_short": lambda c: "la liste est vide",
    "float_parsing": lambda c: "un nombre est attendu",
    "float_type": lambda c: "un nombre est attendu",
    "finite_number": lambda c: "un nombre est attendu",
    "int_parsing": lambda c: "un nombre entier est attendu",
    "int_type": lambda c: "un nombre entier est attendu",
    "int_from_float": lambda c: "un nombre entier est attendu",
    "greater_than_equal": lambda c: f"doit être au moins {c.get('ge')}",
    "date_type": lambda c: "une date est attendue (AAAA-MM-JJ)",
    "date_parsing": lambda c: "une date est attendue (AAAA-MM-JJ)",
    "date_from_datetime_parsing": lambda c: "une date est attendue (AAAA-MM-JJ)",
    "date_from_datetime_inexact": lambda c: "une date sans heure est attendue",
    "url_type": lambda c: "une adresse web est attendue",
    "url_parsing": lambda c: "adresse web mal formée",
    "url_too_long": lambda c: "adresse web trop longue",
    "url_scheme": lambda c: "une adresse web commence par http:// ou https://",
    "model_type": lambda c: "la ligne n’est pas un objet",
    "model_attributes_type": lambda c: "la ligne n’est pas un objet",
}
# A code of a zone is tried as a commune, a département, an EPCI, a country: one sentence for all.
_ZONE = "ni commune, ni département, ni EPCI, ni pays"


def _mots(erreur: Mapping[str, Any]) -> str:
    genre, contexte = erreur["type"], erreur.get("ctx") or {}
    if erreur["loc"][:1] == ("zone_eligibilite",) and len(erreur["loc"]) > 1:
        return _ZONE
    if genre == "value_error":
        # Sentences of the schema are French; those of the library of e-mails are not.
        if erreur["loc"] == ("courriel",):
            return "adresse électronique mal formée"
        return str(contexte.get("error", "")).rstrip(".") or "valeur refusée par le schéma"
    return _MOTS[genre](contexte) if genre in _MOTS else "valeur refusée par le schéma"


def _lue(valeur: Any) -> str:
    """What was read, when it is short enough to help."""
    if valeur is None or isinstance(valeur, dict | list | set | tuple):
        return ""
    texte = " ".join(str(valeur).split())
    return f" (« {texte[:40]}{'…' if len(texte) > 40 else ''} »)" if texte else ""


def raisons(erreur: ValidationError) -> str:
    """« champ : ce qui ne va pas » for each field at fault, at most MONTREES."""
    dites: dict[tuple[Any, ...], str] = {}
    for detail in erreur.errors(include_url=False):
        ou = detail["loc"][:2]
        champ = ".".join(str(morceau) for morceau in ou[:1]) or "ligne"
        lue = "" if detail["type"] == "missing" else _lue(detail["input"])
        dites.setdefault(ou, f"{champ} : {_mots(detail)}{lue}")
    uniques = list(dict.fromkeys(dites.values()))
    suite = f" ; et {len(uniques) - MONTREES} autres défauts" if len(uniques) > MONTREES else ""
    return " ; ".join(uniques[:MONTREES]) + suite


def valider(modele: type[M], objet: Any) -> M | str:
    """The line once validated, or why it is rejected."""
    try:
        return modele.model_validate(objet)
    except ValidationError as erreur:
        return raisons(erreur)


# ------------------------------------------------------------------- the codes, in words

_LISTES: dict[str, Any] = {
    "type": v1.TypeService,
    "thematiques": v1.Thematique,
    "publics": v1.Public,
    "modes_accueil": v1.ModeAccueil,
    "modes_mobilisation": v1.ModeMobilisation,
    "mobilisable_par": v1.PersonneMobilisatrice,
    "frais": v1.Frais,
    "reseaux_porteurs": v1.ReseauPorteur,
}


def libelle(champ: str, code: str) -> str:
    """The words of a code of the schema; the code itself for one that this version doesn't know."""
    try:
        return str(_LISTES[champ](code).label)
    except (KeyError, ValueError):
        return code
