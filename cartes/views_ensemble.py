"""All the structures on one map: thousands of points drawn in the browser, the directory as their list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cartes import donnees, envoi, planches, sources
from cartes import ensemble as dessin
from cartes.autour import lire as lire_le_lieu
from cartes.filtres import Filtres
from cartes.region import bassins_de_la_region, cadre_des, reglages
from cartes.tour import FILE, chacun_son_tour, ou_patienter
from cartes.views_donnees import refus
from cartes.views_sorties import GENRES
from socle.tableaux import nom_de_fichier
from structures.models import Structure
from structures.referentiel import FAMILLES, TYPES, Famille
from structures.territoires.models import Commune

SORTIES = (("png", "Image (PNG)"), ("svg", "Dessin (SVG)"))


@dataclass(frozen=True)
class Facette:
    """A family, how many, ticked or not."""

    famille: Famille
    nombre: int
    cochee: bool


def _facettes(filtres: Filtres) -> list[Facette]:
    par_famille: Counter[str] = Counter()
    lignes = Structure.objects.ouvertes().order_by().values_list("type").annotate(n=Count("pk"))
    for type_, nombre in lignes.values_list("type", "n"):
        par_famille[TYPES[type_].famille if type_ in TYPES else "autre"] += nombre
    return [
        Facette(famille, par_famille[slug], slug in filtres.familles)
        for slug, famille in FAMILLES.items()
        if par_famille[slug]
    ]


@login_not_required
@ou_patienter
@require_safe
def sortie(request: HttpRequest, format: str) -> HttpResponse:
    """The picture of all the structures, by families: `svg` or `png`. Drawn once per change."""
    filtres = Filtres.lire(request.GET)
    if filtres.inconnus:
        return refus(f"Famille ou type inconnu\u00a0: {', '.join(filtres.inconnus)}.")
    largeur = dessin.ETROITE if request.GET.get("etroite") == "oui" else planches.LARGEUR
    ecrire: dict[str, Callable[[], bytes]] = {
        "svg": lambda: dessin.image(filtres, largeur).encode(),
        "png": lambda: planches.en_png(dessin.image(filtres, largeur)),
    }
    if format not in ecrire:
        raise Http404("Ce format n’existe pas.")
    retenus = filtres.types_retenus()
    dessiner = ecrire[format]
    lent = format == "png" or retenus is not None
    if lent:
        dessiner = chacun_son_tour(request, dessiner, sur_mesure=retenus is not None)
    cle = f"ensemble.{format} {largeur} {sorted(retenus or ['*'])} {timezone.localdate().isoformat()}"
    return envoi.envoyer(
        request, cle, donnees.DOMAINES, dessiner, genre=GENRES[format],
        fichier=nom_de_fichier(dessin.TITRE, format), commun=retenus is None, file=FILE if lent else None,
    )  # fmt: skip


@login_not_required
@require_safe
def ensemble(request: HttpRequest) -> HttpResponse:
    """Families filter the points; without script, the same families open the directory."""
    filtres = Filtres.lire(request.GET)
    facettes = _facettes(filtres)
    familles = [(facette.famille.slug, facette.cochee) for facette in facettes]
    choisies = [slug for slug, cochee in familles if cochee]
    autour = lire_le_lieu(request.GET)
    lieu = autour.lieu if autour else None
    garder = [("famille", slug) for slug in choisies]
    bassins = bassins_de_la_region()
    requete = urlencode(garder)
    base = reverse("cartes:ensemble_sortie", args=["x"])[:-1]
    contexte = {
        "base": base,
        "formats": SORTIES,
        "requete": requete,
        "image": f"{base}svg" + (f"?{requete}" if requete else ""),
        "image_etroite": f"{base}svg?etroite=oui" + (f"&{requete}" if requete else ""),
        "parts": dessin.par_bassin(filtres, bassins),
        "familles": choisies,
        "autour": autour,
        "sans_autour": requete,
        "annuaire_autour": urlencode([*garder, ("lieu", lieu.valeur)]) if lieu else "",
        "sans_point": Structure.objects.ouvertes().filter(Q(lat__isnull=True) | Q(lon__isnull=True)).count(),
        "facettes": facettes,
        "total": sum(f.nombre for f in facettes),
        "affichees": sum(f.nombre for f in facettes if f.cochee or not choisies),
        "annuaire": f"{reverse('structures:liste')}?{requete}",
        "fil": [("Bassins d’emploi", reverse("cartes:region"))],
        "carte": reglages(
            cadre=cadre_des(bassins),
            cherchee=None if lieu is None else {"nom": lieu.libelle, "lat": lieu.lat, "lon": lieu.lon},
            autour=autour.texte if autour else "",
            lieux=Commune.objects.de_la_region().lieux(12),
            points=sources.adresse_des_points(),
            noms=reverse("cartes:noms_json"),
            apercu=reverse("cartes:fiche", args=[0]),
            page=reverse("structures:detail", args=[0]),
            annuaire=reverse("structures:liste"),
            couleurs={slug: famille.couleur for slug, famille in FAMILLES.items()},
            formes={slug: famille.forme for slug, famille in FAMILLES.items()},
            familles={slug: famille.libelle for slug, famille in FAMILLES.items()},
        ),
    }
    return render(request, "cartes/ensemble.html", contexte)
