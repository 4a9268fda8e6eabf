"""What comes before every start: migrations, territories, demonstration data. Quick when all is there."""

from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from pcti.sante.battement import effacer
from structures.comptes.models import Utilisateur
from structures.territoires.models import Commune


class Command(BaseCommand):
    help = "Prépare la base : migrations, territoires et, en démonstration, données fictives (une seule fois)."

    def handle(self, *args: Any, **options: Any) -> None:
        effacer()
        migrations = MigrationExecutor(connection)
        if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
            self.stdout.write("→ Mise à niveau de la base")
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if not Commune.objects.exists():
            self.stdout.write("→ Chargement des territoires")
        call_command("charger_territoires", "--si-vide", stdout=self.stdout)
        if settings.PCTI_DEMO and "demo" in get_commands():
            if not Utilisateur.objects.exists():
                self.stdout.write("→ Chargement des données de démonstration")
            call_command("demo", "--si-vide", stdout=self.stdout)
            self.presenter_comptes()

    def presenter_comptes(self) -> None:
        """One line per account, marked so that the start script shows them at the end."""
        tampon = StringIO()
        call_command("comptes_demo", stdout=tampon)
        for ligne in tampon.getvalue().splitlines():
            if ligne.strip():
                self.stdout.write(f"compte\t{ligne.strip()}")
