"""Pages of the maps and the card of a structure."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cartes import sources
from cartes.facettes import facettes
from cartes.filtres import Filtres
from cartes.recherche import chercher
from cartes.region import contexte_region, reglages, voisins
from offres.models import Besoin, Offre
from socle.droits import peut
from structures.models import Structure
from structures.referentiel import FAMILLES
from structures.territoires.models import Bassin, Commune


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
            communes=sources.adresse_du_fond(objet.code),
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
