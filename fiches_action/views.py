"""Pages of the action sheets: parse, check the right, call, answer."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fiches_action import operations
from fiches_action.document import imprimer
from fiches_action.etats import TRANSITIONS, avancement
from fiches_action.forms import FormulaireCreation, FormulairePassage, formulaire_de
from fiches_action.models import Acteur, Etat, FicheAction, Passage
from fiches_action.presentation import actions_pour, presenter, ton
from fiches_action.sections import PAR_CLE, Section
from socle.droits import exiger, peut
from socle.prises import encarts_fiche
from structures.comptes.models import Utilisateur
from structures.territoires.models import Bassin
from structures.territoires.noms import normaliser_nom

PAR_PAGE = 20
FIL = [("Fiches-action", "/fiches/")]


def personne_de(request: HttpRequest) -> Utilisateur:
    """Who asks (the middleware has already asked them to sign in)."""
    if not isinstance(request.user, Utilisateur):
        raise PermissionDenied("Connectez-vous pour lire les fiches-action.")
    return request.user


def fiche_lisible(request: HttpRequest, reference: str) -> FicheAction:
    """The sheet if this person may read it. Raises Http404 and PermissionDenied."""
    fiche = get_object_or_404(FicheAction.objects.completes(), reference=reference)
    exiger(
        personne_de(request),
        "fiches_action.voir",
        fiche,
        raison="Cette fiche n’est lisible que par les structures qui y participent, les partenaires de son pôle "
        "une fois qu’elle est proposée, et la coordination. Demandez à la structure porteuse ou à la coordination.",
    )
    return fiche


def fiche_modifiable(request: HttpRequest, reference: str) -> FicheAction:
    """The sheet if this person may write it now. Raises Http404 and PermissionDenied."""
    fiche = fiche_lisible(request, reference)
    exiger(
        personne_de(request),
        "fiches_action.modifier",
        fiche,
        raison=(
            "Le texte d’une fiche change tant qu’elle est un brouillon ou à compléter, par la structure porteuse, "
            "son pilote ou la coordination du pôle."
        ),
    )
    return fiche


def section_ou_404(cle: str, *, lignes: bool = False) -> Section:
    section = PAR_CLE.get(cle)
    if section is None or (lignes and not section.lignes):
        raise Http404(cle)
    return section


@require_GET
def liste(request: HttpRequest) -> HttpResponse:
    personne = personne_de(request)
    choix = _filtres(request)
    fiches = FicheAction.objects.visibles_par(personne)
    if choix["miennes"]:
        fiches = fiches & FicheAction.objects.de(personne)
    if choix["etat"]:
        fiches = fiches.filter(etat=choix["etat"])
    if choix["bassin"]:
        fiches = fiches.du_bassin(choix["bassin"])
    total = fiches.count()
    page = fiches
    repere = FicheAction.objects.filter(reference=request.GET.get("apres", "")).values("cree_le", "pk").first()
    if repere:
        page = page.filter(Q(cree_le__lt=repere["cree_le"]) | Q(cree_le=repere["cree_le"], pk__lt=repere["pk"]))
    lignes = list(page.pour_liste()[: PAR_PAGE + 1])
    suite = _lien(choix, apres=lignes[PAR_PAGE - 1].reference) if len(lignes) > PAR_PAGE else ""
    bassins = sorted(Bassin.objects.de_la_region().values("code", "nom"), key=lambda b: normaliser_nom(b["nom"]))
    return render(
        request,
        "fiches_action/liste.html",
        {
            "lignes": [(fiche, ton(fiche.etat)) for fiche in lignes[:PAR_PAGE]],
            "total": total,
            "choix": choix,
            "etats": Etat.choices,
            "bassins": bassins,
            "puces": _puces(choix, {b["code"]: b["nom"] for b in bassins}),
            "suite": suite,
            "debut": _lien(choix) if repere else "",
            "peut_creer": peut(personne, "fiches_action.creer"),
            "demonstration_montree": any(fiche.demonstration for fiche in lignes),
        },
    )


def _filtres(request: HttpRequest) -> dict[str, str]:
    etat = request.GET.get("etat", "")
    return {
        "etat": etat if etat in Etat.values else "",
        "bassin": request.GET.get("bassin", "")[:4],
        "miennes": "1" if request.GET.get("miennes") else "",
    }


def _lien(choix: dict[str, str], **plus: str) -> str:
    parametres = {cle: valeur for cle, valeur in {**choix, **plus}.items() if valeur}
    return reverse("fiches:liste") + (f"?{urlencode(parametres)}" if parametres else "")


def _puces(choix: dict[str, str], bassins: dict[str, str]) -> list[tuple[str, str]]:
    """(words, address without this filter) of the filters in force."""
    puces = []
    if choix["miennes"]:
        puces.append(("Mes fiches", _lien({**choix, "miennes": ""})))
    if choix["etat"]:
        puces.append((str(Etat(choix["etat"]).label), _lien({**choix, "etat": ""})))
    if choix["bassin"]:
        nom = bassins.get(choix["bassin"], choix["bassin"])
        puces.append((f"Bassin\u00a0: {nom}", _lien({**choix, "bassin": ""})))
    return puces


@require_http_methods(["GET", "POST"])
def nouvelle(request: HttpRequest) -> HttpResponse:
    personne = personne_de(request)
    exiger(
        personne,
        "fiches_action.creer",
        raison="Une fiche-action est portée par une structure\u00a0: il faut appartenir à l’une d’elles "
        "pour en écrire une. La direction de votre structure ou la coordination du pôle peut vous y inviter.",
    )
    form = FormulaireCreation(personne, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        propre = form.cleaned_data
        porteur = propre["porteur"]
        bassin = porteur.bassin
        fiche = operations.creer_fiche(
            personne, porteur, titre=propre["titre"], objet=propre["objet"], bassins=[bassin] if bassin else []
        )
        messages.success(
            request, f"La fiche {fiche.reference} est ouverte. Remplissez ses neuf rubriques à votre rythme."
        )
        return redirect(fiche)
    return render(request, "fiches_action/nouvelle.html", {"form": form, "fil": FIL})


@require_GET
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    fiche = fiche_lisible(request, reference)
    personne = personne_de(request)
    encarts = [encart for fonction in encarts_fiche for encart in fonction(fiche, personne)]
    return render(
        request,
        "fiches_action/detail.html",
        {
            **presenter(fiche),
            "fil": FIL,
            "modifiable": peut(personne, "fiches_action.modifier", fiche),
            "actions": actions_pour(personne, fiche),
            "remplis": avancement(fiche),
            "a_confirmer": [
                a
                for a in fiche.acteurs.all()
                # Whoever proposes takes part: the porteur is not asked.
                if a.role != Acteur.Role.PORTEUR and peut(personne, "fiches_action.confirmer", a)
            ],
            "encarts": encarts,
            "demande": _demande(fiche),
        },
    )


def _demande(fiche: FicheAction) -> Passage | None:
    """What the coordination asks, while the sheet is to be completed at its request."""
    dernier = max(fiche.passages.all(), key=lambda passage: passage.pk, default=None)
    demande = dernier is not None and fiche.etat == Etat.A_COMPLETER and dernier.action == "demander_complement"
    return dernier if demande else None


@require_http_methods(["GET", "POST"])
def modifier(request: HttpRequest, reference: str, section: str) -> HttpResponse:
    partie = section_ou_404(section)
    fiche = fiche_modifiable(request, reference)
    contexte = {"fiche": fiche, "section": partie, "fil": _fil(fiche)}
    if partie.lignes:
        return render(request, "fiches_action/modifier_lignes.html", {**contexte, **presenter(fiche)})
    classe = formulaire_de(partie)
    lue = operations.empreinte(fiche, partie)
    if request.method == "GET":
        return render(request, "fiches_action/modifier.html", {**contexte, "form": classe(instance=fiche), "lue": lue})
    form = classe(request.POST, instance=FicheAction.objects.get(pk=fiche.pk))
    lue = request.POST.get("lue", "")
    if not form.is_valid():
        return render(request, "fiches_action/modifier.html", {**contexte, "form": form, "lue": lue}, status=422)
    try:
        operations.modifier_section(fiche, partie, form.valeurs(), personne_de(request), lue=lue)
    except operations.ConflitDeVersion as conflit:
        autre = FicheAction.objects.completes().get(pk=conflit.fiche.pk)
        return render(
            request,
            "fiches_action/modifier.html",
            {
                **contexte,
                **presenter(autre),
                "form": form,
                "lue": operations.empreinte(autre, partie),
                "conflit": True,
                "derniere": autre.history.first(),
            },
            status=409,
        )
    messages.success(request, f"«\u00a0{partie.libelle}\u00a0» est enregistré.")
    return redirect(f"{fiche.get_absolute_url()}#{partie.cle}")


def _fil(fiche: FicheAction) -> list[tuple[str, str]]:
    return [*FIL, (fiche.reference, fiche.get_absolute_url())]


@require_POST
def participation(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    fiche = fiche_lisible(request, reference)
    acteur = get_object_or_404(Acteur, fiche=fiche, pk=pk)
    reponse = request.POST.get("reponse")
    if reponse not in {"oui", "non"}:
        raise Http404("réponse")
    operations.confirmer(acteur, personne_de(request), participe=reponse == "oui")
    mot = "participe" if reponse == "oui" else "ne participe pas"
    messages.success(request, f"C’est noté\u00a0: {acteur.structure.nom} {mot}.")
    return redirect(f"{fiche.get_absolute_url()}#acteurs")


@require_http_methods(["GET", "POST"])
def passer(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    transition = TRANSITIONS.get(action)
    if transition is None:
        raise Http404(action)
    fiche = fiche_lisible(request, reference)
    personne = personne_de(request)
    exiger(personne, transition.permission, fiche, raison=f"Cette décision revient à {transition.qui}.")
    form = FormulairePassage(transition, request.POST if request.method == "POST" else None)
    contexte: dict[str, Any] = {
        "fiche": fiche, "transition": transition, "form": form, "fil": _fil(fiche),
        "manques": transition.manques(fiche), "possible": fiche.etat in transition.de,
        "ton": ton(fiche.etat), "vers_ton": ton(transition.vers),
    }  # fmt: skip
    if request.method == "GET" or not form.is_valid():
        return render(request, "fiches_action/passer.html", contexte, status=200 if request.method == "GET" else 422)
    propre = form.cleaned_data
    try:
        operations.appliquer(fiche, action, personne, propre["motif"], decision_le=propre.get("decision_le"))
    except operations.PassageImpossible as refus:
        contexte |= {"refus": str(refus), "manques": refus.manques}
        return render(request, "fiches_action/passer.html", contexte, status=409)
    messages.success(
        request, f"{fiche.reference}\u00a0: la fiche est maintenant «\u00a0{transition.vers.label}\u00a0»."
    )
    return redirect(fiche)


@require_GET
def export_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    fiche = fiche_lisible(request, reference)
    rendu = imprimer(fiche)
    reponse = HttpResponse(rendu.pdf, content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="{fiche.reference}.pdf"'
    return reponse
