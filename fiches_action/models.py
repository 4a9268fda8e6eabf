"""Tables of the action sheets: the sheet, who takes part, its steps, its indicators, its passages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from offres.models import Besoin, Offre, Service
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, est_coordination, est_pilotage, poles_coordonnes
from structures.models import Adhesion, Public, Structure
from structures.territoires.models import Bassin, Commune, Pole

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Etat(models.TextChoices):
    """Where a sheet is in its life (domaine.md §6.2)."""

    BROUILLON = "brouillon", "Brouillon"
    PROPOSEE = "proposee", "Proposée"
    A_COMPLETER = "a_completer", "À compléter"
    VALIDEE = "validee", "Validée"
    EN_COURS = "en_cours", "En cours"
    SUSPENDUE = "suspendue", "Suspendue"
    TERMINEE = "terminee", "Terminée"
    ABANDONNEE = "abandonnee", "Abandonnée"


# The text may change only before the committee decides.
ETATS_MODIFIABLES = frozenset({Etat.BROUILLON, Etat.A_COMPLETER})


class Compteur(models.Model):
    """Last number given in a series and a year: references without holes nor races."""

    serie = models.CharField(max_length=8)
    annee = models.PositiveSmallIntegerField()
    dernier = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["serie", "annee"], name="compteur_unique")]

    def __str__(self) -> str:
        return f"{self.serie}-{self.annee}\u00a0: {self.dernier}"


def prochaine_reference(serie: str, annee: int | None = None) -> str:
    """« FA-2026-0001 », then 0002… Call it inside the transaction that creates the object.

    The UPDATE locks the row until commit (PostgreSQL); SQLite's transactions are IMMEDIATE.
    """
    annee = annee or timezone.localdate().year
    Compteur.objects.get_or_create(serie=serie, annee=annee)
    Compteur.objects.filter(serie=serie, annee=annee).update(dernier=F("dernier") + 1)
    numero = Compteur.objects.values_list("dernier", flat=True).get(serie=serie, annee=annee)
    return f"{serie}-{annee}-{numero:04d}"


class FicheActionQuerySet(models.QuerySet["FicheAction"]):
    """Reads of the sheets."""

    def visibles_par(self, personne: Utilisateur | AnonymousUser) -> Self:
        """The one rule of visibility, for lists and for a single sheet.

        A draft: members of its actors, its pilote, the coordination of its pôle. From « proposée »
        on: also the members of a structure of its pôle or bassins, every coordination and pilotage.
        A draft abandoned before it was ever proposed is still read as a draft.
        """
        if not isinstance(personne, Utilisateur) or not personne.is_active:
            return self.none()
        miennes = Adhesion.objects.filter(utilisateur=personne, fin__isnull=True).values("structure")
        actrices = Acteur.objects.filter(structure__in=miennes).values("fiche")
        regle = Q(pilote=personne) | Q(porteur__in=miennes) | Q(pk__in=actrices)
        regle |= Q(pole__in=poles_coordonnes(personne))
        brouillons_abandonnes = Passage.objects.filter(de=Etat.BROUILLON, vers=Etat.ABANDONNEE).values("fiche")
        proposees = ~Q(etat=Etat.BROUILLON) & ~Q(etat=Etat.ABANDONNEE, pk__in=brouillons_abandonnes)
        if est_administration(personne):
            regle |= Q(pole__isnull=True) | proposees
        elif est_coordination(personne) or est_pilotage(personne):
            regle |= proposees
        else:
            communes = Structure.objects.filter(pk__in=miennes)
            voisines = Q(pole__in=Pole.objects.filter(communes__in=communes.values("commune")).values("pk"))
            zones = FicheAction.bassins.through.objects.filter(bassin__in=communes.values("commune__bassin"))
            voisines |= Q(pk__in=zones.values("ficheaction"))
            regle |= proposees & voisines
        return self.filter(regle)

    def de(self, personne: Utilisateur) -> Self:
        """« Mes fiches »: those I pilot and those one of my structures takes part in."""
        miennes = Adhesion.objects.filter(utilisateur=personne, fin__isnull=True).values("structure")
        actrices = Acteur.objects.filter(structure__in=miennes).values("fiche")
        return self.filter(Q(pilote=personne) | Q(porteur__in=miennes) | Q(pk__in=actrices))

    def de_la_structure(self, structure: Structure) -> Self:
        """The sheets in which a structure takes part."""
        return self.filter(pk__in=Acteur.objects.filter(structure=structure).values("fiche"))

    def du_bassin(self, code: str) -> Self:
        return self.filter(pk__in=FicheAction.bassins.through.objects.filter(bassin=code).values("ficheaction"))

    def du_pole(self, pole: Pole) -> Self:
        return self.filter(pole=pole)

    def compte_par_etat(self) -> dict[str, int]:
        """{état: number of sheets}, one query."""
        lignes = self.order_by().values_list("etat").annotate(n=Count("pk", distinct=True))
        return dict(lignes)

    def compte_par_bassin_et_etat(self) -> dict[str, dict[str, int]]:
        """{bassin code: {état: number of sheets}}, one query; a sheet of two bassins counts in both."""
        compte: dict[str, dict[str, int]] = {}
        lignes = (
            self.order_by()
            .filter(bassins__isnull=False)
            .values_list("bassins", "etat")
            .annotate(n=Count("pk", distinct=True))
        )
        for code, etat, nombre in lignes:
            compte.setdefault(code, {})[etat] = nombre
        return compte

    def pour_liste(self) -> Self:
        """What a line of a list needs, in a constant number of queries."""
        return self.select_related("porteur", "pole", "pilote").prefetch_related("bassins", "acteurs__structure")

    def completes(self) -> Self:
        """Everything the page and the PDF of a sheet need."""
        return self.select_related("porteur__commune", "pole", "pilote", "besoin", "offre").prefetch_related(
            "bassins",
            "communes",
            "publics",
            "services",
            "acteurs__structure__commune",
            "acteurs__confirmee_par",
            "etapes__responsable",
            "indicateurs",
            "passages__par",
        )

    def effacer_demonstration(self) -> int:
        """Remove the demonstration sheets with all that hangs on them; the only way a passage goes."""
        fiches = list(self.filter(demonstration=True).values_list("pk", flat=True))
        Passage.objects.filter(fiche__in=fiches)._raw_delete(using=self.db)
        self.filter(pk__in=fiches).delete()
        FicheAction.history.filter(demonstration=True).delete()
        return len(fiches)


class FicheAction(models.Model):
    """A cooperation between structures: the nine fields of the method and a few useful others."""

    class Finalite(models.TextChoices):
        PREPARER = "preparer-avant-sortie", "Préparer avant la sortie de l’école ou de l’institut"
        PASSERELLES = "passerelles", "Passer d’un milieu à l’autre"
        COOPERATION = "cooperation-professionnelle", "Se connaître, mettre en commun"

    reference = models.CharField("référence", max_length=16, unique=True, editable=False)
    titre = models.CharField("titre", max_length=160, help_text="Un verbe d’action, un seul objectif.")
    etat = models.CharField("état", max_length=12, choices=Etat.choices, default=Etat.BROUILLON, db_index=True)
    porteur = models.ForeignKey(
        Structure, verbose_name="structure porteuse", on_delete=models.PROTECT, related_name="fiches_portees"
    )
    pilote = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="pilote", on_delete=models.PROTECT, related_name="fiches_pilotees"
    )
    pole = models.ForeignKey(
        Pole, verbose_name="pôle", null=True, blank=True, on_delete=models.PROTECT, related_name="fiches"
    )
    enjeux = models.TextField("enjeux et problématique", blank=True, max_length=4000)
    objet = models.TextField("objet du projet", blank=True, max_length=1500)
    finalite = models.CharField("finalité", max_length=32, choices=Finalite.choices, blank=True)
    axe = models.CharField(
        "axe du PRITH ou de la feuille de route", max_length=160, blank=True, help_text="Facultatif."
    )
    zone = models.TextField("précisions sur la zone", blank=True, max_length=1000)
    bassins = models.ManyToManyField(Bassin, verbose_name="bassins d’emploi", blank=True, related_name="fiches")
    communes = models.ManyToManyField(Commune, verbose_name="communes", blank=True, related_name="fiches")
    publics = models.ManyToManyField(Public, verbose_name="publics", blank=True, related_name="fiches")
    volume_prevu = models.PositiveIntegerField("volume prévu par an", null=True, blank=True)
    unite = models.CharField("unité", max_length=40, default="personnes/an", blank=True)
    criteres = models.TextField("critères d’entrée", blank=True, max_length=2000)
    ressources = models.TextField("organisation des ressources", blank=True, max_length=4000)
    partage_information = models.TextField("modalités de partage", blank=True, max_length=4000)
    services = models.ManyToManyField(Service, verbose_name="services mobilisés", blank=True, related_name="fiches")
    budget = models.TextField("budget et financement", blank=True, max_length=2000)
    gouvernance = models.TextField("gouvernance", blank=True, max_length=2000)
    risques = models.TextField("risques et conditions de réussite", blank=True, max_length=2000)
    besoin = models.ForeignKey(Besoin, null=True, blank=True, on_delete=models.SET_NULL, related_name="fiches")
    offre = models.ForeignKey(Offre, null=True, blank=True, on_delete=models.SET_NULL, related_name="fiches")
    validee_le = models.DateField("date de la décision du comité", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1)
    demonstration = models.BooleanField("démonstration", default=False)
    cree_le = models.DateTimeField("créée le", auto_now_add=True)
    modifie_le = models.DateTimeField("modifiée le", auto_now=True)

    objects = FicheActionQuerySet.as_manager()
    history = HistoricalRecords(related_name="versions_anciennes")

    if TYPE_CHECKING:
        acteurs: RelatedManager[Acteur]
        etapes: RelatedManager[Etape]
        indicateurs: RelatedManager[Indicateur]
        passages: RelatedManager[Passage]

    class Meta:
        verbose_name = "fiche-action"
        verbose_name_plural = "fiches-action"
        ordering = ("-cree_le", "-pk")
        indexes: ClassVar = [models.Index(fields=["-cree_le", "-id"], name="fiche_par_date")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="fiche_validee_a_une_date",
                condition=~Q(etat="validee") | Q(validee_le__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.titre}"

    def get_absolute_url(self) -> str:
        return reverse("fiches:detail", args=[self.reference])

    @property
    def est_modifiable(self) -> bool:
        return self.etat in ETATS_MODIFIABLES


class Acteur(models.Model):
    """A structure that takes part in a sheet, its role, and its own agreement to take part."""

    class Role(models.TextChoices):
        PORTEUR = "porteur", "Porteur"
        PARTENAIRE = "partenaire", "Partenaire"
        APPUI = "appui", "Appui"
        FINANCEUR = "financeur", "Financeur"
        INFORME = "informe", "Informé"

    class Confirmation(models.TextChoices):
        ATTENDUE = "attendue", "Réponse attendue"
        CONFIRMEE = "confirmee", "Participation confirmée"
        DECLINEE = "declinee", "Participation déclinée"

    fiche = models.ForeignKey(FicheAction, on_delete=models.CASCADE, related_name="acteurs")
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="participations")
    role = models.CharField("rôle", max_length=12, choices=Role.choices, default=Role.PARTENAIRE)
    contribution = models.TextField("ce que la structure apporte", blank=True, max_length=1000)
    referent_fonction = models.CharField(
        "fonction du référent", max_length=120, blank=True, help_text="Une fonction, pas un nom."
    )
    confirmation = models.CharField(max_length=12, choices=Confirmation.choices, default=Confirmation.ATTENDUE)
    confirmee_le = models.DateTimeField(null=True, blank=True)
    confirmee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = "acteur"
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fiche", "structure"], name="acteur_une_fois_par_fiche"),
            models.UniqueConstraint(fields=["fiche"], condition=Q(role="porteur"), name="acteur_un_seul_porteur"),
        ]

    def __str__(self) -> str:
        return f"{self.structure} ({self.get_role_display()})"

    @property
    def doit_confirmer(self) -> bool:
        """A structure that is only informed has nothing to agree to."""
        return self.role != Acteur.Role.INFORME


class Etape(models.Model):
    """A step of the planning."""

    class Avancement(models.TextChoices):
        PREVUE = "prevue", "Prévue"
        EN_COURS = "en_cours", "En cours"
        FAITE = "faite", "Faite"

    fiche = models.ForeignKey(FicheAction, on_delete=models.CASCADE, related_name="etapes")
    intitule = models.CharField("étape", max_length=160)
    responsable = models.ForeignKey(
        Structure, verbose_name="structure responsable", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    debut = models.DateField("début")
    fin = models.DateField("fin")
    avancement = models.CharField("avancement", max_length=10, choices=Avancement.choices, default=Avancement.PREVUE)
    ordre = models.PositiveSmallIntegerField(default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "étape"
        ordering = ("ordre", "debut", "pk")
        constraints: ClassVar = [
            models.CheckConstraint(name="etape_finit_apres_son_debut", condition=Q(fin__gte=F("debut")))
        ]

    def __str__(self) -> str:
        return self.intitule

    @property
    def est_jalon(self) -> bool:
        return self.debut == self.fin


class Indicateur(models.Model):
    """What will be counted, from where to where (domaine.md §6.3)."""

    class Type(models.TextChoices):
        MOYENS = "moyens", "Moyens"
        ACTIVITE = "activite", "Activité"
        RESULTAT = "resultat", "Résultat"
        SATISFACTION = "satisfaction", "Satisfaction"

    class Sens(models.TextChoices):
        HAUT = "haut", "Plus haut, c’est mieux"
        BAS = "bas", "Plus bas, c’est mieux"

    class Frequence(models.TextChoices):
        MENSUELLE = "mensuelle", "Chaque mois"
        TRIMESTRIELLE = "trimestrielle", "Chaque trimestre"
        SEMESTRIELLE = "semestrielle", "Chaque semestre"
        ANNUELLE = "annuelle", "Chaque année"

    fiche = models.ForeignKey(FicheAction, on_delete=models.CASCADE, related_name="indicateurs")
    intitule = models.CharField("indicateur", max_length=160)
    type = models.CharField("type", max_length=12, choices=Type.choices, default=Type.RESULTAT)
    definition = models.TextField(
        "définition", blank=True, max_length=1000, help_text="Ce que l’on compte, et ce qui est exclu."
    )
    unite = models.CharField("unité", max_length=40, default="personnes")
    reference = models.FloatField("valeur de référence", null=True, blank=True)
    reference_le = models.DateField("relevée ou à relever le", null=True, blank=True)
    cible = models.FloatField("cible", null=True, blank=True)
    cible_le = models.DateField("à atteindre le", null=True, blank=True)
    frequence = models.CharField("relevé", max_length=16, choices=Frequence.choices, default=Frequence.SEMESTRIELLE)
    source = models.CharField("source", max_length=160, blank=True, help_text="Qui fournit le chiffre.")
    sens = models.CharField("sens", max_length=4, choices=Sens.choices, default=Sens.HAUT)
    effectif = models.BooleanField(
        "compte des personnes",
        default=True,
        help_text="Les résultats de 1 à 4 personnes s’affichent «\u00a0moins de 5\u00a0».",
    )
    ordre = models.PositiveSmallIntegerField(default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "indicateur"
        ordering = ("ordre", "pk")
        constraints: ClassVar = [
            # « Pas de cible sans référence », or the date on which the reference will be read.
            models.CheckConstraint(
                name="indicateur_pas_de_cible_sans_reference",
                condition=Q(cible__isnull=True) | Q(reference__isnull=False) | Q(reference_le__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.intitule


class PassageQuerySet(models.QuerySet["Passage"]):
    """Passages are written once: no bulk way around."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Un passage ne se modifie pas.")

    def delete(self) -> NoReturn:
        raise TypeError("Un passage ne s’efface pas.")

    def bulk_update(self, objs: Iterable[Passage], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise TypeError("Un passage ne se modifie pas.")


class Passage(models.Model):
    """A sheet went from one state to another: who, when, why. Written once."""

    fiche = models.ForeignKey(FicheAction, on_delete=models.PROTECT, related_name="passages")
    action = models.CharField(max_length=24)
    de = models.CharField(max_length=12, choices=Etat.choices, blank=True)
    vers = models.CharField(max_length=12, choices=Etat.choices)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    le = models.DateTimeField(default=timezone.now)
    motif = models.TextField(blank=True, max_length=1000)
    # The date of the committee's decision, when the passage records one.
    decision_le = models.DateField(null=True, blank=True)

    objects = PassageQuerySet.as_manager()

    class Meta:
        verbose_name = "passage"
        ordering = ("le", "pk")

    def __str__(self) -> str:
        return f"{self.fiche_id}\u00a0: {self.de} → {self.vers}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Un passage ne se modifie pas.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Un passage ne s’efface pas.")
