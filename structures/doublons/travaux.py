"""The search of duplicates as a job, after an import, when a sheet changed, and on demand."""

from typing import Any

from django.urls import reverse

from socle.models import Travail
from socle.travaux import Suivi, demander, executant
from structures.comptes.models import Utilisateur
from structures.doublons.registre import rechercher
from structures.models import Structure

GENRE = "rechercher_doublons"


@executant(GENRE)
def rechercher_les_doublons(suivi: Suivi) -> dict[str, Any]:
    """Compare all the sheets. Killed halfway, it starts again and finds its first pairs written."""
    bilan = rechercher(suivi.avancer)
    return {"resume": bilan.resume, "url": reverse("structures:doublons")}


def demander_les_doublons(demandeur: Utilisateur | None = None) -> Travail:
    """Ask for a search of duplicates; one that this person already waits for is given."""
    en_vue = Travail.objects.filter(genre=GENRE, etat=Travail.Etat.EN_ATTENTE, demandeur=demandeur)
    return en_vue.first() or demander(GENRE, "Recherche des doublons", demandeur=demandeur)


def demander_si_besoin() -> bool:
    """Ask for a search when a sheet changed since the last one that ended well; whether it was asked."""
    reussies = Travail.objects.filter(genre=GENRE, etat=Travail.Etat.REUSSI)
    derniere = reussies.order_by("-cree_le").values_list("cree_le", flat=True).first()
    changees = Structure.objects.ouvertes()
    if derniere is not None:
        changees = changees.filter(modifie_le__gte=derniere)
    if not changees.exists():
        return False
    demander_les_doublons()
    return True
