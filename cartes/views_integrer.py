"""Maps for the sites of partners, in an `<iframe>`: public data, no script, no cookie.

The only pages of the portal that another site may frame, and only the sites that the operator names
(`PCTI_INTEGRATION`). Their policy is their own: nothing runs, nothing is sent. A refusal is a page of the
frame too: under the portal's own policy, the partner's readers would see a broken frame.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from csp.constants import NONE, SELF
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from cartes import autour as autour_de
from cartes import donnees, filtres, planches
from cartes.bassin import liste_de, parametres_publics
from cartes.calques import ECARTES, FICTIVES, Calques
from cartes.envoi import envoyer
from cartes.region import Choix, tableau_region
from cartes.temoins import pour_tous
from cartes.tour import FILE, PATIENCE, Encombre, chacun_son_tour
from cartes.verrou import Foule
from cartes.views_sorties import cle_de, en_mots
from structures.territoires.fonds import ATTRIBUTION
from structures.territoires.models import Bassin

V = TypeVar("V", bound=Callable[..., HttpResponse])
HTML = "text/html; charset=utf-8"
# A narrow drawing and a wide one, in pixels: the style sheet shows the one whose names can be read.
LARGEURS = (380, 640)


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


def _avis(statut: int, titre: str, phrase: str, ici: str) -> HttpResponse:
    """A few words instead of the map, with the way to the page that says more."""
    contexte = {"titre": titre, "phrase": phrase, "ici": ici, "portail": settings.PCTI_URL, "attribution": ATTRIBUTION}
    reponse = HttpResponse(render_to_string("cartes/integrer_avis.html", contexte), content_type=HTML, status=statut)
    reponse["Cache-Control"] = "no-store"
    return reponse


def encadree(vue: V) -> V:
    """A page that the sites named may frame, whatever it answers; who asks too much is told when to come back."""

    @wraps(vue)
    def repondre(request: HttpRequest, *args: Any, **valeurs: Any) -> HttpResponse:
        try:
            reponse = vue(request, *args, **valeurs)
        except (Encombre, Foule) as refus:
            phrase = f"Rechargez cette page dans {PATIENCE}\u00a0secondes ou un peu plus, ou ouvrez-la sur le portail."
            statut = refus.statut if isinstance(refus, Encombre) else 503
            ici = request.get_full_path().replace("/integrer/", "/", 1)
            reponse = _avis(statut, "Beaucoup de cartes se dessinent en ce moment", phrase, ici)
            reponse["Retry-After"] = str(PATIENCE)
        reponse._csp_replace = politique()  # type: ignore[attr-defined]
        return reponse

    return cast(V, xframe_options_exempt(repondre))


def _page(
    request: HttpRequest, cle: str, gabarit: str, contexte: Callable[[], Any], *, sur_mesure: bool = False
) -> HttpResponse:
    """Written once for everybody; `sur_mesure`, with somebody's own words, it waits its turn as images do."""

    def ecrire() -> bytes:
        pied = {"portail": settings.PCTI_URL, "attribution": ATTRIBUTION}
        return str(render_to_string(gabarit, {**pied, **contexte()})).encode()

    # The address of the style sheet changes with each version of the portal: a kept page must follow.
    cle = f"{cle} {static('cartes/integrer.css')}"
    a_son_tour = chacun_son_tour(request, ecrire, sur_mesure=True) if sur_mesure else ecrire
    file = FILE if sur_mesure else None
    return envoyer(request, cle, donnees.DOMAINES, a_son_tour, genre=HTML, commun=not sur_mesure, file=file)


@pour_tous
@login_not_required
@encadree
@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """The bassins of the région by number of structures (or `indicateur=densite`)."""
    lu = Choix.lire(request.GET)
    # The same for everybody: the order that one reader asked for is not kept.
    choix = Choix(lu.indicateur) if lu.indicateur.public else Choix()

    def contexte() -> dict[str, object]:
        tableau = tableau_region(choix)
        dessins = [
            tableau.dessin(largeur=largeur, corps=corps, identifiant=f"hachures-{largeur}")
            for largeur, corps in zip(LARGEURS, (13.0, 14.0), strict=True)
        ]
        suite = choix.requete(tri="")
        ici = reverse("cartes:region") + (f"?{suite}" if suite else "")
        return {"tableau": tableau, "dessins": [_ailleurs(dessin) for dessin in dessins], "ici": ici}

    return _page(request, f"integrer region {choix.indicateur.slug}", "cartes/integrer_region.html", contexte)


@pour_tous
@login_not_required
@encadree
@require_safe
def bassin(request: HttpRequest, code: str) -> HttpResponse:
    """The structures of a bassin, by the public filters of its page, with the circle of « autour de ».

    Zones of offers and cooperations are for partners who signed in: a frame knows nobody, and draws none.
    """
    objet = Bassin.objects.actifs().filter(pk=code).first()
    if objet is None:
        phrase = "Ce bassin d’emploi n’existe pas, ou n’est plus suivi par le portail."
        return _avis(404, "Carte introuvable", phrase, reverse("cartes:region"))
    choix = filtres.Choix.lire(request.GET, partenaire=False)
    if choix.filtres.inconnus:
        phrase = f"Famille ou type inconnu\u00a0: {', '.join(choix.filtres.inconnus)}."
        return _avis(400, "Cette carte ne peut pas s’afficher", phrase, reverse("cartes:bassin", args=[code]))
    autour = autour_de.lire(request.GET)
    calques = Calques(objet, autour)
    # As the reader wrote it, for the link to the page: what belongs to one address is not kept for the others.
    suite = parametres_publics(request.GET)

    def contexte() -> dict[str, object]:
        liste = liste_de(objet, choix, autour, partenaire=False)
        structures = [ligne.structure for ligne in liste.lignes if ligne.montree]
        dessins = [planches.carte_du_bassin(structures, calques, largeur, liens=True) for largeur in LARGEURS]
        return {
            "bassin": objet,
            "structures": structures,
            "precision": en_mots(choix, autour),
            "familles": planches.familles(structures),
            "signes": [(_signe(dessin), mots) for dessin, mots in calques.signes()],
            "phrases": [
                *calques.phrases(),
                *([ECARTES] if calques.situe else []),
                *([FICTIVES] if any(structure.fictive for structure in structures) else []),
            ],
            "dessins": [_ailleurs(dessin) for dessin in dessins],
            "ici": reverse("cartes:bassin", args=[objet.code]) + (f"?{suite}" if suite else ""),
        }

    sur_mesure = bool(suite) or autour is not None or not choix.vide
    cle = f"integrer bassin {code} {cle_de(choix)} {calques.cle} {suite}"
    reponse = _page(request, cle, "cartes/integrer_bassin.html", contexte, sur_mesure=sur_mesure)
    if autour is not None:
        # A place may be somebody's.
        reponse["Cache-Control"] = "private, no-cache"
    return reponse


def _signe(dessin: str) -> str:
    return f'<svg viewBox="-1 -1 16 16" width="18" height="18" aria-hidden="true">{dessin}</svg>'


def _ailleurs(dessin: str) -> str:
    """Links of a drawing open beside the partner's page, never inside its frame."""
    return dessin.replace("<a href=", '<a target="_blank" href=')
