"""The coordination's funnel: page and export."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from offres.etats import TONS
from offres.rapprochement_suivi import ENTETES, lignes, rapprochements
from offres.rapprochement_suivi import suivi as calculer
from socle.droits import exiger
from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.comptes.regles import est_pilotage, poles_coordonnes
from structures.territoires.models import Pole

DERNIERS = 25


def _poles(request: HttpRequest) -> list[Pole]:
    """The pôles this person follows: all for the steering, else those they coordinate."""
    exiger(
        request.user,
        "offres.suivre_rapprochements",
        raison="Le suivi des coopérations est tenu par la coordination de chaque pôle et par le pilotage.",
    )
    poles = Pole.objects.order_by("nom")
    return list(poles if est_pilotage(request.user) else poles.filter(pk__in=poles_coordonnes(request.user)))


def _choisi(request: HttpRequest, poles: list[Pole]) -> Pole | None:
    """The pôle of the address; by default the région for the steering (None), else the first. Raises Http404."""
    voulu = request.GET.get("pole", "")
    if not voulu:
        if est_pilotage(request.user):
            return None
        if poles:
            return poles[0]
    choisi = next((pole for pole in poles if str(pole.pk) == voulu), None)
    if choisi is None:
        raise Http404("pôle inconnu, ou que vous ne suivez pas")
    return choisi


@require_safe
def suivi(request: HttpRequest) -> HttpResponse:
    """What is possible, proposed, agreed, written, signed; and the dead ends with their reasons."""
    poles = _poles(request)
    pole = _choisi(request, poles)
    return render(
        request,
        "offres/suivi_rapprochements.html",
        {
            "poles": poles,
            "pole": pole,
            "region": est_pilotage(request.user),
            "suivi": calculer(pole),
            "derniers": [(r, TONS[r.etat]) for r in rapprochements(pole)[:DERNIERS]],
            "formats": [(cle, libelle) for cle, (libelle, _) in FORMATS.items()],
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
        },
    )


@require_safe
def exporter(request: HttpRequest) -> FileResponse:
    """Every match of a pôle, or of the région, as a file. Raises Http404 for an unknown format."""
    pole = _choisi(request, _poles(request))
    format_ = request.GET.get("format", "csv")
    if format_ not in FORMATS:
        raise Http404("format inconnu")
    choisi: Format = format_  # type: ignore[assignment]
    return ecrire_tableau(lignes(pole), ENTETES, choisi, titre=f"Coopérations {pole.nom if pole else 'de la région'}")
