"""Thin Celery tasks of this room."""

from celery import shared_task


@shared_task
def appliquer_mouvements() -> int:
    from structures.territoires.mouvements import appliquer_echus

    return appliquer_echus()


@shared_task
def rappeler_les_fiches() -> int:
    from structures.fraicheur import rappeler

    return rappeler()


@shared_task
def nettoyer_les_imports() -> int:
    from structures.imports.conduite import nettoyer

    return nettoyer()


@shared_task
def rechercher_les_doublons() -> bool:
    """Every hour, when a sheet has changed since the last search. Idempotent."""
    from structures.doublons.travaux import demander_si_besoin

    return demander_si_besoin()


@shared_task
def oublier_les_demandes_non_prouvees() -> int:
    """Every day: requests made with an address that nobody proved in three days. Idempotent."""
    from structures.adhesions.demandes import oublier_les_non_prouvees

    return oublier_les_non_prouvees()
