"""A person's own pages."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from structures.comptes.forms import FormulaireProfil
from structures.comptes.models import Habilitation, Utilisateur


@require_http_methods(["GET", "HEAD", "POST"])
def profil(request: HttpRequest) -> HttpResponse:
    """Name and function of the person signed in, and their rights."""
    # A fresh object: a refused form must not change the name shown in the header.
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    formulaire = FormulaireProfil(request.POST or None, instance=personne)
    if request.method == "POST" and formulaire.is_valid():
        formulaire.save()
        messages.success(request, "Votre profil est enregistré.")
        return redirect("comptes:profil")
    droits = Habilitation.objects.actives().filter(utilisateur=personne).select_related("pole", "region")
    return render(request, "comptes/profil.html", {"formulaire": formulaire, "personne": personne, "droits": droits})
