"""Configuration of the application."""

from django.apps import AppConfig


class OffresConfig(AppConfig):
    name = "offres"
    label = "offres"
    verbose_name = "Offres et besoins"

    def ready(self) -> None:
        from offres.branchements import brancher

        brancher()
