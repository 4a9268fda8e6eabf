"""The pages of the directory: the list, its export, the suggestions of places."""

import uuid
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from socle.droits import peut
from socle.models import Travail
from socle.tableaux import FORMATS, Format, ecrire_tableau, nom_de_fichier
from structures.annuaire import geocodage, travaux
from structures.annuaire.criteres import RAYONS, Criteres, Filtre
from structures.annuaire.exports import DIRECT_MAX, choisies, lignes, proposees, titre
from structures.annuaire.lieux import CANDIDATS_MAX, Lieu, communes_commencant, lieu_de
from structures.annuaire.recherche import Resultats, chercher, decouper
from structures.comptes.models import Utilisateur

SUGGESTIONS_MAX = 8
VOLETS = (
    ("famille", "Famille et type"),
    ("territoire", "Territoire"),
    ("public", "Public accueilli"),
    ("echanges", "Offres et besoins"),
    ("fiche", "État de la fiche"),
)


@dataclass(frozen=True)
class Option:
    """A value that can be ticked."""

    valeur: str
    libelle: str
    choisie: bool


@dataclass(frozen=True)
class Volet:
    """Filters that fold and unfold together."""

    cle: str
    titre: str
    champs: list[tuple[Filtre, list[tuple[str, list[Option]]]]]
    nombre: int


def personne_de(request: HttpRequest) -> Utilisateur | None:
    """The signed-in person, or None for a visitor."""
    return request.user if isinstance(request.user, Utilisateur) else None


def volets(criteres: Criteres) -> list[Volet]:
    """The filters as the page shows them."""
    ensemble = []
    for cle, titre_ in VOLETS:
        filtres = [filtre for filtre in criteres.filtres if filtre.volet == cle]
        if filtres:
            nombre = sum(len(criteres.valeurs.get(filtre.cle, ())) for filtre in filtres)
            ensemble.append(Volet(cle, titre_, [(filtre, _options(filtre, criteres)) for filtre in filtres], nombre))
    return ensemble


def _options(filtre: Filtre, criteres: Criteres) -> list[tuple[str, list[Option]]]:
    choisies_ = criteres.valeurs.get(filtre.cle, ())
    return [
        (groupe, [Option(valeur, libelle, valeur in choisies_) for valeur, libelle in choix])
        for groupe, choix in filtre.groupes
        if choix
    ]


@login_not_required
@require_safe
def liste(request: HttpRequest) -> HttpResponse:
    """The directory: search, filters, keyset pages. Works without script; with it, only the results change."""
    criteres = Criteres(request.GET, personne_de(request))
    apres, avant = request.GET.get("apres", ""), request.GET.get("avant", "")
    partielle = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
    adresse = criteres.requete(apres=apres or None, avant=avant or None)
    if any(valeur == "" for valeurs in request.GET.lists() for valeur in valeurs[1]) and not partielle:
        # A form without script sends its empty fields too: the address to share is shorter.
        return redirect(request.path + (adresse if adresse != "?" else ""))
    resultats = chercher(criteres)
    page = decouper(resultats, apres, avant)
    contexte = {
        "criteres": criteres,
        "resultats": resultats,
        "structures": page.structures,
        "nombre": resultats.nombre,
        "puces": criteres.puces(),
        "suite": criteres.requete(apres=page.apres) if page.apres else "",
        "precedente": criteres.requete(avant=page.avant) if page.avant else "",
        "debut": criteres.requete() if apres or avant else "",
        "canonique": request.build_absolute_uri(request.path + (adresse if adresse != "?" else "")),
        "export": reverse("structures:export") + criteres.requete(),
        "pistes": _pistes(criteres, resultats) if not resultats.nombre else [],
        "phrase": phrase(resultats),
        "volets": volets(criteres),
        "candidats": [(lieu, criteres.requete(lieu=lieu.valeur)) for lieu in criteres.reponse_lieu.candidats],
        "homonymes": _homonymes(criteres),
    }
    if partielle:
        reponse = render(request, "structures/liste_resultats.html", {**contexte, "annoncer": True})
        reponse.headers["HX-Push-Url"] = request.path + (adresse if adresse != "?" else "")
    else:
        contexte |= {
            "adresses": geocodage.actif(),
            "rayons": sorted({*RAYONS, *([criteres.rayon] if criteres.rayon else [])}),
            "peut_tenir": peut(request.user, "structures.tenir_annuaire"),
        }
        reponse = render(request, "structures/liste.html", contexte)
    patch_vary_headers(reponse, ["HX-Request"])
    return reponse


def _homonymes(criteres: Criteres) -> list[tuple[Lieu, str]]:
    """The communes of the same name as the town typed, and the address that chooses each."""
    demande = criteres.demande
    if demande.lieu is not None or not demande.lieux:
        return []
    reste = " ".join(demande.mots) or None
    return [(lieu, criteres.requete(q=reste, lieu=lieu.valeur)) for lieu in demande.lieux[:CANDIDATS_MAX]]


def phrase(resultats: Resultats) -> str:
    """The number of results in words, as it is shown and announced."""
    if not resultats.nombre:
        return "Aucune structure"
    nombre = f"{resultats.nombre:,}".replace(",", "\u00a0")
    return f"{nombre}\u00a0structure{'s' if resultats.nombre > 1 else ''}"


def _pistes(criteres: Criteres, resultats: Resultats) -> list[tuple[str, str]]:
    """When nothing is found: what to loosen, as (words, address)."""
    pistes = []
    if criteres.rayon:
        plus_loin = next((rayon for rayon in RAYONS if rayon > criteres.rayon), None)
        if plus_loin:
            pistes.append((f"Chercher jusqu’à {plus_loin}\u00a0km", criteres.requete(rayon=plus_loin)))
        pistes.append(("Chercher sans limite de distance", criteres.requete(rayon=None)))
    mots = criteres.demande.mots
    if len(mots) > 1 or (mots and criteres.demande.mots_du_lieu):
        pistes += [(f"Chercher seulement «\u00a0{mot}\u00a0»", criteres.requete(q=mot)) for mot in mots[:4]]
    if criteres.q and not criteres.demande.lieux:
        # « saint aubin » begins the names of ten communes, and is that of none.
        communes = communes_commencant(criteres.demande.comprise, 4)
        pistes += [
            (f"Chercher autour\u00a0: {lieu.libelle}", criteres.requete(q=None, lieu=lieu.valeur))
            for lieu in map(lieu_de, communes)
        ]
    if criteres.q and criteres.valeurs:
        pistes.append(("Garder les mots, retirer les filtres", "?" + urlencode({"q": criteres.q})))
    return pistes


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Choose columns and a format, then keep the file: at once, or by the worker when it is long."""
    personne = personne_de(request)
    parametres = request.GET if request.method != "POST" else request.POST
    criteres = Criteres(parametres, personne)
    resultats = chercher(criteres)
    distance = resultats.lieu is not None
    colonnes = choisies(parametres.getlist("colonne"), personne, distance=distance)
    cles = [colonne.cle for colonne in colonnes]
    format_ = parametres.get("format", "")
    long = resultats.nombre > DIRECT_MAX
    if format_ in FORMATS:
        if not long:
            if request.method == "POST":
                return redirect(f"{request.path}{criteres.requete(colonne=cles, format=format_)}")
            entetes = [colonne.entete for colonne in colonnes]
            return ecrire_tableau(
                lignes(resultats, colonnes, personne), entetes, cast(Format, format_), titre=titre(resultats)
            )
        if request.method == "POST" and personne is not None:
            demande = travaux.demander_export(personne, criteres.requete()[1:], cles, cast(Format, format_))
            return redirect("socle:travail", pk=demande.pk)
    contexte = {
        "criteres": criteres,
        "puces": criteres.puces(),
        "champs_caches": [(cle, v) for cle, valeurs in criteres.parametres().items() for v in valeurs],
        "phrase": phrase(resultats),
        "nombre": resultats.nombre,
        "colonnes": [(c, c.cle in cles) for c in proposees(personne, distance=distance)],
        "formats": [(cle, libelle) for cle, (libelle, _) in FORMATS.items()],
        "format": format_ if format_ in FORMATS else "xlsx",
        "long": long,
        "direct_max": DIRECT_MAX,
        "retour": reverse("structures:liste") + criteres.requete(),
    }
    return render(request, "structures/export.html", contexte)


@require_safe
def export_fichier(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | FileResponse:
    """The file that the worker wrote, for the person who asked for it."""
    travail = get_object_or_404(Travail, pk=pk, genre=travaux.GENRE)
    if travail.demandeur_id != request.user.pk:
        raise PermissionDenied("Cet export a été demandé par une autre personne\u00a0: elle seule peut le prendre.")
    chemin = travaux.fichier(travail)
    if not chemin.is_file():
        raise Http404("Ce fichier n’est plus là\u00a0: un export reste vingt-quatre heures.")
    format_ = cast(Format, travail.parametres["format"])
    reponse = FileResponse(
        chemin.open("rb"),
        as_attachment=True,
        filename=nom_de_fichier("Annuaire des structures", format_),
        content_type=FORMATS[format_][1],
    )
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse


@login_not_required
@require_safe
def lieux(request: HttpRequest) -> HttpResponse:
    """Communes and postal codes that begin as typed, from our own tables: what the field proposes."""
    texte = QueryDict(request.META.get("QUERY_STRING", "")).get("q", "").replace("\x00", " ").strip()[:60]
    communes = communes_commencant(texte, SUGGESTIONS_MAX) if len(texte) > 1 else []
    reponse = JsonResponse(
        [{"valeur": lieu_de(c).valeur, "libelle": f"{c.nom}, {c.departement.nom}"} for c in communes],
        safe=False,
        json_dumps_params={"ensure_ascii": False},
    )
    patch_cache_control(reponse, public=True, max_age=3600)
    return reponse
