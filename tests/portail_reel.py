"""The real portal (broker, worker, web server) in a folder of its own, as ``lancer.py`` starts it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent


def port_libre() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def environnement(var: Path, **reglages: str) -> dict[str, str]:
    """The environment of a portal of its own: embedded, on SQLite, unless ``reglages`` says otherwise."""
    exclus = (
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "SECRET_KEY",
        "PORT",
        "PYTEST_XDIST_WORKER",
        "DJANGO_SETTINGS_MODULE",
    )
    env = {k: v for k, v in os.environ.items() if k not in exclus and not k.startswith("PCTI_")}
    return {**env, "PCTI_VAR": str(var), **reglages}


class PortailReel:
    """Start it, ask it, kill it."""

    def __init__(self, var: Path, **reglages: str) -> None:
        self.var, self.port = var, port_libre()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = environnement(var, PORT=str(self.port), **reglages)
        self.journal = var.parent / f"{var.name}.log"
        self.processus: subprocess.Popen[bytes] | None = None

    def demarrer(self, delai: float = 400) -> None:
        """Return when the portal says that it is ready. Raises AssertionError with its words otherwise."""
        with self.journal.open("wb") as sortie:
            self.processus = subprocess.Popen(
                [sys.executable, "lancer.py", "--sans-installation"],
                cwd=RACINE,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=sortie,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        limite = time.monotonic() + delai
        while "Le portail répond" not in self.dit():
            assert self.processus.poll() is None, self.dit()
            assert time.monotonic() < limite, self.dit()
            time.sleep(0.1)

    def dit(self) -> str:
        return self.journal.read_text(encoding="utf-8", errors="replace")

    def sante(self) -> int:
        """HTTP status of ``/sante/``; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + "/sante/", timeout=10) as reponse:
                return int(reponse.status)
        except urllib.error.HTTPError as erreur:
            return erreur.code
        except OSError:
            return 0

    def attendre(self, condition: Callable[[], bool], delai: float = 40) -> None:
        limite = time.monotonic() + delai
        while not condition():
            assert time.monotonic() < limite, self.dit()
            time.sleep(0.1)

    def attendre_sante(self, statut: int, delai: float = 40) -> None:
        self.attendre(lambda: self.sante() == statut, delai)

    def habitants(self, mot: str = "") -> list[int]:
        """Processes of this portal whose command line holds ``mot`` (Linux). The launcher is not among them."""
        trouves = []
        for dossier in Path("/proc").iterdir():
            if not dossier.name.isdigit() or (self.processus and int(dossier.name) == self.processus.pid):
                continue
            with contextlib.suppress(OSError):
                commande = (dossier / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                # Valkey writes over its environment: its command line holds the folder.
                notre = f"PCTI_VAR={self.var}\0".encode() in (dossier / "environ").read_bytes() or (
                    f"{self.var}/valkey" in commande
                )
                if notre and mot in commande:
                    trouves.append(int(dossier.name))
        return sorted(trouves)

    def arreter(self, numero: int = signal.SIGINT) -> int:
        """Stop it as a person would; returns its exit code."""
        if self.processus is None:
            return 0
        if self.processus.poll() is None:
            self.processus.send_signal(numero)
        return self.processus.wait(30)
