"""Configuration of the application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "pcti.demo"
    label = "demo"
    verbose_name = "Démonstration"

    def ready(self) -> None:
        from pcti.demo import branchements

        branchements.brancher()
