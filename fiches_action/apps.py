"""Configuration of the application."""

from django.apps import AppConfig


class FichesActionConfig(AppConfig):
    name = "fiches_action"
    label = "fiches_action"
    verbose_name = "Fiches-action"

    def ready(self) -> None:
        from fiches_action import avis, branchements

        branchements.brancher()
        avis.declarer_les_genres()
