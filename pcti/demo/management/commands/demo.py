"""``manage.py demo``: load the demonstration data."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pcti.demo import operations


class Command(BaseCommand):
    help = "Charge les données de démonstration (refuse une base qui contient des données réelles)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remise-a-zero", action="store_true", help="efface la démonstration et la recharge")
        parser.add_argument("--si-vide", action="store_true", help="ne fait rien si la base contient déjà des données")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["remise_a_zero"]:
                operations.effacer()
            elif operations.est_chargee() or (options["si_vide"] and operations.contient_donnees_reelles()):
                self.stdout.write("La base contient déjà des données : rien n’a été changé.")
                return
            operations.charger(self.stdout.write)
        except operations.DonneesReelles as refus:
            raise CommandError("Cette base contient des données réelles : la démonstration n’y touche pas.") from refus
        self.stdout.write("Les données de démonstration sont prêtes.")
