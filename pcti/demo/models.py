"""The demonstration's mailbox."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class MessageRecu(models.Model):
    """A message that the demonstration « delivered »: shown at /demo/courriels/.

    The identifier is the message's own: a message can't be in the box twice.
    """

    message_id = models.CharField("identifiant du message", max_length=200, unique=True)
    destinataire = models.EmailField("à")
    sujet = models.CharField("sujet", max_length=250)
    texte = models.TextField("texte")
    recu_le = models.DateTimeField("reçu le", default=timezone.now)

    class Meta:
        verbose_name = "message reçu"
        verbose_name_plural = "messages reçus"
        ordering: ClassVar = ["-recu_le", "-id"]
        indexes: ClassVar = [models.Index(fields=["-recu_le", "-id"])]

    def __str__(self) -> str:
        return f"{self.sujet} → {self.destinataire}"
