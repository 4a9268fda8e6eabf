"""`manage.py charger_territoires`: the territories of the repository, into the database."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from structures.territoires import chargement
from structures.territoires.decisions import Conflit
from structures.territoires.models import Bassin, Commune, code_region


class Command(BaseCommand):
    help = "Charge communes, EPCI, codes postaux, contours et bassins par défaut (données du dépôt)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--si-vide", action="store_true", help="ne rien faire si les communes sont déjà là")
        parser.add_argument(
            "--regroupement-epci",
            action="store_true",
            help="revenir au regroupement d’EPCI même si les zones officielles de l’Insee sont chargées",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        debut = time.monotonic()
        if options["si_vide"] and chargement.chargement_complet():
            self.stdout.write("Territoires déjà chargés.")
            return
        for nom, compte in chargement.charger_territoires().items():
            self._dire(nom, compte)
        if not chargement.region_chargee():
            self.stderr.write(
                f"Aucune commune de la région {code_region()} dans les données du dépôt : extraire ses "
                "départements avec « manage.py extraire_territoires --departements … »."
            )
            return
        if chargement.zones_officielles_chargees() and not options["regroupement_epci"]:
            chargement.recalculer_contours_bassins()
            self.stdout.write("Zones d’emploi officielles conservées (--regroupement-epci pour les remplacer).")
        else:
            conflits: list[Conflit] = []
            self._dire("bassins (regroupement d’EPCI)", chargement.regrouper_par_epci(conflits))
            for conflit in conflits:
                self.stdout.write(f"mouvement décidé : {conflit}")
        communes = Commune.objects.filter(bassin__isnull=False).count()
        self.stdout.write(
            f"{Bassin.objects.actifs().count()} bassins, {communes} communes placées, "
            f"en {time.monotonic() - debut:.1f} s."
        )

    def _dire(self, nom: str, compte: chargement.Compte) -> None:
        self.stdout.write(
            f"{nom} : {compte.creees} créées, {compte.modifiees} modifiées, {compte.inchangees} inchangées"
        )
