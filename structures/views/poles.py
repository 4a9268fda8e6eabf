"""The pôles: who coordinates them, and their perimeter drawn commune by commune."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle.droits import exiger, peut
from structures.comptes.models import Habilitation
from structures.formulaires_poles import ChangementBassin, NouveauPole
from structures.models import Structure
from structures.territoires import perimetre
from structures.territoires.geojson import collection
from structures.territoires.models import Bassin, Commune, ModificationPerimetre, Pole
from structures.views.annuaire import personne_de

RAISON = (
    "Le périmètre d’un pôle se modifie par sa coordination, dans ses bassins de départ, "
    "par le pilotage régional et par l’administration."
)
RAISON_BASSIN = "Ajouter ou retirer un bassin entier revient au pilotage régional et à l’administration."
MONTREES = 20


@require_safe
def poles(request: HttpRequest) -> HttpResponse:
    """Every pôle, with the size of its perimeter and who coordinates it."""
    liste = list(Pole.objects.avec_comptes().select_related("departement").order_by("nom"))
    coordinations: dict[int, list[Habilitation]] = {}
    actives = Habilitation.objects.actives().filter(role=Habilitation.Role.COORDINATION).select_related("utilisateur")
    for habilitation in actives.order_by("debut"):
        if habilitation.pole_id is not None:
            coordinations.setdefault(habilitation.pole_id, []).append(habilitation)
    contexte = {
        "poles": [(pole, coordinations.get(pole.pk, [])) for pole in liste],
        "peut_creer": peut(request.user, "structures.creer_pole"),
    }
    return render(request, "territoires/poles.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def nouveau(request: HttpRequest) -> HttpResponse:
    """Create a pôle from one or more bassins; its perimeter is adjusted afterwards."""
    exiger(request.user, "structures.creer_pole", raison=RAISON_BASSIN)
    personne = personne_de(request)
    formulaire = NouveauPole(request.POST if request.method == "POST" else None)
    if request.method == "POST" and formulaire.is_valid() and personne is not None:
        pole = perimetre.creer_pole(par=personne, **formulaire.cleaned_data)
        messages.success(request, f"Le pôle {pole.nom} est créé. Vous pouvez ajuster son périmètre.")
        return redirect("structures:pole", pole.slug)
    contexte = {"form": formulaire, "fil": _fil()}
    return render(request, "territoires/pole_nouveau.html", contexte, status=422 if formulaire.errors else 200)


@require_safe
def pole(request: HttpRequest, slug: str) -> HttpResponse:
    """One pôle: its bassins, whole or in part, its coordination, the changes of its perimeter."""
    choisi = _trouver(slug)
    modifiable = peut(request.user, "structures.modifier_perimetre", choisi)
    bassins = Bassin.objects.de_la_region().avec_part_du_pole(choisi)
    contexte: dict[str, Any] = {
        "pole": choisi,
        "fil": _fil(),
        "bassins": bassins.touchant_pole(choisi),
        "autres": bassins.touchant_pole(choisi, oui=False),
        "nombre_structures": Structure.objects.ouvertes().du_pole(choisi).count(),
        "coordination": Habilitation.objects.de_coordination(choisi).order_by("debut"),
        "modifiable": modifiable,
        "peut_etendre": peut(request.user, "structures.etendre_pole", choisi),
        "de_depart": set(choisi.bassins.values_list("pk", flat=True)),
        "modifications": choisi.modifications.pour_historique()[:MONTREES] if modifiable else [],
    }
    return render(request, "territoires/pole.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def bassin(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The communes of a bassin, in the perimeter or not: by list, or by clicking on the map."""
    choisi, ici = _trouver(slug), get_object_or_404(Bassin.objects.actifs(), pk=code)
    _exiger_bassin(request, choisi, ici)
    personne = personne_de(request)
    dedans = perimetre.communes_du_bassin(choisi, ici)
    formulaire = ChangementBassin(request.POST if request.method == "POST" else None)
    cochees, conflit = dedans, False
    if request.method == "POST" and personne is not None:
        cochees = set(request.POST.getlist("communes"))
        if formulaire.is_valid():
            try:
                fait = perimetre.choisir_communes(choisi, ici, cochees, personne, **formulaire.cleaned_data)
            except perimetre.PerimetreChange:
                conflit = True
            except perimetre.ErreurPerimetre as erreur:
                formulaire.add_error(None, str(erreur))
            else:
                _dire(request, choisi, fait)
                return redirect("structures:pole", choisi.slug)
    contexte = {
        "pole": choisi,
        "fil": _fil(choisi),
        "bassin": ici,
        "form": formulaire,
        "vu": perimetre.empreinte(dedans),
        "conflit": conflit,
        "communes": [(c, c.code in cochees, c.code in dedans) for c in _communes(ici)],
        "nombre": len(cochees),
        "reglages": {
            "communes": reverse("structures:pole_communes", args=[choisi.slug, ici.code]),
            "cadre": ici.cadre,
            # Addresses, not names: the maps are a floor above, and the page does without them.
            "bassins": "/cartes/bassins.geojson",
            "fond": "/cartes/fond.geojson",
        },
    }
    statut = 409 if conflit else 422 if formulaire.errors else 200
    return render(request, "territoires/pole_bassin.html", contexte, status=statut)


@require_POST
def basculer_bassin(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Put a whole bassin in the perimeter, or take it out (`sens` = ajouter | retirer)."""
    choisi, ici = _trouver(slug), get_object_or_404(Bassin.objects.actifs(), pk=code)
    exiger(request.user, "structures.etendre_pole", choisi, raison=RAISON_BASSIN)
    personne = personne_de(request)
    if personne is not None:
        operation = perimetre.retirer_bassin if request.POST.get("sens") == "retirer" else perimetre.ajouter_bassin
        try:
            _dire(request, choisi, operation(choisi, ici, personne))
        except perimetre.ErreurPerimetre as erreur:
            messages.error(request, str(erreur))
    return redirect("structures:pole", choisi.slug)


@require_POST
def annuler(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one change of a perimeter."""
    modification = get_object_or_404(ModificationPerimetre.objects.select_related("pole"), pk=pk)
    exiger(request.user, "structures.etendre_pole", modification.pole, raison=RAISON_BASSIN)
    personne = personne_de(request)
    if personne is not None:
        try:
            _dire(request, modification.pole, perimetre.annuler(modification, personne))
        except perimetre.ErreurPerimetre as erreur:
            messages.error(request, str(erreur))
    return redirect("structures:pole", modification.pole.slug)


@require_safe
def communes_geojson(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Outlines of the communes of the bassin, for the map of the perimeter."""
    choisi, ici = _trouver(slug), get_object_or_404(Bassin.objects.actifs(), pk=code)
    _exiger_bassin(request, choisi, ici)
    corps = collection(
        {"id": commune.code, "geometry": commune.contour, "properties": {"code": commune.code, "nom": commune.nom}}
        for commune in _communes(ici).select_related("trace")
    )
    return HttpResponse(corps, content_type="application/geo+json")


def _fil(pole: Pole | None = None) -> list[tuple[str, str]]:
    """The way back: the pôles, then the one at hand."""
    etapes = [("Pôles", reverse("structures:poles"))]
    return [*etapes, (pole.nom, reverse("structures:pole", args=[pole.slug]))] if pole else etapes


def _communes(bassin: Bassin) -> Any:
    return Commune.objects.du_bassin(bassin.code).order_by("nom_recherche", "code")


def _trouver(slug: str) -> Pole:
    return get_object_or_404(Pole.objects.select_related("departement"), slug=slug)


def _exiger_bassin(request: HttpRequest, pole: Pole, bassin: Bassin) -> None:
    """The coordination works in the starting bassins of its pôle: more would widen its own rights."""
    exiger(request.user, "structures.modifier_perimetre", pole, raison=RAISON)
    if not pole.bassins.filter(pk=bassin.pk).exists():
        exiger(request.user, "structures.etendre_pole", pole, raison=RAISON_BASSIN)


def _dire(request: HttpRequest, pole: Pole, fait: ModificationPerimetre | None) -> None:
    if fait is None:
        messages.info(request, "Rien n’a changé dans le périmètre.")
        return
    morceaux = [
        f"{nombre} {'commune' if nombre == 1 else 'communes'} {mot}{'' if nombre == 1 else 's'}"
        for nombre, mot in ((len(fait.ajoutees), "ajoutée"), (len(fait.retirees), "retirée"))
        if nombre
    ]
    total = pole.communes.count()
    messages.success(request, f"{', '.join(morceaux)}. Le périmètre en compte maintenant {total}.")
