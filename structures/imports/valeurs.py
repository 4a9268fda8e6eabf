"""From a line of a file to the fields of a structure: what is malformed is dropped and said."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from structures.imports.fiche import Fiche
from structures.imports.rapprochement import Place
from structures.models import FINESS_VALIDE
from structures.referentiel import TYPE_DE_CATEGORIE
from structures.territoires.geometrie import distance_km

# The fields that FINESS fills, in the order the reports give them.
CHAMPS = (
    "nom", "type", "siret", "organisme_id", "adresse", "code_postal", "commune_id", "lat", "lon", "point_approche",
    "telephone", "courriel", "fermee_le", "alerte_commune",
)  # fmt: skip
# Two forms of the file differ by a rounding: below a metre, a point has not moved.
METRE_KM = 0.001
_EFFACABLES = {"fermee_le", "alerte_commune"}
LIBELLES = {
    "nom": "nom", "type": "type", "siret": "SIRET", "organisme_id": "organisme gestionnaire", "adresse": "adresse",
    "code_postal": "code postal", "commune_id": "commune", "lat": "position", "point_approche": "position approchée",
    "telephone": "téléphone", "courriel": "adresse électronique", "fermee_le": "fermeture",
    "alerte_commune": "alerte sur la commune",
}  # fmt: skip


def finess_valide(numero: str) -> bool:
    """Nine signs, the second may be A or B (Corse)."""
    return re.fullmatch(FINESS_VALIDE, numero) is not None


def telephone_lisible(brut: str) -> str:
    """« 0231468240 » → « 02 31 46 82 40 »; anything else is kept as it is, at most 20 signs."""
    chiffres = re.sub(r"\D", "", brut)
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


def _courriel_valide(valeur: str) -> bool:
    try:
        validate_email(valeur)
    except ValidationError:
        return False
    return True


def _jour(valeur: str) -> date | None:
    try:
        return date.fromisoformat(valeur[:10])
    except ValueError:
        return None


def champs_de(fiche: Fiche, place: Place, nom: str, organisme_id: int | None) -> tuple[dict[str, Any], list[str]]:
    """(values by field, remarks in words)."""
    remarques: list[str] = []
    siret = _si(fiche.siret.replace(" ", ""), lambda v: re.fullmatch(r"\d{14}", v) is not None, "SIRET", remarques)
    code_postal = _si(fiche.code_postal, lambda v: re.fullmatch(r"\d{5}", v) is not None, "code postal", remarques)
    valeurs = {
        "nom": nom,
        "type": TYPE_DE_CATEGORIE[fiche.categorie],
        "siret": siret,
        "organisme_id": organisme_id,
        "adresse": fiche.adresse,
        "code_postal": code_postal,
        "commune_id": place.commune.pk,
        "lat": place.lat,
        "lon": place.lon,
        "point_approche": place.approche,
        "telephone": telephone_lisible(fiche.telephone),
        "courriel": _si(fiche.courriel, _courriel_valide, "courriel", remarques),
        "fermee_le": _jour(fiche.fermee_le) or date.today() if fiche.fermee else None,
        "alerte_commune": place.alerte,
    }
    return valeurs, remarques


def differences(actuelles: dict[str, Any], nouvelles: dict[str, Any]) -> dict[str, Any]:
    """The new values that differ; a point that moved less than a metre has not moved.

    What a file does not say erases nothing (the historic form has no e-mail, cs1100502 no point).
    """
    ecarts = {
        champ: valeur
        for champ, valeur in nouvelles.items()
        if actuelles[champ] != valeur and (valeur not in ("", None) or champ in _EFFACABLES)
    }
    if nouvelles["point_approche"] and not actuelles["point_approche"] and "commune_id" not in ecarts:
        for champ in ("lat", "lon", "point_approche"):
            ecarts.pop(champ, None)
    if ecarts.keys() & {"lat", "lon"} and actuelles["lat"] is not None and actuelles["lon"] is not None:
        bouge = distance_km(actuelles["lat"], actuelles["lon"], nouvelles["lat"], nouvelles["lon"])
        for champ in ("lat", "lon"):
            if bouge < METRE_KM:
                ecarts.pop(champ, None)
            else:
                ecarts[champ] = nouvelles[champ]
    # The day a closure was noticed is not a change of the closure.
    if actuelles["fermee_le"] and nouvelles["fermee_le"]:
        ecarts.pop("fermee_le", None)
    return ecarts
