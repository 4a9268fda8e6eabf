"""The mail server, and the one moment when nobody knows: the text is given, the receipt does not come."""

import smtplib
from typing import Any, cast

from django.core.mail.backends import smtp


class EnvoiIncertain(Exception):
    """The connection broke while the mail server held the text: it may have taken it."""


class _TexteSurveille:
    """Tells apart a break before the text is given (nothing left) from one after it."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return cast(tuple[int, bytes], super().data(msg))  # type: ignore[misc]
        except (smtplib.SMTPServerDisconnected, OSError) as erreur:
            # An answer that says no (SMTPDataError) is an OSError too, and is certain.
            if isinstance(erreur, smtplib.SMTPResponseException):
                raise
            raise EnvoiIncertain(f"{type(erreur).__name__} : {erreur}") from erreur


class _Smtp(_TexteSurveille, smtplib.SMTP):
    pass


class _SmtpChiffre(_TexteSurveille, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, which says when a sending is uncertain (raises ``EnvoiIncertain``)."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpChiffre if self.use_ssl else _Smtp
