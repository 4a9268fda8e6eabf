"""Matches on which somebody acted: what two structures say to each other, step by step."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from structures.models import Structure

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from structures.comptes.models import Utilisateur


class RapprochementQuerySet(models.QuerySet["Rapprochement"]):
    """Reads of the matches."""

    def ouverts(self) -> Self:
        """Neither declined, expired nor set aside: a couple has one at most."""
        return self.filter(etat__in=OUVERTS)

    def qui_consomment(self) -> Self:
        """Both sides agreed: they use up a part of the offer.

        A sheet that one side started alone consumes nothing until the other confirms that it takes part.
        """
        return self.filter(etat__in=CONSOMMENT, acceptee_le__isnull=False)

    def de(self, utilisateur: "Utilisateur") -> Self:
        """Those of the structures of which this person is an active member, on either side."""
        miennes = Structure.objects.de(utilisateur).values("pk")
        return self.filter(Q(besoin__structure__in=miennes) | Q(offre__structure__in=miennes))

    def du_pole(self, pole: int) -> Self:
        """Whose structure in need lies in the perimeter of a pôle: a match counts in the pôle of its need."""
        return self.filter(besoin__structure__commune__poles=pole)

    def pour_affichage(self) -> Self:
        """With what a list shows, in a constant number of queries."""
        return self.select_related(
            "besoin__service", "besoin__structure__commune", "offre__service", "offre__structure__commune"
        )


class Rapprochement(models.Model):
    """A match on which somebody acted: candidates are computed, only this is stored.

    The workflow is the table `offres.etats.PASSAGES`. A couple closed without a result may be
    proposed again: another row, so that each answer and its reason stay.
    """

    class Etat(models.TextChoices):
        PROPOSEE = "proposee", "Proposée"
        ACCEPTEE = "acceptee", "Acceptée"
        ENGAGEE = "engagee", "Fiche-action commencée"
        SIGNEE = "signee", "Convention signée"
        DECLINEE = "declinee", "Déclinée"
        EXPIREE = "expiree", "Restée sans réponse"
        ECARTEE = "ecartee", "Écartée"

    class Cote(models.TextChoices):
        BESOIN = "besoin", "La structure qui a le besoin"
        OFFRE = "offre", "La structure qui offre"
        COORDINATION = "coordination", "La coordination"

    besoin = models.ForeignKey("offres.Besoin", on_delete=models.PROTECT, related_name="rapprochements")
    offre = models.ForeignKey("offres.Offre", on_delete=models.PROTECT, related_name="rapprochements")
    etat = models.CharField("état", max_length=8, choices=Etat.choices, default=Etat.PROPOSEE)
    # Which side spoke first: the other one answers.
    cote = models.CharField("proposée par", max_length=12, choices=Cote.choices, default=Cote.BESOIN)
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    message = models.TextField("message", blank=True, max_length=2000)
    # How much of the offer it takes, in the unit of the offer; null: not counted (unknown volumes).
    volume = models.PositiveIntegerField("volume convenu", null=True, blank=True)
    repondue_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Why it was declined or set aside.
    motif = models.TextField("motif", blank=True, max_length=1000)
    # Where what was started can be read: the sheets' floor is above this one.
    url = models.CharField("adresse de la fiche", max_length=200, blank=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    # Until when an answer is awaited.
    expire_le = models.DateField("sans réponse après le", null=True, blank=True)
    # Each reached once and kept: the funnel counts them, whatever came after.
    acceptee_le = models.DateTimeField("acceptée le", null=True, blank=True)
    engagee_le = models.DateTimeField("fiche commencée le", null=True, blank=True)
    signee_le = models.DateTimeField("convention signée le", null=True, blank=True)
    close_le = models.DateTimeField("close le", null=True, blank=True)

    objects = RapprochementQuerySet.as_manager()

    if TYPE_CHECKING:
        etapes: RelatedManager["EtapeRapprochement"]

    class Meta:
        verbose_name = "rapprochement"
        ordering: ClassVar = ["-cree_le", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="rapprochement_un_seul_ouvert",
                fields=["besoin", "offre"],
                condition=Q(etat__in=["proposee", "acceptee", "engagee", "signee"]),
            ),
        ]
        indexes: ClassVar = [
            # What accepted matches take: one small range per offer, one per need.
            models.Index(fields=["offre", "etat"], name="rapprochement_de_l_offre"),
            models.Index(fields=["besoin", "etat"], name="rapprochement_du_besoin"),
            # The proposals to close, every morning.
            models.Index(fields=["expire_le"], condition=Q(etat="proposee"), name="rapprochement_a_expirer"),
        ]

    def __str__(self) -> str:
        return f"{self.besoin} ↔ {self.offre}"

    def get_absolute_url(self) -> str:
        return reverse("offres:rapprochement", args=[self.pk])

    @property
    def proposante(self) -> Structure:
        """The structure that spoke first (the one in need, when the coordination did)."""
        return self.offre.structure if self.cote == self.Cote.OFFRE else self.besoin.structure

    @property
    def sollicitee(self) -> Structure:
        """The structure that answers."""
        return self.besoin.structure if self.cote == self.Cote.OFFRE else self.offre.structure

    @property
    def ouvert(self) -> bool:
        return self.etat in OUVERTS

    @property
    def convenu(self) -> bool:
        """Both sides agreed: contacts are shared, the offer is consumed."""
        return self.etat in CONSOMMENT and self.acceptee_le is not None


CONSOMMENT = (
    Rapprochement.Etat.ACCEPTEE.value,
    Rapprochement.Etat.ENGAGEE.value,
    Rapprochement.Etat.SIGNEE.value,
)
OUVERTS = (Rapprochement.Etat.PROPOSEE.value, *CONSOMMENT)


class EtapeRapprochement(models.Model):
    """One passage of a match: who did what, when, in which words. Only added, never changed."""

    rapprochement = models.ForeignKey(Rapprochement, on_delete=models.CASCADE, related_name="etapes")
    action = models.CharField(max_length=16)
    vers = models.CharField("état atteint", max_length=8, choices=Rapprochement.Etat.choices)
    # Null: the portal itself (expiry, agreement signed).
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    texte = models.TextField("message ou motif", blank=True)
    le = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "étape d’un rapprochement"
        ordering: ClassVar = ["le", "pk"]

    def __str__(self) -> str:
        return f"{self.rapprochement_id}\u00a0: {self.action}"


class AvisRapprochement(models.Model):
    """What a person who prefers one e-mail a day has not been told yet."""

    personne = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    etape = models.ForeignKey(EtapeRapprochement, on_delete=models.CASCADE, related_name="+")
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "avis à résumer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["personne", "etape"], name="avis_une_fois_par_etape"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["personne"], condition=Q(envoye_le__isnull=True), name="avis_a_envoyer"),
        ]

    def __str__(self) -> str:
        return f"{self.personne_id} ← {self.etape_id}"


class ResumeNouveautes(models.Model):
    """A week's summary of what is new for a person: written at most once, empty or not."""

    personne = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Its Monday.
    semaine = models.DateField("semaine du")
    # What was published until then is told; the next one begins there.
    jusqu_a = models.DateTimeField("dit jusqu’au")
    lignes = models.PositiveSmallIntegerField("lignes écrites", default=0)

    class Meta:
        verbose_name = "résumé des nouveautés"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["personne", "semaine"], name="nouveautes_une_fois_par_semaine"),
        ]

    def __str__(self) -> str:
        return f"{self.personne_id} ← {self.semaine}"
