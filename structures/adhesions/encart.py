"""Joining or leaving the team, on the page of a structure."""

from collections.abc import Sequence

from django.db.models import Model

from socle.prises import Encart
from structures.comptes.models import Utilisateur
from structures.models import DemandeAdhesion, Structure
from structures.regles import est_membre


def encarts(structure: Model, personne: Utilisateur | None) -> Sequence[Encart]:
    """One line (one query for somebody signed in who is no member; none for the others)."""
    if not isinstance(structure, Structure) or structure.fermee_le is not None:
        return []
    membre = personne is not None and est_membre(personne, structure)
    demande = None
    if personne is not None and not membre:
        demande = DemandeAdhesion.objects.en_attente().filter(structure=structure, utilisateur=personne).first()
    contexte = {"structure": structure, "est_membre": membre, "demande": demande}
    return [Encart("structures/bloc_equipe.html", contexte)]
