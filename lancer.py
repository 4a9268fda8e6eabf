#!/usr/bin/env python3
"""Front door of the portal: from a bare checkout to the portal answering.

    python3 lancer.py                 installs what is missing, prepares the database, starts everything
    python3 lancer.py tests [pytest]  the whole test suite (see lancer_tests.py)

Standard library only: it runs before anything is installed. It keeps to constructs that an old Python can
parse, so that the version check below can speak.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lancer_portail import Echec, Interrompu, Portail, dire, fin_du_journal

RACINE = Path(__file__).resolve().parent
VENV = RACINE / ".venv"
PYTHON_MINIMAL = (3, 11)
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

# What WeasyPrint loads and no wheel carries: library looked for -> Debian package that brings it.
BIBLIOTHEQUES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
# --- system packages ---------------------------------------------------------------------------------


def bibliotheques_absentes(bibliotheques: dict[str, str] = BIBLIOTHEQUES) -> list[str]:
    """Debian packages of the shared libraries this machine lacks."""
    return [paquet for nom, paquet in bibliotheques.items() if ctypes.util.find_library(nom) is None]


def prefixe_administrateur() -> list[str] | None:
    """How to run apt here: ``[]`` as root, through sudo when it asks nothing, ``None`` when we may not."""
    if shutil.which("apt-get") is None or os.environ.get("PCTI_SANS_APT") == "1":
        return None
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def demander_apt(paquets: list[str], journal: Path) -> bool:
    """Install Debian packages if we may; say what an administrator should run if not. True when installed."""
    if not paquets:
        return True
    commande = "apt-get update && apt-get install -y --no-install-recommends " + " ".join(paquets)
    prefixe = prefixe_administrateur()
    if prefixe is None:
        dire("⚠ Il manque au système : " + " ".join(paquets))
        if shutil.which("apt-get"):
            dire("  Un administrateur peut l’installer ainsi :\n    " + commande)
        else:
            dire("  Installez l’équivalent avec le gestionnaire de paquets de ce système.")
        return False
    dire("→ Installation par apt : " + " ".join(paquets))
    apt = [*prefixe, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("ab") as sortie:
        # A failed update is not the end: the lists at hand may be enough.
        subprocess.run([*apt, "update"], stdin=subprocess.DEVNULL, stdout=sortie, stderr=sortie, check=False)
        fait = subprocess.run(
            [*apt, "install", "-y", "--no-install-recommends", *paquets],
            stdin=subprocess.DEVNULL,
            stdout=sortie,
            stderr=sortie,
            check=False,
        )
    if fait.returncode != 0:
        dire(f"⚠ apt n’a pas pu tout installer. Fin de son journal ({journal}) :\n{fin_du_journal(journal, 8)}")
        dire("  À lancer par un administrateur :\n    " + commande)
        return False
    return True


# --- virtual environment -----------------------------------------------------------------------------


def empreintes(verrous: list[str], racine: Path = RACINE) -> set[str]:
    """One line per lock file, which changes with its content or with the version of Python."""
    return {f"{VERSION} {nom} {hashlib.sha256((racine / nom).read_bytes()).hexdigest()}" for nom in verrous}


def ecrire_atomiquement(fichier: Path, texte: str) -> None:
    """Write through a temporary file: whoever reads sees the old content or the new one, never a part."""
    with tempfile.NamedTemporaryFile("w", dir=fichier.parent, delete=False, encoding="utf-8") as temporaire:
        temporaire.write(texte)
        temporaire.flush()
        os.fsync(temporaire.fileno())
    Path(temporaire.name).replace(fichier)


def creer_venv(journal: Path) -> None:
    """Make an empty ``.venv``; asks for python3-venv where Debian left it out."""
    if importlib.util.find_spec("ensurepip") is None:
        paquet = f"python{VERSION}-venv"
        dire(f"→ Ce Python ne sait pas créer d’environnement virtuel (il manque {paquet}).")
        if not demander_apt([paquet], journal):
            raise Echec(f"Installez {paquet} puis relancez.")
    dire("→ Création de l’environnement .venv")
    if (VENV / "pyvenv.cfg").exists() or VENV.is_symlink():
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
    fait = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if fait.returncode != 0:
        raise Echec("La création de .venv a échoué :\n" + (fait.stdout + fait.stderr).strip())


def preparer_venv(verrous: list[str], journal: Path) -> Path:
    """Bring ``.venv`` to the state of the lock files and return its Python. Does nothing when it is there already.

    The mark is removed before the installation and written after it: a start cut in the middle installs again.
    """
    python, marque = VENV / "bin" / "python", VENV / "pcti-installe.txt"
    voulu = empreintes(verrous)
    pose = set(marque.read_text(encoding="utf-8").splitlines()) if marque.exists() else set()
    utilisable = subprocess.run([str(python), "-c", ""], capture_output=True, check=False) if python.exists() else None
    if utilisable is not None and utilisable.returncode == 0 and voulu <= pose:
        return python
    if utilisable is None or utilisable.returncode != 0 or not (VENV / "lib" / ("python" + VERSION)).exists():
        creer_venv(journal)
    with contextlib.suppress(FileNotFoundError):
        marque.unlink()
    dire("→ Installation des bibliothèques Python (une à deux minutes la première fois)")
    commande = [str(python), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-input"]
    commande += ["--disable-pip-version-check", "--progress-bar", "off"]
    for nom in verrous:
        commande += ["-r", nom]
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("ab") as sortie:
        fait = subprocess.run(
            commande, cwd=RACINE, stdin=subprocess.DEVNULL, stdout=sortie, stderr=sortie, check=False
        )
    if fait.returncode != 0:
        raise Echec(f"pip a échoué. Fin du journal ({journal}) :\n{fin_du_journal(journal)}")
    ecrire_atomiquement(marque, "\n".join(sorted(voulu)) + "\n")
    return python


@contextlib.contextmanager
def verrou_exclusif(var: Path) -> Iterator[None]:
    """One launcher per ``var``: two would run two brokers on the same files."""
    var.mkdir(parents=True, exist_ok=True, mode=0o750)
    with (var / "lancer.verrou").open("a+") as verrou:
        try:
            fcntl.flock(verrou, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as erreur:
            verrou.seek(0)
            raise Echec(f"Le portail tourne déjà depuis ce dossier ({verrou.read().strip() or '?'}).") from erreur
        verrou.truncate(0)
        verrou.write(f"processus {os.getpid()}, http://127.0.0.1:{os.environ.get('PORT') or 8000}")
        verrou.flush()
        yield


def presenter(portail: Portail, duree: float) -> None:
    dire(f"\n  Le portail répond : http://127.0.0.1:{portail.port}/   (prêt en {duree:.1f} s)")
    if portail.comptes:
        dire("\n  Comptes de démonstration :")
        for ligne in portail.comptes:
            dire("    " + ligne.replace("\t", "   "))
    dire(f"\n  Journaux : {portail.journaux}\n  Ctrl-C pour tout arrêter.\n")


def installer_signaux() -> None:
    def interrompre(_numero: int, _cadre: object) -> None:
        raise Interrompu

    # Set explicitly: a shell that starts us with & leaves SIGINT ignored.
    for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(numero, interrompre)


def port_demande() -> int:
    texte = os.environ.get("PORT", "") or "8000"
    if not texte.isdecimal() or not 0 < int(texte) < 65536:
        raise Echec(f"PORT={texte} n’est pas un numéro de port.")
    return int(texte)


def servir(installer: bool) -> int:
    """Install if asked, start, watch until interrupted. Returns the exit code."""
    debut, port = time.monotonic(), port_demande()
    var = Path(os.environ.get("PCTI_VAR") or RACINE / "var").resolve()
    with verrou_exclusif(var):
        python = Path(sys.executable)
        if installer:
            journal = var / "journaux" / "installation.log"
            demander_apt(bibliotheques_absentes(), journal)
            python = preparer_venv(["requirements.txt"], journal)
        portail = Portail(python, var, port)
        try:
            portail.demarrer()
            presenter(portail, time.monotonic() - debut)
            portail.surveiller()
        except Interrompu:
            dire("\n→ Arrêt…")
            return 0
        finally:
            portail.arreter()
            if portail.processus:
                dire("→ Portail arrêté.")


AIDE = """python3 lancer.py                      installe ce qui manque, prépare la base et démarre le portail
python3 lancer.py --sans-installation  démarre avec ce Python-ci, sans rien installer
python3 lancer.py tests [options]      joue toute la suite de tests (les options vont à pytest)

Variables : PORT (8000), PCTI_VAR (var/), REDIS_URL, DATABASE_URL, PCTI_SANS_APT=1 ; voir docs/exploitation.md."""


def main(arguments: list[str]) -> int:
    if sys.version_info < PYTHON_MINIMAL:
        dire(f"Python 3.11 ou plus récent est nécessaire ; celui-ci est {VERSION} ({sys.executable}).")
        return 2
    installer_signaux()
    try:
        if arguments[:1] == ["tests"]:
            import lancer_tests

            return lancer_tests.jouer(arguments[1:])
        if arguments and arguments != ["--sans-installation"]:
            dire(AIDE)
            return 0 if arguments[0] in ("-h", "--help", "--aide", "aide") else 2
        return servir(installer=not arguments)
    except Echec as echec:
        dire(f"\n✗ {echec}")
        return 1
    except Interrompu:
        dire("\n→ Interrompu.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
