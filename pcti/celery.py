"""The Celery application. A real worker always runs it; the schedule lives in settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcti.settings")

application_celery = Celery("pcti")
application_celery.config_from_object("django.conf:settings", namespace="CELERY")
application_celery.autodiscover_tasks()
