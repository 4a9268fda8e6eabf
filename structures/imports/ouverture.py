"""Opens a file plain or gzipped, and recognises what it holds from its first bytes."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from structures.imports.fiche import FichierIllisible

DEBUT = 65_536
# The daily flow shrinks about twenty times; zeros shrink a thousand times.
RAPPORT_MAX, MARGE = 100, 32 * 1024 * 1024
ERREURS_DE_LECTURE = (OSError, EOFError, zlib.error)


class _Borne(io.RawIOBase):
    """A decompressed file that may not grow out of all proportion: a megabyte can hold a gigabyte of nothing."""

    def __init__(self, clair: gzip.GzipFile, disque: IO[bytes]) -> None:
        self._clair, self._disque, self._total = clair, disque, 0

    def readable(self) -> bool:
        return True

    def readinto(self, tampon: Any) -> int:
        lus = self._clair.readinto(tampon)
        self._total += lus
        if self._total > MARGE + RAPPORT_MAX * self._disque.tell():
            raise OSError("il se décompresse bien au-delà de ce qu’un annuaire contient")
        return lus


@contextmanager
def ouvrir(chemin: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """(bytes to read, file on disk whose position tells the progress).

    Raises FichierIllisible when the file can't be opened.
    """
    try:
        disque = chemin.open("rb")
    except OSError as erreur:
        raise FichierIllisible(f"Impossible d’ouvrir le fichier : {erreur.strerror}.") from erreur
    with disque:
        comprime = disque.read(2) == b"\x1f\x8b"
        disque.seek(0)
        if comprime:
            with gzip.GzipFile(fileobj=disque, mode="rb") as clair:
                yield io.BufferedReader(_Borne(clair, disque)), disque
        else:
            yield disque, disque


def debut_du_fichier(chemin: Path) -> bytes:
    """The first 64 kB, decompressed when it is gzipped. Raises FichierIllisible when they can't be read."""
    try:
        with ouvrir(chemin) as (flux, _):
            return flux.read(DEBUT)
    except ERREURS_DE_LECTURE as erreur:
        raise FichierIllisible("Ce fichier compressé est abîmé : impossible de lire son début.") from erreur


def empreinte(chemin: Path) -> str:
    """SHA-256 of the file, read by blocks."""
    with chemin.open("rb") as flux:
        return hashlib.file_digest(flux, "sha256").hexdigest()
