"""Configuration of the application."""

from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "fiches_action.conventions"
    label = "conventions"
    verbose_name = "Conventions"
