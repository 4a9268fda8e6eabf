"""Files written whole or not at all, and a store addressed by content."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def ecrire_atomique(chemin: Path, octets: bytes, *, mode: int = 0o640) -> None:
    """Temporary file, fsync, rename, fsync of the folder. A full disk leaves the old file intact."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    descripteur, brouillon = tempfile.mkstemp(dir=chemin.parent, prefix=f".{chemin.name}.")
    try:
        with os.fdopen(descripteur, "wb") as flux:
            flux.write(octets)
            flux.flush()
            os.fsync(flux.fileno())
        os.chmod(brouillon, mode)
        os.replace(brouillon, chemin)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(brouillon)
        raise
    dossier = os.open(chemin.parent, os.O_RDONLY)
    try:
        os.fsync(dossier)
    finally:
        os.close(dossier)


class ContenuAltere(Exception):
    """The stored bytes are not those that were stored."""


def _chemin(empreinte: str) -> Path:
    return Path(settings.VAR) / "documents" / empreinte[:2] / empreinte


def deposer(octets: bytes) -> str:
    """Keep these bytes for good; their SHA-256 (hexadecimal) names them."""
    empreinte = hashlib.sha256(octets).hexdigest()
    chemin = _chemin(empreinte)
    if not chemin.exists():
        ecrire_atomique(chemin, octets)
    return empreinte


def lire(empreinte: str) -> bytes:
    """The bytes of this SHA-256. Raises FileNotFoundError, or ContenuAltere if the disk lies."""
    octets = _chemin(empreinte).read_bytes()
    if hashlib.sha256(octets).hexdigest() != empreinte:
        raise ContenuAltere(empreinte)
    return octets
