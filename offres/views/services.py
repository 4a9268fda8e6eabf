"""« Autre service » : the list, one line to bring to a service, the requests that the administration answers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from offres import services
from offres.forms.services import AjoutForm, ClassementForm, DemandeForm, EcartForm
from offres.models import DemandeService
from offres.operations import GENRES, ActionImpossible
from offres.views.parcours import personne
from socle.droits import exiger, peut

MONTREES = 200


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """What structures wrote beside the list, and what was asked of the administration."""
    exiger(request.user, "offres.voir_autres_services", raison="Ces propositions sont relues par la coordination.")
    qui = personne(request)
    demandes = DemandeService.objects.select_related("demandee_par", "service", "repondue_par")
    demandees = {tuple(cle) for demande in DemandeService.objects.en_attente() for cle in demande.lignes}
    groupes = [
        (
            titre,
            genre,
            [(ligne, (genre, ligne.pk) in demandees) for ligne in services.a_classer(qui, GENRES[genre])[:MONTREES]],
        )
        for genre, titre in (("offres", "Offres"), ("besoins", "Besoins"))
    ]
    return render(
        request,
        "offres/autres_services.html",
        {
            "groupes": groupes,
            "vide": not any(lignes for _, _, lignes in groupes),
            "demandes": demandes[:50],
            "repond": peut(request.user, "offres.repondre_demande_service"),
            "fil": [("Offres et besoins", reverse("offres:offres"))],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def classer(request: HttpRequest, genre: str, pk: int) -> HttpResponse:
    """One line: the service of the list that says the same, or a request to add one."""
    ligne: Any = get_object_or_404(
        GENRES[genre]._default_manager.select_related("service", "structure__commune"), pk=pk, publiee=True
    )
    exiger(
        request.user,
        "offres.classer_service",
        ligne,
        raison="La coordination du pôle rattache les services de ses structures.",
    )
    if not ligne.service.hors_liste:
        messages.info(request, "Cette ligne est déjà rattachée à un service de la liste.")
        return redirect("offres:autres_services")
    demande = request.POST.get("geste") == "demander"
    classement = ClassementForm(request.POST if request.method == "POST" and not demande else None)
    ajout = DemandeForm(
        request.POST if request.method == "POST" and demande else None, initial={"libelle": ligne.service_autre}
    )
    form = ajout if demande else classement
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        try:
            if demande:
                services.demander(ligne, d["libelle"], d["definition"], personne(request))
                messages.success(request, "La demande est envoyée à l’administration.")
            else:
                services.classer(ligne, d["service"], personne(request))
                messages.success(request, f"La ligne est rattachée à «\u00a0{d['service']}\u00a0».")
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect("offres:autres_services")
    return render(
        request,
        "offres/classer_service.html",
        {
            "ligne": ligne,
            "classement": classement,
            "ajout": ajout,
            "fil": [("Autres services", reverse("offres:autres_services"))],
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def demande(request: HttpRequest, pk: int) -> HttpResponse:
    """The administration adds the service, or says why not."""
    exiger(request.user, "offres.repondre_demande_service", raison="L’administration tient la liste des services.")
    la_demande = get_object_or_404(DemandeService.objects.select_related("demandee_par"), pk=pk)
    if la_demande.etat != DemandeService.Etat.DEMANDEE:
        messages.info(request, "Cette demande a déjà reçu une réponse.")
        return redirect("offres:autres_services")
    ecarte = request.POST.get("geste") == "ecarter"
    initiales = {"libelle": la_demande.libelle, "definition": la_demande.definition}
    ajout = AjoutForm(request.POST if request.method == "POST" and not ecarte else None, initial=initiales)
    ecart = EcartForm(request.POST if request.method == "POST" and ecarte else None)
    form = ecart if ecarte else ajout
    if request.method == "POST" and form.is_valid():
        d = form.cleaned_data
        try:
            if ecarte:
                services.ecarter(la_demande, d["motif"], personne(request))
                messages.success(request, "La réponse est envoyée à la coordination.")
            else:
                services.ajouter(la_demande, d["libelle"], d["definition"], d["unite"], personne(request))
                messages.success(request, "Le service est dans la liste.")
        except ActionImpossible as erreur:
            messages.info(request, str(erreur))
        return redirect("offres:autres_services")
    return render(
        request,
        "offres/demande_service.html",
        {
            "demande": la_demande,
            "ajout": ajout,
            "ecart": ecart,
            "fil": [("Autres services", reverse("offres:autres_services"))],
        },
        status=422 if form.errors else 200,
    )
