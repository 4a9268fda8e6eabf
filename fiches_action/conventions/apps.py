"""Configuration of the application."""

from django.apps import AppConfig
from django.core.checks import register


class ConventionsConfig(AppConfig):
    name = "fiches_action.conventions"
    label = "conventions"
    verbose_name = "Conventions"

    def ready(self) -> None:
        from fiches_action.conventions import branchements, controles

        branchements.brancher()
        register(controles.sceau_utilisable)
