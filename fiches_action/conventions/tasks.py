"""Thin Celery tasks of this room."""

from celery import shared_task


@shared_task
def reprendre_les_scellements() -> int:
    from fiches_action.conventions.scellement import reprendre

    return reprendre()
