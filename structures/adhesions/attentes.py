"""What awaits a person for the teams they hold: requests to answer, structures that nobody directs."""

from collections.abc import Sequence

from django.db.models import Count, Min
from django.urls import reverse

from socle.prises import Attente
from structures.adhesions.demandes import a_traiter
from structures.adhesions.equipe import a_pourvoir
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes

MONTREES = 5


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """Requests first, then the count of structures without a direction (three queries at most)."""
    return [*_demandes(personne), *_sans_direction(personne)]


def _demandes(personne: Utilisateur) -> list[Attente]:
    ensemble = a_traiter(personne)
    montrees = list(ensemble.select_related("structure").order_by("cree_le", "pk")[: MONTREES + 1])
    if len(montrees) > MONTREES:
        compte = ensemble.aggregate(nombre=Count("pk"), depuis=Min("cree_le"))
        return [
            Attente(
                titre=f"Répondre à {compte['nombre']} demandes pour rejoindre une équipe",
                url=reverse("structures:demandes"),
                quand=compte["depuis"],
                urgence=25,
            )
        ]
    return [
        Attente(
            titre=f"Répondre à {demande.nom}, qui demande à rejoindre {demande.structure.nom}",
            url=reverse("structures:demande", args=[demande.pk]),
            quand=demande.cree_le,
            urgence=25,
            detail=f"{demande.fonction}, {demande.get_role_display().lower()}",
        )
        for demande in montrees
    ]


def _sans_direction(personne: Utilisateur) -> list[Attente]:
    if not (poles_coordonnes(personne) or est_administration(personne)):
        return []
    nombre = a_pourvoir(personne).count()
    if not nombre:
        return []
    titre = "Une structure est sans direction" if nombre == 1 else f"{nombre} structures sont sans direction"
    return [
        Attente(
            titre=titre,
            url=reverse("structures:sans_direction"),
            urgence=60,
            detail="Personne ne peut y inviter ni y signer.",
        )
    ]
