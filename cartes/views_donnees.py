"""Data of the maps: public, the same bytes for everybody."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cartes import donnees, sources
from cartes.envoi import JSON, envoyer, repondre
from cartes.filtres import Filtres
from cartes.temoins import pour_tous
from cartes.tour import PATIENCE, Encombre, compter
from structures.models import Structure, StructureQuerySet
from structures.territoires.models import Bassin

# Of one request: a longer list is for the directory.
NOMS_MAX = 30


def refus(message: str) -> JsonResponse:
    """A sentence instead of the data: the address means nothing."""
    return JsonResponse({"erreur": message}, status=400, json_dumps_params={"ensure_ascii": False})


def _structures(request: HttpRequest, ou: str, structures: StructureQuerySet, *, commun: bool = True) -> HttpResponse:
    filtres = Filtres.lire(request.GET)
    if filtres.inconnus:
        return refus(f"Famille ou type inconnu\u00a0: {', '.join(filtres.inconnus)}.")
    retenues = filtres.appliquer(structures).pour_carte()
    cle = f"structures {ou} {sorted(filtres.types_retenus() or ['*'])}"
    # Types can be put together in millions of ways: the whole list alone is everybody's.
    commun = commun and filtres.types_retenus() is None

    def ecrire() -> bytes:
        # Somebody's own box or types: each address would be written, and its answer compressed, for one reader.
        if not commun:
            compter(request, "donnees_de_carte")
        return donnees.structures_geojson(retenues)

    try:
        return envoyer(request, cle, donnees.DOMAINES, ecrire, commun=commun)
    except Encombre as encombre:
        reponse = refus(f"Trop de cadres ou de types différents : attendez {PATIENCE} secondes.")
        reponse.status_code, reponse["Retry-After"] = encombre.statut, str(PATIENCE)
        reponse["Cache-Control"] = "no-store"
        return reponse


@pour_tous
@login_not_required
@require_safe
def bassins_geojson(request: HttpRequest) -> HttpResponse:
    """Outlines of the bassins of the région; `niveau=loin` for a map that shows them all."""
    return repondre(request, sources.bassins(request.GET.get("niveau", "")))


@pour_tous
@login_not_required
@require_safe
def structures_du_bassin_geojson(request: HttpRequest, code: str) -> HttpResponse:
    """Open structures of a bassin, filtered by `famille` and `type`."""
    bassin = get_object_or_404(Bassin.objects.actifs(), pk=code)
    return _structures(request, bassin.code, Structure.objects.ouvertes().du_bassin(bassin.code))


@pour_tous
@login_not_required
@require_safe
def structures_geojson(request: HttpRequest) -> HttpResponse:
    """Open structures of a box (`bbox=ouest,sud,est,nord`, all of them without it)."""
    structures, ou = Structure.objects.ouvertes(), "partout"
    if "bbox" in request.GET:
        try:
            cadre = donnees.Cadre.lire(request.GET["bbox"])
        except ValueError as erreur:
            return refus(str(erreur))
        structures, ou = cadre.appliquer(structures), repr(cadre)
    return _structures(request, ou, structures, commun=ou == "partout")


@pour_tous
@login_not_required
@require_safe
def fond_geojson(request: HttpRequest, code: str) -> HttpResponse:
    """Outlines of the communes of a bassin; kept for good under the address that holds their fingerprint."""
    bassin = get_object_or_404(Bassin.objects.actifs(), pk=code)
    return repondre(request, sources.communes(bassin.code))


@pour_tous
@login_not_required
@require_safe
def terres_geojson(request: HttpRequest) -> HttpResponse:
    """Land around and départements: the ground of every map without tile server."""
    return repondre(request, sources.terres())


@pour_tous
@login_not_required
@require_safe
def communes_geojson(request: HttpRequest) -> HttpResponse:
    """Outlines of the communes of the région, from far: the maps of the services shade those that nobody reaches."""
    return repondre(request, sources.communes_de_la_region())


@pour_tous
@login_not_required
@require_safe
def points_json(request: HttpRequest) -> HttpResponse:
    """Every open structure, in columns (`cartes.points`): the map of all of them asks once."""
    return repondre(request, sources.points(), genre=JSON)


@pour_tous
@login_not_required
@require_safe
def noms_json(request: HttpRequest) -> HttpResponse:
    """Names of a few open structures (`ids=12,34`): those of a group that no zoom can part."""
    morceaux = request.GET.get("ids", "").split(",")
    if len(morceaux) > NOMS_MAX or not all(m.isascii() and m.isdigit() and len(m) < 10 for m in morceaux):
        return refus(f"De 1 à {NOMS_MAX} numéros de structures, séparés par des virgules.")
    ids = sorted({int(morceau) for morceau in morceaux})

    def ecrire() -> bytes:
        lignes = Structure.objects.ouvertes().filter(pk__in=ids).order_by("nom_recherche", "pk")
        return json.dumps(
            [
                {"id": pk, "nom": nom, "commune": commune}
                for pk, nom, commune in lignes.values_list("pk", "nom", "commune__nom")
            ],
            ensure_ascii=False,
        ).encode()

    return envoyer(request, f"noms {ids}", donnees.DOMAINES, ecrire, genre=JSON, commun=False)
