"""Who was written to about which answer: one row per answer, person and occasion."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from offres.models.campagnes import Reponse
from socle.models import Courriel

INVITATION = "invitation"
A_VERIFIER = (Courriel.Etat.INCERTAIN, Courriel.Etat.ECHOUE, Courriel.Etat.REVENU)
# Days after the invitation, days before the end.
PALIERS: dict[str, str] = {
    INVITATION: "Invitation",
    "j+7": "Rappel, sept jours après",
    "j+14": "Rappel, quatorze jours après",
    "j-3": "Rappel, trois jours avant la fin",
    "j-1": "Rappel, la veille de la fin",
    "conf-0": "Confirmation demandée",
    "conf-1": "Rappel de la confirmation",
    "conf-2": "Second rappel de la confirmation",
}


class RelanceQuerySet(models.QuerySet["Relance"]):
    """Reads of the writings."""

    def invitations(self) -> Self:
        return self.filter(palier=INVITATION)

    def rappels(self) -> Self:
        return self.exclude(palier=INVITATION)

    def a_verifier(self) -> Self:
        """Of which the e-mail failed, came back, or may not have left; not yet sent again."""
        return self.filter(courriel__etat__in=A_VERIFIER, renvoi__isnull=True)

    def en_attente(self) -> Self:
        """Written, not yet given to the mail server: they can still be held back."""
        return self.filter(courriel__etat=Courriel.Etat.EN_ATTENTE)


class Relance(models.Model):
    """One person is written to about one answer, once per occasion (« j+7 », « main-2026-03-01 »).

    The unique constraint decides between two schedulers; the row and its e-mail's are written in one
    transaction, so that a worker that dies leaves both or neither. One e-mail may hold several
    answers of one person.
    """

    class Sort(models.TextChoices):
        ECRITE = "ecrite", "Écrite"
        NON_VOULUE = "non-voulue", "La personne ne souhaite pas ces courriels"
        RETENUE = "retenue", "Retenue avant son départ"

    # Made here and not by the database: after an insertion that ignores conflicts, it says which rows are ours.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reponse = models.ForeignKey(Reponse, on_delete=models.CASCADE, related_name="relances")
    personne = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    palier = models.CharField("occasion", max_length=20)
    courriel = models.ForeignKey(Courriel, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sort = models.CharField("sort", max_length=12, choices=Sort.choices, default=Sort.ECRITE)
    cree_le = models.DateTimeField("écrite le", default=timezone.now)
    # The coordination's own reminders say who asked; the schedule's don't.
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Sent again by the coordination after a failed, uncertain or returned one: at most once each.
    renvoi_de = models.OneToOneField(
        "self", verbose_name="renvoi de", null=True, blank=True, on_delete=models.SET_NULL, related_name="renvoi"
    )

    objects = RelanceQuerySet.as_manager()

    class Meta:
        verbose_name = "relance"
        constraints: ClassVar = [
            models.UniqueConstraint(name="relance_une_par_palier", fields=["reponse", "palier", "personne"]),
            models.CheckConstraint(
                name="relance_ecrite_sinon_sans_courriel", condition=Q(sort="ecrite") | Q(courriel__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.palier}\u00a0: {self.reponse} → {self.personne}"

    @property
    def occasion(self) -> str:
        """The occasion in words (« j-3:2026-03-28#2 » is the second sending of a reminder)."""
        base, _, renvoi = self.palier.partition("#")
        mots = PALIERS.get(base.partition(":")[0], "Rappel de la coordination")
        return f"{mots}, à nouveau" if renvoi else mots
