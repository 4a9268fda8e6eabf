"""The sheet of a structure: read by all, each block according to who looks; corrected in place by its people."""

import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle import prises
from socle.droits import exiger, peut
from structures import operations
from structures.comptes.models import Utilisateur
from structures.doublons.registre import avertissement
from structures.formulaires_fiche import FORMULAIRES, FormulaireSection
from structures.historique import changements, sources
from structures.models import Structure
from structures.regles import est_membre
from structures.sections import PAR_CLE, SECTIONS, Section
from structures.territoires.croquis import carte_situation
from structures.territoires.dessin import Repere
from structures.territoires.models import Contour
from structures.views.annuaire import personne_de
from structures.views.fusions import vers_la_gardee

RAISON_MODIFIER = (
    "Seules les personnes de la structure, la coordination de son pôle et l’administration peuvent la modifier. "
    "Pour rejoindre l’équipe, demandez une invitation à la direction de la structure."
)


def trouver(pk: int) -> Structure:
    """A structure with what its page shows."""
    liees = Structure.objects.select_related(
        "commune__bassin", "commune__departement", "organisme", "confirme_par", "contact_personne",
        "contact_consenti_par",
    )  # fmt: skip
    return get_object_or_404(liees, pk=pk)


def modifiable(request: HttpRequest, pk: int) -> tuple[Structure, Utilisateur]:
    """The structure and who keeps it. Raises Http404 and PermissionDenied."""
    structure, personne = trouver(pk), personne_de(request)
    exiger(request.user, "structures.modifier", structure, raison=RAISON_MODIFIER)
    if personne is None:
        raise PermissionDenied(RAISON_MODIFIER)
    return structure, personne


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet. A visitor sees neither a person's name nor the offers and needs."""
    structure, personne = trouver(pk), personne_de(request)
    if structure.fusionnee_dans_id:
        return vers_la_gardee(request, structure)
    encarts = [encart for prise in prises.encarts_structure for encart in prise(structure, personne)]
    contexte = {
        **presenter(structure, personne),
        "encarts": [render_to_string(e.gabarit, {"structure": structure, **e.contexte}, request) for e in encarts],
        "peut_inviter": personne is not None and peut(personne, "structures.inviter", structure),
        "peut_fermer": personne is not None and peut(personne, "structures.fermer", structure),
        "est_membre": personne is not None and est_membre(personne, structure),
    }
    return render(request, "structures/detail.html", contexte)


def presenter(structure: Structure, personne: Utilisateur | None) -> dict[str, Any]:
    """What the sections of the page show to this person."""
    tient = personne is not None and peut(personne, "structures.modifier", structure)
    return {
        "structure": structure,
        "publics": structure.publics.all(),
        "peut_modifier": tient,
        "contact_nom": structure.contact_nom if tient else structure.contact_montrable if personne else "",
        "me_nomme": personne is not None and structure.contact_personne_id == personne.pk,
        "etiquette_carte": etiquette_situation(structure)[:12],
        "sections": [(section, sources(structure, section) if tient else []) for section in SECTIONS],
    }


# --- the small map ---------------------------------------------------------------------------


def etiquette_situation(structure: Structure, trace: object = "") -> str:
    """What the small map depends on: its address changes when the structure moves."""
    lieu = f"{structure.lat}:{structure.lon}:{structure.commune_id}:{structure.commune.bassin_id or ''}:{trace}"
    marque = f"{structure.pk}:{structure.type}:{structure.nom}:{lieu}"
    return hashlib.sha256(marque.encode()).hexdigest()[:32]


@login_not_required
@require_safe
def situation(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the structure is in its bassin: an SVG image, kept by the browser and by us."""
    structure = trouver(pk)
    # A commune that moves redraws the bassin under structures that did not change.
    traces = Contour.objects.filter(bassin_id=structure.commune.bassin_id or "")
    etiquette = etiquette_situation(structure, traces.aggregate(taille=Max(Length("geojson")))["taille"])
    if request.headers.get("If-None-Match") == f'"{etiquette}"':
        return HttpResponseNotModified()
    svg = cache.get(f"situation:{etiquette}")
    if svg is None:
        lat, lon = structure.lat or structure.commune.lat, structure.lon or structure.commune.lon
        repere = Repere(lat, lon, structure.famille.forme, structure.famille.couleur, structure.nom)
        svg = carte_situation(structure.commune, repere)
        cache.set(f"situation:{etiquette}", svg, 3600)
    reponse = HttpResponse(svg, content_type="image/svg+xml", headers={"ETag": f'"{etiquette}"'})
    patch_cache_control(reponse, public=True, max_age=3600)
    return reponse


# --- corrected in place ----------------------------------------------------------------------


def _section(cle: str) -> Section:
    section = PAR_CLE.get(cle)
    if section is None:
        raise Http404(cle)
    return section


def _en_place(request: HttpRequest) -> bool:
    """Whether the page asks for the section alone."""
    return bool(request.headers.get("HX-Request"))


@never_cache
@require_safe
def section(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """A section as it reads: what « Ne rien changer » brings back."""
    partie = _section(section)
    structure, personne = modifiable(request, pk)
    if not _en_place(request):
        return redirect(f"{structure.get_absolute_url()}#{partie.cle}")
    return _lue(request, structure, personne, partie)


def _lue(
    request: HttpRequest, structure: Structure, personne: Utilisateur, partie: Section, **dit: object
) -> HttpResponse:
    contexte = {
        **presenter(structure, personne), **dit,
        "section": partie, "sources": sources(structure, partie), "a_jour": bool(dit),
    }  # fmt: skip
    return render(request, "structures/section_lue.html", contexte)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def modifier(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Correct one section, in the page or on a page of its own: an import never overwrites it."""
    partie = _section(section)
    structure, personne = modifiable(request, pk)
    donnees = request.POST if request.method == "POST" else None
    formulaire = FORMULAIRES[partie.cle](donnees, instance=structure, par=personne)
    dispute: tuple[str, ...] = ()
    if donnees is not None and formulaire.is_valid():
        try:
            lues = {nom: donnees.get(f"lue-{nom}", "") for nom, *_ in partie.groupes if f"lue-{nom}" in donnees}
            changes = operations.corriger(
                structure, formulaire.corrections(), personne, confirme=False, section=partie, lues=lues
            )
        except operations.FicheModifiee as erreur:
            dispute = erreur.champs
        else:
            return _enregistree(request, pk, personne, partie, changes)
    return _formulaire(request, pk, partie, formulaire, dispute)


def _enregistree(
    request: HttpRequest, pk: int, personne: Utilisateur, partie: Section, changes: list[str]
) -> HttpResponse:
    dit = "Enregistré. Les imports à venir garderont vos corrections." if changes else "Rien n’a changé."
    structure = trouver(pk)
    doublon = avertissement(structure, changes, personne)
    if _en_place(request):
        return _lue(request, structure, personne, partie, dit=f"{dit} {doublon}".strip())
    messages.success(request, dit)
    if doublon:
        messages.warning(request, doublon)
    return redirect(f"{structure.get_absolute_url()}#{partie.cle}")


def _formulaire(
    request: HttpRequest, pk: int, partie: Section, formulaire: FormulaireSection, dispute: tuple[str, ...]
) -> HttpResponse:
    # The form has written on its instance what was typed: the page shows the structure as it is.
    structure = trouver(pk)
    lues = operations.empreintes(structure, partie.groupes)
    if formulaire.is_bound and not dispute:
        # Still what the person had before them when they began.
        lues = {nom: request.POST.get(f"lue-{nom}", valeur) for nom, valeur in lues.items()}
    contexte = {
        "structure": structure,
        "section": partie,
        "form": formulaire,
        "lues": lues,
        "ecarts": _ecarts(formulaire, structure) if dispute else [],
        "dernier": structure.history.select_related("history_user").first() if dispute else None,
    }
    gabarit = "structures/section_formulaire.html" if _en_place(request) else "structures/modifier.html"
    return render(request, gabarit, contexte, status=422 if formulaire.errors or dispute else 200)


def _ecarts(formulaire: FormulaireSection, structure: Structure) -> list[tuple[str, str, str]]:
    """(label, what is kept now, what this person typed) of each field where they differ."""
    garde = type(formulaire)(instance=structure, par=formulaire.par)
    lignes = []
    for champ in formulaire:
        if champ.is_hidden or champ.name not in garde.fields:
            continue
        ici, la = _lisible(garde[champ.name]), _lisible(champ)
        if ici != la:
            lignes.append((str(champ.label), ici, la))
    return lignes


def _lisible(champ: Any) -> str:
    """The value of a bound field in words."""
    valeur = champ.value()
    if isinstance(valeur, bool) or champ.field.widget.__class__.__name__ == "CheckboxInput":
        return "oui" if valeur in (True, "on", "true") else "non"
    choix: dict[str, str] = {}
    for cle, texte in getattr(champ.field, "choices", ()):
        choix.update({str(c): str(t) for c, t in texte} if isinstance(texte, list | tuple) else {str(cle): str(texte)})
    valeurs = valeur if isinstance(valeur, list | tuple) else [valeur]
    mots = [choix.get(str(getattr(v, "pk", v)), str(v)) for v in valeurs if v not in (None, "")]
    return ", ".join(mots) or "rien"


# --- « Ces informations sont toujours exactes » ----------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirmer(request: HttpRequest, pk: int) -> HttpResponse:
    """One button: « Ces informations sont toujours exactes ». Where a reminder's link leads."""
    structure, personne = modifiable(request, pk)
    if request.method == "POST":
        operations.confirmer(structure, personne)
        messages.success(request, f"Merci. La fiche de {structure.nom} est notée comme exacte aujourd’hui.")
        suites = {"accueil": "/", "a-confirmer": reverse("structures:a_confirmer")}
        return redirect(suites.get(request.POST.get("suite", ""), structure.get_absolute_url()))
    return render(request, "structures/confirmer.html", presenter(structure, personne))


@require_POST
def retirer_nom(request: HttpRequest, pk: int) -> HttpResponse:
    """The person named withdraws their name, at once, whatever their rights on the sheet."""
    structure, personne = trouver(pk), personne_de(request)
    if personne is None or structure.contact_personne_id != personne.pk:
        raise PermissionDenied("Seule la personne nommée sur cette fiche peut retirer son nom ainsi.")
    operations.retirer_nom(structure, personne)
    messages.success(request, "Votre nom ne figure plus sur cette fiche.")
    return redirect(structure)


@never_cache
@require_safe
def historique(request: HttpRequest, pk: int) -> HttpResponse:
    """Who changed what, for those who keep the sheet."""
    structure, _ = modifiable(request, pk)
    brut = request.GET.get("avant", "")
    avant = int(brut) if brut.isascii() and brut.isdigit() and len(brut) < 19 else None
    lignes, suite = changements(structure, avant)
    ici = reverse("structures:historique", args=[pk])
    contexte = {
        "structure": structure,
        "changements": lignes,
        "debut": ici if avant else "",
        "suite": f"{ici}?avant={suite}" if suite else "",
    }
    return render(request, "structures/historique.html", contexte)
