"""The sheet on paper: two A4 pages, tagged, the same bytes for the same sheet."""

import io
from typing import Any

from django.conf import settings

from fiches_action.carte import carte_de_la_zone
from fiches_action.models import FicheAction
from fiches_action.presentation import presenter
from socle.documents import DocumentRendu, rendre_texte_saisi
from structures.territoires.dessin import icone_svg

# From the roomiest to the tightest: the first that holds on two pages is kept, else the last.
DENSITES = ("aere", "dense", "serre")
PAGES = 2
SVG = "image/svg+xml"


def imprimer(fiche: FicheAction) -> DocumentRendu:
    """Render a sheet read with ``FicheAction.objects.completes()``; long ones flow to a third page."""
    contexte, actifs = _contenu(fiche)
    for densite in DENSITES:
        carte = "carte.svg" in actifs and densite != "serre"
        rendu = _rendre(fiche, {**contexte, "densite": densite, "carte": carte}, actifs)
        if rendu.pages <= PAGES:
            break
    return rendu


def _rendre(fiche: FicheAction, contexte: dict[str, Any], actifs: dict[str, tuple[str, bytes]]) -> DocumentRendu:
    """What people typed may hold a sign that no font draws (an emoji): « ? » stands for it."""
    options: dict[str, Any] = {"titre": f"Fiche-action {fiche.reference} – {fiche.titre}", "auteur": fiche.porteur.nom}
    options |= {"cree_le": fiche.modifie_le, "actifs": actifs, "feuilles": ["documents/fiche.css"]}
    return rendre_texte_saisi("documents/fiche.html", contexte, **options)


def _contenu(fiche: FicheAction) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    url = settings.PCTI_URL + fiche.get_absolute_url()
    actifs = {"qr.svg": (SVG, _qr(url))}
    for acteur in fiche.acteurs.all():
        famille = acteur.structure.famille
        actifs[f"famille-{famille.slug}.svg"] = (SVG, icone_svg(famille.forme, famille.couleur).encode())
    if carte := carte_de_la_zone(fiche):
        actifs["carte.svg"] = (SVG, carte.encode())
    contexte = {
        **presenter(fiche),
        "url": url,
        "imprimee_le": fiche.modifie_le,
        # Zone and publics share a line when both are short; else each takes the width.
        "cote_a_cote": len(fiche.zone) + len(fiche.criteres) + 20 * len(fiche.communes.all()) < 700,
    }
    return contexte, actifs


def _qr(url: str) -> bytes:
    """The sheet's address as a square that a phone reads (vector, no quiet zone: the page is white)."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    tampon = io.BytesIO()
    niveau = qrcode.constants.ERROR_CORRECT_M
    qrcode.make(url, image_factory=SvgPathImage, border=0, error_correction=niveau).save(tampon)
    return tampon.getvalue()
