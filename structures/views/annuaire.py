"""The directory and the sheet of a structure: public, each block according to who looks."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db.models import Max, Q
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from socle import prises
from socle.droits import exiger, peut
from structures import operations
from structures.comptes.models import Utilisateur
from structures.forms import FicheStructure, FiltreAnnuaire
from structures.models import Structure, StructureQuerySet
from structures.regles import est_membre
from structures.territoires.croquis import carte_situation
from structures.territoires.dessin import Repere
from structures.territoires.models import Contour

PAR_PAGE = 30
FILTRES = ("q", "famille", "type", "bassin", "departement")


def personne_de(request: HttpRequest) -> Utilisateur | None:
    """The signed-in person, or None for a visitor."""
    return request.user if isinstance(request.user, Utilisateur) else None


@login_not_required
@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """The directory: search, filters, keyset pages. Works without script."""
    filtre = FiltreAnnuaire(request.GET or None)
    criteres: dict[str, str] = {}
    if filtre.is_bound:
        filtre.is_valid()
        criteres = {nom: valeur for nom in FILTRES if (valeur := filtre.cleaned_data.get(nom))}
    choisies = _filtrer(Structure.objects.ouvertes(), criteres)
    nombre = choisies.count()
    page = list(_apres(choisies, request.GET.get("apres", "")).pour_liste()[: PAR_PAGE + 1])
    suite = ""
    if len(page) > PAR_PAGE:
        page = page[:PAR_PAGE]
        suite = "?" + _requete({**criteres, "apres": str(page[-1].pk)})
    contexte = {
        "filtre": filtre,
        "structures": page,
        "nombre": nombre,
        "puces": _puces(filtre, criteres),
        "debut": "?" + _requete(criteres) if request.GET.get("apres") else "",
        "suite": suite,
        "peut_tenir": peut(request.user, "structures.tenir_annuaire"),
    }
    return render(request, "structures/liste.html", contexte)


def _filtrer(structures: StructureQuerySet, criteres: dict[str, str]) -> StructureQuerySet:
    if "q" in criteres:
        structures = structures.rechercher(criteres["q"])
    if "famille" in criteres:
        structures = structures.de_la_famille(criteres["famille"])
    if "type" in criteres:
        structures = structures.filter(type=criteres["type"])
    if "bassin" in criteres:
        structures = structures.du_bassin(criteres["bassin"])
    if "departement" in criteres:
        structures = structures.du_departement(criteres["departement"])
    return structures


def _apres(structures: StructureQuerySet, pk: str) -> StructureQuerySet:
    """What follows a structure in alphabetical order; everything when it is not known."""
    repere = Structure.objects.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    if repere is None:
        return structures
    nom = repere.nom_recherche
    return structures.filter(Q(nom_recherche__gt=nom) | Q(nom_recherche=nom, pk__gt=repere.pk))


def _requete(criteres: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(criteres)


def _puces(filtre: FiltreAnnuaire, criteres: dict[str, str]) -> list[dict[str, str]]:
    """One chip per filter in force, with the address that removes it."""
    return [
        {
            "texte": filtre.libelle(nom, valeur),
            "champ": str(filtre.fields[nom].label),
            "url": "?" + _requete({n: v for n, v in criteres.items() if n != nom}),
        }
        for nom, valeur in criteres.items()
    ]


def _trouver(pk: int) -> Structure:
    liees = Structure.objects.select_related("commune__bassin", "commune__departement", "organisme")
    return get_object_or_404(liees, pk=pk)


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet. A visitor sees neither a person's name nor the offers and needs."""
    structure, personne = _trouver(pk), personne_de(request)
    encarts = [encart for prise in prises.encarts_structure for encart in prise(structure, personne)]
    modifiable = personne is not None and peut(personne, "structures.modifier", structure)
    contexte = {
        "structure": structure,
        "publics": structure.publics.all(),
        "encarts": [render_to_string(e.gabarit, {"structure": structure, **e.contexte}, request) for e in encarts],
        "peut_modifier": modifiable,
        "peut_inviter": personne is not None and peut(personne, "structures.inviter", structure),
        "est_membre": personne is not None and est_membre(personne, structure),
        "contact_nom": structure.contact_nom if modifiable else structure.contact_montrable if personne else "",
    }
    return render(request, "structures/detail.html", contexte)


@login_not_required
@require_safe
def situation(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the structure is in its bassin: an SVG image, kept by the browser and by us."""
    structure = _trouver(pk)
    bassin = structure.commune.bassin_id or ""
    # A commune that moves redraws the bassin under structures that did not change.
    trace = Contour.objects.filter(bassin_id=bassin).aggregate(taille=Max(Length("geojson")))["taille"]
    lieu = f"{structure.lat}:{structure.lon}:{structure.commune_id}:{bassin}:{trace}"
    marque = f"{structure.pk}:{structure.type}:{structure.nom}:{lieu}"
    etiquette = hashlib.sha256(marque.encode()).hexdigest()[:32]
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


@require_http_methods(["GET", "HEAD", "POST"])
def modifier(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the sheet: what is typed here is never overwritten by an import."""
    structure, personne = _trouver(pk), personne_de(request)
    exiger(
        request.user,
        "structures.modifier",
        structure,
        raison="Seules les personnes de la structure, la coordination de son pôle et l’administration peuvent la "
        "modifier. Pour rejoindre l’équipe, demandez une invitation à la direction de la structure.",
    )
    formulaire = FicheStructure(request.POST if request.method == "POST" else None, instance=structure)
    if request.method == "POST" and formulaire.is_valid() and personne is not None:
        operations.corriger(structure, formulaire.corrections(), personne)
        messages.success(request, "La fiche est à jour. Les imports à venir garderont vos corrections.")
        return redirect(structure)
    # The form has written on its instance what was typed: the page names the structure as it is.
    contexte = {"structure": _trouver(pk), "form": formulaire}
    return render(request, "structures/modifier.html", contexte, status=422 if formulaire.errors else 200)


@require_POST
def confirmer(request: HttpRequest, pk: int) -> HttpResponse:
    """« Ces informations sont toujours exactes »."""
    structure, personne = _trouver(pk), personne_de(request)
    exiger(request.user, "structures.modifier", structure)
    if personne is not None:
        operations.confirmer(structure, personne)
        messages.success(request, "Merci. La fiche est notée comme vérifiée aujourd’hui.")
    return redirect(structure)
