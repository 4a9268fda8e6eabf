"""What awaits a person because of the structures they belong to."""

from collections.abc import Sequence

from django.urls import reverse

from socle.prises import Attente
from socle.templatetags.typographie import pluriel
from structures.comptes.models import Utilisateur
from structures.comptes.regles import poles_coordonnes
from structures.fraicheur import sans_reponse
from structures.models import Invitation, Structure

# Sheets to confirm shown one by one; beyond, one line leads to the page of all of them.
PERIMEES_MAX = 3


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """Invitations to answer, then sheets that nobody confirmed for six months (two queries)."""
    invitations = Invitation.objects.en_attente().filter(email=personne.email).select_related("structure", "pole")
    recues = [
        Attente(
            titre=f"Répondre à l’invitation : {invitation.objet}",
            url=reverse("structures:mes_invitations"),
            quand=invitation.expire_le,
            urgence=20,
            detail=invitation.get_role_display(),
        )
        for invitation in invitations
    ]
    perimees = list(Structure.objects.de(personne).a_verifier().order_by("nom_recherche", "pk")[: PERIMEES_MAX + 1])
    return [*recues, *(_a_confirmer(perimees) if perimees else ())]


def _a_confirmer(structures: list[Structure]) -> list[Attente]:
    if len(structures) > PERIMEES_MAX:
        return [
            Attente(
                titre="Confirmer vos fiches",
                url=reverse("structures:a_confirmer"),
                quand=min(structure.a_jour_le for structure in structures),
                urgence=70,
                detail="Personne ne les a confirmées depuis plus de six mois.",
            )
        ]
    return [
        Attente(
            titre=f"Vérifier la fiche de {structure.nom}",
            url=reverse("structures:confirmer", args=[structure.pk]),
            quand=structure.a_jour_le,
            urgence=70,
            detail="Personne ne l’a confirmée depuis plus de six mois.",
            geste="Toujours exacte",
            geste_url=reverse("structures:confirmer", args=[structure.pk]),
        )
        for structure in structures
    ]


def attentes_de_la_coordination(personne: Utilisateur) -> Sequence[Attente]:
    """The sheets of one's pôles that three reminders did not wake (one query, none for other people)."""
    poles = poles_coordonnes(personne)
    if not poles:
        return []
    nombre = sans_reponse(Structure.objects.des_poles(poles)).count()
    if not nombre:
        return []
    return [
        Attente(
            titre=f"{pluriel(nombre, 'fiche à vérifier,fiches à vérifier')} dans votre pôle",
            url=f"{reverse('structures:a_verifier')}?etat=sans-reponse",
            urgence=65,
            detail="Trois rappels sont restés sans réponse\u00a0: un appel suffit souvent.",
        )
    ]
