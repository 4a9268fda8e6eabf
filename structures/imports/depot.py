"""The files of imports, kept under their SHA-256 from their upload until they are applied or abandoned."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from structures.models import Import

# A file on its way, or whose import was never written.
ORPHELIN_SECONDES = 24 * 3600


def dossier() -> Path:
    """Where they lie."""
    return Path(settings.VAR) / "imports"


def deposer(blocs: Iterable[bytes]) -> str:
    """Keep these bytes, whole or not at all; their SHA-256. Read by blocks: they may weigh 200 MB."""
    dossier().mkdir(parents=True, exist_ok=True)
    condense = hashlib.sha256()
    descripteur, brouillon = tempfile.mkstemp(dir=dossier(), prefix=".depot.")
    try:
        with os.fdopen(descripteur, "wb") as sortie:
            for bloc in blocs:
                condense.update(bloc)
                sortie.write(bloc)
            sortie.flush()
            os.fsync(sortie.fileno())
        os.replace(brouillon, dossier() / condense.hexdigest())
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(brouillon)
        raise
    return condense.hexdigest()


def chemin_de(journal: Import) -> Path:
    """Where the file of this import is (or was)."""
    return dossier() / journal.empreinte


def present(journal: Import) -> bool:
    """Whether the file of this import can still be read."""
    return journal.conserve and bool(journal.empreinte) and chemin_de(journal).is_file()


def retirer(journal: Import) -> None:
    """Let the file go; it is erased when no other import waits for it. Idempotent."""
    Import.objects.filter(pk=journal.pk).update(conserve=False)
    journal.conserve = False
    jeter(journal.empreinte)


def jeter(empreinte: str) -> None:
    """Erase a file that no import waits for."""
    if empreinte and not Import.objects.filter(empreinte=empreinte, conserve=True).exists():
        (dossier() / empreinte).unlink(missing_ok=True)


def balayer() -> int:
    """Erase the files that no import knows, left by a page that was cut short; how many."""
    if not dossier().is_dir():
        return 0
    attendus = set(Import.objects.filter(conserve=True).values_list("empreinte", flat=True))
    perdus = 0
    for fichier in dossier().iterdir():
        if fichier.name in attendus:
            continue
        with contextlib.suppress(FileNotFoundError):
            if fichier.stat().st_mtime < time.time() - ORPHELIN_SECONDES:
                fichier.unlink()
                perdus += 1
    return perdus
