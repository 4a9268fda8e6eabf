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

HISTORIQUE = "finess-historique"
JOURNALIER = "finess-journalier"
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


def reconnaitre(chemin: Path) -> str:
    """HISTORIQUE or JOURNALIER. Raises FichierIllisible, saying what was expected, for anything else."""
    try:
        with ouvrir(chemin) as (flux, _):
            debut = flux.read(4096)
    except ERREURS_DE_LECTURE as erreur:
        raise FichierIllisible("Ce fichier compressé est abîmé : impossible de lire son début.") from erreur
    texte = debut.removeprefix(b"\xef\xbb\xbf").lstrip()
    if texte[:1] in (b"{", b"["):
        return JOURNALIER
    lignes = texte.splitlines()
    if any(ligne.startswith((b"finess;", b"structureet;")) for ligne in lignes[:5]):
        return HISTORIQUE
    raise FichierIllisible(
        "Ce fichier n’est ni l’extraction historique de FINESS (lignes « structureet;… ») "
        "ni le flux quotidien (JSON) : il n’a pas été lu."
    )


def empreinte(chemin: Path) -> str:
    """SHA-256 of the file, read by blocks."""
    with chemin.open("rb") as flux:
        return hashlib.file_digest(flux, "sha256").hexdigest()
