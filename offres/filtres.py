"""What this floor adds to the directory, for signed-in people: who offers, who needs, who answered."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import timezone

from offres.models import Besoin, Offre, Reponse, Service
from socle.prises import FiltreAnnuaire

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur

Groupes = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def filtres_annuaire() -> Sequence[FiltreAnnuaire]:
    """Service offered, service needed, answer sent since the first of January."""
    return (
        FiltreAnnuaire("offre", "Propose", _services, _par_service(Offre)),
        FiltreAnnuaire("besoin", "A besoin de", _services, _par_service(Besoin)),
        FiltreAnnuaire("repondu", "Questionnaire", _reponses, _ayant_repondu),
    )


def _services(personne: "Utilisateur") -> Groupes:
    return [("", list(Service.objects.actifs().order_by("ordre", "slug").values_list("slug", "libelle")))]


def _par_service(
    modele: type[Offre] | type[Besoin],
) -> Callable[["QuerySet[Any]", Sequence[str], "Utilisateur"], "QuerySet[Any]"]:
    def appliquer(structures: "QuerySet[Any]", services: Sequence[str], personne: "Utilisateur") -> "QuerySet[Any]":
        lignes: QuerySet[Any] = modele.objects.publiees().filter(service__slug__in=services)
        return structures.filter(pk__in=lignes.values("structure"))

    return appliquer


def _reponses(personne: "Utilisateur") -> Groupes:
    return [("", [("oui", "A répondu cette année")])]


def _ayant_repondu(structures: "QuerySet[Any]", valeurs: Sequence[str], personne: "Utilisateur") -> "QuerySet[Any]":
    debut = timezone.make_aware(datetime(timezone.localdate().year, 1, 1))
    return structures.filter(pk__in=Reponse.objects.filter(soumise_le__gte=debut).values("structure"))
