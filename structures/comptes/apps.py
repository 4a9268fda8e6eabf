"""Configuration of the application."""

from django.apps import AppConfig


class ComptesConfig(AppConfig):
    name = "structures.comptes"
    label = "comptes"
    verbose_name = "Comptes"

    def ready(self) -> None:
        from structures.comptes.notifications import GROUPE_COMPTE, declarer

        declarer(
            "comptes.securite",
            "Codes de connexion et sécurité du compte",
            "Le code demandé pour vous connecter, et l’avis de tout changement d’adresse, de mot de passe ou de "
            "second facteur.",
            obligatoire=True,
            groupe=GROUPE_COMPTE,
        )
