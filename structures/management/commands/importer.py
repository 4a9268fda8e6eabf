"""`manage.py importer FICHIER`: any list the portal recognises by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from structures.imports.commande import CommandeImport
from structures.imports.fiche import FichierIllisible, SourceImport
from structures.imports.sources import reconnaitre


class Command(CommandeImport):
    help = "Importe une liste de structures, reconnue par son contenu (FINESS, éducation, data·inclusion…)."

    def _source(self, chemin: Path, parametres: Mapping[str, Any]) -> SourceImport:
        connue = reconnaitre(chemin)
        if connue.suite:
            raise FichierIllisible(
                f"Ce fichier est «\u00a0{connue.libelle}\u00a0» : il faut d’abord dire ce que sont ses colonnes, "
                "sur la page /structures/imports/ ou par « manage.py importer_tableur »."
            )
        return connue.source(parametres)
