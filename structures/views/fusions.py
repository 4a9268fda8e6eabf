"""Merge two sheets, read the trace of a merge, undo it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from socle.droits import exiger
from structures.comptes.models import Utilisateur
from structures.doublons import fusion as operations
from structures.doublons.comparaison import RUBRIQUES, Choix, choix_proposes
from structures.models import DoublonPropose, Fusion, Structure
from structures.views.doublons import RAISON_DE_LA_PAIRE, charger


def _choix(donnees: Mapping[str, Any], gardee: Structure, absorbee: Structure) -> dict[str, Choix]:
    """What was chosen field by field; a field that was not sent keeps what was proposed."""
    lus: dict[str, Choix] = {str(gardee.pk): "gardee", str(absorbee.pk): "absorbee", "deux": "deux"}
    choix = choix_proposes(gardee, absorbee)
    for rubrique in RUBRIQUES:
        voulu = lus.get(str(donnees.get(f"champ_{rubrique.cle}", "")))
        if voulu is not None and (voulu != "deux" or rubrique.cle == "publics"):
            choix[rubrique.cle] = voulu
    return choix


def _sens(paire: DoublonPropose, garder: str) -> tuple[Structure, Structure]:
    return (paire.b, paire.a) if garder == str(paire.b_id) else (paire.a, paire.b)


@require_POST
def fusionner(request: HttpRequest, pk: int) -> HttpResponse:
    """First what would follow, to be confirmed; then the merge."""
    paire = charger(request, pk)
    gardee, absorbee = _sens(paire, str(request.POST.get("garder", "")))
    choix = _choix(request.POST, gardee, absorbee)
    try:
        if request.POST.get("confirme") != "oui":
            mots, restes = operations.apercu(gardee, absorbee, choix)
            return _a_confirmer(request, paire, gardee, absorbee, choix, mots, restes)
        personne = request.user if isinstance(request.user, Utilisateur) else None
        motif = str(request.POST.get("motif", ""))[:500]
        faite = operations.fusionner(gardee, absorbee, personne, choix=choix, motif=motif)
    except operations.ErreurFusion as erreur:
        messages.error(request, str(erreur))
        return redirect("structures:doublon", paire.pk)
    messages.success(request, "Les deux fiches sont réunies. Tout ce qui tenait à la seconde a suivi.")
    return redirect("structures:fusion", faite.pk)


def _a_confirmer(
    request: HttpRequest,
    paire: DoublonPropose,
    gardee: Structure,
    absorbee: Structure,
    choix: dict[str, Choix],
    mots: list[str],
    restes: list[str],
) -> HttpResponse:
    pks = {"gardee": str(gardee.pk), "absorbee": str(absorbee.pk), "deux": "deux"}
    reprises = [
        (rubrique.libelle, rubrique.lire(absorbee))
        for rubrique in RUBRIQUES
        if choix[rubrique.cle] == "absorbee" and rubrique.lire(absorbee) != rubrique.lire(gardee)
    ]
    contexte = {
        "paire": paire,
        "gardee": gardee,
        "absorbee": absorbee,
        "champs": [(f"champ_{cle}", pks[voulu]) for cle, voulu in choix.items()],
        "reprises": reprises,
        "mots": mots,
        "restes": restes,
    }
    return render(request, "structures/fusion_confirmer.html", contexte)


def _charger(request: HttpRequest, pk: int) -> Fusion:
    liees = Fusion.objects.select_related(
        "gardee__commune", "absorbee__commune", "par", "annulee_par", "gardee__fusionnee_dans"
    )
    fusion = get_object_or_404(liees, pk=pk)
    exiger(request.user, "structures.fusionner", fusion, raison=RAISON_DE_LA_PAIRE)
    return fusion


@require_safe
def fusion(request: HttpRequest, pk: int) -> HttpResponse:
    """The trace: which sheets, who, when, why, what followed; and its undoing."""
    faite = _charger(request, pk)
    reprises = [
        (rubrique.libelle, rubrique.lire(faite.gardee))
        for rubrique in RUBRIQUES
        if set(rubrique.champs) & set(faite.valeurs.get("gardee", {}))
    ]
    return render(request, "structures/fusion.html", {"fusion": faite, "reprises": reprises})


@require_POST
def annuler(request: HttpRequest, pk: int) -> HttpResponse:
    """Two sheets again, each with what it had; or why it can't be."""
    faite = _charger(request, pk)
    personne = request.user if isinstance(request.user, Utilisateur) else None
    try:
        gardees = operations.defusionner(faite, personne)
    except operations.ErreurFusion as erreur:
        messages.error(request, str(erreur))
        return redirect("structures:fusion", faite.pk)
    mots = "La fusion est annulée\u00a0: chaque fiche a retrouvé ce qu’elle avait."
    if gardees:
        mots += f" Corrigés depuis, ces champs sont restés tels quels : {', '.join(gardees).lower()}."
    messages.success(request, mots)
    return redirect("structures:fusion", faite.pk)


def vers_la_gardee(request: HttpRequest, absorbee: Structure) -> HttpResponse:
    """The page of an absorbed sheet leads to the one that holds it now (for a time: a merge can be undone)."""
    gardee = absorbee
    # Merges may follow one another; none leads back.
    while gardee.fusionnee_dans is not None:
        gardee = gardee.fusionnee_dans
    messages.info(
        request,
        f"«\u00a0{absorbee.nom}\u00a0» et «\u00a0{gardee.nom}\u00a0» décrivaient la même structure\u00a0: "
        "leurs fiches sont réunies ici.",
    )
    return redirect(gardee)
