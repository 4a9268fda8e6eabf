"""Configuration of the application."""

from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "fiches_action.conventions"
    label = "conventions"
    verbose_name = "Conventions"

    def ready(self) -> None:
        from fiches_action.conventions import branchements

        branchements.brancher()
