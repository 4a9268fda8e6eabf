"""The secret key: given by the operator, or made once and kept in ``var/`` when embedded."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def cle_secrete(donnee: str, var: Path, *, embarque: bool) -> str:
    """Return the key to use.

    Raises ImproperlyConfigured in production when none is given. Two processes that start
    together agree: the first to link its file wins, the other reads it.
    """
    if donnee:
        return donnee
    if not embarque:
        raise ImproperlyConfigured("SECRET_KEY est obligatoire en production.")
    fichier = var / "cle-secrete"
    if not fichier.exists():
        brouillon = var / f".cle-secrete.{os.getpid()}"
        descripteur = os.open(brouillon, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descripteur, "w", encoding="ascii") as flux:
            flux.write(secrets.token_urlsafe(64))
            flux.flush()
            os.fsync(flux.fileno())
        try:
            os.link(brouillon, fichier)
        except FileExistsError:
            pass
        finally:
            brouillon.unlink()
    return fichier.read_text(encoding="ascii")
