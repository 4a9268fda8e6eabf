"""What an import did: counts, and the lines of its journal that wait for the end of their lot."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from structures.imports.fiche import Rejet
from structures.models import Import, LigneImport

NOMS = (
    "lues", "creees", "modifiees", "inchangees", "fusionnees", "disparues", "connues", "rejetees", "fermees",
    "alertes", "remarques", "ecarts", "cedees",
)  # fmt: skip
_INECRIVABLES = re.compile("[\x00\ud800-\udfff]")
_COMPTEURS = ("comptes", "types", "hors_perimetre", "hors_territoire")


@dataclass
class Bilan:
    """Counts of one import, and the lines not written yet."""

    journal: Import
    comptes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    hors_perimetre: Counter[str] = field(default_factory=Counter)
    hors_territoire: Counter[str] = field(default_factory=Counter)
    lignes: list[LigneImport] = field(default_factory=list)
    erreur: str = ""

    def rejeter(self, rejet: Rejet) -> None:
        """Count a rejected line and keep its number and reason."""
        self.comptes["rejetees"] += 1
        self.noter(LigneImport.Action.REJETEE, rejet.ligne, nom=rejet.nom, numero_cle=rejet.cle, raison=rejet.raison)

    def noter(self, action: LigneImport.Action, numero: int, **champs: Any) -> LigneImport:
        """One line for the journal; it is written with its lot."""
        for texte in ("nom", "numero_cle", "raison"):
            champs[texte] = _INECRIVABLES.sub("", champs.get(texte, ""))[: 200 if texte != "raison" else None]
        ligne = LigneImport(journal=self.journal, action=action, numero=numero, **champs)
        self.lignes.append(ligne)
        return ligne

    def ecrire_les_lignes(self) -> None:
        """Write the waiting lines (in the transaction of their lot)."""
        # Two remarks about one line of the file are one line of the journal.
        LigneImport.objects.bulk_create(self.lignes, batch_size=500)
        self.lignes = []

    def etat(self) -> dict[str, dict[str, int]]:
        """What is saved with each lot, so that a run taken up again goes on counting."""
        return {nom: dict(getattr(self, nom)) for nom in _COMPTEURS}

    def reprendre(self, etat: dict[str, dict[str, int]]) -> None:
        """Go on from what was saved."""
        for nom in _COMPTEURS:
            setattr(self, nom, Counter(etat.get(nom, {})))

    def compteurs(self) -> dict[str, Any]:
        """The counts for the journal, always the same keys."""
        return {
            **{nom: self.comptes[nom] for nom in NOMS},
            "importees": self.comptes["creees"] + self.comptes["modifiees"] + self.comptes["inchangees"],
            "hors_perimetre": self.hors_perimetre.total(),
            "hors_territoire": self.hors_territoire.total(),
            "types": dict(self.types),
            "departements": dict(self.hors_territoire),
        }
