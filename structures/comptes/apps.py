"""Configuration of the application."""

from django.apps import AppConfig


class ComptesConfig(AppConfig):
    name = "structures.comptes"
    label = "comptes"
    verbose_name = "Comptes"
