"""Read what mail servers bring back: one message on standard input, or a Maildir folder."""

import mailbox
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from socle.retours import TAILLE_MAX, recevoir

# sysexits.h: the mail server keeps the message and gives it again later.
REESSAYER = 75


class Command(BaseCommand):
    help = (
        "Lit un avis de non-remise sur l’entrée standard (un message), ou tous ceux d’un dossier Maildir. "
        "Ce qui n’est pas un avis est laissé de côté, sans erreur."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossier", type=Path, help="dossier Maildir (contient « new » et « cur »)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dossier"] is None:
            self._un(sys.stdin.buffer.read(TAILLE_MAX))
        else:
            self._dossier(options["dossier"])

    def _un(self, brut: bytes) -> None:
        try:
            courriel = recevoir(brut)
        except DatabaseError as erreur:
            self.stderr.write(f"base injoignable, à redonner plus tard : {erreur}")
            sys.exit(REESSAYER)
        if courriel is not None:
            self.stdout.write(f"{courriel.pk} : {courriel.get_retour_display()}")

    def _dossier(self, chemin: Path) -> None:
        """What was read is marked « seen » and moved to « cur »: the next run reads only what is new."""
        if not (chemin / "new").is_dir():
            raise CommandError(f"{chemin} n’est pas un dossier Maildir.")
        boite = mailbox.Maildir(chemin, create=False)
        lus = notes = 0
        for cle in sorted(boite.keys()):
            # One at a time, and never to the end of the memory.
            if "S" in boite.get_message(cle).get_flags():
                continue
            with boite.get_file(cle) as fichier:
                notes += recevoir(fichier.read(TAILLE_MAX)) is not None
            message = boite.get_message(cle)
            message.set_subdir("cur")
            message.add_flag("S")
            boite[cle] = message
            lus += 1
        self.stdout.write(f"{lus} messages lus, {notes} courriels revenus")
