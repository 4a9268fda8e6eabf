"""What a reader hands to the engine, whatever the list: lines kept, lines broken, lines of something else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from structures.models import Structure

if TYPE_CHECKING:
    from structures.imports.bilan import Bilan
    from structures.imports.vues import Vues
    from structures.models import LigneImport


class FichierIllisible(Exception):
    """The file as a whole can't be read (or no further): the message is for the person who sent it."""


@dataclass(frozen=True)
class Rejet:
    """A line that cannot be kept, and why. `cle` is the number it bears, as the file writes it."""

    ligne: int
    raison: str
    cle: str = ""
    nom: str = ""


@dataclass(frozen=True)
class HorsPerimetre:
    """A sound line of what the portal doesn't hold; `motif` is counted (« 355 », « sans ULIS », « fermé »)."""

    ligne: int
    motif: str


_VIDE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Fiche:
    """One structure as its list writes it. The engine places it, cleans it and compares it.

    Texts are as read (names in capitals are made readable by the engine). A point is either
    `lat`/`lon` in degrees or raw `x`/`y` in any known system (Lambert 93, WGS84, either order).
    Without an Insee code the line is placed by (postal code, town), then by its point.
    """

    ligne: int
    nom: str
    # Slug of structures.referentiel.TYPES.
    type: str
    # Slug of structures.referentiel.PRECISIONS[type] (the kind of school of an ULIS).
    precision: str = ""
    code_commune: str = ""
    ville: str = ""
    code_postal: str = ""
    # What tells who it is: national numbers, then the identifier of the line in its own list.
    finess: str = ""
    siret: str = ""
    siren: str = ""
    uai: str = ""
    safir: str = ""
    cle_source: str = ""
    organisme: str = ""
    finess_juridique: str = ""
    adresse: str = ""
    telephone: str = ""
    courriel: str = ""
    site_web: str = ""
    lat: float | None = None
    lon: float | None = None
    x: float | None = None
    y: float | None = None
    capacite: int | None = None
    # Slugs of Public; an unknown one is said and left aside.
    publics: tuple[str, ...] = ()
    contact_fonction: str = ""
    # Closed in the list; ISO date when the list says it.
    fermee: bool = False
    fermee_le: str = ""
    # What the reader wants said about this line; it is kept all the same.
    remarques: tuple[str, ...] = ()
    # The line as read, by column, for whoever writes the reader.
    brut: Mapping[str, str] = field(default_factory=lambda: _VIDE, compare=False, repr=False)


@dataclass(frozen=True)
class ServiceLu:
    """A service of a structure, as a directory of services writes it: `valeurs` by field of our table."""

    ligne: int
    cle: str
    cle_structure: str
    valeurs: Mapping[str, Any]


Lue = Fiche | ServiceLu | Rejet | HorsPerimetre
# Called now and then with the bytes of the file read so far.
Avancer = Callable[[int], None]
Lecteur = Callable[[Path, Avancer | None], Iterator[Lue]]

# Every field an import may fill, in the order of the reports. `organisme_id` comes from
# `organisme`/`finess_juridique`/`siren`; a point brings `lat`, `lon`, `point_approche` together.
CHAMPS = (
    "nom", "type", "precision", "finess", "siret", "uai", "safir", "organisme_id", "adresse", "code_postal",
    "commune_id", "lat", "lon", "point_approche", "telephone", "courriel", "site_web", "contact_fonction",
    "capacite", "publics", "fermee_le", "alerte_commune",
)  # fmt: skip


class Volet(Protocol):
    """A list of something else than structures: the same run, journal and undo, other rows."""

    def traiter(self, lot: Sequence[Lue], bilan: "Bilan", vues: "Vues", *, essai: bool) -> None: ...

    def revoir(self, lot: Sequence[Lue], vues: "Vues") -> None: ...

    def clore(self, bilan: "Bilan", vues: "Vues", *, essai: bool) -> None: ...

    def annuler_lot(self, lot: Sequence["LigneImport"]) -> None: ...


@dataclass(frozen=True)
class SourceImport:
    """A list of structures: who publishes it, how it is read, which fields it may fill.

    `liste` names the list across its forms and vintages: the identifiers of its lines, what has
    disappeared from it and the undo are looked for there. A `complet` list holds every structure of
    its kind: what it no longer holds is proposed for closure, never closed by itself.
    """

    genre: str
    libelle: str
    source: Structure.Source
    lire: Lecteur
    liste: str
    champs: tuple[str, ...] = CHAMPS
    complet: bool = False
    # Who writes the lots, when the lines are not structures.
    volet: Volet | None = None


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
