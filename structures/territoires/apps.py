"""Django application of the territories."""

from django.apps import AppConfig


class TerritoiresConfig(AppConfig):
    """Label `territoires`: the lowest of the nested apps of `structures`."""

    name = "structures.territoires"
    label = "territoires"
    verbose_name = "Territoires"
    default_auto_field = "django.db.models.BigAutoField"
