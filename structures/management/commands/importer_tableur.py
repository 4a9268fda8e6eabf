"""`manage.py importer_tableur FICHIER`: any spreadsheet, by its remembered mapping or by one that is sure."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from socle.recherche import normaliser
from structures.imports.commande import CommandeImport
from structures.imports.fiche import SourceImport
from structures.imports.tableur.analyse import Analyse, analyser
from structures.imports.tableur.champs import CHAMPS, cle_de_valeur
from structures.imports.tableur.entree import source_de
from structures.imports.tableur.memoire import retenir
from structures.imports.tableur.plan import Plan
from structures.imports.tableur.proposition import proposer
from structures.referentiel import TYPES

IGNORER = "ignorer"


class Command(CommandeImport):
    help = (
        "Importe un tableau (CSV, .xlsx, .ods, .xls). Les colonnes sont celles que l’on a dites pour cette liste, "
        "ou reconnues ; sinon la commande dit ce qui manque."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--liste", default="", help="nom de la liste (par défaut : d’après le nom du fichier)")
        parser.add_argument("--feuille", default="", help="feuille du classeur (par défaut : la première)")
        parser.add_argument("--ligne-entete", type=int, default=0, help="ligne des en-têtes, si elle est mal trouvée")
        parser.add_argument("--type", default="", help="type de toutes les structures : " + ", ".join(TYPES))
        parser.add_argument(
            "--colonne",
            action="append",
            default=[],
            metavar="CHAMP=EN-TÊTE",
            help=f"ce que dit une colonne ; champs : {', '.join(CHAMPS)}, {IGNORER}",
        )
        parser.add_argument(
            "--valeur", action="append", default=[], metavar="VALEUR=TYPE", help="« CIO=- » : hors périmètre"
        )
        parser.add_argument("--complete", action="store_true", help="proposer la fermeture de ce qui a disparu")

    def handle(self, *args: Any, **options: Any) -> None:
        self._options = options
        journal = self.importer(options["fichier"], options)
        for motif, nombre in sorted(journal.hors_perimetre.items()):
            self.stdout.write(f"hors périmètre : « {motif} » ({nombre})")

    def _source(self, chemin: Path, parametres: Mapping[str, Any]) -> SourceImport:
        """The list read by its remembered mapping, or by one that is sure. Raises CommandError, FichierIllisible."""
        options = self._options
        analyse = analyser(chemin, options["feuille"], options["ligne_entete"])
        plan = self._ajuster(proposer(analyse, chemin.name, options["liste"]).plan, analyse, options)
        for ligne in self._dire(plan, analyse):
            self.stdout.write(ligne)
        if manques := plan.manques():
            raise CommandError(" ".join(manques) + self._comment())
        if not options["essai"]:
            retenir(plan, analyse, None)
        return source_de(plan)

    def _ajuster(self, plan: Plan, analyse: Analyse, options: dict[str, Any]) -> Plan:
        """The plan with what the command line says. Raises CommandError for a word it doesn't know."""
        colonnes = dict(plan.colonnes)
        dites: set[str] = set()
        for dit in options["colonne"]:
            champ, _, entete = dit.partition("=")
            vraie = next((e for e in analyse.entetes if normaliser(e) == normaliser(entete)), None)
            if champ not in CHAMPS and champ != IGNORER:
                raise CommandError(f"« {champ} » n’est pas un champ. Champs : {', '.join(CHAMPS)}, {IGNORER}.")
            if vraie is None:
                raise CommandError(f"Pas de colonne « {entete} ». Colonnes : {', '.join(analyse.entetes)}.")
            if champ != IGNORER and champ not in dites:
                # What is said replaces what was guessed, then several columns may be said.
                colonnes = {e: c for e, c in colonnes.items() if c != champ}
                dites.add(champ)
            colonnes[vraie] = champ
        ordonnees = {e: colonnes[e] for e in analyse.entetes if colonnes.get(e, IGNORER) != IGNORER}
        types = dict(plan.types)
        for dit in options["valeur"]:
            valeur, _, type_ = dit.rpartition("=")
            types[cle_de_valeur(valeur)] = (valeur, "" if type_ == "-" else self._type(type_))
        if options["type"]:
            ordonnees = {e: c for e, c in ordonnees.items() if c != "type" or "type" in dites}
        return replace(
            plan,
            colonnes=ordonnees,
            types=types,
            type_constant=self._type(options["type"]) if options["type"] else plan.type_constant,
            complete=options["complete"] or plan.complete,
        )

    @staticmethod
    def _type(slug: str) -> str:
        if slug not in TYPES:
            raise CommandError(f"« {slug} » n’est pas un type. Types : {', '.join(TYPES)}.")
        return slug

    @staticmethod
    def _comment() -> str:
        return " Dites-le avec --colonne CHAMP=EN-TÊTE ou --type TYPE, ou passez par la page des imports du portail."

    @staticmethod
    def _dire(plan: Plan, analyse: Analyse) -> Iterator[str]:
        """How the file will be read, before it is."""
        yield f"Liste « {plan.liste} », en-têtes ligne {analyse.ligne_entete}."
        for entete in analyse.entetes:
            if entete in plan.colonnes:
                yield f"  {entete} → {CHAMPS[plan.colonnes[entete]].libelle}"
        ignorees = [e for e in analyse.entetes if e not in plan.colonnes]
        if ignorees:
            yield f"  colonnes laissées : {', '.join(ignorees)}"
        if plan.type_constant:
            yield f"  type de toutes les structures : {TYPES[plan.type_constant].libelle}"
        for valeur, type_ in plan.types.values():
            yield f"  « {valeur} » → {TYPES[type_].court if type_ else 'hors périmètre'}"
