"""One writer at a time for what takes seconds to write, in all the processes; the others wait, then read it.

- In a process: one lock per key.
- Between processes of a machine that share files: `flock` on one of a few files. The system lets it go
  with the process, however it dies.
- Between machines that share Redis: a key that only one can set, which expires if its owner was killed.

A memory that is down, or a wait that is too long, holds nobody back: the work is done twice, never not at all.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

journal = logging.getLogger(__name__)
# Seconds: of waiting, between two looks, and before what a killed process held is free again.
ATTENTE, PAS, EXPIRATION = 20.0, 0.05, 30
FICHIERS = 64


class Foule(Exception):
    """Too many threads of this process wait for the same drawing."""


class _Cles:
    """Locks of this process by key, forgotten when nobody holds nor waits for them."""

    def __init__(self) -> None:
        self._garde = threading.Lock()
        self._verrous: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def tenir(self, cle: str, fin: float, file: int | None) -> Iterator[None]:
        with self._garde:
            verrou, nombre = self._verrous.get(cle, (threading.Lock(), 0))
            if file is not None and nombre > file:
                raise Foule
            self._verrous[cle] = (verrou, nombre + 1)
        tenu = verrou.acquire(timeout=max(0.0, fin - time.monotonic()))
        try:
            yield
        finally:
            if tenu:
                verrou.release()
            with self._garde:
                verrou, nombre = self._verrous.pop(cle)
                if nombre > 1:
                    self._verrous[cle] = (verrou, nombre - 1)


_ici = _Cles()


@contextmanager
def seul(cle: str, *, partage: bool, file: int | None = None) -> Iterator[None]:
    """Hold this key while the block runs: look again, inside, whether another has written it meanwhile.

    `partage`: among all the processes, else in this one only. After `ATTENTE` seconds the block runs anyway.
    Raises Foule when more than `file` threads of this process wait for it already: some must keep answering pages.
    """
    fin = time.monotonic() + ATTENTE
    with ExitStack() as pile:
        pile.enter_context(_ici.tenir(cle, fin, file))
        if partage:
            pile.enter_context(_par_redis(cle, fin) if _redis() else _par_fichier(cle, fin))
        yield


def _redis() -> bool:
    return isinstance(caches["cartes"], RedisCache)


@contextmanager
def _par_redis(cle: str, fin: float) -> Iterator[None]:
    cache, marque, nom = caches["cartes"], uuid.uuid4().hex, f"tour:{cle}"
    tenu = False
    try:
        while not (tenu := cache.add(nom, marque, EXPIRATION)) and time.monotonic() < fin:
            time.sleep(PAS)
    except Exception:  # a server that is down
        journal.warning("verrou des cartes indisponible", exc_info=True)
    try:
        yield
    finally:
        if tenu:
            try:
                # Another one may hold it, if this work lasted longer than the key.
                if cache.get(nom) == marque:
                    cache.delete(nom)
            except Exception:
                journal.warning("verrou des cartes non rendu", exc_info=True)


@contextmanager
def _par_fichier(cle: str, fin: float) -> Iterator[None]:
    descripteur = -1
    try:
        dossier = settings.VAR / "verrous-cartes"
        dossier.mkdir(parents=True, exist_ok=True)
        rang = zlib.crc32(cle.encode()) % FICHIERS
        descripteur = os.open(dossier / f"{rang:02}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while not _saisir(descripteur) and time.monotonic() < fin:
            time.sleep(PAS)
    except OSError:  # a disk that is full or read-only
        journal.warning("verrou des cartes indisponible", exc_info=True)
    try:
        yield
    finally:
        if descripteur >= 0:
            os.close(descripteur)


def _saisir(descripteur: int) -> bool:
    try:
        fcntl.flock(descripteur, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
