"""`manage.py restaurer DOSSIER`: puts a backup back, after checking all of it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from socle.sauvegarde import ErreurSauvegarde, restaurer


class Command(BaseCommand):
    help = "Vérifie une sauvegarde puis la remet en place. Le portail doit être arrêté."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dossier", type=Path)
        parser.add_argument(
            "--remplacer", action="store_true", help="remplacer une base qui contient déjà des comptes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resume = restaurer(options["dossier"], remplacer=options["remplacer"])
        except (ErreurSauvegarde, OSError) as erreur:
            raise CommandError(str(erreur)) from erreur
        # A backup of an older version becomes readable by this one.
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(
            f"Sauvegarde remise en place : la base et {resume.fichiers} fichiers, {resume.octets / 1e6:.1f} Mo.\n"
            f"Ce qui était là est rangé dans {resume.dossier}."
        )
