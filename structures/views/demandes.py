"""« Je travaille ici » : asking to join a structure, with or without an account; answering."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from structures.adhesions import demandes as operations
from structures.adhesions.debit import permis
from structures.adhesions.demandes import ErreurDemande
from structures.adhesions.forms import DemandeConnectee, DemandeVisiteur, ReponseDemande
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, DemandeAdhesion, Structure
from structures.views.annuaire import personne_de
from structures.views.invitations import la_personne

MONTREES = 100


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rejoindre(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to join: at once when signed in, after a proof of the address otherwise."""
    structure = get_object_or_404(Structure.objects.select_related("commune"), pk=pk)
    if structure.fermee_le is not None:
        messages.info(request, "Cette structure est fermée\u00a0: on ne peut plus la rejoindre.")
        return redirect(structure)
    personne = personne_de(request)
    return _demander(request, structure, personne) if personne else _demander_sans_compte(request, structure)


def _demander(request: HttpRequest, structure: Structure, personne: Utilisateur) -> HttpResponse:
    initial = {"fonction": personne.fonction}
    formulaire = DemandeConnectee(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and formulaire.is_valid():
        try:
            operations.demander(structure, personne, **formulaire.cleaned_data)
        except ErreurDemande as erreur:
            formulaire.add_error(None, str(erreur))
        else:
            messages.success(
                request,
                f"Votre demande est transmise à {operations.qui_repond(structure)}. Un courriel vous répondra.",
            )
            return redirect("structures:demandes")
    return _page(request, structure, formulaire)


def _demander_sans_compte(request: HttpRequest, structure: Structure) -> HttpResponse:
    formulaire = DemandeVisiteur(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid():
        donnees = formulaire.cleaned_data
        if permis(request, "demander_invitation", donnees["email"]):
            operations.demander_sans_compte(structure, **donnees)
            contexte = {"structure": structure, "email": donnees["email"]}
            return render(request, "structures/rejoindre_envoye.html", contexte)
        formulaire.add_error(None, "Trop de demandes de suite. Recommencez demain, ou téléphonez à la structure.")
        return _page(request, structure, formulaire, statut=429)
    return _page(request, structure, formulaire)


def _page(request: HttpRequest, structure: Structure, formulaire: DemandeConnectee, statut: int = 200) -> HttpResponse:
    contexte = {"structure": structure, "form": formulaire, "qui_repond": operations.qui_repond(structure)}
    if statut == 200 and formulaire.errors:
        statut = 422
    return render(request, "structures/rejoindre.html", contexte, status=statut)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirmer_demande(request: HttpRequest, jeton: str) -> HttpResponse:
    """The link sent to the address typed: a button, since mail programs open links by themselves."""
    demande = operations.du_jeton(jeton)
    if demande is None:
        return render(request, "structures/demande_close.html", status=410)
    contexte = {"demande": demande, "qui_repond": operations.qui_repond(demande.structure)}
    if request.method == "POST":
        operations.prouver(demande)
        return render(request, "structures/demande_transmise.html", contexte)
    return render(request, "structures/confirmer_demande.html", contexte)


@require_safe
def demandes(request: HttpRequest) -> HttpResponse:
    """Requests to answer, and one's own."""
    personne = la_personne(request)
    liees = DemandeAdhesion.objects.select_related("structure__commune", "repondue_par")
    contexte: dict[str, Any] = {
        "tient": peut(personne, "structures.tenir_annuaire"),
        "a_traiter": operations.a_traiter(personne).select_related("structure__commune")[:MONTREES],
        "miennes": liees.filter(utilisateur=personne).order_by("-cree_le", "-pk")[:MONTREES],
    }
    return render(request, "structures/demandes.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def demande(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: who asks, for what; the form to answer."""
    liees = DemandeAdhesion.objects.select_related("structure__commune", "utilisateur", "repondue_par")
    trouvee = get_object_or_404(liees.exclude(etat=DemandeAdhesion.Etat.A_CONFIRMER), pk=pk)
    personne = la_personne(request)
    exiger(personne, "structures.voir_demande", trouvee)
    peut_repondre = peut(personne, "structures.repondre_demande", trouvee)
    ouverte = trouvee.etat == DemandeAdhesion.Etat.EN_ATTENTE
    formulaire = None
    if peut_repondre and ouverte:
        formulaire = ReponseDemande(
            request.POST if request.method == "POST" else None,
            initial={"role": trouvee.role, "decision": "oui"},
        )
    if request.method == "POST":
        exiger(personne, "structures.repondre_demande", trouvee)
        if formulaire is None:
            messages.info(request, "Cette demande a déjà reçu une réponse, ou a été retirée.")
            return redirect("structures:demande", pk)
        if formulaire.is_valid():
            return _repondre(request, trouvee, personne, formulaire)
    contexte = {
        "fil": [("Demandes", reverse("structures:demandes"))],
        "demande": trouvee,
        "form": formulaire,
        "deja": Adhesion.objects.actives()
        .filter(structure=trouvee.structure, utilisateur=trouvee.utilisateur_id)
        .first()
        if trouvee.utilisateur_id
        else None,
    }
    statut = 422 if formulaire is not None and formulaire.errors else 200
    return render(request, "structures/demande.html", contexte, status=statut)


def _repondre(
    request: HttpRequest, demande: DemandeAdhesion, personne: Utilisateur, formulaire: ReponseDemande
) -> HttpResponse:
    donnees = formulaire.cleaned_data
    oui = donnees["decision"] == "oui"
    try:
        operations.repondre(demande, personne, oui=oui, role=donnees["role"], mot=donnees["mot"].strip())
    except ErreurDemande as erreur:
        messages.error(request, str(erreur))
        return redirect("structures:demande", demande.pk)
    if not oui:
        messages.success(request, f"Votre refus est parti à {demande.nom}.")
    elif demande.utilisateur_id:
        messages.success(request, f"{demande.nom} fait maintenant partie de l’équipe, et en est averti par courriel.")
    else:
        messages.success(request, f"Une invitation est partie à {demande.email}.")
    return redirect("structures:demandes")


@require_POST
def retirer_demande(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up one's own request."""
    trouvee = get_object_or_404(DemandeAdhesion.objects.select_related("structure"), pk=pk)
    exiger(la_personne(request), "structures.retirer_demande", trouvee)
    if operations.retirer(trouvee):
        messages.success(request, "Votre demande est retirée.")
    else:
        messages.info(request, "Cette demande avait déjà reçu une réponse.")
    return redirect("structures:demandes")
