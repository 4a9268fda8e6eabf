"""Memory of the spreadsheets: 10,000 then 100,000 rows of CSV, XLSX and ODS, each in a process of its own.

``python -m bench.tableur`` prints a table and writes ``bench/tableur.json``. The peak is the largest
resident memory of the process (Django included), in megabytes. The engine is measured by ``bench.imports``.
"""

import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
RESULTATS = Path(__file__).resolve().parent / "tableur.json"
TAILLES = (10_000, 100_000)
ENTETES = ["Identifiant", "Type", "Raison sociale", "Adresse", "Code postal", "Commune", "Téléphone", "Courriel"]
TYPES = ("EI", "ETTI", "ACI", "AI", "EA")
# VmHWM and not ru_maxrss: a process inherits the peak of the one that started it.
# Reading and understanding every row (headers found, columns guessed), without the engine.
_LIRE = """
import re, sys, time
from pathlib import Path
import django
django.setup()
from structures.imports.fiche import Fiche
from structures.imports.tableur.analyse import analyser
from structures.imports.tableur.proposition import proposer
from structures.imports.tableur.traduction import lire
chemin = Path(sys.argv[1])
debut = time.perf_counter()
plan = proposer(analyser(chemin), chemin.name).plan
regard = time.perf_counter() - debut
lues = sum(isinstance(lue, Fiche) for lue in lire(chemin, plan))
print(lues, round(regard, 1), round(time.perf_counter() - debut - regard, 1), end=" ")
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
# The whole command, engine included.
_COMMANDE = """
import re, sys, time
from pathlib import Path
from django.core.management import execute_from_command_line
debut = time.perf_counter()
execute_from_command_line(["manage.py", "importer_tableur", sys.argv[1], "--essai"])
print("-", 0, round(time.perf_counter() - debut, 1), end=" ")
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def lignes(nombre: int) -> Iterator[list[str]]:
    """Rows that all differ, spread over the communes."""
    from structures.territoires.models import CodePostal

    lieux = list(CodePostal.objects.filter(commune__bassin__isnull=False).values_list("code", "commune__nom"))
    yield ENTETES
    for rang, (code, ville) in zip(range(nombre), itertools.cycle(lieux), strict=False):
        nom = f"Structure d’essai numéro {rang}"
        yield [
            f"E{rang:06d}", TYPES[rang % 5], nom, f"{rang} rue de la Mesure", code, ville,
            f"02{rang:08d}", f"contact{rang}@mesure.test",
        ]  # fmt: skip


def ecrire(dossier: Path, forme: str, nombre: int) -> Path:
    """The file, its texts shared or not as the programs write them."""
    chemin = dossier / f"mesure-{nombre}.{forme}"
    if forme == "csv":
        with chemin.open("w", encoding="utf-8", newline="") as sortie:
            csv.writer(sortie, delimiter=";").writerows(lignes(nombre))
    elif forme == "xlsx":
        from tests.structures.tableurs import ecrire_xlsx_partage

        ecrire_xlsx_partage(chemin, lignes(nombre))
    else:
        from tests.structures.tableurs import ecrire_ods_brut

        ecrire_ods_brut(chemin, lignes(nombre))
    return chemin


def mesurer(code: str, fichier: Path) -> dict[str, object]:
    """Seconds of the first look, of the reading, and the peak in megabytes."""
    sortie = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code, str(fichier)], cwd=RACINE, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    lues, regard, lecture, pic = sortie[-1].split()
    return {"lues": lues, "regard_s": float(regard), "lecture_s": float(lecture), "pic_mo": int(pic)}


def main() -> None:
    """Measure and write. `--tout` adds the dry run of 100,000 rows of XLSX by the engine."""
    with tempfile.TemporaryDirectory(prefix="pcti-bench-") as dossier:
        os.environ["PCTI_VAR"] = str(Path(dossier) / "var")
        os.environ["DJANGO_SETTINGS_MODULE"] = "pcti.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        call_command("charger_territoires", verbosity=0)
        mesures = []
        for forme in ("csv", "xlsx", "ods"):
            for nombre in TAILLES:
                fichier = ecrire(Path(dossier), forme, nombre)
                connection.close()
                codes = [("lecture", _LIRE)]
                if "--tout" in sys.argv and forme == "xlsx" and nombre == TAILLES[-1]:
                    codes.append(("essai entier", _COMMANDE))
                for quoi, code in codes:
                    mesure = {"quoi": quoi, "forme": forme, "lignes": nombre, **mesurer(code, fichier)}
                    mesure["poids_mo"] = round(fichier.stat().st_size / 1e6, 1)
                    mesures.append(mesure)
                    print(mesure, flush=True)
                fichier.unlink()
    RESULTATS.write_text(json.dumps(mesures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
