"""Thin Celery tasks of the ground floor: they carry an identifier, the rows say the rest."""

from celery import shared_task


@shared_task
def executer_travail(travail_id: str) -> None:
    from socle.travaux import executer

    executer(travail_id)


@shared_task
def reprendre_les_travaux() -> int:
    from socle.travaux import reprendre_orphelins

    return reprendre_orphelins()


@shared_task
def expedier(courriel_id: str) -> None:
    from socle.courriels import expedier as expedier_un

    expedier_un(courriel_id)


@shared_task
def expedier_en_attente() -> int:
    from socle.courriels import expedier_en_attente as expedier_tous

    return expedier_tous()
