"""Pages that add, change and remove the rows of a sheet: actors, steps, indicators."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fiches_action import operations
from fiches_action.forms import FORMULAIRES_DE_LIGNE
from fiches_action.models import Acteur, Etape, FicheAction, Indicateur
from fiches_action.sections import Section
from fiches_action.views import FIL, fiche_modifiable, personne_de, section_ou_404
from structures.models import Structure

_MODELES: dict[str, type[Acteur] | type[Etape] | type[Indicateur]] = {
    "acteurs": Acteur,
    "planning": Etape,
    "indicateurs": Indicateur,
}
_MOTS = {"acteurs": "un acteur", "planning": "une étape", "indicateurs": "un indicateur"}
# Enough to choose from without scrolling for long; a more precise search narrows it.
PROPOSEES = 25


@require_http_methods(["GET", "POST"])
def ligne_ajouter(request: HttpRequest, reference: str, section: str) -> HttpResponse:
    partie = section_ou_404(section, lignes=True)
    fiche = fiche_modifiable(request, reference)
    options: dict[str, Any] = {"fiche": fiche}
    contexte: dict[str, Any] = {"titre": f"Ajouter {_MOTS[partie.cle]}"}
    if partie.cle == "acteurs":
        recherche = (request.POST.get("q") or request.GET.get("q") or "").strip()[:80]
        options["choix"] = _structures_possibles(fiche, recherche)
        contexte |= {"q": recherche, "recherche": True, "trouvees": len(options["choix"]), "maximum": PROPOSEES}
    form = FORMULAIRES_DE_LIGNE[partie.cle](request.POST if request.method == "POST" else None, **options)
    return _enregistrer(request, fiche, partie, form, contexte, lue="")


def _structures_possibles(fiche: FicheAction, recherche: str) -> list[Structure]:
    """The structures that match; without a word, those of the sheet's bassins."""
    ensemble = Structure.objects.ouvertes().exclude(pk__in=fiche.acteurs.values("structure"))
    if recherche:
        ensemble = ensemble.rechercher(recherche)
    else:
        ensemble = ensemble.filter(commune__bassin__in=fiche.bassins.values("pk"))
    return list(ensemble.select_related("commune").order_by("nom_recherche", "pk")[:PROPOSEES])


def _ligne(fiche: FicheAction, partie: Section, pk: int) -> operations.Ligne:
    """The row of this sheet. Raises Http404."""
    ligne: operations.Ligne = get_object_or_404(_MODELES[partie.cle], fiche=fiche, pk=pk)  # type: ignore[assignment]
    return ligne


@require_http_methods(["GET", "POST"])
def ligne_modifier(request: HttpRequest, reference: str, section: str, pk: int) -> HttpResponse:
    partie = section_ou_404(section, lignes=True)
    fiche = fiche_modifiable(request, reference)
    ligne = _ligne(fiche, partie, pk)
    lue = request.POST.get("lue", "") if request.method == "POST" else operations.empreinte_ligne(ligne)
    form = FORMULAIRES_DE_LIGNE[partie.cle](
        request.POST if request.method == "POST" else None, instance=ligne, fiche=fiche
    )
    return _enregistrer(request, fiche, partie, form, {"titre": str(ligne), "ligne": ligne}, lue=lue or "absente")


def _enregistrer(
    request: HttpRequest, fiche: FicheAction, partie: Section, form: Any, contexte: dict[str, Any], *, lue: str
) -> HttpResponse:
    retour = reverse("fiches:modifier", args=[fiche.reference, partie.cle])
    contexte |= {
        "fiche": fiche, "section": partie, "form": form, "lue": lue, "retour": retour,
        "fil": [
            *FIL, (fiche.reference, fiche.get_absolute_url()),
            (partie.libelle, retour),
        ],
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "fiches_action/ligne.html", contexte)
    if not form.is_valid():
        return render(request, "fiches_action/ligne.html", contexte, status=422)
    try:
        operations.enregistrer_ligne(fiche, form.save(commit=False), personne_de(request), lue=lue)
    except operations.ConflitDeVersion:
        actuelle = _MODELES[partie.cle]._default_manager.filter(pk=form.instance.pk, fiche=fiche).first()
        contexte |= {"conflit": True, "actuelle": actuelle}
        contexte["lue"] = operations.empreinte_ligne(actuelle) if actuelle else ""
        if actuelle:
            contexte["autre"] = _valeurs(form, actuelle)
        return render(request, "fiches_action/ligne.html", contexte, status=409)
    messages.success(request, f"«\u00a0{form.instance}\u00a0» est enregistré.")
    return redirect(retour)


def _valeurs(form: Any, ligne: Acteur | Etape | Indicateur) -> list[tuple[str, str]]:
    """(label, value in words) of each field of the form, as the other person left it."""
    valeurs = []
    for nom, champ in form.fields.items():
        affiche = getattr(ligne, f"get_{nom}_display", None)
        valeur = affiche() if affiche else getattr(ligne, nom)
        valeurs.append((str(champ.label), "—" if valeur in (None, "") else str(valeur)))
    return valeurs


@require_http_methods(["GET", "POST"])
def ligne_retirer(request: HttpRequest, reference: str, section: str, pk: int) -> HttpResponse:
    partie = section_ou_404(section, lignes=True)
    fiche = fiche_modifiable(request, reference)
    ligne = _ligne(fiche, partie, pk)
    nom = str(ligne)
    if request.method == "GET":
        retour = reverse("fiches:modifier", args=[fiche.reference, partie.cle])
        fil = [*FIL, (fiche.reference, fiche.get_absolute_url()), (partie.libelle, retour)]
        contexte = {"fiche": fiche, "section": partie, "ligne": ligne, "retour": retour, "fil": fil}
        return render(request, "fiches_action/retirer.html", contexte)
    try:
        operations.retirer_ligne(fiche, ligne, personne_de(request))
    except operations.PassageImpossible as refus:
        messages.error(request, str(refus))
    else:
        messages.success(request, f"«\u00a0{nom}\u00a0» est retiré de la fiche.")
    return redirect("fiches:modifier", reference, partie.cle)
