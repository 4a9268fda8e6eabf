"""What the commands that import a list of structures share."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from structures.imports.fiche import FichierIllisible, SourceImport
from structures.imports.moteur import ImportOccupe, importer
from structures.imports.rapport import lignes_du_rapport
from structures.imports.sources import Entree, entree, reconnaitre
from structures.models import Import


class CommandeImport(BaseCommand):
    """Import one file of the kinds in `genres` and print its journal."""

    genres: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--essai", action="store_true", help="tout vérifier, ne rien écrire dans l’annuaire")

    def handle(self, *args: Any, **options: Any) -> None:
        self.importer(options["fichier"], options)

    def importer(self, chemin: Path, options: Mapping[str, Any], **parametres: Any) -> Import:
        """Import the file and print what was done. Raises CommandError."""
        try:
            source = self._source(chemin, parametres)
            journal = importer(chemin, source, essai=options["essai"], progres=self._progres(options["verbosity"]))
        except (FichierIllisible, ImportOccupe) as erreur:
            raise CommandError(str(erreur)) from erreur
        for ligne in lignes_du_rapport(journal):
            self.stdout.write(ligne)
        if journal.erreur:
            raise CommandError("L’import s’est interrompu ; ce qui précède est gardé, on peut le relancer.")
        return journal

    def _source(self, chemin: Path, parametres: Mapping[str, Any]) -> SourceImport:
        connue = reconnaitre(chemin)
        if connue.genre not in self.genres:
            attendus = " ou ".join(e.libelle for e in map(entree, self.genres) if isinstance(e, Entree))
            raise FichierIllisible(f"Ce fichier est « {connue.libelle} » ; cette commande attend : {attendus}.")
        return connue.source(parametres)

    def _progres(self, verbosite: int) -> Callable[[int, int, str], None]:
        def dire(fait: int, total: int, mots: str) -> None:
            if verbosite > 1:
                self.stderr.write(f"{100 * fait // max(total, 1)} % : {mots}")

        return dire
