"""Configuration of the application."""

from django.apps import AppConfig


class PilotageConfig(AppConfig):
    name = "pcti.pilotage"
    label = "pilotage"
    verbose_name = "Pilotage"
