"""`manage.py importer_finess FICHIER`: the historic CSV or the daily JSON of FINESS, recognised by itself."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from structures.imports.fiche import FichierIllisible
from structures.imports.finess import importer_finess
from structures.imports.rapport import lignes_du_rapport


class Command(BaseCommand):
    help = "Importe un fichier FINESS (CSV historique ou JSON quotidien, simple ou .gz)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--essai", action="store_true", help="tout vérifier, ne rien écrire dans l’annuaire")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            journal = importer_finess(options["fichier"], essai=options["essai"], progres=self._progres(options))
        except FichierIllisible as erreur:
            raise CommandError(str(erreur)) from erreur
        for ligne in lignes_du_rapport(journal):
            self.stdout.write(ligne)
        if journal.erreur:
            raise CommandError("L’import s’est interrompu ; ce qui précède est gardé, on peut le relancer.")

    def _progres(self, options: dict[str, Any]) -> Any:
        def dire(fait: int, total: int, mots: str) -> None:
            if options["verbosity"] > 1:
                self.stderr.write(f"{100 * fait // max(total, 1)} % : {mots}")

        return dire
