"""Maps for the sites of partners, in an `<iframe>`: public data, no script, no cookie.

The only pages of the portal that another site may frame, and only the sites that the operator names
(`PCTI_INTEGRATION`). Their policy is their own: nothing runs, nothing is sent.
"""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from cartes import donnees, planches
from cartes.envoi import envoyer
from cartes.filtres import Filtres
from cartes.region import Choix, tableau_region
from cartes.temoins import pour_tous
from cartes.views_donnees import refus
from offres.dessins import carte_des_structures, repere
from structures.models import Structure
from structures.territoires.fonds import ATTRIBUTION
from structures.territoires.models import Bassin

HTML = "text/html; charset=utf-8"


def politique() -> dict[str, Any]:
    """The Content-Security-Policy of a framed page."""
    return {
        "default-src": [NONE],
        "script-src": [NONE],
        "connect-src": [NONE],
        "font-src": [NONE],
        "manifest-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF, *settings.PCTI_INTEGRATION],
    }


def _page(request: HttpRequest, cle: str, gabarit: str, contexte: Any, *, commun: bool = True) -> HttpResponse:
    def ecrire() -> bytes:
        commun = {"portail": settings.PCTI_URL, "attribution": ATTRIBUTION}
        return str(render_to_string(gabarit, {**commun, **contexte()})).encode()

    # The address of the style sheet changes with each version of the portal: a kept page must follow.
    cle = f"{cle} {static('cartes/cartes.css')}"
    reponse = envoyer(request, cle, donnees.DOMAINES, ecrire, genre=HTML, commun=commun)
    reponse._csp_replace = politique()  # type: ignore[attr-defined]
    return reponse


@pour_tous
@login_not_required
@xframe_options_exempt
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The bassins of the région by number of structures (or `indicateur=densite`)."""
    choix = Choix.lire(request.GET)
    if not choix.indicateur.public:
        choix = Choix()

    def contexte() -> dict[str, object]:
        tableau = tableau_region(choix)
        return {"tableau": tableau, "dessin": _ailleurs(tableau.dessin()), "ici": reverse("cartes:region")}

    return _page(request, f"integrer region {choix.indicateur.slug}", "cartes/integrer_region.html", contexte)


@pour_tous
@login_not_required
@xframe_options_exempt
@require_safe
def bassin(request: HttpRequest, code: str) -> HttpResponse:
    """The structures of a bassin, filtered by `famille` and `type`."""
    objet = get_object_or_404(Bassin.objects.actifs(), pk=code)
    filtres = Filtres.lire(request.GET)
    if filtres.inconnus:
        return refus(f"Famille ou type inconnu\u00a0: {', '.join(filtres.inconnus)}.")

    def contexte() -> dict[str, object]:
        structures = list(filtres.appliquer(Structure.objects.ouvertes().du_bassin(objet.code)).pour_liste())
        points = [repere(s, f"{s.nom}, {s.commune.nom}", s.get_absolute_url()) for s in structures]
        dessin = carte_des_structures(points, objet, f"Structures du bassin d’emploi {objet.nom}")
        return {
            "bassin": objet,
            "structures": structures,
            "familles": planches.familles(structures),
            "dessin": _ailleurs(dessin),
            "ici": reverse("cartes:bassin", args=[objet.code]),
        }

    cle = f"integrer bassin {code} {sorted(filtres.types_retenus() or ['*'])}"
    tout = filtres.types_retenus() is None
    return _page(request, cle, "cartes/integrer_bassin.html", contexte, commun=tout)


def _ailleurs(dessin: str) -> str:
    """Links of a drawing open beside the partner's page, never inside its frame."""
    return dessin.replace("<a href=", '<a target="_blank" href=')
