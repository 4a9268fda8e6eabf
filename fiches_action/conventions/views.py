"""Pages of the agreements for signed-in people: list, one agreement, its text, its documents."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from fiches_action.conventions import circuit, contenu, operations, presentation, scellement
from fiches_action.conventions.etats import PASSAGES, Etat, PassageImpossible
from fiches_action.conventions.forms import (
    FormulaireAjout,
    FormulaireConditions,
    FormulaireMotif,
    FormulairePartie,
    differences,
)
from fiches_action.conventions.models import Convention, Document, Partie, Signataire
from fiches_action.conventions.operations import Conflit, OperationRefusee
from fiches_action.models import FicheAction
from socle.droits import exiger
from structures.comptes.models import Utilisateur

PAR_PAGE = 30
RAISON_VOIR = "Une convention se lit par ses parties, ses signataires, la coordination de son pôle et le pilotage."
RAISON_MODIFIER = "Le porteur de la fiche-action et la coordination du pôle préparent la convention."


def _personne(request: HttpRequest) -> Utilisateur:
    if not isinstance(request.user, Utilisateur):
        raise PermissionDenied
    return request.user


def _convention(request: HttpRequest, reference: str, permission: str = "conventions.voir") -> Convention:
    convention = get_object_or_404(
        Convention.objects.select_related("fiche__porteur", "fiche__pole", "pole", "modele", "cree_par"),
        reference=reference,
    )
    raison = RAISON_VOIR if permission == "conventions.voir" else RAISON_MODIFIER
    exiger(_personne(request), permission, convention, raison=raison)
    return convention


@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """Agreements that this person may read, newest first, by pages of thirty (keyset)."""
    visibles = Convention.objects.visibles_par(_personne(request))
    etat = request.GET.get("etat", "")
    filtrees = visibles.filter(etat=etat) if etat in Etat.values else visibles
    avant = request.GET.get("avant", "")
    page = filtrees.filter(pk__lt=int(avant)) if avant.isdecimal() and len(avant) < 19 else filtrees
    lignes = list(page.pour_liste().order_by("-pk")[: PAR_PAGE + 1])
    suite = f"?etat={etat}&avant={lignes[PAR_PAGE - 1].pk}" if len(lignes) > PAR_PAGE else ""
    contexte = {
        "lignes": [(c, presentation.etiquettes(c)) for c in lignes[:PAR_PAGE]],
        "total": filtrees.count(),
        "etat": etat if etat in Etat.values else "",
        "etats": Etat.choices,
        "suite": suite,
        "debut": f"?etat={etat}" if avant else "",
    }
    return render(request, "conventions/liste.html", contexte)


@require_POST
def creer(request: HttpRequest, fiche: str) -> HttpResponse:
    """Start an agreement from a validated sheet."""
    objet = get_object_or_404(FicheAction.objects.select_related("pole", "porteur"), reference=fiche)
    try:
        convention = operations.creer_depuis_fiche(objet, _personne(request))
    except OperationRefusee as erreur:
        messages.error(request, str(erreur))
        return redirect(objet.get_absolute_url())
    messages.success(request, "La convention est préparée. Complétez les parties et les conditions.")
    return redirect(convention)


@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    convention = _convention(request, reference)
    contexte = presentation.presenter(convention, _personne(request))
    if contexte["modifie"] and convention.modifiable:
        contexte["ajout"] = FormulaireAjout(convention)
    return render(request, "conventions/detail.html", contexte)


@require_safe
def avancement(request: HttpRequest, reference: str) -> HttpResponse:
    """How far the freezing or the seal is: a fragment asked again while it lasts, then the page anew."""
    convention = _convention(request, reference)
    travail = presentation.travail_en_cours(convention)
    if travail is None and request.headers.get("HX-Request"):
        reponse = HttpResponse(status=204)
        reponse["HX-Refresh"] = "true"
        return reponse
    if travail is None:
        return redirect(convention)
    return render(request, "conventions/_avancement.html", {"convention": convention, "travail": travail})


def partie(request: HttpRequest, reference: str, partie: int) -> HttpResponse:
    convention = _convention(request, reference, "conventions.modifier")
    objet = get_object_or_404(Partie, pk=partie, convention=convention)
    if not convention.modifiable:
        messages.error(request, "Le texte est figé\u00a0: reprenez-le pour le modifier.")
        return redirect(convention)
    formulaire = FormulairePartie(request.POST if request.method == "POST" else None, instance=objet)
    autre = False
    if request.method == "POST" and formulaire.is_valid():
        try:
            operations.enregistrer_partie(
                formulaire.save(commit=False), formulaire.signataire(), _personne(request), lue=request.POST.get("lue")
            )
        except OperationRefusee as erreur:
            formulaire.add_error(None, str(erreur))
            autre = isinstance(erreur, Conflit)
        else:
            messages.success(request, "La partie est enregistrée.")
            return redirect(convention)
    frais = Partie.objects.filter(pk=partie).first() or objet
    contexte = {
        "convention": convention,
        "partie": frais,
        "form": formulaire,
        "lue": operations.empreinte_partie(frais) if autre or request.method != "POST" else request.POST.get("lue"),
        "enregistre": differences(formulaire, FormulairePartie(instance=frais)) if autre else [],
    }
    return render(request, "conventions/partie.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def ajouter_partie(request: HttpRequest, reference: str) -> HttpResponse:
    convention = _convention(request, reference, "conventions.modifier")
    formulaire = FormulaireAjout(convention, request.POST)
    if formulaire.is_valid():
        try:
            nouvelle = operations.ajouter_partie(convention, formulaire.cleaned_data["structure"], _personne(request))
        except OperationRefusee as erreur:
            messages.error(request, str(erreur))
            return redirect(convention)
        return redirect("conventions:partie", reference=reference, partie=nouvelle.pk)
    messages.error(request, "Choisissez une structure de la fiche-action.")
    return redirect(convention)


@require_POST
def retirer_partie(request: HttpRequest, reference: str, partie: int) -> HttpResponse:
    convention = _convention(request, reference, "conventions.modifier")
    objet = get_object_or_404(Partie, pk=partie, convention=convention)
    try:
        operations.retirer_partie(objet, _personne(request))
    except OperationRefusee as erreur:
        messages.error(request, str(erreur))
    else:
        messages.success(request, f"{objet} n’est plus partie à la convention.")
    return redirect(convention)


def conditions(request: HttpRequest, reference: str) -> HttpResponse:
    convention = _convention(request, reference, "conventions.modifier")
    if not convention.modifiable:
        messages.error(request, "Le texte est figé\u00a0: reprenez-le pour le modifier.")
        return redirect(convention)
    formulaire = FormulaireConditions.de(convention, request.POST if request.method == "POST" else None)
    autre = False
    if request.method == "POST" and formulaire.is_valid():
        try:
            operations.fixer_conditions(
                convention,
                formulaire.variables(),
                formulaire.cleaned_data["debut"],
                _personne(request),
                lue=request.POST.get("lue"),
            )
        except OperationRefusee as erreur:
            formulaire.add_error(None, str(erreur))
            autre = isinstance(erreur, Conflit)
        else:
            messages.success(request, "Les conditions sont enregistrées.")
            return redirect(convention)
    contexte = {
        "convention": convention,
        "form": formulaire,
        "lue": operations.empreinte_conditions(convention)
        if autre or request.method != "POST"
        else request.POST.get("lue"),
        "enregistre": differences(formulaire, FormulaireConditions.de(convention)) if autre else [],
    }
    return render(request, "conventions/conditions.html", contexte, status=422 if formulaire.errors else 200)


@require_safe
def apercu(request: HttpRequest, reference: str) -> HttpResponse:
    """The text with its values, what is missing marked."""
    convention = _convention(request, reference)
    version = convention.version_courante
    texte = contenu.remplir(convention, numero_version=version.numero if version else 1)
    contexte = {"convention": convention, "texte": texte.html, "manques": contenu.manques(convention, texte)}
    return render(request, "conventions/apercu.html", contexte)


def agir(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """One step of the workflow. What needs a reason asks for it on a page of its own."""
    if action not in {*FAITS, "figer", "ordonner"}:
        raise Http404
    permission = PASSAGES[action].permission if action in PASSAGES else None
    convention = _convention(request, reference, permission or "conventions.modifier")
    formulaire = FormulaireMotif(request.POST if request.method == "POST" else None) if action in MOTIVEES else None
    if formulaire is not None and not (request.method == "POST" and formulaire.is_valid()):
        contexte = {"convention": convention, "form": formulaire}
        return render(request, MOTIVEES[action], contexte, status=422 if formulaire.errors else 200)
    if request.method != "POST":
        return redirect(convention)
    try:
        _appliquer(request, convention, action, formulaire.cleaned_data["motif"] if formulaire else "")
    except OperationRefusee as erreur:
        messages.error(request, " ".join([str(erreur), "; ".join(erreur.manques)]).strip())
    except PassageImpossible as erreur:
        messages.error(request, str(erreur))
    return redirect(convention)


def _appliquer(request: HttpRequest, convention: Convention, action: str, motif: str) -> None:
    personne = _personne(request)
    if action == "figer":
        operations.demander_gel(convention, personne)
    elif action == "ordonner":
        ordre = [int(pk) for pk in request.POST.getlist("signataire") if pk.isdecimal() and len(pk) < 16]
        operations.ordonner(convention, _deplacer(ordre, request.POST.get("monter", "")), personne)
        messages.success(request, "L’ordre de signature est enregistré.")
    else:
        operations.appliquer(convention, action, personne, motif)
        messages.success(request, FAITS[action])


FAITS = {
    "relire": "Le texte est en relecture\u00a0: les parties peuvent le lire.",
    "corriger": "Le texte est de nouveau un brouillon.",
    "reprendre": "Le texte est repris\u00a0: une nouvelle version sera figée, et signée par tous.",
    "lancer": "L’invitation à signer est partie au premier signataire.",
    "annuler": "La convention est annulée. Les personnes déjà sollicitées sont prévenues.",
    "resilier": "La convention est résiliée. Ses signataires sont prévenus.",
}
# The steps that need a reason, and the page that asks for it.
MOTIVEES = {"annuler": "conventions/annuler.html", "resilier": "conventions/resilier.html"}


def _deplacer(ordre: list[int], monter: str) -> list[int]:
    """The list with one signatory a place earlier."""
    if not monter.isdecimal() or len(monter) > 15 or int(monter) not in ordre:
        return ordre
    rang = ordre.index(int(monter))
    if rang:
        ordre[rang - 1], ordre[rang] = ordre[rang], ordre[rang - 1]
    return ordre


@require_POST
def relancer(request: HttpRequest, reference: str, signataire: int) -> HttpResponse:
    convention = _convention(request, reference, "conventions.modifier")
    objet = get_object_or_404(Signataire, pk=signataire, convention=convention)
    try:
        circuit.relancer(objet, _personne(request))
    except circuit.SignatureRefusee as erreur:
        messages.error(request, str(erreur))
    else:
        messages.success(request, f"Un rappel est parti à {objet.nom}.")
    return redirect(convention)


@require_POST
def resceller(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask again for a seal that failed or waits."""
    convention = _convention(request, reference, "conventions.modifier")
    if convention.etat != Etat.SIGNEE:
        messages.error(request, "Il n’y a rien à sceller.")
    else:
        scellement.demander_scellement(convention, _personne(request))
        messages.success(request, "Le scellement est redemandé.")
    return redirect(convention)


@require_GET
def document(request: HttpRequest, reference: str) -> HttpResponse:
    """The sealed document once sealed, else the frozen version."""
    convention = _convention(request, reference)
    version = convention.version_courante
    if version is None:
        raise Http404("Le texte n’est pas encore figé.")
    scelle = getattr(version, "scellement", None)
    fichier = scelle.document if scelle is not None and scelle.document else version.document
    suffixe = "" if fichier.genre == Document.Genre.SCELLE else f"-version-{version.numero}"
    return en_pdf(fichier, f"{convention.reference}{suffixe}.pdf")


def en_pdf(fichier: Document, nom: str) -> HttpResponse:
    """The stored bytes, checked against their hash on the way, never touched."""
    reponse = HttpResponse(fichier.lire(), content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="{nom}"'
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["ETag"] = f'"{fichier.empreinte}"'
    reponse["Cache-Control"] = "private, no-store"
    return reponse


@require_GET
def preuves(request: HttpRequest, reference: str) -> HttpResponse:
    """The full evidence: addresses and IP in it, so only for the coordination."""
    convention = _convention(request, reference, "conventions.coordonner")
    version = convention.version_courante
    scelle: Any = getattr(version, "scellement", None) if version else None
    if scelle is not None and scelle.dossier is not None:
        reponse = HttpResponse(scelle.dossier.lire(), content_type="application/json")
    else:
        reponse = JsonResponse(scellement.dossier_de_preuve(convention), json_dumps_params={"ensure_ascii": False})
    reponse["Content-Disposition"] = f'attachment; filename="{convention.reference}-preuves.json"'
    reponse["Cache-Control"] = "private, no-store"
    return reponse
