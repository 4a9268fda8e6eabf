"""Several real processes seal the same agreement, on a database on disk; one is killed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from socle import fichiers
from tests.conventions import fabriques
from tests.conventions.conftest import decor_nu
from tests.conventions.horodatage import service

RACINE = Path(__file__).resolve().parents[2]

SCELLER = (
    "import sys, django; django.setup()\n"
    "from fiches_action.conventions import scellement\n"
    "from socle.travaux import ErreurPassagere\n"
    "try:\n"
    "    print(scellement.sceller(sys.argv[1]).document_id)\n"
    "except ErreurPassagere as erreur:\n"
    "    print('occupé')\n"
)


@pytest.fixture
def portail(tmp_path: Path, transactional_db: None) -> dict[str, Any]:
    """A signed agreement in a database that other processes can open, and their environment."""
    scene = decor_nu()
    convention, version = fabriques.convention_lancee(fabriques.preparer(scene), scene.personnes["direction"])
    fabriques.tous_signent(convention, version)
    env = {**os.environ, "PCTI_VAR": str(settings.VAR), "DJANGO_SETTINGS_MODULE": "pcti.settings"}
    base = None
    if connection.vendor == "sqlite":
        base = tmp_path / "copie.sqlite3"
        connection.ensure_connection()
        with sqlite3.connect(base) as copie:
            connection.connection.backup(copie)
        env["DATABASE_URL"] = f"sqlite:///{base}"
    else:
        reglages = connection.settings_dict
        hote, port = str(reglages["HOST"] or ""), str(reglages["PORT"] or "")
        # A socket's folder stands where the host would be, and its port in the environment.
        serveur = f"/{hote}" if hote.startswith("/") else f"{hote}{':' + port if port else ''}"
        env["DATABASE_URL"] = f"postgres://{reglages['USER']}:{reglages['PASSWORD']}@{serveur}/{reglages['NAME']}"
    return {"env": env, "reference": convention.reference}


LIRE = (
    "import json, django; django.setup()\n"
    "from fiches_action.conventions.models import *\n"
    "s = Scellement.objects.get()\n"
    "print(json.dumps({'document': s.document_id, 'bail': str(s.bail_par or ''), 'essais': s.essais,\n"
    "  'etat': Convention.objects.get().etat, 'actes': Preuve.objects.filter(acte='scellement').count(),\n"
    "  'scelles': Document.objects.filter(genre='scelle').count()}))"
)


def _lire(portail: dict[str, Any]) -> dict[str, Any]:
    sortie = subprocess.run(
        [sys.executable, "-c", LIRE], cwd=RACINE, env=portail["env"], capture_output=True, text=True, check=True
    )
    lu: dict[str, Any] = json.loads(sortie.stdout)
    return lu


def _lancer(portail: dict[str, Any], **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCELLER, portail["reference"]],
        cwd=RACINE,
        env={**portail["env"], **env},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_four_processes_at_once_make_one_seal(portail: dict[str, Any]) -> None:
    lances = [_lancer(portail) for _ in range(4)]
    reponses = [lance.communicate(timeout=180)[0].strip() for lance in lances]
    lu = _lire(portail)
    assert (lu["etat"], lu["actes"], lu["scelles"]) == ("scellee", 1, 1)
    faites = [r for r in reponses if r != "occupé"]
    assert faites
    assert set(faites) == {lu["document"]}
    fichiers.lire(lu["document"])


def test_a_worker_killed_while_sealing_leaves_nothing_and_another_takes_over(
    portail: dict[str, Any], tmp_path: Path
) -> None:
    with service(tmp_path / "tsa") as tsa:
        tsa.panne = "muet"
        lance = _lancer(portail, PCTI_TSA_URL=tsa.url)
        assert tsa.arrivee.wait(120), "the worker has its lease and waits for its time stamp"
        lance.send_signal(signal.SIGKILL)
        lance.wait(30)
    lu = _lire(portail)
    assert (lu["etat"], lu["document"], lu["scelles"], lu["actes"]) == ("signee", None, 0, 0)
    assert lu["bail"], "its lease remains until it ends"
    occupe = _lancer(portail)
    assert occupe.communicate(timeout=120)[0].strip() == "occupé"
    vieillir = (
        "import django; django.setup()\n"
        "from django.utils import timezone\n"
        "from fiches_action.conventions.models import Scellement\n"
        "Scellement.objects.update(bail_jusqua=timezone.now())"
    )
    subprocess.run([sys.executable, "-c", vieillir], cwd=RACINE, env=portail["env"], check=True)
    repris = _lancer(portail)
    document = repris.communicate(timeout=120)[0].strip()
    lu = _lire(portail)
    assert (lu["etat"], lu["document"], lu["actes"]) == ("scellee", document, 1)
