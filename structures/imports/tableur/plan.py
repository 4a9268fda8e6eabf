"""How one file is to be read: said by a person or proposed, kept with the import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from structures.imports.fiche import CHAMPS as CHAMPS_D_UNE_STRUCTURE
from structures.imports.tableur.champs import CHAMPS, cle_de_valeur
from structures.referentiel import TYPES

# What a field of a spreadsheet fills in a structure (the others bear the same name).
_REMPLIT = {
    "organisme": ("organisme_id",),
    "siren": ("organisme_id",),
    "ville": (),
    "code_commune": ("alerte_commune",),
    "cle": (),
    "lat": (),
    "lon": (),
    "point": (),
}
_TOUJOURS = ("nom", "type", "commune_id", "lat", "lon", "point_approche")


@dataclass(frozen=True)
class Plan:
    """Columns by header, types by value, and what is said of the whole list."""

    liste: str
    forme: str = ""
    feuille: str = ""
    ligne_entete: int = 0
    colonnes: Mapping[str, str] = field(default_factory=dict)
    # {normalised value: (value as written, type or "" when out of scope)}
    types: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    type_constant: str = ""
    complete: bool = False
    origine: str = ""

    def colonnes_de(self, champ: str) -> list[str]:
        """Headers of the columns that say this field, in the order of the file."""
        return [entete for entete, voulu in self.colonnes.items() if voulu == champ]

    def manques(self) -> list[str]:
        """What is still to be said before the file can be read, in words; nothing when it can be."""
        dits = set(self.colonnes.values())
        manques = []
        if not self.liste.strip():
            manques.append("Donnez un nom à cette liste.")
        if "nom" not in dits:
            manques.append("Dites quelle colonne contient le nom de la structure.")
        if "type" not in dits and not self.type_constant:
            manques.append(
                "Dites quelle colonne contient le type de structure, ou choisissez le même type pour tout le fichier."
            )
        if "code_commune" not in dits and "ville" not in dits and not {"point", "lat"} & dits:
            if "code_postal" in dits:
                manques.append("Dites quelle colonne contient la ville\u00a0: le code postal ne suffit pas toujours.")
            else:
                manques.append(
                    "Dites où est la structure\u00a0: une colonne «\u00a0Code Insee de la commune\u00a0», "
                    "ou «\u00a0Code postal\u00a0» et «\u00a0Ville\u00a0»."
                )
        if ("lat" in dits) != ("lon" in dits):
            manques.append("La latitude et la longitude vont ensemble\u00a0: il manque l’une des deux.")
        manques += [
            f"Deux colonnes disent «\u00a0{champ.libelle}\u00a0» ({', '.join(self.colonnes_de(slug))})\u00a0: "
            "n’en gardez qu’une."
            for slug, champ in CHAMPS.items()
            if not champ.plusieurs and len(self.colonnes_de(slug)) > 1
        ]
        return manques

    def champs_remplis(self) -> tuple[str, ...]:
        """Fields of a structure that the file may fill, in the order of the reports."""
        remplis = set(_TOUJOURS)
        for champ in self.colonnes.values():
            remplis.update(_REMPLIT.get(champ, (champ,)))
        return tuple(champ for champ in CHAMPS_D_UNE_STRUCTURE if champ in remplis)

    def type_de(self, valeur: str) -> str | None:
        """Our type for a value of the column; "" when it is out of scope, None when nobody said."""
        dit = self.types.get(cle_de_valeur(valeur))
        return None if dit is None else dit[1]

    def en_json(self) -> dict[str, Any]:
        """For the import's parameters."""
        return asdict(self)


def depuis_json(lu: Mapping[str, Any]) -> Plan:
    """The plan kept with an import; what no longer exists (a field, a type) is left out."""
    types = lu.get("types") or {}
    constant = str(lu.get("type_constant", ""))
    return Plan(
        liste=str(lu.get("liste", "")),
        forme=str(lu.get("forme", "")),
        feuille=str(lu.get("feuille", "")),
        ligne_entete=int(lu.get("ligne_entete") or 0),
        colonnes={str(e): str(c) for e, c in (lu.get("colonnes") or {}).items() if c in CHAMPS},
        types={str(cle): (str(v), str(t) if t in TYPES else "") for cle, (v, t) in types.items()},
        type_constant=constant if constant in TYPES else "",
        complete=bool(lu.get("complete")),
        origine=str(lu.get("origine", "")),
    )
