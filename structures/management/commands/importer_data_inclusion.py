"""`manage.py importer_data_inclusion STRUCTURES [SERVICES]`: data·inclusion v1, in JSON, NDJSON or CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from structures.imports.commande import CommandeImport
from structures.imports.data_inclusion import SERVICES, STRUCTURES


class Command(CommandeImport):
    help = "Importe les structures de data·inclusion v1 (JSON, NDJSON ou CSV), puis leurs services."
    genres = (STRUCTURES,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("services", type=Path, nargs="?", help="le fichier des services des mêmes structures")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["services"] is None:
            return
        if options["essai"]:
            self.stdout.write("Les services des structures nouvelles ne se reconnaissent qu’après leur import.")
        self.genres = (SERVICES,)
        self.importer(options["services"], options)
