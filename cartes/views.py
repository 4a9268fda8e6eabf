"""Pages of the maps, their data, and the card of a structure."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from cartes import donnees
from cartes.facettes import facettes
from cartes.filtres import Filtres
from cartes.recherche import chercher
from cartes.region import contexte_region, reglages, voisins
from offres.models import Besoin, Offre
from socle.droits import peut
from structures.models import Structure, StructureQuerySet
from structures.referentiel import FAMILLES
from structures.territoires.models import Bassin, Commune

# The data may be kept, but is checked again each time: an edit shows at once, a 304 costs one query.
A_VERIFIER = "public, no-cache"
# The address holds the token of the content.
IMMUABLE = "public, max-age=31536000, immutable"


# ---------------------------------------------------------------------------------------- data


def _geojson(
    request: HttpRequest, jeton: str, corps: Callable[[], bytes], cache: str = A_VERIFIER
) -> HttpResponseBase:
    """The data, or 304 when the browser already has it; the body is written only if it is sent."""
    etiquette = quote_etag(jeton)
    reponse = get_conditional_response(request, etag=etiquette)
    if reponse is None:
        reponse = HttpResponse(corps(), content_type="application/geo+json")
    reponse["ETag"] = etiquette
    reponse["Cache-Control"] = cache
    patch_vary_headers(reponse, ["Accept-Encoding"])
    return reponse


def _refus(message: str) -> JsonResponse:
    return JsonResponse({"erreur": message}, status=400, json_dumps_params={"ensure_ascii": False})


def _structures_geojson(request: HttpRequest, structures: StructureQuerySet) -> HttpResponseBase:
    filtres = Filtres.lire(request.GET)
    if filtres.inconnus:
        return _refus(f"Famille ou type inconnu\u00a0: {', '.join(filtres.inconnus)}.")
    retenues = filtres.appliquer(structures)
    return _geojson(
        request, donnees.jeton_structures(retenues), lambda: donnees.structures_geojson(retenues.pour_carte())
    )


@login_not_required
@require_safe
@gzip_page
def bassins_geojson(request: HttpRequest) -> HttpResponseBase:
    """Outlines of the bassins of the région."""
    corps = Bassin.objects.de_la_region().en_geojson()
    return _geojson(request, donnees.jeton_contenu(corps), lambda: corps)


@login_not_required
@require_safe
@gzip_page
def structures_du_bassin_geojson(request: HttpRequest, code: str) -> HttpResponseBase:
    """Open structures of a bassin, filtered by `famille` and `type`."""
    bassin = get_object_or_404(Bassin.objects.actifs(), pk=code)
    return _structures_geojson(request, Structure.objects.ouvertes().du_bassin(bassin.code))


@login_not_required
@require_safe
@gzip_page
def structures_geojson(request: HttpRequest) -> HttpResponseBase:
    """Open structures of a box (`bbox=ouest,sud,est,nord`, all of them without it)."""
    structures = Structure.objects.ouvertes()
    if "bbox" in request.GET:
        try:
            structures = donnees.Cadre.lire(request.GET["bbox"]).appliquer(structures)
        except ValueError as erreur:
            return _refus(str(erreur))
    return _structures_geojson(request, structures)


@login_not_required
@require_safe
@gzip_page
def fond_geojson(request: HttpRequest, code: str) -> HttpResponseBase:
    """Outlines of the communes of a bassin; kept for good under the address that holds its token."""
    bassin = get_object_or_404(Bassin.objects.actifs(), pk=code)
    jeton = donnees.jeton_fond(bassin.code)
    cache = IMMUABLE if request.GET.get("v") == jeton else A_VERIFIER
    return _geojson(request, jeton, lambda: donnees.communes_geojson(bassin.code, jeton), cache)


@login_not_required
@require_safe
@gzip_page
def terres_geojson(request: HttpRequest) -> HttpResponseBase:
    """Land around and départements: the ground of every map without tile server."""
    jeton = donnees.jeton_terres()
    cache = IMMUABLE if request.GET.get("v") == jeton else A_VERIFIER
    return _geojson(request, jeton, lambda: donnees.terres_geojson(jeton), cache)


# --------------------------------------------------------------------------------------- pages


@login_not_required
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The bassins of the région, and the way to one from a commune or a postal code."""
    texte = request.GET.get("q", "").strip()[:100]
    resultat = chercher(texte) if texte else None
    if resultat and resultat.bassin:
        adresse = reverse("cartes:bassin", args=[resultat.bassin.code])
        return redirect(f"{adresse}?commune={resultat.commune.code}" if resultat.commune else adresse)
    return render(request, "cartes/region.html", {"texte": texte, "resultat": resultat, **contexte_region()})


def _comptes_partenaires(code: str) -> dict[int, dict[str, int]]:
    """Published offers and needs by structure of a bassin (two queries), for signed-in partners."""
    comptes: dict[int, dict[str, int]] = {}
    for nom, propositions in (("offres", Offre.objects.publiees()), ("besoins", Besoin.objects.publiees())):
        lignes = propositions.filter(structure__commune__bassin_id=code).order_by().values_list("structure_id")
        fictives = Count("pk", filter=Q(reponse__campagne__demonstration=True))
        for structure, nombre, inventees in lignes.annotate(nombre=Count("pk"), inventees=fictives):
            compte = comptes.setdefault(structure, {})
            compte[nom] = nombre
            compte["fictives"] = compte.get("fictives", 0) + inventees
    return comptes


@login_not_required
@require_safe
def bassin(request: HttpRequest, code: str) -> HttpResponse:
    """Structures of a bassin on a map and, equal to it, as a list."""
    objet = get_object_or_404(Bassin.objects.actifs(), pk=code)
    filtres = Filtres.lire(request.GET)
    retenus = filtres.types_retenus()
    structures = list(Structure.objects.ouvertes().du_bassin(objet.code).pour_liste())
    partenaire = peut(request.user, "offres.consulter")
    comptes = _comptes_partenaires(objet.code) if partenaire else {}
    lignes = [(s, retenus is None or s.type in retenus, comptes.get(s.pk, {})) for s in structures]
    communes = Commune.objects.du_bassin(objet.code)
    # An old link may name a commune that has merged since.
    code_cherche = request.GET.get("commune", "")
    cherchee = communes.resoudre(code_cherche) if code_cherche else None
    communes_fond = f"{reverse('cartes:fond_geojson', args=[objet.code])}?v={donnees.jeton_fond(objet.code)}"
    contexte = {
        "bassin": objet,
        "lignes": lignes,
        "affichees": sum(1 for _, montree, _ in lignes if montree),
        "filtres": filtres,
        "facettes": facettes(structures, filtres),
        "partenaire": partenaire,
        "voisins": voisins(objet),
        "regroupe": objet.origine == Bassin.Origine.EPCI,
        "fictives": any(compte.get("fictives") for compte in comptes.values()),
        "etendue": communes.aggregate(communes=Count("pk"), habitants=Sum("population")),
        "fil": [("Bassins d’emploi", reverse("cartes:region"))],
        "cherchee": cherchee,
        "carte": reglages(
            lieux=communes.exclude(pk=cherchee.pk if cherchee else "").lieux(40),
            bassin=objet.code,
            cadre=objet.cadre,
            symboles={slug: static(f"cartes/symboles/{slug}.svg") for slug in FAMILLES},
            cherchee=None if cherchee is None else {"nom": cherchee.nom, "lat": cherchee.lat, "lon": cherchee.lon},
            structures=reverse("cartes:structures_du_bassin_geojson", args=[objet.code]),
            communes=communes_fond,
        ),
    }
    return render(request, "cartes/bassin.html", contexte)


@login_not_required
@require_safe
@cache_control(private=True, no_store=True)
def fiche(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a structure (a fragment); offers and needs for signed-in partners only."""
    structure = get_object_or_404(Structure.objects.ouvertes().select_related("commune__bassin", "organisme"), pk=pk)
    partenaire = peut(request.user, "offres.consulter")
    contexte: dict[str, object] = {
        "structure": structure,
        "publics": structure.publics.all(),
        "partenaire": partenaire,
    }
    if partenaire:
        contexte["offres"] = Offre.objects.publiees().filter(structure=structure).select_related("service")
        contexte["besoins"] = Besoin.objects.publiees().filter(structure=structure).select_related("service")
    return render(request, "cartes/_fiche.html", contexte)
