"""What awaits a person because of the structures they belong to."""

from collections.abc import Sequence

from django.urls import reverse

from socle.prises import Attente
from structures.comptes.models import Utilisateur
from structures.models import Invitation, Structure


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
    perimees = [
        Attente(
            titre=f"Vérifier la fiche de {structure.nom}",
            url=structure.get_absolute_url(),
            quand=structure.a_jour_le,
            urgence=70,
            detail="Personne ne l’a confirmée depuis plus de six mois.",
        )
        for structure in Structure.objects.de(personne).a_verifier().order_by("nom_recherche", "pk")
    ]
    return [*recues, *perimees]
