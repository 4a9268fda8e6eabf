"""`manage.py importer_finess FICHIER`: the historic CSV or the daily JSON of FINESS, recognised by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from structures.imports.commande import CommandeImport
from structures.imports.fiche import SourceImport
from structures.imports.finess import reconnaitre_finess


class Command(CommandeImport):
    help = "Importe un fichier FINESS (CSV historique ou JSON quotidien, simple ou .gz)."

    def _source(self, chemin: Path, parametres: Mapping[str, Any]) -> SourceImport:
        return reconnaitre_finess(chemin)
