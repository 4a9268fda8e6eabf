"""Configuration of the application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "pcti.demo"
    label = "demo"
    verbose_name = "Démonstration"
