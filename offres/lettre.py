"""The letter of a campaign on paper: one A4 page, tagged, to be signed by the institutions."""

from typing import Any

from offres import textes
from offres.models import Campagne
from socle.documents import RenduRefuse, rendre_pdf


def imprimer(campagne: Campagne) -> bytes:
    """The letter as a PDF; a sign that no font draws becomes « ? »."""
    sujet, texte = textes.composer_lettre(campagne)
    contexte = {"campagne": campagne, "sujet": sujet, "paragraphes": [p for p in texte.split("\n\n") if p.strip()]}
    options: dict[str, Any] = {
        "titre": sujet,
        "auteur": str(campagne.pole),
        "cree_le": campagne.cree_le,
        "feuilles": ["documents/lettre.css"],
    }
    try:
        return rendre_pdf("documents/lettre.html", contexte, **options).pdf
    except RenduRefuse as refus:
        if not refus.signes:
            raise
        return rendre_pdf("documents/lettre.html", contexte, **options, remplaces=refus.signes).pdf
