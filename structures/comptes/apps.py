"""Configuration of the application."""

from django.apps import AppConfig


class ComptesConfig(AppConfig):
    name = "structures.comptes"
    label = "comptes"
    verbose_name = "Comptes"

    def ready(self) -> None:
        from allauth.account.signals import password_changed, password_reset, password_set
        from allauth.mfa import signals
        from django.contrib.auth.signals import user_logged_in

        from structures.comptes import adaptateur_social, second_facteur, sessions, suppression
        from structures.comptes.notifications import GROUPE_COMPTE, declarer

        user_logged_in.connect(sessions.noter)
        user_logged_in.connect(adaptateur_social.rattacher)
        user_logged_in.connect(suppression.revenu)
        for signal in (password_changed, password_set, password_reset):
            signal.connect(second_facteur.mot_de_passe_change)
        signals.authenticator_added.connect(second_facteur.ajoute)
        signals.authenticator_removed.connect(second_facteur.retire)
        signals.authenticator_reset.connect(second_facteur.refait)

        declarer(
            "comptes.securite",
            "Codes de connexion et sécurité du compte",
            "Le code demandé pour vous connecter, et l’avis de tout changement d’adresse, de mot de passe ou de "
            "second facteur.",
            obligatoire=True,
            groupe=GROUPE_COMPTE,
        )
