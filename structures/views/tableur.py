"""Spreadsheets: say what each column is, see how the first lines will be read, keep it for the next file."""

import hashlib
import time
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from structures.comptes.models import Utilisateur
from structures.formulaires_tableur import FeuilleDuTableau, LectureDuTableau, RenommerListe
from structures.imports import depot
from structures.imports.conduite import ImportRefuse, demander_apercu
from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.analyse import Analyse, analyser
from structures.imports.tableur.apercu import Apercu, apercevoir
from structures.imports.tableur.champs import CHAMPS
from structures.imports.tableur.entree import GENRE
from structures.imports.tableur.fichier import LIBELLES
from structures.imports.tableur.memoire import NomPris, oublier, renommer, retenir
from structures.imports.tableur.plan import Plan, depuis_json
from structures.imports.tableur.proposition import Proposition, proposer
from structures.models import Correspondance, Import
from structures.referentiel import TYPES
from structures.views.imports import importateur

# A long first look is kept while the person fills the page.
_LENT, _GARDE = 0.5, 3600  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
def colonnes(request: HttpRequest, pk: int) -> HttpResponse:
    """« Que contient chaque colonne ? »: the page between the upload of a spreadsheet and its dry run."""
    personne = importateur(request)
    journal = get_object_or_404(Import, pk=pk, genre=GENRE)
    if journal.etat not in (Import.Etat.A_PREPARER, Import.Etat.APERCU, Import.Etat.ECHOUE) or not journal.essai:
        messages.info(request, "Cet import n’attend plus que l’on dise ses colonnes\u00a0: voici où il en est.")
        return redirect("structures:import", journal.pk)
    if not depot.present(journal):
        messages.error(request, "Le fichier de cet import n’est plus conservé\u00a0: envoyez-le de nouveau.")
        return redirect("structures:imports")
    geste = request.POST.get("geste", "")
    ou = _ou(request, journal)
    try:
        analyse = _analyse(journal, *ou)
    except FichierIllisible as erreur:
        return _illisible(request, journal, str(erreur))
    proposition = _proposition(journal, analyse)
    relire = request.method == "POST" and geste != "feuille"
    formulaire = LectureDuTableau(request.POST if relire else None, analyse=analyse, proposition=proposition)
    if geste == "essayer" and formulaire.is_valid():
        return _essayer(request, journal, analyse, formulaire.plan(), personne)
    plan = proposition.plan
    if relire:
        formulaire.full_clean()
        plan = formulaire.plan()
    contexte = {
        "journal": journal,
        "form": formulaire,
        "feuille": FeuilleDuTableau(
            feuilles=analyse.feuilles, initial={"feuille": analyse.feuille, "ligne_entete": analyse.ligne_entete}
        ),
        "analyse": analyse,
        "forme": LIBELLES[analyse.forme],
        "proposition": proposition,
        "apercu": _apercu(analyse, plan),
        "manques": plan.manques(),
    }
    return render(request, "structures/colonnes.html", contexte, status=422 if geste == "essayer" else 200)


def _ou(request: HttpRequest, journal: Import) -> tuple[str, int]:
    """(sheet, row of the headers) asked for, or kept from the last time."""
    garde = journal.parametres.get("plan") or {}
    if request.method != "POST":
        return str(garde.get("feuille", "")), int(garde.get("ligne_entete") or 0)
    montree, ligne = request.POST.get("feuille_montree", "")[:200], request.POST.get("ligne_entete", "")
    voulue = request.POST.get("feuille", montree)[:200]
    autre = request.POST.get("geste") == "feuille" and voulue != montree
    # Another sheet has its headers elsewhere.
    return voulue, 0 if autre or not ligne.isdecimal() or len(ligne) > 7 else int(ligne)


def _analyse(journal: Import, feuille: str, ligne: int) -> Analyse:
    ou = hashlib.sha256(f"{ligne}:{feuille}".encode()).hexdigest()[:16]
    cle = f"tableur:{journal.empreinte}:{ou}"
    gardee = cache.get(cle)
    if isinstance(gardee, Analyse):
        return gardee
    debut = time.monotonic()
    analyse = analyser(depot.chemin_de(journal), feuille, ligne)
    if time.monotonic() - debut > _LENT:
        cache.set(cle, analyse, _GARDE)
    return analyse


def _proposition(journal: Import, analyse: Analyse) -> Proposition:
    """What was said of this very import, else what is remembered or guessed."""
    garde = depuis_json(journal.parametres.get("plan") or {})
    if garde.colonnes and set(garde.colonnes) <= set(analyse.entetes) and garde.feuille == analyse.feuille:
        return Proposition(garde)
    return proposer(analyse, journal.fichier)


def _apercu(analyse: Analyse, plan: Plan) -> Apercu | None:
    return None if plan.manques() else apercevoir(analyse, plan)


def _essayer(
    request: HttpRequest, journal: Import, analyse: Analyse, plan: Plan, personne: Utilisateur
) -> HttpResponse:
    correspondance = retenir(plan, analyse, personne)
    # A list written « GEIQ » and « geiq » is one list: the first spelling stays.
    journal.parametres = {**journal.parametres, "plan": {**plan.en_json(), "liste": correspondance.liste}}
    journal.liste = correspondance.liste
    journal.save(update_fields=["parametres", "liste"])
    try:
        demander_apercu(journal, personne)
    except ImportRefuse as refus:
        messages.error(request, str(refus))
    return redirect("structures:import", journal.pk)


def _illisible(request: HttpRequest, journal: Import, erreur: str) -> HttpResponse:
    contexte: dict[str, Any] = {"journal": journal, "erreur": erreur}
    return render(request, "structures/colonnes_illisible.html", contexte, status=422)


@require_safe
def correspondances(request: HttpRequest) -> HttpResponse:
    """The remembered lists."""
    importateur(request)
    listes = Correspondance.objects.select_related("par").order_by("liste", "pk")
    return render(request, "structures/correspondances.html", {"listes": listes, "formats": LIBELLES})


@require_http_methods(["GET", "HEAD", "POST"])
def correspondance(request: HttpRequest, pk: int) -> HttpResponse:
    """One remembered list: how it is read; another name for it."""
    importateur(request)
    liste = get_object_or_404(Correspondance.objects.select_related("par"), pk=pk)
    nom = liste.liste
    formulaire = RenommerListe(request.POST if request.method == "POST" else None, initial={"liste": liste.liste})
    if request.method == "POST" and formulaire.is_valid():
        try:
            renommer(liste, formulaire.cleaned_data["liste"])
        except NomPris as erreur:
            formulaire.add_error("liste", str(erreur))
        else:
            messages.success(request, f"La liste s’appelle maintenant «\u00a0{liste.liste}\u00a0».")
            return redirect("structures:correspondance", liste.pk)
    plan = depuis_json({"colonnes": liste.colonnes, "types": liste.types, "type_constant": liste.type_constant})
    contexte = {
        "liste": liste,
        "nom": nom,
        "form": formulaire,
        "colonnes": [(entete, CHAMPS[champ].libelle) for entete, champ in plan.colonnes.items()],
        "laissees": [entete for entete in liste.entetes if entete not in plan.colonnes],
        "types": [(valeur, TYPES[type_].libelle if type_ else "") for valeur, type_ in plan.types.values()],
        "constant": TYPES[plan.type_constant].libelle if plan.type_constant else "",
        "imports": Import.objects.filter(liste=nom).defer("bilan", "parametres")[:10],
    }
    return render(request, "structures/correspondance.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def oublier_correspondance(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget how a list is read; its structures stay."""
    importateur(request)
    liste = get_object_or_404(Correspondance, pk=pk)
    oublier(liste)
    messages.success(
        request,
        f"La lecture de «\u00a0{liste.liste}\u00a0» est oubliée. Les structures importées restent dans l’annuaire.",
    )
    return redirect("structures:correspondances")
