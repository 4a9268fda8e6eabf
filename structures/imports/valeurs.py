"""From a line of a file to the fields of a structure: what is malformed is dropped and said."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from structures.imports.fiche import SourceImport
from structures.imports.identite import Retenue
from structures.models import Structure
from structures.referentiel import PRECISIONS
from structures.territoires.geometrie import distance_km

# Two forms of a file differ by a rounding: below a metre, a point has not moved.
METRE_KM = 0.001
_EFFACABLES = {"fermee_le", "alerte_commune"}
POINT = ("lat", "lon", "point_approche")
_VIDES = ("", None, ())
_URL = URLValidator(schemes=["http", "https"])


def telephone_lisible(brut: str) -> str:
    """« 0231468240 » → « 02 31 46 82 40 »; anything else is kept as it is, at most 20 signs."""
    chiffres = re.sub(r"\D", "", brut)
    if len(chiffres) == 11 and chiffres.startswith("33"):
        chiffres = "0" + chiffres[2:]
    if len(chiffres) == 9 and not chiffres.startswith("0"):
        chiffres = "0" + chiffres
    if len(chiffres) == 10 and chiffres.startswith("0"):
        return " ".join(chiffres[debut : debut + 2] for debut in range(0, 10, 2))
    return brut.strip()[:20]


def _si(valeur: str, valide: Callable[[str], bool], nom: str, remarques: list[str]) -> str:
    if valeur and not valide(valeur):
        remarques.append(f"{nom} mal formé, laissé de côté (« {valeur[:40]} »)")
        return ""
    return valeur


def _accepte(validateur: Callable[[str], object], longueur: int) -> Callable[[str], bool]:
    def valide(valeur: str) -> bool:
        try:
            validateur(valeur)
        except ValidationError:
            return False
        return len(valeur) <= longueur

    return valide


def _site(brut: str) -> str:
    site = brut.strip()
    return f"https://{site}" if site and "://" not in site else site


def _jour(valeur: str) -> date | None:
    try:
        return date.fromisoformat(valeur[:10])
    except ValueError:
        return None


def champs_de(
    retenue: Retenue, source: SourceImport, organisme_id: Any, publics_connus: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """(values of the fields this source fills, remarks in words)."""
    fiche, place, numeros = retenue.fiche, retenue.place, retenue.numeros
    remarques = [*fiche.remarques, *numeros.remarques]
    capacite = fiche.capacite
    if capacite is not None and not 0 <= capacite <= 100_000:
        remarques.append(f"capacité invraisemblable, laissée de côté ({capacite})")
        capacite = None
    inconnus = [slug for slug in fiche.publics if slug not in publics_connus]
    if inconnus:
        remarques.append(f"publics inconnus, laissés de côté ({', '.join(inconnus)[:120]})")
    code_postal = _si(fiche.code_postal, lambda v: re.fullmatch(r"\d{5}", v) is not None, "code postal", remarques)
    valeurs = {
        "nom": retenue.nom,
        "type": fiche.type,
        "precision": fiche.precision if fiche.precision in PRECISIONS.get(fiche.type, {}) else "",
        "finess": numeros.finess,
        "siret": numeros.siret,
        "uai": numeros.uai,
        "safir": numeros.safir,
        "organisme_id": organisme_id,
        "adresse": fiche.adresse[:250],
        "code_postal": code_postal,
        "commune_id": place.commune.pk,
        "lat": place.lat,
        "lon": place.lon,
        "point_approche": place.approche,
        "telephone": telephone_lisible(fiche.telephone),
        "courriel": _si(fiche.courriel.strip(), _accepte(validate_email, 254), "courriel", remarques),
        "site_web": _si(_site(fiche.site_web), _accepte(_URL, 200), "site web", remarques),
        "contact_fonction": fiche.contact_fonction[:120],
        "capacite": capacite,
        "publics": tuple(sorted({slug for slug in fiche.publics if slug in publics_connus})),
        "fermee_le": _jour(fiche.fermee_le) or date.today() if fiche.fermee else None,
        "alerte_commune": place.alerte,
    }
    voulus = {*source.champs, *(POINT if {"lat", "lon"} & {*source.champs} else ())}
    return {champ: valeur for champ, valeur in valeurs.items() if champ in voulus}, remarques


def valeurs_actuelles(structure: Structure, champs: Mapping[str, Any]) -> dict[str, Any]:
    """What the structure holds of these fields (publics must have been prefetched)."""
    return {champ: valeur_de(structure, champ) for champ in {*champs, "commune_id", *POINT, "fermee_le"}}


def valeur_de(structure: Structure, champ: str) -> Any:
    """One field, in the form the imports compare: empty texts rather than null numbers, slugs of publics."""
    if champ == "publics":
        return tuple(sorted(public.slug for public in structure.publics.all()))
    valeur = getattr(structure, champ)
    return "" if valeur is None and champ in ("finess", "uai", "safir") else valeur


def differences(actuelles: dict[str, Any], nouvelles: dict[str, Any]) -> dict[str, Any]:
    """The new values that differ; a point that moved less than a metre has not moved.

    What a file does not say erases nothing (the historic form has no e-mail, cs1100502 no point).
    """
    ecarts = {
        champ: valeur
        for champ, valeur in nouvelles.items()
        if actuelles[champ] != valeur and (valeur not in _VIDES or champ in _EFFACABLES)
    }
    if nouvelles.get("point_approche") and not actuelles["point_approche"] and "commune_id" not in ecarts:
        for champ in POINT:
            ecarts.pop(champ, None)
    if ecarts.keys() & {"lat", "lon"} and actuelles["lat"] is not None and actuelles["lon"] is not None:
        bouge = distance_km(actuelles["lat"], actuelles["lon"], nouvelles["lat"], nouvelles["lon"])
        for champ in ("lat", "lon"):
            if bouge < METRE_KM:
                ecarts.pop(champ, None)
            else:
                ecarts[champ] = nouvelles[champ]
    # The day a closure was noticed is not a change of the closure.
    if actuelles["fermee_le"] and nouvelles.get("fermee_le"):
        ecarts.pop("fermee_le", None)
    return ecarts


def est_vide(valeur: Any) -> bool:
    """Nothing is said."""
    return valeur in _VIDES


def brut(valeur: Any) -> Any:
    """The value as the journal keeps it (JSON)."""
    if isinstance(valeur, date):
        return valeur.isoformat()
    return list(valeur) if isinstance(valeur, tuple) else valeur


def depuis_brut(champ: str, valeur: Any) -> Any:
    """The value of a field from what the journal keeps."""
    if champ == "fermee_le" and isinstance(valeur, str) and valeur:
        return date.fromisoformat(valeur)
    return tuple(valeur) if champ == "publics" else valeur
