"""A pôle collects offers and needs between two dates: one answer per structure."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from structures.models import Structure
from structures.territoires.models import Pole

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur


class CampagneQuerySet(models.QuerySet["Campagne"]):
    """Reads of the campaigns."""

    def en_cours(self, le: date | None = None) -> Self:
        """Open campaigns whose dates include that day (today by default)."""
        jour = le or timezone.localdate()
        return self.filter(debut__lte=jour, fin__gte=jour, en_preparation=False, fermee_le__isnull=True)

    def avec_avancement(self) -> Self:
        """Each campaign with its numbers of answers: `nb_invitees`, `nb_brouillons`, `nb_soumises`, `nb_refusees`."""
        compte = Q(reponses__structure__fusionnee_dans__isnull=True)
        return self.annotate(
            nb_invitees=Count("reponses", filter=compte),
            nb_soumises=Count("reponses", filter=compte & Q(reponses__soumise_le__isnull=False)),
            nb_brouillons=Count("reponses", filter=compte & Q(reponses__etat="brouillon")),
            nb_refusees=Count("reponses", filter=compte & Q(reponses__etat="refusee")),
        )


class Campagne(models.Model):
    """What the coordination of a pôle asks, to whom, until when."""

    pole = models.ForeignKey(Pole, verbose_name="pôle", on_delete=models.PROTECT, related_name="campagnes")
    nom = models.CharField("nom", max_length=120)
    debut = models.DateField("ouverte le")
    fin = models.DateField("réponses attendues avant le")
    # Nobody is asked anything before the coordination opens it.
    en_preparation = models.BooleanField("en préparation", default=False)
    # Who is expected: the open structures of the perimeter, of these bassins and types (empty: all),
    # with some added and some left out by hand (numbers of structures).
    bassins = models.JSONField("bassins invités", default=list, blank=True)
    types = models.JSONField("types de structures invités", default=list, blank=True)
    ajoutees = models.JSONField("structures ajoutées", default=list, blank=True)
    ecartees = models.JSONField("structures écartées", default=list, blank=True)
    message = models.TextField("mot de la coordination", blank=True)
    # What was changed in the models of texts: {"invitation": {"sujet": …, "texte": …}, …} (offres/textes.py).
    textes = models.JSONField("textes", default=dict, blank=True)
    # Help of this campaign at the top of each step of the questionnaire: {"accueil": …, "offres": …}.
    aides = models.JSONField("aides du questionnaire", default=dict, blank=True)
    ouverte_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="ouverte par",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campagnes_ouvertes",
    )
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    # Closed by the coordination: nobody writes any more, except in an answer reopened to its structure.
    fermee_le = models.DateTimeField("close le", null=True, blank=True)
    fermee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    demonstration = models.BooleanField("démonstration", default=False)

    objects = CampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "campagne"
        ordering: ClassVar = ["-debut", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(name="campagne_finit_apres_son_debut", condition=Q(fin__gte=F("debut"))),
        ]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("offres:campagne", args=[self.pk])

    @property
    def close(self) -> bool:
        """Closed by hand; a campaign whose date is past still takes late answers."""
        return self.fermee_le is not None

    @property
    def en_cours(self) -> bool:
        return not self.en_preparation and not self.close and self.debut <= timezone.localdate() <= self.fin

    @property
    def terminee(self) -> bool:
        return self.close or timezone.localdate() > self.fin

    @property
    def a_venir(self) -> bool:
        """Opened for a later day: the invitations leave that day."""
        return not self.en_preparation and not self.close and timezone.localdate() < self.debut


@dataclass(frozen=True)
class Taux:
    """How many structures of a bassin were asked, and how many have answered at least once."""

    invitees: int
    soumises: int

    @property
    def pour_cent(self) -> float | None:
        """0–100, or None when nobody was asked."""
        return 100 * self.soumises / self.invitees if self.invitees else None


class ReponseQuerySet(models.QuerySet["Reponse"]):
    """Reads of the answers."""

    def comptees(self) -> Self:
        """Without the second answer of a structure whose two sheets were merged (kept for its history)."""
        return self.filter(structure__fusionnee_dans__isnull=True)

    def soumises(self) -> Self:
        """Sent at least once (a reopened answer keeps what it had published)."""
        return self.filter(soumise_le__isnull=False)

    def a_remplir(self) -> Self:
        """Awaited from the structure: not sent, not refused, or reopened and not sent again."""
        ouvertes = Q(campagne__fermee_le__isnull=True, etat__in=[Reponse.Etat.INVITEE, Reponse.Etat.BROUILLON])
        return self.filter(ouvertes | Q(etat=Reponse.Etat.ROUVERTE))

    def non_closes(self) -> Self:
        """In which the structure may still write: the campaign isn't closed, or this answer was reopened."""
        # No join: an update that asks for a version must read it in the row itself (PostgreSQL reads that row again).
        ouvertes = Campagne.objects.filter(fermee_le__isnull=True)
        return self.filter(Q(campagne__in=ouvertes) | Q(etat=Reponse.Etat.ROUVERTE))

    def de(self, utilisateur: "Utilisateur") -> Self:
        """The answers of the structures of which this person is an active member."""
        return self.filter(structure__in=Structure.objects.de(utilisateur))

    def du_bassin(self, code: str) -> Self:
        return self.filter(structure__commune__bassin_id=code)

    def taux_par_bassin(self) -> dict[str, Taux]:
        """Per bassin code: structures invited and structures that answered (one query)."""
        lignes = (
            self.comptees()
            .filter(structure__commune__bassin__isnull=False)
            .order_by()
            .values("structure__commune__bassin_id")
            .annotate(
                invitees=Count("structure_id", distinct=True),
                soumises=Count("structure_id", filter=Q(soumise_le__isnull=False), distinct=True),
            )
        )
        return {ligne["structure__commune__bassin_id"]: Taux(ligne["invitees"], ligne["soumises"]) for ligne in lignes}


class Reponse(models.Model):
    """The questionnaire of one structure in one campaign. Its number is in the invitation's link."""

    class Etat(models.TextChoices):
        INVITEE = "invitee", "Invitée"
        BROUILLON = "brouillon", "Brouillon"
        SOUMISE = "soumise", "Envoyée"
        ROUVERTE = "rouverte", "Rouverte"
        REFUSEE = "refusee", "Ne répondra pas"

    class Refus(models.TextChoices):
        """Why a structure says that it won't answer."""

        PAS_CONCERNEE = "pas-concernee", "Nous ne sommes pas concernés"
        PAS_LE_MOMENT = "pas-le-moment", "Ce n’est pas le moment"
        AILLEURS = "ailleurs", "Une autre structure répond pour nous"
        AUTRE = "autre", "Autre raison"

    class Participation(models.TextChoices):
        OUI = "oui", "Oui"
        A_REDISCUTER = "a-rediscuter", "À rediscuter"
        NON = "non", "Non"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="reponses")
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="reponses")
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.INVITEE)
    # The furthest step reached, 0 (nothing) to 5 (reread).
    etape = models.PositiveSmallIntegerField("étape atteinte", default=0)
    # Two people may answer for one structure: every write says which version it has seen.
    version = models.PositiveIntegerField("version", default=0)

    participation = models.CharField(
        "souhaite participer à la démarche", max_length=14, choices=Participation.choices, blank=True
    )
    file_active = models.PositiveIntegerField("file active ou capacité", null=True, blank=True)
    file_active_inconnue = models.BooleanField("file active non connue", default=False)
    # Step 4: {"reseau_emploi": "oui"|"non"|"ne-sait-pas", "entreprise_adaptee": …, "emploi_accompagne": …,
    # "partenaires": [{"partenaire", "objet", "fin"}]}; absent key: not answered.
    cooperations = models.JSONField("coopérations actuelles", default=dict, blank=True)
    commentaire = models.TextField("commentaire pour la coordination", blank=True)

    invitee_le = models.DateTimeField("invitée le", null=True, blank=True)
    # First time that somebody of the structure looked at it.
    ouverte_le = models.DateTimeField("vue le", null=True, blank=True)
    commencee_le = models.DateTimeField("commencée le", null=True, blank=True)
    modifie_le = models.DateTimeField("modifiée le", default=timezone.now)
    modifie_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    soumise_le = models.DateTimeField("envoyée le", null=True, blank=True)
    soumise_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rouverte_le = models.DateTimeField("rouverte le", null=True, blank=True)
    rouverte_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    motif_reouverture = models.TextField("motif de la réouverture", blank=True)
    refusee_le = models.DateTimeField("refusée le", null=True, blank=True)
    refusee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    refus = models.CharField("raison du refus", max_length=14, choices=Refus.choices, blank=True)
    motif_refus = models.TextField("précision sur le refus", blank=True)

    # An interview: the coordination writes in the director's name, who then confirms by sending.
    saisie_par_coordination = models.BooleanField("saisie par la coordination", default=False)
    entretien_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entretien_le = models.DateTimeField("entretien commencé le", null=True, blank=True)
    confirmation_demandee_le = models.DateTimeField("confirmation demandée le", null=True, blank=True)
    # What people spent on it with a page in front of them, all together (seconds, told by their browsers).
    secondes_actives = models.PositiveIntegerField("temps de saisie", default=0)
    # Lines of an earlier answer that were set aside: "offres:12", "partenaire:Cap emploi"…
    laissees = models.JSONField("reprises écartées", default=list, blank=True)

    objects = ReponseQuerySet.as_manager()

    class Meta:
        verbose_name = "réponse"
        constraints: ClassVar = [
            models.UniqueConstraint(name="reponse_une_par_structure", fields=["campagne", "structure"]),
            models.CheckConstraint(
                name="reponse_soumise_datee", condition=~Q(etat="soumise", soumise_le__isnull=True)
            ),
            models.CheckConstraint(
                name="reponse_refusee_motivee",
                condition=~Q(etat="refusee") | (Q(refusee_le__isnull=False) & ~Q(refus="")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["structure", "etat"])]

    def __str__(self) -> str:
        return f"{self.structure} – {self.campagne}"

    def get_absolute_url(self) -> str:
        return reverse("offres:questionnaire", args=[self.pk])

    @property
    def modifiable(self) -> bool:
        """Whether its authors may still write in it."""
        if self.etat == self.Etat.ROUVERTE:
            return True
        return self.etat in (self.Etat.INVITEE, self.Etat.BROUILLON) and not self.campagne.close

    @property
    def en_retard(self) -> bool:
        return self.modifiable and self.campagne.terminee


class Saisie(models.Model):
    """Who wrote last in one group of fields of an answer, and when: what the other editor is told."""

    reponse = models.ForeignKey(Reponse, on_delete=models.CASCADE, related_name="saisies")
    # The page ("structure", "offres-12-volume"…) and its group of fields ("volume", "contact"…).
    page = models.CharField("page", max_length=40)
    unite = models.CharField("groupe de champs", max_length=40)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    le = models.DateTimeField("le", default=timezone.now)

    class Meta:
        verbose_name = "saisie"
        constraints: ClassVar = [
            models.UniqueConstraint(name="saisie_derniere_par_groupe", fields=["reponse", "page", "unite"]),
        ]

    def __str__(self) -> str:
        return f"{self.page}, {self.unite}"
