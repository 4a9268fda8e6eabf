"""The page from which the directory is kept true."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from socle.droits import exiger
from structures.gestion import lignes
from structures.views.annuaire import personne_de


@require_safe
def gestion(request: HttpRequest) -> HttpResponse:
    """One line per task that this person may do."""
    exiger(
        request.user,
        "structures.tenir_annuaire",
        raison="Tenir l’annuaire revient à la coordination d’un pôle, au pilotage régional et à l’administration.",
    )
    personne = personne_de(request)
    if personne is None:
        raise PermissionDenied
    return render(request, "structures/gestion.html", {"lignes": lignes(personne)})
