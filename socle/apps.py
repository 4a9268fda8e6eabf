"""The ground floor."""

from django.apps import AppConfig


class SocleConfig(AppConfig):
    name = "socle"
    label = "socle"
    verbose_name = "Socle"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from socle import reprise

        reprise.brancher()
        # The library looks for rules.py; our rooms are called regles.py and travaux.py.
        autodiscover_modules("regles")
        autodiscover_modules("travaux")
