"""Version V as PDF: the text with its values, signature boxes, the sheet in annex, the check page."""

import io
from collections.abc import Mapping
from datetime import datetime

import qrcode
from django.conf import settings
from django.urls import reverse
from qrcode.image.svg import SvgPathImage

from fiches_action.conventions.contenu import annexe_fiche, remplir
from fiches_action.conventions.models import Convention
from socle.documents import ARCHIVAGE, DocumentRendu, rendre_pdf

FEUILLES = ("documents/convention.css",)


def adresse_verifier(convention: Convention, code: str) -> str:
    return f"{settings.PCTI_URL}{reverse('conventions:verifier')}?numero={convention.reference}&code={code}"


def grouper(code: str) -> str:
    """« ABCDE-12345 »: read aloud in two breaths."""
    return f"{code[:5]}-{code[5:]}"


def rendre_version(convention: Convention, *, numero: int, code: str, figee_le: datetime) -> DocumentRendu:
    """The bytes of version V. Raises socle.documents.RenduRefuse."""
    fiche = convention.fiche
    return rendre_pdf(
        "documents/convention.html",
        {
            "convention": convention,
            "fiche": fiche,
            "version": numero,
            "texte": remplir(convention, numero_version=numero).html,
            "annexe": annexe_fiche(fiche),
            "signataires": list(convention.signataires.select_related("partie")),
            "emetteur": convention.pole.nom if convention.pole else "Démarche PCTI",
            "adresse_verifier": settings.PCTI_URL.split("://")[-1] + reverse("conventions:verifier"),
            "code_affiche": grouper(code),
            "figee_le": figee_le,
        },
        titre=f"Convention {convention.reference}, version {numero} – {convention.titre}",
        cree_le=figee_le,
        auteur=convention.pole.nom if convention.pole else "",
        actifs={"qr": ("image/svg+xml", qr(adresse_verifier(convention, code)))},
        feuilles=FEUILLES,
        variante=ARCHIVAGE,
    )


def qr(adresse: str) -> bytes:
    """A QR code as SVG, the same bytes for the same address."""
    tampon = io.BytesIO()
    qrcode.make(adresse, image_factory=SvgPathImage, border=0).save(tampon)
    return tampon.getvalue()


def cases(rendu: DocumentRendu) -> Mapping[str, list[float]]:
    """The boxes that wait for stamps: {"1": [page, x1, y1, x2, y2], …, "cachet": …}, in points."""
    return {
        nom.removeprefix("sig-"): [boite[0], *(round(v, 2) for v in boite[1:])]
        for nom, boite in rendu.ancres.items()
        if nom == "cachet" or nom.startswith("sig-")
    }
