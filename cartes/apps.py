"""Configuration of the application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CartesConfig(AppConfig):
    name = "cartes"
    label = "cartes"
    verbose_name = "Cartes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cartes.battements import apres_migration

        post_migrate.connect(apres_migration, sender=self)
