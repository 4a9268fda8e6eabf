"""Two schedulers at once on a real SQLite file: processes, not threads over one connection in memory.

PostgreSQL is tried with threads, each with its own connection (``test_rappels.py``).
"""

import subprocess
import sys
from pathlib import Path

from tests.portail_reel import RACINE, environnement

PREPARER = """
import datetime
from django.utils import timezone
from structures.adhesions.equipe import adherer
from structures.models import Structure
from tests.fabriques import un_utilisateur
from tests.scene import construire_scene
scene = construire_scene(("structures",))
personnes = [un_utilisateur() for _ in range(6)]
for rang, personne in enumerate(personnes):
    structure = Structure.objects.create(nom=f"ESAT {rang}", type="esat", commune=scene.commune)
    adherer(personne, structure, "direction")
    adherer(personnes[rang - 1], structure, "direction")
Structure.objects.update(cree_le=timezone.now() - datetime.timedelta(days=200))
"""
# Each says that it is ready, then starts when its input closes: all of them together.
RAPPELER = """
import sys
from structures.fraicheur import rappeler
print("prêt", flush=True)
sys.stdin.read()
print(rappeler(), flush=True)
"""
COMPTER = """
from socle.models import Courriel
from structures.models import LigneRappel
recus = list(Courriel.objects.filter(modele="rappel_fraicheur").values_list("destinataire", flat=True))
fiches = list(LigneRappel.objects.values_list("structure", flat=True))
print(len(recus), len(set(recus)), len(fiches), len(set(fiches)))
"""
AVANT = "import django; django.setup()\n"


def test_quatre_processus_n_ecrivent_qu_une_fois(tmp_path: Path) -> None:
    env = {**environnement(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "pcti.settings"}

    def python(*arguments: str) -> str:
        fait = subprocess.run(
            [sys.executable, *arguments], cwd=RACINE, env=env, check=True, capture_output=True, text=True, timeout=300
        )
        return fait.stdout

    python("manage.py", "migrate", "-v0")
    python("-c", AVANT + PREPARER)
    ordonnanceurs = [
        subprocess.Popen(
            [sys.executable, "-c", AVANT + RAPPELER],
            cwd=RACINE,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for processus in ordonnanceurs:
        assert processus.stdout is not None
        assert processus.stdout.readline() == "prêt\n"
    for processus in ordonnanceurs:
        assert processus.stdin is not None
        processus.stdin.close()
        processus.stdin = None
    sorties = [processus.communicate(timeout=120) for processus in ordonnanceurs]
    assert [processus.returncode for processus in ordonnanceurs] == [0] * 4, sorties
    envoyes = sum(int(sortie) for sortie, _ in sorties)
    recus, personnes, fiches, structures = map(int, python("-c", AVANT + COMPTER).split())
    assert recus == personnes == envoyes > 0
    # The scene's own structures have people too: every sheet is asked about once.
    assert fiches == structures >= 6
