"""The controlled list of services that structures share, and the words of the questionnaire."""

from typing import ClassVar, Self

from django.db import models

# The one entry that is no service: matching leaves it to people.
HORS_LISTE = "autre"

# Short lists of the questionnaire: stored slug → words.
MODALITES: dict[str, str] = {
    "presentiel": "Dans nos locaux",
    "chez-le-partenaire": "Chez le partenaire",
    "distance": "À distance",
}
PERIODICITES: dict[str, str] = {
    "ponctuelle": "Une fois, à la demande",
    "hebdomadaire": "Chaque semaine",
    "mensuelle": "Chaque mois",
    "trimestrielle": "Chaque trimestre",
    "annuelle": "Une ou deux fois par an",
    "continue": "Toute l’année",
    "inconnue": "Je ne sais pas",
}


class ServiceQuerySet(models.QuerySet["Service"]):
    """Reads of the services."""

    def actifs(self) -> Self:
        """The services that the questionnaire proposes."""
        return self.filter(actif=True)


class Service(models.Model):
    """One entry of the controlled list (domaine.md §3.5), editable by the administration."""

    slug = models.SlugField("identifiant", max_length=60, unique=True)
    libelle = models.CharField("libellé", max_length=120)
    definition = models.TextField("définition")
    exemples = models.TextField("exemples", blank=True)
    unite_volume = models.CharField("unité de volume", max_length=30, default="personnes/an")
    optionnel = models.BooleanField("optionnel", default=False)
    ordre = models.PositiveSmallIntegerField("ordre", default=50)
    actif = models.BooleanField("proposé", default=True)
    offreurs = models.JSONField("offert d’ordinaire par", default=list, blank=True)
    offreurs_types = models.JSONField("types de structures qui l’offrent", default=list, blank=True)
    demandeurs = models.JSONField("demandé d’ordinaire par", default=list, blank=True)
    demandeurs_types = models.JSONField("types de structures qui le demandent", default=list, blank=True)
    serafin_prestations = models.JSONField("prestations SERAFIN-PH", default=list, blank=True)
    serafin_besoins = models.JSONField("besoins SERAFIN-PH", default=list, blank=True)
    di_type = models.CharField("type data·inclusion", max_length=30, blank=True)
    di_thematiques = models.JSONField("thématiques data·inclusion", default=list, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "service"
        ordering: ClassVar = ["ordre", "slug"]

    def __str__(self) -> str:
        return self.libelle

    @property
    def hors_liste(self) -> bool:
        """Whether it is « Autre service », which no rule can match."""
        return self.slug == HORS_LISTE
