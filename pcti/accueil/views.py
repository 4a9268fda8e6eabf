"""The front door, and the pages that the law asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cartes.region import contexte_region
from fiches_action.conventions.etats import SIGNEES
from fiches_action.conventions.models import Convention
from socle import prises
from socle.prises import Attente
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import Structure
from structures.regles import adhesions_de
from structures.territoires.models import Bassin

ATTENTES_MONTREES = 7


@dataclass(frozen=True)
class Chiffre:
    """A figure of the front door, counted now."""

    nombre: int
    formes: str


@login_not_required
@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """For a visitor, what the portal is and its map; for a person signed in, what awaits them."""
    if isinstance(request.user, Utilisateur):
        return _accueil_connecte(request, request.user)
    contexte = contexte_region()
    tableau = contexte["tableau"]
    chiffres = [
        Chiffre(len(tableau.lignes), "bassin d’emploi,bassins d’emploi"),  # type: ignore[attr-defined]
        Chiffre(Structure.objects.ouvertes().count(), "structure,structures"),
        Chiffre(Convention.objects.filter(etat__in=SIGNEES).count(), "convention signée,conventions signées"),
    ]
    return render(request, "accueil/accueil.html", {"chiffres": chiffres, **contexte})


def _accueil_connecte(request: HttpRequest, personne: Utilisateur) -> HttpResponse:
    attendu = attentes_de(personne)
    roles = adhesions_de(personne)
    structures = list(Structure.objects.de(personne).pour_liste()) if roles else []
    return render(
        request,
        "accueil/connecte.html",
        {
            "attentes": attendu[:ATTENTES_MONTREES],
            "autres": max(0, len(attendu) - ATTENTES_MONTREES),
            "structures": structures,
            "droits": list(
                Habilitation.objects.actives()
                .filter(utilisateur=personne)
                .select_related("pole", "region")
                .prefetch_related(Prefetch("pole__bassins", queryset=Bassin.objects.par_nom()))
                .order_by("role", "pole__nom")
            ),
            "encarts": [encart for fonction in prises.encarts_accueil for encart in fonction(personne)],
        },
    )


def attentes_de(personne: Utilisateur) -> Sequence[Attente]:
    """What awaits this person, the most urgent first, then the oldest."""
    toutes = [attente for fonction in prises.attentes for attente in fonction(personne)]
    return sorted(toutes, key=lambda attente: (attente.urgence, _jour(attente.quand), attente.titre))


def _jour(quand: date | datetime | None) -> date:
    if isinstance(quand, datetime):
        return timezone.localtime(quand).date() if timezone.is_aware(quand) else quand.date()
    return quand or date.max


@login_not_required
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/accessibilite.html")


@login_not_required
@require_safe
def mentions_legales(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/mentions_legales.html")


@login_not_required
@require_safe
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/donnees_personnelles.html")


@login_not_required
@require_safe
def aide(request: HttpRequest) -> HttpResponse:
    return render(request, "accueil/aide.html")
