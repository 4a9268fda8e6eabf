"""When a worker starts, it takes up again what another one left."""

from typing import Any

from celery.signals import worker_ready

from socle import courtier


def brancher() -> None:
    worker_ready.connect(_au_demarrage, dispatch_uid="socle.reprise")


def _au_demarrage(**_: Any) -> None:
    from socle.tasks import expedier_en_attente, reprendre_les_travaux

    for tache in (reprendre_les_travaux, expedier_en_attente):
        courtier.confier(tache)
