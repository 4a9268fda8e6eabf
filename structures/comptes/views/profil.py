"""A person's own pages: who they are, what they are told."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from socle.prises import encarts_compte
from structures.comptes.forms import FormulaireNotifications, FormulaireProfil
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.notifications import choisir, choix_de, groupes


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
    contexte = {
        "formulaire": formulaire,
        "personne": personne,
        "droits": droits,
        "encarts_compte": [bloc for fonction in encarts_compte for bloc in fonction(personne)],
    }
    return render(request, "comptes/profil.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Which e-mails the person receives."""
    personne = get_object_or_404(Utilisateur, pk=request.user.pk)
    listes = groupes()
    refusables = [genre for _, genres in listes for genre in genres if not genre.obligatoire]
    formulaire = FormulaireNotifications(request.POST or None, genres=refusables, choix=choix_de(personne))
    if request.method == "POST" and formulaire.is_valid():
        choisir(personne, formulaire.choix())
        messages.success(request, "Vos choix sont enregistrés.")
        return redirect("comptes:notifications")
    blocs = [
        {"nom": nom, "lignes": [(g, None if g.obligatoire else formulaire[g.cle]) for g in genres]}
        for nom, genres in listes
    ]
    return render(
        request, "comptes/notifications.html", {"formulaire": formulaire, "blocs": blocs, "personne": personne}
    )
