"""Configuration of the application."""

from django.apps import AppConfig
from django.core.checks import register


class ConventionsConfig(AppConfig):
    name = "fiches_action.conventions"
    label = "conventions"
    verbose_name = "Conventions"

    def ready(self) -> None:
        from fiches_action.conventions import branchements, controles
        from structures.comptes.notifications import declarer

        branchements.brancher()
        declarer(
            "conventions-signature",
            "La signature des conventions",
            "L’invitation à signer, le code, les rappels, et la convention une fois signée par tous.",
            obligatoire=True,
            groupe="Fiches-action et conventions",
        )
        register(controles.sceau_utilisable)
