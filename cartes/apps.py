"""Configuration of the application."""

from django.apps import AppConfig


class CartesConfig(AppConfig):
    name = "cartes"
    label = "cartes"
    verbose_name = "Cartes"
