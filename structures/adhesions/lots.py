"""Inviting from a list: prepared line by line, looked at, then sent once each, whatever happens to the worker."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from socle.droits import peut
from socle.models import Travail
from socle.travaux import demander
from structures.adhesions.invitations import ErreurInvitation, inviter
from structures.adhesions.lecture import LigneLue, role_ecrit
from structures.adhesions.reconnaissance import LOT, Reponse, reconnaitre
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.models import Adhesion, Invitation, LigneLot, LotInvitations, Structure
from structures.territoires.models import Commune

GENRE_LOT = "inviter_en_nombre"
Etat = LigneLot.Etat
Avancer = Callable[[int, int], None]


class ErreurLot(Exception):
    """The list can't be sent or changed now; the message is for the person."""


def preparer(titre: str, lues: Sequence[LigneLue], par: Utilisateur, role: str) -> LotInvitations:
    """Keep a list with what each line is worth; nothing is sent. `role` is given where none is written."""
    reponses = reconnaitre(lues)
    lot = LotInvitations(titre=titre[:200], par=par)
    lignes = [_ligne(lot, lue, reponse, role) for lue, reponse in zip(lues, reponses, strict=True)]
    verifier(lignes, par)
    with transaction.atomic():
        lot.save()
        LigneLot.objects.bulk_create(lignes, batch_size=LOT)
    return lot


def _ligne(lot: LotInvitations, lue: LigneLue, reponse: Reponse, role: str) -> LigneLot:
    ecrit = role_ecrit(lue.role)
    ligne = LigneLot(
        lot=lot, numero=lue.numero, email=lue.email[:254], nom=lue.nom, role=ecrit or role, texte=lue.texte,
        structure=reponse.structure, candidates=[s.pk for s in reponse.candidates], etat=Etat.PRETE,
    )  # fmt: skip
    defaut = lue.defaut or _defaut_adresse(lue.email)
    if not defaut and ecrit is None:
        defaut = f"Rôle inconnu\u00a0: {lue.role[:60]}. Écrivez direction, ou membre."
    if defaut:
        ligne.etat, ligne.raison = Etat.MALFORMEE, defaut[:300]
    elif reponse.structure is None:
        ligne.etat = Etat.AMBIGUE if reponse.candidates else Etat.INCONNUE
        ligne.raison = reponse.raison[:300]
    return ligne


def _defaut_adresse(email: str) -> str:
    if not email:
        return "L’adresse électronique manque."
    try:
        validate_email(email)
    except ValidationError:
        return "L’adresse électronique est mal écrite."
    return "" if len(email) <= 254 else "L’adresse électronique est trop longue."


def verifier(lignes: Sequence[LigneLot], par: Utilisateur, deja: Iterable[tuple[str, int]] = ()) -> None:
    """Set the state of the lines that name a structure: outside the pôle, twice, member, invited, or ready.

    `deja`: (address, structure) of lines of the same list read elsewhere.
    """
    retenues = [ligne for ligne in lignes if ligne.etat == Etat.PRETE and ligne.structure is not None]
    communes = None if est_administration(par) else _communes_de(par)
    membres, invitees = _liens({ligne.email for ligne in retenues})
    vues: dict[tuple[str, int], int] = dict.fromkeys(deja, 0)
    for ligne in retenues:
        structure = ligne.structure
        assert structure is not None  # noqa: S101 (narrowing)
        cle = (ligne.email, structure.pk)
        if communes is not None and structure.commune_id not in communes:
            ligne.etat, ligne.raison = Etat.HORS_PERIMETRE, "Sa commune n’est pas dans votre pôle."
        elif cle in vues:
            ligne.etat = Etat.DOUBLON
            ligne.raison = f"Comme la ligne {vues[cle]}." if vues[cle] else "Comme une autre ligne."
        elif cle in membres:
            ligne.etat, ligne.raison = Etat.DEJA_MEMBRE, "Fait déjà partie de l’équipe."
        elif cle in invitees:
            ligne.etat, ligne.raison = Etat.DEJA_INVITEE, "Une invitation attend déjà sa réponse."
        vues.setdefault(cle, ligne.numero)


def _communes_de(par: Utilisateur) -> frozenset[str]:
    return frozenset(Commune.objects.filter(poles__in=poles_coordonnes(par)).values_list("pk", flat=True))


def _liens(emails: set[str]) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """(address, structure) of the members and of the pending invitations, for these addresses."""
    membres: set[tuple[str, int]] = set()
    invitees: set[tuple[str, int]] = set()
    liste = sorted(emails)
    for debut in range(0, len(liste), LOT):
        lot = liste[debut : debut + LOT]
        actives = Adhesion.objects.actives().filter(utilisateur__email__in=lot)
        membres.update(actives.values_list("utilisateur__email", "structure_id"))
        pendantes = Invitation.objects.en_attente().filter(email__in=lot, structure__isnull=False)
        invitees.update((email, pk) for email, pk in pendantes.values_list("email", "structure_id") if pk)
    return membres, invitees


@transaction.atomic
def choisir(lot: LotInvitations, choix: dict[int, int | None], par: Utilisateur) -> int:
    """Keep the structures chosen for the ambiguous lines (None: set the line aside). How many were changed.

    Only among what was proposed. Raises ErreurLot while the list is being sent.
    """
    lot = LotInvitations.objects.select_for_update(no_key=True).get(pk=lot.pk)
    if lot.etat == LotInvitations.Etat.ENVOI:
        raise ErreurLot("L’envoi est en cours\u00a0: attendez sa fin pour compléter la liste.")
    lignes = list(lot.lignes.filter(pk__in=list(choix)[:LOT], etat=Etat.AMBIGUE))
    structures = Structure.objects.ouvertes().in_bulk([pk for pk in choix.values() if pk])
    changees = []
    for ligne in lignes:
        voulue = choix[ligne.pk]
        if voulue is None:
            ligne.etat, ligne.raison = Etat.ECARTEE, "Écartée à la vérification."
        elif voulue in ligne.candidates and voulue in structures:
            ligne.structure, ligne.etat, ligne.raison = structures[voulue], Etat.PRETE, ""
        else:
            continue
        changees.append(ligne)
    autres = lot.lignes.filter(etat__in=[Etat.PRETE, Etat.ENVOYEE], structure__isnull=False)
    verifier(changees, par, [(email, pk) for email, pk in autres.values_list("email", "structure_id") if pk])
    LigneLot.objects.bulk_update(changees, ["structure", "etat", "raison"], batch_size=LOT)
    return len(changees)


@transaction.atomic
def lancer(lot: LotInvitations, par: Utilisateur) -> Travail:
    """Send the ready lines by a job. Twice: the same job. Raises ErreurLot when nothing is ready."""
    lot = LotInvitations.objects.select_for_update(no_key=True).get(pk=lot.pk)
    travail = travail_de(lot)
    if lot.etat == LotInvitations.Etat.ENVOI and travail is not None and not travail.fini:
        return travail
    if not lot.lignes.filter(etat=Etat.PRETE).exists():
        raise ErreurLot("Aucune ligne n’est prête à partir.")
    LotInvitations.objects.filter(pk=lot.pk).update(etat=LotInvitations.Etat.ENVOI)
    return demander(
        GENRE_LOT, f"Invitations\u00a0: {lot.titre}"[:200], objet=str(lot.pk),
        parametres={"lot": str(lot.pk)}, demandeur=par,
    )  # fmt: skip


def travail_de(lot: LotInvitations) -> Travail | None:
    """The last job that sends, or sent, this list."""
    return Travail.objects.filter(genre=GENRE_LOT, objet=str(lot.pk)).order_by("-cree_le").first()


def envoyer(lot_pk: UUID | str, avancer: Avancer) -> dict[str, int]:
    """Send what is ready, line by line: killed halfway, it starts again where it stopped. Counts of this run."""
    lot = LotInvitations.objects.get(pk=lot_pk)
    pretes = list(lot.lignes.filter(etat=Etat.PRETE).values_list("pk", flat=True))
    faites = lot.lignes.filter(etat__in=[Etat.ENVOYEE, Etat.REFUSEE]).count()
    total = faites + len(pretes)
    for rang, pk in enumerate(pretes):
        if rang % 10 == 0:
            avancer(faites + rang, total)
        envoyer_ligne(pk)
    avancer(total, total)
    LotInvitations.objects.filter(pk=lot.pk).update(etat=LotInvitations.Etat.TERMINE, termine_le=timezone.now())
    return {
        "envoyees": lot.lignes.filter(etat=Etat.ENVOYEE).count(),
        "refusees": lot.lignes.filter(etat=Etat.REFUSEE).count(),
    }


@transaction.atomic
def envoyer_ligne(pk: int) -> bool:
    """Invite one line if it still waits: the invitation, its e-mail and the line change together, or not at all.

    The right of who made the list is asked again: it may have ended since.
    """
    ligne = LigneLot.objects.select_for_update(no_key=True).get(pk=pk)
    if ligne.etat != Etat.PRETE:
        return False
    par, structure = ligne.lot.par, ligne.structure
    if structure is None:
        return _refuser(ligne, "La structure n’est plus dans l’annuaire.")
    structure = structure.fusionnee_dans or structure
    if not peut(par, "structures.inviter", structure):
        return _refuser(ligne, "Vous n’aviez plus le droit d’inviter dans cette structure.")
    if Invitation.objects.en_attente().filter(email=ligne.email, structure=structure).exists():
        return _refuser(ligne, "Une invitation attendait déjà sa réponse.", Etat.DEJA_INVITEE)
    try:
        ligne.invitation = inviter(structure, ligne.email, ligne.role, par, nom=ligne.nom)
    except ErreurInvitation as erreur:
        return _refuser(ligne, str(erreur))
    ligne.etat, ligne.raison = Etat.ENVOYEE, ""
    ligne.save(update_fields=["etat", "raison", "invitation"])
    return True


def _refuser(ligne: LigneLot, raison: str, etat: str = Etat.REFUSEE) -> bool:
    ligne.etat, ligne.raison = etat, raison[:300]
    ligne.save(update_fields=["etat", "raison"])
    return False
