"""The top floor as an application: its commands, checks and pages that belong to no lower floor."""

from django.apps import AppConfig


class PctiConfig(AppConfig):
    name = "pcti"
    label = "pcti"
    verbose_name = "Portail"

    def ready(self) -> None:
        from pcti import verifications  # noqa: F401 - registers the checks
        from pcti.sante import battement

        battement.brancher()
