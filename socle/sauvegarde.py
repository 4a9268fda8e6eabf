"""Back up and restore the whole portal: database and files, checked by hash.

A backup is a folder: ``manifeste.json`` (SHA-256 and size of everything else), the database, ``fichiers/``. It
holds private keys and people's accounts: the folder is for its owner only.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from socle.fichiers import ecrire_atomique

MANIFESTE = "manifeste.json"
FORMAT = 1
BASES = {"sqlite": "base.sqlite3", "postgresql": "base.dump"}
# What a start makes again, or that belongs to running processes. Everything else in var/ is kept.
PASSAGERS = (
    "journaux",
    "cache",
    "cache-cartes",
    "verrous-cartes",
    "exports",
    "statiques",
    "valkey",
    "valkey.sock",
    "lancer.verrou",
)
PREFIXES_PASSAGERS = ("celerybeat-schedule", "avant-restauration-", ".")
MORCEAU = 1 << 20


class ErreurSauvegarde(Exception):
    """Said to the operator as it is."""


@dataclass
class Resume:
    dossier: Path
    fichiers: int
    octets: int
    alteres: list[str]


def sauvegarder(dossier: Path) -> Resume:
    """Write a backup in ``dossier``, which must not exist (or be empty): there is a whole backup or none.

    The database comes first: a document is on disk before the row that names it, so every row of the copy has
    its file. Raises ErreurSauvegarde.
    """
    dossier = dossier.absolute()
    if dossier.exists() and (not dossier.is_dir() or any(dossier.iterdir())):
        raise ErreurSauvegarde(f"{dossier} existe déjà : donnez un dossier neuf, par exemple daté.")
    dossier.parent.mkdir(parents=True, exist_ok=True)
    brouillon = dossier.parent / f".{dossier.name}.en-cours"
    shutil.rmtree(brouillon, ignore_errors=True)
    brouillon.mkdir(mode=0o700)
    try:
        contenu = {BASES[connection.vendor]: _copier_base(brouillon)}
        alteres = []
        for source, relatif in _fichiers_a_garder():
            contenu[f"fichiers/{relatif}"] = empreinte = _copier(source, brouillon / "fichiers" / relatif)
            if relatif.startswith("documents/") and empreinte["sha256"] != source.name:
                alteres.append(relatif)
        manifeste = {
            "format": FORMAT,
            "cree_le": timezone.now().isoformat(),
            "base": connection.vendor,
            "contenu": contenu,
        }
        ecrire_atomique(
            brouillon / MANIFESTE, json.dumps(manifeste, ensure_ascii=False, indent=1).encode(), mode=0o600
        )
        brouillon.replace(dossier)
    except BaseException:
        shutil.rmtree(brouillon, ignore_errors=True)
        raise
    return Resume(dossier, len(contenu) - 1, sum(int(c["taille"]) for c in contenu.values()), alteres)


def verifier(dossier: Path) -> dict[str, Any]:
    """The manifest, once every file of the backup was read and found as it was written. Raises ErreurSauvegarde."""
    try:
        manifeste: dict[str, Any] = json.loads((dossier / MANIFESTE).read_bytes())
        contenu: dict[str, dict[str, Any]] = manifeste["contenu"]
        connu = manifeste["format"] == FORMAT and manifeste["base"] in BASES
    except FileNotFoundError:
        raise ErreurSauvegarde(f"{dossier} n’est pas une sauvegarde : il n’a pas de {MANIFESTE}.") from None
    except (ValueError, KeyError, TypeError) as erreur:
        raise ErreurSauvegarde(f"{dossier / MANIFESTE} est illisible : {erreur}") from erreur
    if not connu:
        raise ErreurSauvegarde("Cette sauvegarde vient d’une autre version du portail, dont le format est inconnu.")
    fautes = []
    for relatif, attendu in contenu.items():
        fichier = dossier / relatif
        if not fichier.resolve().is_relative_to(dossier.resolve()):
            fautes.append(f"{relatif} : hors de la sauvegarde")
        elif not fichier.is_file():
            fautes.append(f"{relatif} : absent")
        elif _empreinte(fichier) != attendu:
            fautes.append(f"{relatif} : contenu changé")
    if fautes:
        raise ErreurSauvegarde("Sauvegarde abîmée, rien n’a été touché :\n  " + "\n  ".join(fautes[:50]))
    return manifeste


def restaurer(dossier: Path, *, remplacer: bool) -> Resume:
    """Put the backup in the place of what is here; what was here is set aside, never deleted (PostgreSQL excepted).

    Nothing is touched before the whole backup has been checked. Raises ErreurSauvegarde.
    """
    dossier = dossier.absolute()
    manifeste = verifier(dossier)
    if manifeste["base"] != connection.vendor:
        raise ErreurSauvegarde(
            f"La sauvegarde vient d’une base {manifeste['base']}, DATABASE_URL désigne une base {connection.vendor}."
        )
    if _base_occupee() and not remplacer:
        raise ErreurSauvegarde("La base contient déjà des comptes. Ajoutez --remplacer pour les remplacer.")
    cote = Path(settings.VAR) / f"avant-restauration-{timezone.now():%Y%m%d-%H%M%S}"
    with _portail_arrete():
        # What may fail comes first (copies on a full disk, a database that refuses): nothing has changed yet.
        arrivee = _apporter_fichiers(dossier)
        cote.mkdir(mode=0o700)
        _restaurer_base(dossier / BASES[connection.vendor], cote)
        _echanger_fichiers(arrivee, cote)
    contenu = manifeste["contenu"]
    return Resume(cote, len(contenu) - 1, sum(int(c["taille"]) for c in contenu.values()), [])


# --- files -------------------------------------------------------------------------------------------


def _fichiers_a_garder() -> Iterator[tuple[Path, str]]:
    var, base = Path(settings.VAR), Path(str(settings.DATABASES["default"]["NAME"]))
    for entree in sorted(var.iterdir()):
        if entree.name in PASSAGERS or entree.name.startswith((*PREFIXES_PASSAGERS, base.name)):
            continue
        for chemin in sorted(entree.rglob("*")) if entree.is_dir() else [entree]:
            if chemin.is_file() and not chemin.is_symlink() and not chemin.name.startswith("."):
                yield chemin, chemin.relative_to(var).as_posix()


def _empreinte(fichier: Path) -> dict[str, Any]:
    condense, taille = hashlib.sha256(), 0
    with fichier.open("rb") as flux:
        while octets := flux.read(MORCEAU):
            condense.update(octets)
            taille += len(octets)
    return {"sha256": condense.hexdigest(), "taille": taille}


def _copier(source: Path, cible: Path) -> dict[str, Any]:
    """Copy, force to disk, and return the fingerprint of what was written."""
    cible.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with source.open("rb") as lu, cible.open("wb") as ecrit:
        shutil.copyfileobj(lu, ecrit, MORCEAU)
        ecrit.flush()
        os.fsync(ecrit.fileno())
    shutil.copymode(source, cible)
    return _empreinte(cible)


def _apporter_fichiers(dossier: Path) -> Path:
    """Copy the saved files beside those of ``var``."""
    arrivee = Path(settings.VAR) / ".restauration"
    shutil.rmtree(arrivee, ignore_errors=True)
    if (dossier / "fichiers").is_dir():
        shutil.copytree(dossier / "fichiers", arrivee)
    return arrivee


def _echanger_fichiers(arrivee: Path, cote: Path) -> None:
    """Exchange by renaming, one entry of ``var`` at a time."""
    var = Path(settings.VAR)
    for entree in sorted(arrivee.iterdir()) if arrivee.is_dir() else []:
        if (var / entree.name).exists():
            (var / entree.name).rename(cote / entree.name)
        entree.rename(var / entree.name)
    shutil.rmtree(arrivee, ignore_errors=True)


@contextlib.contextmanager
def _portail_arrete() -> Iterator[None]:
    """Hold the lock of ``lancer.py``: the portal neither runs nor starts meanwhile."""
    with (Path(settings.VAR) / "lancer.verrou").open("a+") as verrou:
        try:
            fcntl.flock(verrou, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ErreurSauvegarde("Le portail tourne : arrêtez-le avant de restaurer.") from None
        yield


# --- database ----------------------------------------------------------------------------------------


def _base_occupee() -> bool:
    from django.contrib.auth import get_user_model

    modele = get_user_model()
    return modele._meta.db_table in connection.introspection.table_names() and modele._default_manager.exists()


def _copier_base(brouillon: Path) -> dict[str, Any]:
    cible = brouillon / BASES[connection.vendor]
    if connection.vendor == "sqlite":
        with connection.cursor() as curseur:
            curseur.execute("VACUUM INTO %s", [str(cible)])
        with contextlib.closing(sqlite3.connect(f"file:{cible}?mode=ro", uri=True)) as copie:
            (verdict,) = copie.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise ErreurSauvegarde(f"La copie de la base n’est pas saine : {verdict}")
    else:
        _outil_postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={cible}")
    cible.chmod(0o600)
    return _empreinte(cible)


def _restaurer_base(copie: Path, cote: Path) -> None:
    connections.close_all()
    if connection.vendor == "sqlite":
        base = Path(str(settings.DATABASES["default"]["NAME"]))
        arrivee = base.with_name(f".{base.name}.restauration")
        _copier(copie, arrivee)
        # The journal of the old base must not be read as the new one's.
        for suffixe in ("-wal", "-shm", ""):
            ancien = base.with_name(base.name + suffixe)
            if ancien.exists():
                ancien.rename(cote / ancien.name)
        arrivee.replace(base)
    else:
        _outil_postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", str(copie)
        )


def _outil_postgres(nom: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools on our database; the password goes through the environment."""
    programme = shutil.which(nom)
    if programme is None:
        trouves = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{nom}"), key=lambda p: int(p.parts[4]))
        if not trouves:
            raise ErreurSauvegarde(f"{nom} n’est pas installé (paquet postgresql-client).")
        programme = str(trouves[-1])
    base = connection.get_connection_params()
    env = {**os.environ, "PGPASSWORD": str(base.get("password", ""))}
    options = [f"--dbname={base['dbname']}" if nom == "pg_restore" else str(base["dbname"])]
    for cle, option in (("host", "--host"), ("port", "--port"), ("user", "--username")):
        if base.get(cle):
            options.append(f"{option}={base[cle]}")
    fait = subprocess.run(  # noqa: S603 - the tool is PostgreSQL's, the arguments come from the settings
        [programme, "--no-password", *options, *arguments], env=env, capture_output=True, text=True, check=False
    )
    if fait.returncode != 0:
        raise ErreurSauvegarde(f"{nom} a échoué :\n{fait.stderr.strip()[-2000:]}")
