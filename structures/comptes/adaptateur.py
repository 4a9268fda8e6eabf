"""What the portal asks of allauth: no open sign-up, e-mails as rows."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.messages import constants
from django.http import HttpRequest
from django.urls import reverse

from socle.courriels import ecrire

# allauth's e-mail → ours (templates/courriels/comptes/…).
MODELES = {
    "account/email/login_code": "comptes/code_connexion",
    "account/email/unknown_account": "comptes/compte_inconnu",
    "account/email/password_reset_key": "comptes/mot_de_passe",
}
# Said by the page itself: a banner above it would repeat.
TUS = {"account/messages/login_code_sent.txt", "account/messages/logged_in.txt"}
ECRITS = {
    "account/messages/logged_out.txt": "Vous êtes déconnecté.",
    "account/messages/password_changed.txt": "Votre mot de passe est changé.",
    "account/messages/password_set.txt": "Votre mot de passe est enregistré.",
}


class AdaptateurComptes(DefaultAccountAdapter):
    """Accounts are made by invitation; nobody signs up alone."""

    error_messages = {  # noqa: RUF012 - allauth's own way
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": "Ce code n’est pas le bon. Vérifiez-le, ou demandez-en un autre.",
        "invalid_login": "L’adresse ou le mot de passe n’est pas le bon.",
        "email_password_mismatch": "L’adresse ou le mot de passe n’est pas le bon.",
        "too_many_login_attempts": "Trop d’essais de suite. Patientez quelques minutes, puis recommencez.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a row, in the request's transaction. Raises KeyError for an e-mail that nobody worded."""
        lien = context.get("password_reset_url") or ""
        chemin = lien.split("://", 1)[-1].partition("/")[2]
        ecrire(
            MODELES[template_prefix],
            email,
            {
                "code": context.get("code", ""),
                "email": email,
                # Always the portal's own address, whatever the Host header said.
                "lien": f"{settings.PCTI_URL}/{chemin}" if lien else settings.PCTI_URL + reverse("account_login"),
                "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
            },
            objet="comptes",
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if message_template in TUS:
            return
        if message_template in ECRITS:
            message, message_template = ECRITS[message_template], None
            level = constants.SUCCESS
        super().add_message(request, level, message_template, message_context, extra_tags, message)
