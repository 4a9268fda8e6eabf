"""What the portal asks of allauth: no open sign-up, e-mails as rows."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from socle.courriels import ecrire


class AdaptateurComptes(DefaultAccountAdapter):
    """Accounts are made by invitation; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        ecrire(template_prefix, email, context)
