"""What an import did: counts, and the lines that a person will want to read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from structures.imports.fiche import Rejet

# Details kept in the journal; the counts stay exact beyond.
DETAILS_MAX = 1000


@dataclass
class Bilan:
    """Counts and details of one import."""

    comptes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    hors_perimetre: Counter[str] = field(default_factory=Counter)
    hors_territoire: Counter[str] = field(default_factory=Counter)
    rejets: list[dict[str, Any]] = field(default_factory=list)
    modifications: list[dict[str, Any]] = field(default_factory=list)
    ecarts: list[dict[str, Any]] = field(default_factory=list)
    remarques: list[dict[str, Any]] = field(default_factory=list)
    disparues: list[dict[str, Any]] = field(default_factory=list)
    erreur: str = ""

    def rejeter(self, rejet: Rejet) -> None:
        """Count a rejected line and keep its number and reason."""
        self.comptes["rejetees"] += 1
        self._garder(
            self.rejets,
            {"ligne": rejet.ligne, "finess": rejet.finess[:20], "nom": rejet.nom[:120], "raison": rejet.raison},
        )

    def detailler(self, liste: list[dict[str, Any]], detail: dict[str, Any]) -> None:
        """Keep a detail, within the limit of the journal."""
        self._garder(liste, detail)

    @staticmethod
    def _garder(liste: list[dict[str, Any]], detail: dict[str, Any]) -> None:
        if len(liste) < DETAILS_MAX:
            liste.append(detail)

    def compteurs(self) -> dict[str, int]:
        """The counts for the journal, always the same keys."""
        noms = ("lues", "creees", "modifiees", "inchangees", "disparues", "rejetees", "fermees", "alertes", "ecarts")
        return {
            **{nom: self.comptes[nom] for nom in noms},
            "importees": self.comptes["creees"] + self.comptes["modifiees"] + self.comptes["inchangees"],
            "hors_perimetre": self.hors_perimetre.total(),
            "hors_territoire": self.hors_territoire.total(),
        }
