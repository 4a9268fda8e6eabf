"""Thin Celery tasks of this room."""

from celery import shared_task


@shared_task
def tasser_les_battements() -> int:
    """Every hour: the beats of the maps' data, put together. Idempotent."""
    from cartes.battements import tasser

    return tasser()
