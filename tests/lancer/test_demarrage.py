"""The portal started for good: it answers, survives kill -9 of each of its parts, and leaves nobody behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.portail_reel import RACINE, PortailReel, environnement, port_libre


@pytest.fixture
def reglages() -> dict[str, str]:
    """On the PostgreSQL run: the same start on PostgreSQL and Redis, in a database of its own."""
    base = os.environ.get("DATABASE_URL", "")
    if not base.startswith("postgres"):
        return {"PCTI_DEMO": "0"}
    hote = base.split("@", 1)[1].rsplit("/", 1)[0]
    with psycopg.connect(
        host=hote.removeprefix("/"), user="postgres", dbname="postgres", autocommit=True
    ) as connexion:
        connexion.execute("DROP DATABASE IF EXISTS demarrage")
        connexion.execute("CREATE DATABASE demarrage")
    courtier = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/5"
    return {"DATABASE_URL": base.rsplit("/", 1)[0] + "/demarrage", "REDIS_URL": courtier, "PCTI_DEMO": "0"}


@pytest.fixture
def portail(tmp_path: Path, reglages: dict[str, str]) -> Iterator[PortailReel]:
    portail = PortailReel(tmp_path / "var", **reglages)
    yield portail
    portail.arreter()


def tuer_et_revoir(portail: PortailReel, mot: str, nom: str) -> None:
    """Kill the oldest process of a part; return when the launcher has said so and started another."""
    avant = set(portail.habitants(mot))
    assert avant
    os.kill(min(avant), signal.SIGKILL)
    portail.attendre(lambda: f"⚠ {nom} s’est arrêté (code -9)" in portail.dit())
    portail.attendre(lambda: bool(set(portail.habitants(mot)) - avant))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="lit /proc, propre à Linux")
def test_le_portail_demarre_survit_et_s_arrete(portail: PortailReel, reglages: dict[str, str]) -> None:
    portail.demarrer()
    assert portail.sante() == 200

    # A second launcher on the same folder steps aside and says why.
    second = subprocess.run(
        [sys.executable, "lancer.py", "--sans-installation"],
        cwd=RACINE, env=portail.env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert second.returncode == 1
    assert "tourne déjà" in second.stdout

    # Each part killed without warning comes back.
    embarque = "REDIS_URL" not in reglages
    for mot, nom in (
        ("gunicorn", "web"),
        ("celery", "taches"),
        *([("valkey-server", "courtier")] if embarque else []),
    ):
        tuer_et_revoir(portail, mot, nom)
        portail.attendre_sante(200)

    # The launcher killed: its children follow it, and the next start takes its place.
    assert portail.processus is not None
    portail.processus.kill()
    portail.processus.wait()
    portail.demarrer()
    assert portail.sante() == 200

    assert portail.arreter(signal.SIGINT) == 0
    assert portail.habitants() == []
    assert portail.sante() == 0


def test_un_port_deja_pris_est_dit(tmp_path: Path) -> None:
    portail = PortailReel(tmp_path / "var")
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", portail.port))
        occupant.listen()
        fait = subprocess.run(
            [sys.executable, "lancer.py", "--sans-installation"],
            cwd=RACINE, env=portail.env, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert fait.returncode == 1
    assert f"Le port {portail.port} est déjà pris" in fait.stdout
    assert portail.habitants() == []


def test_une_preparation_qui_echoue_montre_son_journal(tmp_path: Path) -> None:
    env = environnement(tmp_path / "var", DATABASE_URL="postgres://personne@127.0.0.1:1/rien", PORT=str(port_libre()))
    fait = subprocess.run(
        [sys.executable, "lancer.py", "--sans-installation"],
        cwd=RACINE, env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert fait.returncode == 1
    assert "La préparation de la base a échoué" in fait.stdout
    assert "OperationalError" in fait.stdout
