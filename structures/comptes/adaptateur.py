"""What the portal asks of allauth: no open sign-up, e-mails as rows."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.messages import constants
from django.http import HttpRequest
from django.urls import reverse

from socle.courriels import ecrire
from structures.comptes.notifications import notifier
from structures.comptes.proconnect import (
    CLE_ETAT_SORTIE,
    CLE_JETON,
    CLE_SORTIE,
    adresse_de_sortie,
    est_regle,
)
from structures.comptes.second_facteur import cles_possibles
from structures.comptes.sessions import appareil

# allauth's e-mail → ours (templates/courriels/comptes/…).
MODELES = {
    "account/email/login_code": "comptes/code_connexion",
    "account/email/unknown_account": "comptes/compte_inconnu",
    "account/email/password_reset_key": "comptes/mot_de_passe",
}
# allauth's notices → (what happened, what it means). One template of ours: « comptes/securite ».
AVIS = {
    "account/email/password_changed": ("Votre mot de passe a été changé", ""),
    "account/email/password_set": ("Un mot de passe a été choisi pour votre compte", ""),
    "account/email/password_reset": ("Votre mot de passe a été changé", ""),
    "mfa/email/totp_activated": (
        "Une application de codes protège votre compte",
        "Elle vous sera demandée à chaque connexion.",
    ),
    "mfa/email/totp_deactivated": ("L’application de codes a été retirée de votre compte", ""),
    "mfa/email/webauthn_added": (
        "Une clé d’accès a été ajoutée à votre compte",
        "Elle permet de vous connecter sans code ni mot de passe.",
    ),
    "mfa/email/webauthn_removed": ("Une clé d’accès a été retirée de votre compte", ""),
    "mfa/email/recovery_codes_generated": (
        "De nouveaux codes de secours ont été faits",
        "Les anciens ne servent plus.",
    ),
    "socialaccount/email/account_connected": (
        "Votre identité ProConnect est rattachée à votre compte",
        "Elle permet de vous connecter.",
    ),
}
# Said by the page itself: a banner above it would repeat.
TUS = {
    "account/messages/login_code_sent.txt",
    "account/messages/logged_in.txt",
    "mfa/messages/recovery_codes_generated.txt",
}
ECRITS = {
    "account/messages/logged_out.txt": "Votre session est fermée.",
    "account/messages/password_changed.txt": "Votre mot de passe est changé.",
    "account/messages/password_set.txt": "Votre mot de passe est enregistré.",
    "mfa/messages/totp_activated.txt": "Votre application est enregistrée.",
    "mfa/messages/totp_deactivated.txt": "Votre application est retirée.",
    "mfa/messages/webauthn_added.txt": "Votre clé d’accès est enregistrée.",
    "mfa/messages/webauthn_removed.txt": "Votre clé d’accès est retirée.",
}


CLE = "mfa_reauthenticate:webauthn"
# How a person proves again that it is them, in the order they are offered.
REDEMANDES = {
    "mfa_reauthenticate": "Avec mon application ou un code de secours",
    CLE: "Avec ma clé d’accès",
    "reauthenticate": "Avec mon mot de passe",
}


class AdaptateurComptes(DefaultAccountAdapter):
    """Accounts are made by invitation; nobody signs up alone."""

    error_messages = {  # noqa: RUF012 - allauth's own way
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": "Ce code n’est pas le bon. Vérifiez-le, ou demandez-en un autre.",
        "invalid_login": "L’adresse ou le mot de passe n’est pas le bon.",
        "email_password_mismatch": "L’adresse ou le mot de passe n’est pas le bon.",
        "rate_limited": "Trop d’essais de suite. Patientez quelques minutes, puis recommencez.",
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

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the person what happened to their account's security, at their only address."""
        quoi, detail = AVIS[template_prefix]
        notifier(
            user,
            "comptes.securite",
            "comptes/securite",
            {"quoi": quoi, "detail": detail, "appareil": appareil(self.get_http_user_agent(self.request))},
            objet="comptes",
        )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """In our words; the application first, then a passkey, then the password."""
        methodes: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        possibles = [m for m in methodes if m["id"] != CLE or cles_possibles(self.request)]
        return [
            {**methode, "description": REDEMANDES[methode["id"]]}
            for methode in sorted(possibles, key=lambda methode: list(REDEMANDES).index(methode["id"]))
        ]

    def logout(self, request: HttpRequest) -> None:
        """Out of the portal; who came by ProConnect is then led out of it too."""
        jeton = request.session.get(CLE_JETON, "")
        super().logout(request)
        adresse, etat = adresse_de_sortie(jeton) if jeton and est_regle() else ("", "")
        if adresse:
            request.session[CLE_SORTIE], request.session[CLE_ETAT_SORTIE] = adresse, etat

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        if request.session.get(CLE_JETON) and est_regle():
            return reverse("proconnect_sortie")
        return str(super().get_logout_redirect_url(request))

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
