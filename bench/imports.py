"""A hundred thousand lines imported twice in bounded memory: duration and peak, in a process of their own.

``python -m bench.imports [LINES]`` writes ``bench/imports.json``. The file is a fictive historic
FINESS extract over the real communes of the région; the database is temporary.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIGNES = 100_000
RESULTATS = Path(__file__).resolve().parent / "imports.json"


def avec_cle(huit: str) -> str:
    """Nine digits, the last of which is the Luhn key."""
    somme = 0
    for rang, signe in enumerate(reversed(huit)):
        valeur = int(signe) * (2 - rang % 2)
        somme += valeur - 9 if valeur > 9 else valeur
    return huit + str(-somme % 10)


def lignes_finess(nombre: int, communes: list[tuple[str, str]], telephone: str) -> Iterator[str]:
    """`nombre` establishments, one in a hundred out of scope."""
    yield "finess;etalab;1690;2021-01-08"
    for rang in range(1, nombre + 1):
        code, nom = communes[rang % len(communes)]
        champs = ["structureet", avec_cle(f"{rang:08d}"), "", f"SAVS N {rang} DU BOCAGE", f"SAVS N {rang} DU BOCAGE"]
        champs += ["", "", str(rang % 200 + 1), "R", "DES ESSAIS", "", "", code[2:], code[:2], ""]
        champs += [f"{code[:2]}000 {nom}", telephone, "", "355" if rang % 100 == 0 else "446", "", "4106", "", ""]
        yield ";".join(champs + [""] * (32 - len(champs)))


def memoire_mo() -> float:
    """The memory of the process' own, in MB: not the pages of the database that SQLite maps (128 MB at most)."""
    for ligne in Path("/proc/self/status").read_text().splitlines():
        if ligne.startswith("RssAnon:"):
            return int(ligne.split()[1]) / 1024
    raise OSError("pas de RssAnon : ce banc se lance sous Linux")


def mesurer(nombre: int) -> dict[str, float]:
    """Import, import again, import with every telephone changed."""
    from django.core.management import call_command

    from structures.imports.finess import importer_finess
    from structures.territoires.models import Commune

    call_command("migrate", verbosity=0)
    call_command("charger_territoires", verbosity=0)
    communes = list(Commune.objects.filter(bassin__isnull=False).values_list("code", "nom"))
    chemin = Path(os.environ["PCTI_VAR"]) / "grand.csv"
    mesures: dict[str, float] = {"lignes": nombre, "avant_mo": round(memoire_mo(), 1)}
    for quoi, telephone in (("cree", "0231000000"), ("inchange", "0231000000"), ("modifie", "0231111111")):
        with chemin.open("w", encoding="latin-1", errors="replace") as sortie:
            sortie.writelines(f"{ligne}\n" for ligne in lignes_finess(nombre, communes, telephone))
        debut, pics = time.perf_counter(), [0.0]

        def progres(fait: int, total: int, mots: str, pics: list[float] = pics) -> None:
            pics[0] = max(pics[0], memoire_mo())

        journal = importer_finess(chemin, progres=progres)
        comptes = journal.compteurs
        mesures[f"{quoi}_s"] = round(time.perf_counter() - debut, 1)
        mesures[f"{quoi}_pic_mo"] = round(pics[0], 1)
        mesures[f"{quoi}_lignes"] = comptes[{"cree": "creees", "inchange": "inchangees", "modifie": "modifiees"}[quoi]]
    mesures["fichier_mo"] = round(chemin.stat().st_size / 1024**2, 1)
    return mesures


def main() -> None:
    nombre = int(sys.argv[1]) if len(sys.argv) > 1 else LIGNES
    with tempfile.TemporaryDirectory() as dossier:
        os.environ["PCTI_VAR"] = dossier
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcti.settings")
        import django

        django.setup()
        mesures = mesurer(nombre)
    texte = json.dumps(mesures, indent=2)
    sys.stdout.write(texte + "\n")
    if "--garder" in sys.argv:
        RESULTATS.write_text(texte + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
