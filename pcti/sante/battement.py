"""The worker's heartbeat, left in the shared cache so that a web process can read it."""

import time
from typing import Any

from celery.signals import heartbeat_sent, worker_init, worker_shutting_down
from django.core.cache import cache

CLE = "pcti.travailleur.battement"
# The worker beats every 2 s; three missed writes mean that it is dead or stuck.
PERIODE = 5.0
SILENCE = 20.0
_dernier = 0.0


def brancher() -> None:
    heartbeat_sent.connect(_battre, dispatch_uid="sante.battement")
    worker_init.connect(_effacer, dispatch_uid="sante.debut")
    worker_shutting_down.connect(_effacer, dispatch_uid="sante.fin")


def effacer() -> None:
    """Forget the last beat: what was alive before a restart proves nothing about now."""
    cache.delete(CLE)


def travailleur_vivant() -> bool:
    battement = cache.get(CLE)
    return isinstance(battement, float) and time.time() - battement < SILENCE


def _battre(**_: Any) -> None:
    global _dernier
    maintenant = time.time()
    if not 0 <= maintenant - _dernier < PERIODE:
        cache.set(CLE, maintenant, timeout=int(SILENCE))
        _dernier = maintenant


def _effacer(**_: Any) -> None:
    effacer()
