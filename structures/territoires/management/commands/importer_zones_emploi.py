"""`manage.py importer_zones_emploi FICHIER`: Insee's official composition replaces the default bassins."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from structures.territoires import chargement, zones_emploi

MONTREES = 50


class Command(BaseCommand):
    help = "Remplace les bassins par les zones d’emploi officielles de l’Insee (classeur .xlsx ou .csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--essai", action="store_true", help="tout vérifier, ne rien écrire")
        parser.add_argument(
            "--partiel",
            action="store_true",
            help="le fichier ne couvre qu’une partie de la région : les autres communes gardent leur bassin",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not chargement.region_chargee():
            raise CommandError("Charger d’abord les communes : « manage.py charger_territoires ».")
        try:
            lignes = zones_emploi.lire(options["fichier"])
            bilan = zones_emploi.importer(lignes, essai=options["essai"], partiel=options["partiel"])
        except zones_emploi.FichierIllisible as erreur:
            raise CommandError(str(erreur)) from erreur
        if options["essai"]:
            self.stdout.write("Essai : rien n’a été écrit.")
        self._dire(bilan)

    def _dire(self, bilan: zones_emploi.Bilan) -> None:
        z, c = bilan.zones, bilan.communes
        self.stdout.write(f"{bilan.lignes} lignes lues, {len(bilan.rejets)} rejetées")
        self.stdout.write(f"zones : {z.creees} créées, {z.modifiees} modifiées, {z.inchangees} inchangées")
        self.stdout.write(
            f"communes : {c.creees} créées (sans bassin avant), {c.modifiees} modifiées, {c.inchangees} inchangées"
            f" — {bilan.placees} placées"
        )
        if bilan.hors_perimetre:
            self.stdout.write(f"hors des zones de la région : {bilan.hors_perimetre} communes, laissées de côté")
        for ancien, nouveau in bilan.par_ancien_code:
            self.stdout.write(f"ancien code {ancien} : placé avec la commune actuelle {nouveau}")
        for conflit in bilan.conflits:
            self.stdout.write(f"mouvement décidé : {conflit}")
        if bilan.retires:
            self.stdout.write(f"bassins retirés : {', '.join(bilan.retires)}")
        if bilan.sans_zone:
            codes = ", ".join(bilan.sans_zone[:MONTREES])
            suite = "…" if len(bilan.sans_zone) > MONTREES else ""
            self.stdout.write(f"communes de la région sans zone ({len(bilan.sans_zone)}) : {codes}{suite}")
        for numero, raison in bilan.rejets:
            self.stdout.write(f"ligne {numero} rejetée : {raison}")
