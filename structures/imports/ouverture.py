"""Opens a file plain or gzipped, and recognises what it holds from its first bytes."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from structures.imports.fiche import FichierIllisible

HISTORIQUE = "finess-historique"
JOURNALIER = "finess-journalier"
ERREURS_DE_LECTURE = (OSError, EOFError, zlib.error)


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
                yield io.BufferedReader(clair), disque
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
