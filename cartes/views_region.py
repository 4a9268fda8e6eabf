"""The map of the région: an indicator by bassin, with its table."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cartes.indicateurs import INDICATEURS
from cartes.recherche import chercher
from cartes.region import Choix, adresse_a_integrer, contexte_region
from offres.models import Service
from socle.droits import peut

SORTIES = (("png", "Image (PNG)"), ("svg", "Dessin (SVG)"), ("csv", "Tableau (CSV)"), ("geojson", "Aires (GeoJSON)"))


@dataclass(frozen=True)
class Colonne:
    """A column that can be sorted: its words, the link that sorts it, what a screen reader is told."""

    libelle: str
    url: str
    sens: str
    nombre: bool = True


def colonnes(choix: Choix) -> list[Colonne]:
    """The sortable headers: a second click turns the order round; numbers begin with the greatest."""
    titres = [("nom", "Bassin", False), ("valeur", choix.indicateur.colonne, True)]
    if choix.indicateur.slug != "structures":
        titres.append(("structures", "Structures", True))
    faites = []
    for cle, libelle, nombre in titres:
        premier, second = (f"-{cle}", cle) if nombre else (cle, f"-{cle}")
        voulu = second if choix.tri == premier else premier
        requete = choix.requete(tri="" if voulu == "nom" else voulu)
        sens = {cle: "ascending", f"-{cle}": "descending"}.get(choix.tri, "")
        faites.append(Colonne(libelle, f"{reverse('cartes:region')}?{requete}#liste-bassins", sens, nombre))
    return faites


def choix_permis(request: HttpRequest) -> tuple[Choix, list[Service], bool]:
    """What is asked, the services to choose from, and whether this person may see it."""
    partenaire = peut(request.user, "offres.consulter")
    services = list(Service.objects.actifs()) if partenaire else []
    choix = Choix.lire(request.GET, services)
    return choix, services, choix.indicateur.public or partenaire


@login_not_required
@require_safe
def region(request: HttpRequest) -> HttpResponseBase:
    """The bassins of the région, and the way to one from a commune or a postal code."""
    texte = request.GET.get("q", "").strip()[:100]
    resultat = chercher(texte) if texte else None
    if resultat and resultat.bassin:
        adresse = reverse("cartes:bassin", args=[resultat.bassin.code])
        return redirect(f"{adresse}?commune={resultat.commune.code}" if resultat.commune else adresse)
    choix, services, permis = choix_permis(request)
    if not permis:
        return redirect_to_login(request.get_full_path())
    partenaire = peut(request.user, "offres.consulter")
    contexte = {
        "texte": texte,
        "resultat": resultat,
        "choix": choix,
        "services": services,
        "indicateurs": [i for i in INDICATEURS.values() if i.public or partenaire],
        "reserves": [] if partenaire else [i.en_phrase for i in INDICATEURS.values() if not i.public],
        "partenaire": partenaire,
        "colonnes": colonnes(choix),
        "requete": choix.requete(tri=""),
        "base": reverse("cartes:region_sortie", args=["x"])[:-1],
        "formats": SORTIES,
        "integrer": adresse_a_integrer(reverse("cartes:integrer_region")) if choix.indicateur.public else "",
        **contexte_region(choix),
    }
    return render(request, "cartes/region.html", contexte)
