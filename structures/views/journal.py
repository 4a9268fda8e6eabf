"""The journal of one import: its preview, what it did, what disappeared and what was decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.imports import conduite, decisions, depot
from structures.imports.disparues import file_partielle
from structures.imports.mots import Mots
from structures.imports.sources import entree
from structures.models import Import, LigneImport
from structures.referentiel import TYPES, categories_finess
from structures.views.imports import importateur

PAR_PAGE = 50
_PAQUET = 500
Action = LigneImport.Action
# In the order a person looks at them.
VUES = {
    "creees": (Action.CREEE, "Créées", "À créer"),
    "modifiees": (Action.MODIFIEE, "Modifiées", "À modifier"),
    "disparues": (Action.DISPARUE, "Absentes du fichier", "Absentes du fichier"),
    "rejetees": (Action.REJETEE, "Lignes rejetées", "Lignes rejetées"),
    "remarques": (Action.REMARQUE, "À vérifier", "À vérifier"),
    "ecarts": (Action.ECART, "Écarts gardés", "Écarts gardés"),
}


@dataclass(frozen=True)
class Onglet:
    """One kind of line, and how many there are."""

    slug: str
    libelle: str
    nombre: int
    url: str
    ici: bool


@require_safe
def journal(request: HttpRequest, pk: int) -> HttpResponse:
    """What one import did or would do, kind by kind."""
    par = importateur(request)
    fait = get_object_or_404(Import.objects.select_related("par", "applique_par", "annule_par"), pk=pk)
    onglets = _onglets(fait, request.GET.get("voir", ""))
    voir = next((o.slug for o in onglets if o.ici), "")
    lignes, suite = _page(fait, voir, request.GET.get("apres", "")) if voir else ([], "")
    mots = Mots(lignes)
    decidables = (
        set(decisions.propositions(par).filter(pk__in=[ligne.pk for ligne in lignes]).values_list("pk", flat=True))
        if voir == "disparues" and not fait.essai
        else set()
    )
    c = fait.compteurs
    en_cours = fait.etat in (Import.Etat.EN_COURS, Import.Etat.ANNULATION)
    connue = entree(fait.genre) if fait.etat == Import.Etat.A_PREPARER else None
    contexte = {
        "journal": fait,
        "travail": conduite.travail_de(fait) if en_cours else None,
        "onglets": onglets,
        "voir": voir,
        "lignes": [(ligne, mots.champs(ligne), ligne.pk in decidables) for ligne in lignes],
        "decidables": bool(decidables),
        "debut": f"?voir={voir}" if request.GET.get("apres") else "",
        "suite": suite,
        "types": [
            (TYPES[slug].court if slug in TYPES else slug, nombre)
            for slug, nombre in sorted(c.get("types", {}).items(), key=lambda paire: -paire[1])
        ],
        "hors_perimetre": [
            (categories_finess().get(motif, motif), nombre)
            for motif, nombre in sorted(fait.hors_perimetre.items(), key=lambda paire: -paire[1])
        ],
        "partielle": file_partielle(c) and fait.etat in (Import.Etat.APERCU, Import.Etat.TERMINE),
        "annulable": conduite.dernier_applique(fait),
        "reprenable": fait.etat == Import.Etat.ECHOUE and not fait.essai and depot.present(fait),
        "a_preparer": reverse(connue.suite, args=[fait.pk]) if connue and connue.suite else "",
        "annulation": c.get("annulation"),
    }
    return render(request, "structures/import.html", contexte)


def _onglets(fait: Import, demande: str) -> list[Onglet]:
    """The kinds that have lines; the one asked for, or the first."""
    presents = [
        (slug, libelle if not fait.essai else a_faire, fait.compteurs.get(slug, 0))
        for slug, (_, libelle, a_faire) in VUES.items()
        if fait.compteurs.get(slug, 0)
    ]
    slugs = [slug for slug, _, _ in presents]
    ici = demande if demande in slugs else next(iter(slugs), "")
    return [Onglet(slug, libelle, nombre, f"?voir={slug}", slug == ici) for slug, libelle, nombre in presents]


def _page(fait: Import, voir: str, apres: str) -> tuple[list[LigneImport], str]:
    """One page of lines by key, and the address of the next one."""
    lignes = fait.lignes.filter(action=VUES[voir][0]).select_related("structure", "suite_par").order_by("pk")
    if apres.isascii() and apres.isdigit() and len(apres) < 19:
        lignes = lignes.filter(pk__gt=int(apres))
    page = list(lignes[: PAR_PAGE + 1])
    if len(page) <= PAR_PAGE:
        return page, ""
    return page[:PAR_PAGE], "?" + urlencode({"voir": voir, "apres": str(page[PAR_PAGE - 1].pk)})


@require_POST
def disparues(request: HttpRequest, pk: int) -> HttpResponse:
    """Close or keep the structures chosen among those the file no longer holds."""
    par = importateur(request)
    fait = get_object_or_404(Import, pk=pk)
    choisies = [int(v) for v in request.POST.getlist("ligne") if v.isascii() and v.isdigit() and len(v) < 19]
    decision = request.POST.get("decision", "")
    retour = redirect(f"{reverse('structures:import', args=[pk])}?voir=disparues")
    # One line's own buttons name it.
    for verbe in ("fermer", "garder"):
        une = request.POST.get(verbe, "")
        if une.isascii() and une.isdigit() and len(une) < 19:
            decision, choisies = verbe, [int(une)]
    if decision not in ("fermer", "garder") or not choisies:
        messages.error(request, "Cochez au moins une structure, puis choisissez « Fermer » ou « Garder ».")
        return retour
    ici = list(fait.lignes.filter(pk__in=choisies).values_list("pk", flat=True))
    nombre = decisions.decider(ici, decision == "fermer", par, request.POST.get("motif", "").strip())
    verbe = "fermées" if decision == "fermer" else "gardées ouvertes"
    if nombre:
        messages.success(request, f"Structures {verbe} : {nombre}.")
    if nombre < len(choisies):
        messages.warning(
            request, f"{len(choisies) - nombre} laissées : déjà décidées, ou d’un pôle que vous ne coordonnez pas."
        )
    return retour


@require_safe
def exporter(request: HttpRequest, pk: int, format: str) -> HttpResponseBase:
    """The whole journal as a table."""
    importateur(request)
    fait = get_object_or_404(Import, pk=pk)
    if format not in FORMATS:
        raise Http404
    entetes = ("Ligne", "Action", "Numéro", "Nom", "Champ", "Avant", "Après", "Raison", "Suite", "Fiche")
    titre = f"Import {fait.pk} {fait.fichier}"
    return ecrire_tableau(_rangees(fait, request), entetes, cast(Format, format), titre=titre)


def _rangees(fait: Import, request: HttpRequest) -> Iterator[tuple[Any, ...]]:
    """One row per changed field, one per line that changes none; a few hundred lines in memory at a time."""
    dernier = 0
    while lot := list(fait.lignes.filter(pk__gt=dernier).order_by("pk")[:_PAQUET]):
        dernier = lot[-1].pk
        mots = Mots(lot)
        for ligne in lot:
            fiche = request.build_absolute_uri(f"/structures/{ligne.structure_id}/") if ligne.structure_id else ""
            for champ, avant, apres in mots.champs(ligne) or [("", "", "")]:
                yield (
                    ligne.numero or "",
                    ligne.get_action_display(),
                    ligne.numero_cle,
                    ligne.nom,
                    champ,
                    avant,
                    apres,
                    ligne.raison,
                    ligne.get_suite_display(),
                    fiche,
                )
