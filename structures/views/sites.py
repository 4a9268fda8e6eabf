"""The sites of a structure: which one is the main one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from socle.droits import exiger, peut
from structures.doublons.forms import Rattachement
from structures.doublons.sites import ErreurSite, autres_sites, rattacher
from structures.models import Structure


@require_http_methods(["GET", "HEAD", "POST"])
def sites(request: HttpRequest, pk: int) -> HttpResponse:
    """Say of which structure this one is a site. Both sheets must be kept by the same hands."""
    structure = get_object_or_404(Structure.objects.select_related("commune", "site_principal__commune"), pk=pk)
    exiger(
        request.user,
        "structures.rattacher_un_site",
        structure,
        raison="Les sites reviennent à la direction de la structure, à la coordination de son pôle et à "
        "l’administration.",
    )
    actuel = structure.site_principal
    initial = {"principal": request.build_absolute_uri(actuel.get_absolute_url()) if actuel else ""}
    formulaire = Rattachement(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and formulaire.is_valid():
        principal: Structure | None = formulaire.cleaned_data["principal"]
        if principal is not None and not peut(request.user, "structures.rattacher_un_site", principal):
            formulaire.add_error(
                "principal",
                f"Seules la direction et la coordination de «\u00a0{principal.nom}\u00a0» lui rattachent un site.",
            )
        else:
            try:
                rattacher(structure, principal)
            except ErreurSite as erreur:
                formulaire.add_error("principal", str(erreur))
            else:
                messages.success(request, "Le site principal est enregistré.")
                return redirect(structure)
    contexte = {"structure": structure, "form": formulaire, "autres": autres_sites(structure)}
    return render(request, "structures/sites.html", contexte, status=422 if formulaire.errors else 200)
