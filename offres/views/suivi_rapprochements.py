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
    """The pôle of the address, the first one by default. Raises Http404 for another's."""
    voulu = request.GET.get("pole", "")
    if not voulu:
        return poles[0] if poles else None
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
            "suivi": calculer(pole) if pole is not None else None,
            "derniers": [(r, TONS[r.etat]) for r in rapprochements(pole)[:DERNIERS]] if pole is not None else [],
            "formats": [(cle, libelle) for cle, (libelle, _) in FORMATS.items()],
            "fil": [("Rapprochements", reverse("offres:rapprochements"))],
        },
    )


@require_safe
def exporter(request: HttpRequest) -> FileResponse:
    """Every match of a pôle, as a file. Raises Http404 for an unknown format."""
    pole = _choisi(request, _poles(request))
    format_ = request.GET.get("format", "csv")
    if pole is None or format_ not in FORMATS:
        raise Http404("format inconnu")
    choisi: Format = format_  # type: ignore[assignment]
    return ecrire_tableau(lignes(pole), ENTETES, choisi, titre=f"Coopérations {pole.nom}")
