"""``manage.py comptes_demo``: the accounts of the demonstration, one per line."""

from typing import Any

from django.core.management.base import BaseCommand

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.operations import est_chargee


class Command(BaseCommand):
    help = "Affiche les comptes de démonstration (adresse et rôle)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not est_chargee():
            return
        for compte in COMPTES:
            self.stdout.write(f"{compte.email:<38} {compte.role}")
