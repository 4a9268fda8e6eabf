"""The structure that the address of a map asks for: its card, or why it isn't there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from cartes.lignes import Ligne
from structures.models import Structure

# A link is copied, cut, typed again: anything may come. Nine digits hold every key that we give.
_NUMERO = re.compile(r"[0-9]{1,9}")
INCONNUE = "La structure que demande ce lien n’existe pas, ou n’est plus dans l’annuaire."


@dataclass(frozen=True)
class Demandee:
    """The structure whose card opens, or a sentence and where to go."""

    structure: Structure | None = None
    avis: str = ""
    url: str = ""
    lien: str = ""


def demandee(texte: str, lignes: Iterable[Ligne]) -> Demandee | None:
    """What `?structure=` asks for (two queries at most); None when nothing is asked."""
    texte = texte.strip()
    if not texte:
        return None
    if not _NUMERO.fullmatch(texte):
        return Demandee(avis=INCONNUE)
    pk = int(texte)
    liees = Structure.objects.select_related("commune__bassin", "organisme", "fusionnee_dans__commune__bassin")
    structure = liees.filter(pk=pk).first()
    if structure is None:
        return Demandee(avis=INCONNUE)
    if structure.fermee_le is not None:
        return _fermee(structure)
    if any(ligne.structure.pk == pk for ligne in lignes):
        return Demandee(structure)
    return _d_ailleurs(structure)


def _fermee(structure: Structure) -> Demandee:
    """Absorbed by another, or simply closed."""
    gardee = structure.fusionnee_dans
    if gardee is None:
        avis = f"{structure.nom} a fermé\u00a0: la carte ne la montre plus."
        return Demandee(avis=avis, url=structure.get_absolute_url(), lien="Voir sa page")
    if gardee.fermee_le is not None:
        avis = f"{structure.nom} a été réunie avec {gardee.nom}, qui a fermé depuis\u00a0: la carte ne la montre plus."
        return Demandee(avis=avis, url=gardee.get_absolute_url(), lien=f"Voir la page de {gardee.nom}")
    avis = f"{structure.nom} a été réunie avec {gardee.nom}."
    return Demandee(avis=avis, url=_sur_sa_carte(gardee), lien=f"Voir {gardee.nom}")


def _d_ailleurs(structure: Structure) -> Demandee:
    """Open, but not on this map."""
    bassin = structure.commune.bassin
    if bassin is None or not bassin.actif:
        avis = f"{structure.nom} n’est dans aucun bassin du portail."
        return Demandee(avis=avis, url=structure.get_absolute_url(), lien="Voir sa page")
    avis = f"{structure.nom} est dans le bassin {bassin.nom}."
    return Demandee(avis=avis, url=_sur_sa_carte(structure), lien="La voir sur la carte de ce bassin")


def _sur_sa_carte(structure: Structure) -> str:
    bassin = structure.commune.bassin
    if bassin is None or not bassin.actif:
        return structure.get_absolute_url()
    return f"{reverse('cartes:bassin', args=[bassin.pk])}?structure={structure.pk}"
