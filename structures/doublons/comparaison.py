"""Two sheets side by side: what each says, where it comes from, which one the merge proposes to keep."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from socle import prises
from structures.models import Structure

Choix = Literal["gardee", "absorbee", "deux"]

# Registers before lists, lists before what was typed when the sheet was made.
_CONFIANCE = {"finess": 4, "education": 4, "data-inclusion": 3, "tableur": 2, "saisie": 2, "demonstration": 1}


def _simple(champ: str) -> Callable[[Structure], str]:
    def lire(structure: Structure) -> str:
        valeur = getattr(structure, champ)
        return "" if valeur is None else str(valeur)

    return lire


def _type(structure: Structure) -> str:
    nature = structure.get_precision_display() if structure.precision else ""
    return f"{structure.type_libelle}, {nature}" if nature else structure.type_libelle


def _lieu(structure: Structure) -> str:
    rue = f"{structure.adresse}, " if structure.adresse else ""
    return f"{rue}{structure.code_postal} {structure.commune.nom}".strip()


def _contact(structure: Structure) -> str:
    if not structure.contact_nom:
        return ""
    montre = "montré aux partenaires" if structure.contact_nom_public else "non montré"
    return f"{structure.contact_nom} ({montre})"


def _publics(structure: Structure) -> str:
    return ", ".join(sorted(public.libelle for public in structure.publics.all()))


@dataclass(frozen=True)
class Rubrique:
    """What is chosen as a whole: an address without its commune would be that of nobody."""

    cle: str
    libelle: str
    # Names of columns; the first one bears the provenance.
    champs: tuple[str, ...]
    lire: Callable[[Structure], str]


RUBRIQUES = (
    Rubrique("nom", "Nom", ("nom",), _simple("nom")),
    Rubrique("type", "Type", ("type", "precision"), _type),
    Rubrique(
        "lieu", "Adresse",
        ("adresse", "code_postal", "commune_id", "lat", "lon", "point_approche", "alerte_commune"), _lieu,
    ),
    Rubrique("finess", "Numéro FINESS", ("finess",), _simple("finess")),
    Rubrique("siret", "SIRET", ("siret",), _simple("siret")),
    Rubrique("uai", "Numéro UAI", ("uai",), _simple("uai")),
    Rubrique("safir", "Code SAFIR", ("safir",), _simple("safir")),
    Rubrique("organisme", "Organisme gestionnaire", ("organisme_id",), _simple("organisme")),
    Rubrique("capacite", "Capacité", ("capacite",), _simple("capacite")),
    Rubrique("publics", "Publics", (), _publics),
    Rubrique("telephone", "Téléphone", ("telephone",), _simple("telephone")),
    Rubrique("courriel", "Courriel", ("courriel",), _simple("courriel")),
    Rubrique("site_web", "Site", ("site_web",), _simple("site_web")),
    Rubrique("contact_fonction", "Service à contacter", ("contact_fonction",), _simple("contact_fonction")),
    Rubrique(
        "contact_nom", "Personne à contacter", (
            "contact_nom", "contact_nom_public", "contact_personne_id", "contact_consenti_le",
            "contact_consenti_par_id",
        ), _contact,
    ),
)  # fmt: skip
# What a merge does not offer to choose: the life of each sheet, and what is computed.
LAISSES = frozenset({
    "id", "nom_recherche", "texte_recherche", "fermee_le", "fusionnee_dans_id", "site_principal_id", "fictive",
    "source", "provenance", "cree_le", "modifie_le", "confirme_le", "confirme_par_id", "confirme_en",
})  # fmt: skip
PAR_CLE = {rubrique.cle: rubrique for rubrique in RUBRIQUES}


def origine(rubrique: Rubrique, structure: Structure) -> tuple[str, str]:
    """(source, ISO date) of what a sheet says there; the source of the sheet when the field does not say."""
    cle = rubrique.champs[0] if rubrique.champs else "publics"
    dit: Mapping[str, Any] = structure.provenance.get(cle) or {}
    le = str(dit.get("le") or structure.cree_le.date().isoformat())
    return str(dit.get("source") or structure.source), le


def origine_en_mots(rubrique: Rubrique, structure: Structure) -> str:
    """« FINESS », « corrigé par la structure »."""
    source, _ = origine(rubrique, structure)
    if source == "structure":
        return "corrigé par la structure"
    try:
        return str(Structure.Source(source).label)
    except ValueError:
        return source


def _valeur_de(rubrique: Rubrique, structure: Structure) -> tuple[bool, bool, bool, int, str]:
    """What makes a value preferred: filled, corrected by the structure, not in capitals, trusted source, fresh."""
    source, le = origine(rubrique, structure)
    valeur = rubrique.lire(structure)
    crie = {"nom": structure.nom, "lieu": structure.adresse}.get(rubrique.cle, "").isupper()
    return bool(valeur), source == "structure", not crie, _CONFIANCE.get(source, 0), le


def propose(rubrique: Rubrique, gardee: Structure, absorbee: Structure) -> Choix:
    """Which value to keep, unless somebody chooses otherwise. Equal merits: that of the kept sheet."""
    return "absorbee" if _valeur_de(rubrique, absorbee) > _valeur_de(rubrique, gardee) else "gardee"


def choix_proposes(gardee: Structure, absorbee: Structure) -> dict[str, Choix]:
    """The value proposed for each field."""
    return {rubrique.cle: propose(rubrique, gardee, absorbee) for rubrique in RUBRIQUES}


@dataclass(frozen=True)
class LigneComparee:
    """One field of the two sheets."""

    rubrique: Rubrique
    valeurs: tuple[str, str]
    origines: tuple[str, str]
    # 0 or 1: which of the two columns is proposed.
    retenue: int

    @property
    def identiques(self) -> bool:
        return self.valeurs[0] == self.valeurs[1]


def comparer(une: Structure, autre: Structure, gardee: Structure) -> Iterator[LigneComparee]:
    """The fields that at least one of the sheets fills."""
    absorbee = autre if gardee.pk == une.pk else une
    for rubrique in RUBRIQUES:
        valeurs = rubrique.lire(une), rubrique.lire(autre)
        if not any(valeurs):
            continue
        retenue = gardee if propose(rubrique, gardee, absorbee) == "gardee" else absorbee
        yield LigneComparee(
            rubrique,
            valeurs,
            (origine_en_mots(rubrique, une), origine_en_mots(rubrique, autre)),
            0 if retenue.pk == une.pk else 1,
        )


def attaches(structure: Structure) -> list[str]:
    """What hangs on a sheet, at every floor, in words (a constant number of queries)."""
    return [mot for prise in prises.attaches for mot in prise(structure)]


def a_garder(une: Structure, autre: Structure) -> Structure:
    """Which sheet to keep, unless somebody chooses otherwise: confirmed, then numbered, then the older."""

    def merite(s: Structure) -> tuple[bool, bool, int]:
        return s.confirme_le is not None, bool(s.finess or s.uai or s.safir), -s.pk

    return max(une, autre, key=merite)
