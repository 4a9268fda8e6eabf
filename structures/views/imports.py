"""Imports: give a file, see what it would change, apply it or leave it, undo the last one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from socle.droits import exiger, peut
from structures.comptes.models import Utilisateur
from structures.forms import NouvelImport
from structures.imports import conduite, depot
from structures.models import Import
from structures.views.annuaire import personne_de

RAISON = "Les imports reviennent à la coordination d’un pôle et à l’administration du portail."
MONTRES = 30


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The last imports, and a form to send a file: its preview starts at once."""
    par = importateur(request)
    envoye = request.method == "POST"
    formulaire = NouvelImport(request.POST if envoye else None, request.FILES if envoye else None)
    if envoye and formulaire.is_valid():
        fichier = formulaire.cleaned_data["fichier"]
        empreinte = depot.deposer(fichier.chunks())
        entree, defaut = formulaire.reconnaitre(depot.dossier() / empreinte)
        if entree is not None:
            journal = conduite.recevoir(empreinte, fichier.name or "fichier", entree, par)
            if entree.suite:
                return redirect(entree.suite, journal.pk)
            conduite.demander_apercu(journal, par)
            return redirect("structures:import", journal.pk)
        depot.jeter(empreinte)
        formulaire.add_error("fichier", defaut)
    avant = request.GET.get("avant", "")
    faits = Import.objects.select_related("par").order_by("-pk").defer("bilan", "parametres", "hors_perimetre")
    if avant.isascii() and avant.isdigit() and len(avant) < 19:
        faits = faits.filter(pk__lt=int(avant))
    page = list(faits[: MONTRES + 1])
    contexte = {
        "form": formulaire,
        "imports": page[:MONTRES],
        "debut": reverse("structures:imports") if avant else "",
        "suite": f"?avant={page[MONTRES - 1].pk}" if len(page) > MONTRES else "",
        "peut_trancher": peut(request.user, "structures.trancher_ecarts"),
    }
    return render(request, "structures/imports.html", contexte, status=422 if formulaire.errors else 200)


def importateur(request: HttpRequest) -> Utilisateur:
    """The person, who must have the right to import."""
    exiger(request.user, "structures.importer", raison=RAISON)
    personne = personne_de(request)
    assert personne is not None  # noqa: S101 (the right belongs to people)
    return personne


@require_POST
def appliquer(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what the preview showed."""
    par, journal = importateur(request), get_object_or_404(Import, pk=pk)
    try:
        conduite.appliquer(journal, par)
    except conduite.ImportRefuse as refus:
        messages.error(request, str(refus))
    return redirect("structures:import", pk)


@require_POST
def abandonner(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave it there: nothing is written and the file goes."""
    importateur(request)
    journal = get_object_or_404(Import, pk=pk)
    conduite.abandonner(journal)
    journal.refresh_from_db()
    if journal.etat == Import.Etat.ABANDONNE:
        messages.success(request, "Import abandonné : rien n’a été écrit, et le fichier a été effacé.")
    else:
        messages.error(request, "Cet import ne peut plus être abandonné.")
    return redirect("structures:import", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def annuler(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what undoing does and doesn't, then do it."""
    par, journal = importateur(request), get_object_or_404(Import.objects.select_related("applique_par"), pk=pk)
    if request.method == "POST":
        try:
            conduite.demander_annulation(journal, par)
        except conduite.ImportRefuse as refus:
            messages.error(request, str(refus))
        return redirect("structures:import", pk)
    if not conduite.dernier_applique(journal):
        messages.error(request, "Seul le dernier import appliqué d’une liste peut être annulé.")
        return redirect("structures:import", pk)
    return render(request, "structures/import_annuler.html", {"journal": journal})
