"""The sheet on paper: two A4 pages, tagged, the same bytes for the same sheet."""

import io

from django.conf import settings

from fiches_action.models import FicheAction
from fiches_action.presentation import presenter
from socle.documents import DocumentRendu, rendre_pdf


def imprimer(fiche: FicheAction) -> DocumentRendu:
    """Render a sheet read with ``FicheAction.objects.completes()``."""
    url = settings.PCTI_URL + fiche.get_absolute_url()
    return rendre_pdf(
        "documents/fiche.html",
        {
            **presenter(fiche),
            "url": url,
            "imprimee_le": fiche.modifie_le,
            # Zone and publics share a line when both are short; else each takes the width.
            "cote_a_cote": len(fiche.zone) + len(fiche.criteres) + 40 * len(fiche.communes.all()) < 700,
        },
        titre=f"Fiche-action {fiche.reference} – {fiche.titre}",
        cree_le=fiche.modifie_le,
        auteur=fiche.porteur.nom,
        actifs={"qr.svg": ("image/svg+xml", _qr(url))},
        feuilles=["documents/fiche.css"],
    )


def _qr(url: str) -> bytes:
    """The sheet's address as a square that a phone reads (vector, no quiet zone: the page is white)."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    tampon = io.BytesIO()
    qrcode.make(url, image_factory=SvgPathImage, border=0, error_correction=qrcode.constants.ERROR_CORRECT_M).save(
        tampon
    )
    return tampon.getvalue()
