"""The demonstration's mailbox: messages are rows, shown at /demo/courriels/."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


class BoiteDemonstration(BaseEmailBackend):
    """Replaced by the demo floor's real mailbox."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise NotImplementedError
