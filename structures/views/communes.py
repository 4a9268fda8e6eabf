"""Communes and their bassin: find one, read its history, move it to another bassin."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger
from structures.formulaires_communes import ChercherCommune, DeplacerCommune
from structures.models import Structure
from structures.territoires import mouvements
from structures.territoires.models import Commune, MouvementCommune
from structures.views.annuaire import personne_de

RAISON = "Changer une commune de bassin revient au pilotage régional et à l’administration du portail."
TROUVEES = 20
PAR_PAGE = 30


@require_safe
def communes(request: HttpRequest) -> HttpResponse:
    """Search a commune; the moves to come, then those that were made (keyset pages)."""
    exiger(request.user, "structures.deplacer_commune", raison=RAISON)
    formulaire = ChercherCommune(request.GET or None)
    texte = formulaire.cleaned_data["q"] if formulaire.is_bound and formulaire.is_valid() else ""
    trouvees = list(
        Commune.objects.rechercher(texte)
        .select_related("bassin", "departement")
        .prefetch_related("anciennes")[: TROUVEES + 1]
    )
    passes = MouvementCommune.objects.passes().pour_liste().order_by("-pk")
    avant = request.GET.get("avant", "")
    if avant.isascii() and avant.isdigit() and len(avant) < 18:
        passes = passes.filter(pk__lt=int(avant))
    page = list(passes[: PAR_PAGE + 1])
    contexte = {
        "form": formulaire,
        "texte": texte,
        "trouvees": trouvees[:TROUVEES],
        "tronque": len(trouvees) > TROUVEES,
        "a_venir": MouvementCommune.objects.a_venir().pour_liste().order_by("le", "pk"),
        "passes": page[:PAR_PAGE],
        "suite": f"?avant={page[PAR_PAGE - 1].pk}" if len(page) > PAR_PAGE else "",
    }
    return render(request, "territoires/communes.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def commune(request: HttpRequest, code: str) -> HttpResponse:
    """One commune: its bassin, its history, and the form that moves it."""
    exiger(request.user, "structures.deplacer_commune", raison=RAISON)
    choisie = _trouver(code)
    if choisie.pk != code:
        return redirect("structures:commune", choisie.pk)
    voisins = mouvements.bassins_voisins(choisie)
    formulaire = DeplacerCommune(request.POST if request.method == "POST" else None, commune=choisie, voisins=voisins)
    if request.method == "POST" and formulaire.is_valid():
        try:
            mouvement = mouvements.rattacher(choisie, par=personne_de(request), **formulaire.cleaned_data)
        except mouvements.MouvementRefuse as refus:
            formulaire.add_error(None, str(refus))
        else:
            _dire(request, mouvement)
            return redirect("structures:commune", choisie.pk)
    contexte = {
        "commune": choisie,
        "form": formulaire,
        "anciennes": choisie.anciennes.order_by("nom"),
        "postaux": choisie.codes_postaux.values_list("code", flat=True),
        "poles": choisie.poles.order_by("nom"),
        "structures": Structure.objects.ouvertes().filter(commune=choisie).count(),
        "mouvements": MouvementCommune.objects.filter(commune=choisie).pour_liste().order_by("-le", "-pk"),
        "fil": [
            ("Tenir l’annuaire", reverse("structures:gestion")),
            ("Communes et bassins", reverse("structures:communes")),
        ],
    }
    return render(request, "territoires/commune.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def annuler_mouvement(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a move that has not come yet."""
    exiger(request.user, "structures.deplacer_commune", raison=RAISON)
    mouvement = get_object_or_404(MouvementCommune.objects.select_related("commune"), pk=pk)
    try:
        mouvements.annuler(mouvement, par=personne_de(request))
    except mouvements.MouvementRefuse as refus:
        messages.error(request, str(refus))
    else:
        messages.success(request, f"Le mouvement de {mouvement.commune.nom} est annulé.")
    return redirect("structures:commune", mouvement.commune_id)


def _trouver(code: str) -> Commune:
    """The commune of a code, today's or old."""
    actuelle = Commune.objects.resoudre(code)
    return get_object_or_404(
        Commune.objects.select_related("bassin", "departement", "epci"), pk=actuelle.pk if actuelle else code
    )


def _dire(request: HttpRequest, mouvement: MouvementCommune) -> None:
    nom, bassin = mouvement.commune.nom, mouvement.vers.nom
    if mouvement.applique_le:
        messages.success(request, f"{nom} est maintenant dans le bassin {bassin}. Les cartes suivent.")
    elif mouvement.le > timezone.localdate():
        messages.success(request, f"{nom} passera dans le bassin {bassin} le {mouvement.le:%d/%m/%Y}.")
