"""Memory of the imports: 10,000 then 100,000 rows of CSV, XLSX and ODS, each in a process of its own.

``python -m bench.tableur`` prints a table and writes ``bench/tableur.json``. The peak is the largest
resident memory of the whole command (Django, territories and engine included), in megabytes.
"""

import csv
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
RESULTATS = Path(__file__).resolve().parent / "tableur.json"
TAILLES = (10_000, 100_000)
ENTETES = ["Identifiant", "Type", "Raison sociale", "Adresse", "Code postal", "Commune", "Téléphone", "Courriel"]
TYPES = ("EI", "ETTI", "ACI", "AI", "EA")
_COMMANDE = """
import resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
print("PIC", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
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


def mesurer(modele: Path, fichier: Path, *options: str) -> tuple[int, float, str]:
    """(peak in megabytes, seconds, last counts) of one command on a fresh database."""
    with tempfile.TemporaryDirectory(prefix="pcti-bench-") as var:
        shutil.copytree(modele, var, dirs_exist_ok=True)
        debut = time.perf_counter()
        commande = [sys.executable, "-c", _COMMANDE, "importer_tableur", str(fichier), "--liste", "mesure", *options]
        sortie = subprocess.run(  # noqa: S603 (our own command)
            commande, cwd=RACINE, env={**os.environ, "PCTI_VAR": var}, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        duree = time.perf_counter() - debut
    comptes = next(ligne for ligne in sortie if "importées" in ligne)
    return int(sortie[-1].split()[1]), duree, comptes


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory(prefix="pcti-bench-") as dossier:
        modele = Path(dossier) / "var"
        os.environ["PCTI_VAR"] = str(modele)
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
                # Reading and matching are the same in a trial; CSV is also written for good.
                for options in ((), ("--essai",)) if forme == "csv" else (("--essai",),):
                    pic, duree, comptes = mesurer(modele, fichier, *options)
                    mesure = {
                        "fichier": forme, "lignes": nombre, "essai": bool(options), "pic_mo": pic,
                        "secondes": round(duree, 1), "poids_mo": round(fichier.stat().st_size / 1e6, 1),
                        "comptes": comptes,
                    }  # fmt: skip
                    mesures.append(mesure)
                    print(mesure, flush=True)
                fichier.unlink()
    RESULTATS.write_text(json.dumps(mesures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
