"""`manage.py sauvegarder DOSSIER`: the whole portal in a folder, checked by hash."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from socle.sauvegarde import ErreurSauvegarde, sauvegarder


class Command(BaseCommand):
    help = "Sauvegarde la base et les fichiers dans un dossier neuf, avec leurs empreintes. Le portail peut tourner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dossier", type=Path, help="dossier à créer, par exemple /srv/sauvegardes/2026-01-31")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resume = sauvegarder(options["dossier"])
        except (ErreurSauvegarde, OSError) as erreur:
            raise CommandError(str(erreur)) from erreur
        self.stdout.write(
            f"Sauvegarde écrite dans {resume.dossier} : la base et {resume.fichiers} fichiers, "
            f"{resume.octets / 1e6:.1f} Mo."
        )
        if resume.alteres:
            liste = "\n  ".join(resume.alteres)
            raise CommandError(f"La sauvegarde est faite, mais ces documents étaient déjà altérés :\n  {liste}")
