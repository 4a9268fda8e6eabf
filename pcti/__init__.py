"""The project: settings, URLs, Celery. The top floor."""

from pcti.celery import application_celery

__all__ = ["application_celery"]
