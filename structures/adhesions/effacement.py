"""What this floor knows of somebody whose account is being deleted: ended, cancelled, erased."""

from django.utils import timezone

from structures.adhesions.equipe import terminer
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, DemandeAdhesion, Invitation, LigneLot, Structure
from structures.operations import retirer_nom

EFFACE = "Compte supprimé"


def alertes(personne: Utilisateur) -> list[str]:
    """Structures that would be left without a direction."""
    directions = Adhesion.objects.actives().filter(role=Adhesion.Role.DIRECTION)
    seules = []
    for adhesion in directions.filter(utilisateur=personne).select_related("structure"):
        autres = directions.filter(structure=adhesion.structure, utilisateur__is_active=True)
        if not autres.exclude(utilisateur=personne).exists():
            seules.append(
                f"{adhesion.structure} n’aura plus de direction sur le portail\u00a0: la coordination en sera avertie."
            )
    return seules


def effacer(personne: Utilisateur) -> None:
    """Memberships end (the row stays), invitations and requests close and forget the name and the address."""
    for adhesion in Adhesion.objects.actives().filter(utilisateur=personne):
        terminer(adhesion, personne)
    recues = Invitation.objects.filter(email=personne.email)
    recues.filter(etat=Invitation.Etat.ENVOYEE).update(
        etat=Invitation.Etat.ANNULEE, motif=Invitation.Motif.RETIREE, annulee_le=timezone.now()
    )
    anonyme = f"supprime-{personne.pk}@compte.invalid"
    recues.update(email=anonyme, nom="")
    LigneLot.objects.filter(email=personne.email).update(email=anonyme, nom="")
    demandes = DemandeAdhesion.objects.filter(email=personne.email) | DemandeAdhesion.objects.filter(
        utilisateur=personne
    )
    ouvertes = demandes.filter(etat__in=[DemandeAdhesion.Etat.EN_ATTENTE, DemandeAdhesion.Etat.A_CONFIRMER])
    ouvertes.update(etat=DemandeAdhesion.Etat.RETIREE)
    demandes.update(email=anonyme, nom=EFFACE, fonction="", message="", empreinte=None)
    _effacer_des_contacts(personne)


def _effacer_des_contacts(personne: Utilisateur) -> None:
    """The name shown as « à contacter », on the sheets and in their former versions."""
    for structure in Structure.objects.filter(contact_personne=personne):
        retirer_nom(structure, personne)
    passees = Structure.history.filter(contact_personne_id=personne.pk)
    if personne.nom_complet:
        passees = passees | Structure.history.filter(contact_nom=personne.nom_complet)
    passees.update(contact_nom="", contact_nom_public=False, contact_personne_id=None)


def accueil_sur_invitation(adresse: str) -> str:
    """Where somebody invited at this address answers."""
    from django.urls import reverse

    if Invitation.objects.en_attente().filter(email=adresse).exists():
        return reverse("structures:mes_invitations")
    return ""
