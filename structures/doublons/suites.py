"""What follows on this floor when two sheets of one structure are merged."""

from django.db.models import Model, Q
from django.utils import timezone

from socle.deplacements import Carnet, couvrir, negliger
from socle.templatetags.typographie import pluriel
from structures.models import (
    Adhesion,
    DemandeAdhesion,
    DoublonPropose,
    Ecart,
    Identifiant,
    Invitation,
    LigneLot,
    LigneRappel,
    ServiceRepertorie,
    Structure,
)

couvrir(
    "structures.Adhesion.structure",
    "structures.Invitation.structure",
    "structures.DemandeAdhesion.structure",
    "structures.LigneLot.structure",
    "structures.ServiceRepertorie.structure",
    "structures.Identifiant.structure",
    "structures.Ecart.structure",
    "structures.LigneRappel.structure",
    "structures.Structure.site_principal",
    "structures.DoublonPropose.a",
    "structures.DoublonPropose.b",
)
negliger("structures.Identifiant", "structures.Ecart", "structures.LigneRappel", "structures.LigneLot")
# The traces stay where they are: they say what was done, and with which sheet.
couvrir(
    "structures.Structure.fusionnee_dans",
    "structures.Fusion.gardee",
    "structures.Fusion.absorbee",
    "structures.LigneImport.structure",
)
# The words of a sheet are written again each time it is saved.
couvrir("structures.Mention.structure")

_DIRECTION = Adhesion.Role.DIRECTION.value


def fusionner(gardee: Model, absorbee: Model, carnet: Carnet) -> None:
    """Move people, invitations, requests, services and sites. Raises TypeError for anything but structures."""
    if not isinstance(gardee, Structure) or not isinstance(absorbee, Structure):
        raise TypeError("deux structures")
    _les_personnes(gardee, absorbee, carnet)
    _les_invitations(gardee, absorbee, carnet)
    _les_demandes(gardee, absorbee, carnet)
    carnet.deplacer(LigneLot.objects.filter(structure=absorbee), "structure_id", gardee)
    services = carnet.deplacer(ServiceRepertorie.objects.filter(structure=absorbee), "structure_id", gardee)
    if services:
        carnet.mots.append(pluriel(services, "service répertorié,services répertoriés"))
    _les_listes(gardee, absorbee, carnet)
    _les_rappels(gardee, absorbee, carnet)
    _les_sites(gardee, absorbee, carnet)
    _les_paires(gardee, absorbee, carnet)


def _les_personnes(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """Memberships follow; of two active ones of the same person the stronger stays, the other ends."""
    presentes = {a.utilisateur_id: a for a in Adhesion.objects.actives().filter(structure=gardee)}
    actives = anciennes = 0
    for adhesion in Adhesion.objects.filter(structure=absorbee).select_for_update().order_by("pk"):
        deja = presentes.get(adhesion.utilisateur_id)
        if adhesion.fin is None and deja is not None:
            plus_faible = adhesion if adhesion.role != _DIRECTION or deja.role == _DIRECTION else deja
            carnet.ecrire(plus_faible, fin=timezone.now())
        actives += adhesion.fin is None
        anciennes += adhesion.fin is not None
        carnet.ecrire(adhesion, structure_id=gardee.pk)
    if actives:
        carnet.mots.append(pluriel(actives, "personne de l’équipe,personnes de l’équipe"))
    if anciennes:
        carnet.mots.append(pluriel(anciennes, "adhésion terminée,adhésions terminées"))


def _les_invitations(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """Invitations follow, their links go on working; the same person is not invited twice."""
    envoyees = {i.email.lower(): i for i in Invitation.objects.filter(structure=gardee, etat=Invitation.Etat.ENVOYEE)}
    suivent = 0
    for invitation in Invitation.objects.filter(structure=absorbee).order_by("pk"):
        deja = envoyees.get(invitation.email.lower())
        if invitation.etat == Invitation.Etat.ENVOYEE and deja is not None:
            de_trop = invitation if invitation.role != _DIRECTION or deja.role == _DIRECTION else deja
            carnet.ecrire(
                de_trop,
                etat=Invitation.Etat.ANNULEE.value,
                motif=Invitation.Motif.REMPLACEE.value,
                annulee_le=timezone.now(),
            )
        suivent += invitation.etat == Invitation.Etat.ENVOYEE
        carnet.ecrire(invitation, structure_id=gardee.pk)
    if suivent:
        carnet.mots.append(pluriel(suivent, "invitation en attente,invitations en attente"))


def _les_demandes(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    ouvertes = [DemandeAdhesion.Etat.A_CONFIRMER, DemandeAdhesion.Etat.EN_ATTENTE]
    deja = set(DemandeAdhesion.objects.filter(structure=gardee, etat__in=ouvertes).values_list("email", flat=True))
    suivent = 0
    for demande in DemandeAdhesion.objects.filter(structure=absorbee).order_by("pk"):
        if demande.etat in ouvertes and demande.email in deja:
            carnet.ecrire(demande, etat=DemandeAdhesion.Etat.RETIREE.value)
        suivent += demande.etat == DemandeAdhesion.Etat.EN_ATTENTE
        carnet.ecrire(demande, structure_id=gardee.pk)
    if suivent:
        carnet.mots.append(pluriel(suivent, "demande pour rejoindre l’équipe,demandes pour rejoindre l’équipe"))


def _les_listes(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """How lists call the absorbed sheet now finds the kept one, unless the same list already names both.

    In that case two lines of one list are one structure: the one of the kept sheet goes on speaking.
    """
    deja = set(Identifiant.objects.filter(structure=gardee).values_list("liste", flat=True))
    nombre = carnet.deplacer(
        Identifiant.objects.filter(structure=absorbee).exclude(liste__in=deja), "structure_id", gardee
    )
    if nombre:
        carnet.mots.append(pluriel(nombre, "identifiant dans les listes,identifiants dans les listes"))
    # The next import says again what differs from the kept sheet.
    for ecart in Ecart.objects.filter(structure=absorbee, etat=Ecart.Etat.OUVERT):
        carnet.retirer(ecart)


def _les_rappels(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """One reminder at a time for a sheet: a second one is closed."""
    deja = LigneRappel.objects.en_cours().filter(structure=gardee).exists()
    for ligne in LigneRappel.objects.en_cours().filter(structure=absorbee):
        if deja:
            carnet.ecrire(ligne, close_le=timezone.now())
        else:
            carnet.ecrire(ligne, structure_id=gardee.pk)


def _les_sites(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """The sites of the absorbed structure become those of the kept one."""
    if gardee.site_principal_id == absorbee.pk:
        carnet.ecrire(gardee, site_principal_id=None)
    # Two levels only: what is itself a site has none.
    vers = gardee.site_principal_id or gardee.pk
    nombre = 0
    for site in Structure.objects.filter(site_principal=absorbee).exclude(pk=gardee.pk):
        carnet.ecrire(site, site_principal_id=vers)
        nombre += 1
    if nombre:
        carnet.mots.append(pluriel(nombre, "site rattaché,sites rattachés"))


def _les_paires(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    """Other pairs: those to decide will be searched again, a decision « distinct » holds for the kept one too."""
    paires = DoublonPropose.objects.filter(Q(a=absorbee) | Q(b=absorbee)).exclude(Q(a=gardee) | Q(b=gardee))
    for paire in paires:
        if paire.etat == DoublonPropose.Etat.PROPOSE:
            carnet.retirer(paire)
        elif paire.etat == DoublonPropose.Etat.DISTINCT:
            tierce = paire.b_id if paire.a_id == absorbee.pk else paire.a_id
            a, b = sorted((gardee.pk, tierce))
            if not DoublonPropose.objects.filter(a=a, b=b).exists():
                carnet.ajouter(
                    DoublonPropose(
                        a_id=a, b_id=b, raisons=paire.raisons, score=paire.score, etat=paire.etat,
                        par_id=paire.par_id, le=paire.le, motif=paire.motif,
                    )
                )  # fmt: skip


def attaches(structure: Model) -> list[str]:
    """The people and what awaits them, for the page that compares two (three queries)."""
    equipe = [
        f"{a.utilisateur.nom_complet} ({a.get_role_display().lower()})"
        for a in Adhesion.objects.actives().filter(structure=structure.pk).select_related("utilisateur").order_by("pk")
    ]
    attendues = Invitation.objects.en_attente().filter(structure=structure.pk).count()
    demandes = DemandeAdhesion.objects.en_attente().filter(structure=structure.pk).count()
    mots = [pluriel(attendues, "invitation en attente,invitations en attente")] if attendues else []
    if demandes:
        mots.append(pluriel(demandes, "demande pour rejoindre l’équipe,demandes pour rejoindre l’équipe"))
    return [*equipe, *mots]
