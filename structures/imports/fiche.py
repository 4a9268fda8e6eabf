"""What a reader hands to the engine, whatever the form of the file."""

from dataclasses import dataclass


class FichierIllisible(Exception):
    """The file as a whole can't be read (or no further): the message is for the person who sent it."""


@dataclass(frozen=True)
class Rejet:
    """A line that cannot be kept, and why."""

    ligne: int
    raison: str
    finess: str = ""
    nom: str = ""


@dataclass(frozen=True)
class Fiche:
    """One establishment as the file writes it; coordinates are raw (x, y), in any known system."""

    ligne: int
    finess: str
    nom: str
    categorie: str
    code_commune: str
    ville: str = ""
    finess_juridique: str = ""
    organisme: str = ""
    siren: str = ""
    siret: str = ""
    adresse: str = ""
    code_postal: str = ""
    telephone: str = ""
    courriel: str = ""
    x: float | None = None
    y: float | None = None
    fermee: bool = False
    fermee_le: str = ""


@dataclass(frozen=True)
class Voie:
    """The parts of a postal address, before they are written for people."""

    numero: str = ""
    complement_numero: str = ""
    type: str = ""
    libelle: str = ""
    complement: str = ""
    lieu_dit: str = ""


def nombre(valeur: object) -> float | None:
    """A coordinate written as a number or a text (« 49,2 » too); None when it is not one."""
    if isinstance(valeur, bool) or valeur is None:
        return None
    if isinstance(valeur, int | float):
        return float(valeur)
    try:
        return float(str(valeur).strip().replace(",", "."))
    except ValueError:
        return None
