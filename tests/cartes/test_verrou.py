"""The same drawing asked twice at once is made once: by threads, by processes, with files or with Redis."""

import multiprocessing
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from cartes import envoi, planches, tour, verrou
from cartes.verrou import Foule, seul

FILE = "django.core.cache.backends.filebased.FileBasedCache"
REDIS = "django.core.cache.backends.redis.RedisCache"


@pytest.fixture(params=["fichiers", pytest.param("redis", marks=pytest.mark.redis)])
def memoire(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The shared memory of the maps, of each kind that the portal knows."""
    settings.VAR = tmp_path
    if request.param == "fichiers":
        reglage: dict[str, Any] = {"BACKEND": FILE, "LOCATION": str(tmp_path / "cache")}
    else:
        if not os.environ.get("REDIS_URL"):
            pytest.skip("pas de REDIS_URL : lancer.py tests en démarre un")
        reglage = {"BACKEND": REDIS, "LOCATION": os.environ["REDIS_URL"], "KEY_PREFIX": f"essai-{uuid.uuid4().hex}"}
    settings.CACHES = {**settings.CACHES, "cartes": reglage}
    envoi._memoire.vider()
    yield request.param
    envoi._memoire.vider()
    if request.param == "redis":
        # Only ours: `clear` would empty the whole server.
        client = caches["cartes"]._cache.get_client(write=True)  # type: ignore[attr-defined]
        for cle in client.scan_iter(f"{reglage['KEY_PREFIX']}:*"):
            client.delete(cle)


def test_la_memoire_partagee_garde_et_rend_les_octets(memoire: str) -> None:
    """A real shared memory: what a process wrote, another one finds."""
    corps = os.urandom(200_000)
    neuf = envoi._ecrire_commun("une-cle", "v1", lambda: corps)
    envoi._memoire.vider()
    retrouve = envoi._deja_ecrit("une-cle", "v1")
    assert retrouve == neuf
    assert retrouve is not None
    assert retrouve.brut == corps
    assert envoi._deja_ecrit("une-autre", "v1") is None


def test_deux_fils_un_dessin(memoire: str) -> None:
    commence, finit = threading.Event(), threading.Event()
    passages: list[str] = []

    def premier() -> None:
        with seul("cle", partage=True):
            commence.set()
            passages.append("premier")
            finit.wait(10)

    def second() -> None:
        with seul("cle", partage=True):
            passages.append("second")

    fils = [threading.Thread(target=premier), threading.Thread(target=second)]
    fils[0].start()
    assert commence.wait(10)
    fils[1].start()
    fils[1].join(0.3)
    assert passages == ["premier"]
    finit.set()
    for fil in fils:
        fil.join(10)
    assert passages == ["premier", "second"]
    assert verrou._ici._verrous == {}


def _tenir(pret: Any) -> None:
    with seul("cle", partage=True):
        pret.set()
        signal.pause()


def test_un_processus_tue_ne_retient_personne(memoire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it draws: its file is free at once, its key of Redis when it expires."""
    monkeypatch.setattr(verrou, "EXPIRATION", 2)
    contexte = multiprocessing.get_context("fork")
    pret = contexte.Event()
    autre = contexte.Process(target=_tenir, args=(pret,))
    autre.start()
    try:
        assert pret.wait(20)
        monkeypatch.setattr(verrou, "ATTENTE", 0.3)
        avant = time.monotonic()
        with seul("cle", partage=True):
            pass
        assert time.monotonic() - avant >= 0.3  # held by another process: waited, then went on
        assert autre.pid is not None
        os.kill(autre.pid, signal.SIGKILL)
        autre.join(10)
        monkeypatch.setattr(verrou, "ATTENTE", 20.0)
        avant = time.monotonic()
        with seul("cle", partage=True):
            assert time.monotonic() - avant < 10
    finally:
        autre.kill()
        autre.join(10)


def test_une_file_trop_longue_se_refuse() -> None:
    """Two wait for the one that draws; the threads that remain answer pages."""
    ouvrir = threading.Event()
    entres: list[int] = []

    def attendre() -> None:
        with seul("foule", partage=False, file=2):
            entres.append(1)
            ouvrir.wait(10)

    fils = [threading.Thread(target=attendre) for _ in range(3)]
    for fil in fils:
        fil.start()
    fin = time.monotonic() + 10
    while verrou._ici._verrous.get("foule", (None, 0))[1] < 3 and time.monotonic() < fin:
        threading.Event().wait(0.01)
    with pytest.raises(Foule), seul("foule", partage=False, file=2):
        pass
    ouvrir.set()
    for fil in fils:
        fil.join(10)
    assert len(entres) == 3


def test_une_memoire_absente_laisse_dessiner(settings: Any, tmp_path: Path) -> None:
    settings.CACHES = {**settings.CACHES, "cartes": {"BACKEND": REDIS, "LOCATION": "redis://127.0.0.1:1/0"}}
    with seul("cle", partage=True):
        pass
    fichier = tmp_path / "un-fichier"
    fichier.write_text("")
    settings.VAR = fichier  # a folder can't be made there
    settings.CACHES = {**settings.CACHES, "cartes": {"BACKEND": FILE, "LOCATION": str(tmp_path)}}
    with seul("cle", partage=True):
        pass


def test_une_foule_est_dite_en_mots(client: Client, monde: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def foule(*_: Any, **__: Any) -> Any:
        raise Foule

    monkeypatch.setattr(envoi, "seul", foule)
    refus = client.get("/cartes/region.png")
    assert (refus.status_code, refus["Retry-After"]) == (503, str(tour.PATIENCE))


@pytest.mark.parametrize("commun", [True, False])
def test_deux_demandes_un_seul_dessin(memoire: str, monkeypatch: pytest.MonkeyPatch, commun: bool) -> None:
    """Both ask at the same time, both receive the same bytes, drawn once."""
    monkeypatch.setattr(envoi, "version", lambda domaines: "v1")
    commence, ensemble = threading.Event(), threading.Barrier(2)
    dessins: list[int] = []
    recus: list[bytes] = []

    def dessiner() -> bytes:
        dessins.append(1)
        commence.set()
        # Long enough for the other one to ask.
        ensemble.wait(10)
        return b"%PDF" + planches.PNG.encode()

    def demander() -> None:
        recus.append(envoi.paquet("feuille", (), dessiner, commun=commun).brut)

    premier = threading.Thread(target=demander)
    premier.start()
    assert commence.wait(10)
    second = threading.Thread(target=demander)
    second.start()
    fin = time.monotonic() + 10
    while max((n for _, n in verrou._ici._verrous.values()), default=0) < 2 and time.monotonic() < fin:
        threading.Event().wait(0.01)
    ensemble.wait(10)
    premier.join(10)
    second.join(10)
    assert len(dessins) == 1
    assert len(recus) == 2
    assert recus[0] == recus[1]
