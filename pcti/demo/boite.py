"""The mail transport of the demonstration: messages become rows, shown at /demo/courriels/."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, make_msgid

from pcti.demo.models import MessageRecu


class BoiteDemonstration(BaseEmailBackend):
    """Delivers into the database; the same message, sent again, changes nothing."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            identifiant = str(message.extra_headers.get("Message-ID") or make_msgid())
            for destinataire in message.to:
                MessageRecu.objects.get_or_create(
                    message_id=identifiant,
                    defaults={
                        "destinataire": destinataire,
                        "sujet": str(message.subject),
                        "texte": str(message.body),
                    },
                )
        return len(email_messages)
