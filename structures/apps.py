"""Configuration of the application."""

from django.apps import AppConfig


class StructuresConfig(AppConfig):
    name = "structures"
    label = "structures"
    verbose_name = "Structures"
