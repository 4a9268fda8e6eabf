"""What two structures do with a match: propose, answer, start a sheet. Typed writes, one transaction each."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from offres.avis_rapprochements import prevenir
from offres.etats import PASSAGES, PROPOSEE
from offres.models import Besoin, EtapeRapprochement, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.unites import volume_en_mots
from socle import prises
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.regles import est_direction

Cote = Rapprochement.Cote
# A proposal that nobody answers ends by itself: whoever waits may ask somebody else.
REPONSE_ATTENDUE = timedelta(days=30)
LOT = 200

CHANGEE = "Cette offre ne répond plus à ce besoin\u00a0: elle a changé, a été retirée ou n’a plus de volume."
RETIREE = "L’offre ou le besoin a été retiré."
SANS_PARTICIPER = "La structure ne participe pas à la fiche-action."
RETIREE_DE_LA_FICHE = "La structure a été retirée de la fiche-action."
DEJA = "Cette coopération est déjà proposée\u00a0: ouvrez-la pour y répondre."


def volume_possible(besoin: Besoin, offre: Offre) -> int | None:
    """How much of the offer this need may take, in the unit of the offer; None when neither side bounds it.

    What is left of the offer, when it says its volume; what the need still lacks, when it says how much in
    the same unit.
    """
    plafonds: list[int] = []
    if offre.volume is not None:
        restant: Any = Offre.objects.avec_volume_restant().get(pk=offre.pk)
        plafonds.append(restant.volume_restant)
    if besoin.volume is not None and offre.unite == besoin.unite:
        manquant: Any = Besoin.objects.avec_volume_manquant().get(pk=besoin.pk)
        plafonds.append(manquant.volume_manquant)
    return min(plafonds, default=None)


def se_compte_seul(besoin: Besoin, offre: Offre) -> bool:
    """Whether « all that is possible » means something: both say how much, in the same unit.

    Otherwise the two sides write what they agree on, and nothing is taken in their place.
    """
    return besoin.volume is not None and offre.volume is not None and besoin.unite == offre.unite


@transaction.atomic
def proposer(
    besoin: Besoin, offre: Offre, par: Utilisateur, cote: str, *, message: str = "", volume: int | None = None
) -> Rapprochement:
    """One side asks the other to work together. The e-mail address of the person stays hidden until yes.

    Raises ActionImpossible when the offer doesn't answer the need (any more), when the couple has an
    open match already, or when the volume is more than what is left.
    """
    _verrouiller(besoin, offre)
    if not Offre.objects.candidates_pour(besoin).filter(pk=offre.pk).exists():
        raise ActionImpossible(CHANGEE)
    possible = volume_possible(besoin, offre)
    if possible == 0:
        raise ActionImpossible("Des accords couvrent déjà tout ce besoin\u00a0: il n’y manque plus rien.")
    rapprochement = Rapprochement(
        besoin=besoin,
        offre=offre,
        cote=cote,
        auteur=par,
        message=message.strip(),
        volume=_volume_valable(volume, possible, besoin, offre) if possible else None,
        expire_le=timezone.localdate() + REPONSE_ATTENDUE,
    )
    try:
        with transaction.atomic():
            rapprochement.save()
    except IntegrityError as erreur:
        raise ActionImpossible(DEJA) from erreur
    _noter(rapprochement, "proposer", par, rapprochement.message)
    return rapprochement


def _volume_valable(voulu: int | None, possible: int, besoin: Besoin, offre: Offre) -> int | None:
    """The volume asked for; when none is, all that is possible, or None (`se_compte_seul`).

    Raises ActionImpossible beyond what is possible.
    """
    if voulu is None:
        return possible if se_compte_seul(besoin, offre) else None
    if not 1 <= voulu <= possible:
        raise ActionImpossible(
            f"Au plus {volume_en_mots(possible, offre.unite)}\u00a0: {raison_du_plafond(besoin, offre)}."
        )
    return voulu


def raison_du_plafond(besoin: Besoin, offre: Offre) -> str:
    """What `volume_possible` counted, in words."""
    libre, manque = "ce que l’offre a de libre", "ce qui manque au besoin"
    if offre.volume is None:
        return f"c’est {manque}"
    commun = besoin.volume is not None and besoin.unite == offre.unite
    return f"c’est {libre} et {manque}" if commun else f"c’est {libre}"


def _verrouiller(besoin: Besoin, offre: Offre) -> None:
    """Two acceptances of one offer wait for each other (PostgreSQL; SQLite has one writer)."""
    Offre.objects.select_for_update().filter(pk=offre.pk).first()
    Besoin.objects.select_for_update().filter(pk=besoin.pk).first()


def _noter(rapprochement: Rapprochement, action: str, par: Utilisateur | None, texte: str = "") -> None:
    """Keep the passage and tell the other side."""
    etape = EtapeRapprochement.objects.create(
        rapprochement=rapprochement, action=action, vers=rapprochement.etat, par=par, texte=texte
    )
    if PASSAGES[action].prevenir:
        prevenir(etape)


def _passer(rapprochement: Rapprochement, action: str, par: Utilisateur | None, texte: str, **champs: Any) -> None:
    """Claim the passage by its state: of two people who answer at once, one is told."""
    passage = PASSAGES[action]
    if passage.motif and not texte.strip():
        raise ActionImpossible("Dites pourquoi en une phrase\u00a0: l’autre structure en a besoin.")
    pris = Rapprochement.objects.filter(pk=rapprochement.pk, etat__in=passage.depuis).update(
        etat=passage.vers, **champs
    )
    if not pris:
        actuel = Rapprochement.objects.get(pk=rapprochement.pk)
        raise ActionImpossible(
            f"Ce n’est plus possible\u00a0: cette coopération est «\u00a0{actuel.get_etat_display().lower()}\u00a0»."
        )
    rapprochement.refresh_from_db()
    _noter(rapprochement, action, par, texte.strip())


@transaction.atomic
def accepter(
    rapprochement: Rapprochement, par: Utilisateur, *, volume: int | None = None, message: str = ""
) -> Rapprochement:
    """The other side agrees, for all or a part of what was asked. Raises ActionImpossible.

    What is left is read again under lock: two needs can't take the same places.
    """
    champs = _accord(rapprochement, par, volume)
    _passer(rapprochement, "accepter", par, message, **champs)
    return rapprochement


def _accord(rapprochement: Rapprochement, par: Utilisateur, volume: int | None = None) -> dict[str, Any]:
    """What an agreement writes, after counting what is left. Raises ActionImpossible."""
    offre, besoin = rapprochement.offre, rapprochement.besoin
    _verrouiller(besoin, offre)
    for ligne in (offre, besoin):
        ligne.refresh_from_db()
        if not type(ligne).objects.publiees().filter(pk=ligne.pk).exists():
            raise ActionImpossible("L’offre ou le besoin a été retiré depuis\u00a0: la proposition ne tient plus.")
    if offre.service_id != besoin.service_id or offre.structure.fictive != besoin.structure.fictive:
        # One of the two was sent again with another service.
        raise ActionImpossible(CHANGEE)
    # Counted when it was proposed, counted again now.
    possible = volume_possible(besoin, offre)
    if possible is not None and possible < 1:
        raise ActionImpossible("Il ne reste rien à convenir\u00a0: d’autres accords ont tout pris entre-temps.")
    voulu = volume if volume is not None else rapprochement.volume
    demande = rapprochement.volume
    if voulu is not None and demande is not None and voulu > demande:
        raise ActionImpossible(f"Au plus {volume_en_mots(demande, offre.unite)}\u00a0: c’est ce qui est demandé.")
    if voulu is not None and possible is not None:
        voulu = _volume_valable(voulu, possible, besoin, offre)
    return {"volume": voulu, "acceptee_le": timezone.now(), "repondue_par": par}


@transaction.atomic
def decliner(rapprochement: Rapprochement, par: Utilisateur, motif: str) -> Rapprochement:
    """The other side says no, and why. Raises ActionImpossible without a reason."""
    _passer(rapprochement, "decliner", par, motif, motif=motif.strip(), repondue_par=par, close_le=timezone.now())
    return rapprochement


@transaction.atomic
def retirer(rapprochement: Rapprochement, par: Utilisateur, motif: str) -> Rapprochement:
    """Who proposed gives up before an answer. Raises ActionImpossible without a reason."""
    _passer(rapprochement, "retirer", par, motif, motif=motif.strip(), close_le=timezone.now())
    return rapprochement


@transaction.atomic
def ecarter(rapprochement: Rapprochement, par: Utilisateur, motif: str) -> Rapprochement:
    """Either side, or the coordination, ends an agreement: its volume is free again."""
    _passer(rapprochement, "ecarter", par, motif, motif=motif.strip(), close_le=timezone.now())
    return rapprochement


@transaction.atomic
def engager(rapprochement: Rapprochement, par: Utilisateur) -> str:
    """Start the action sheet filled with both; its address. Asked twice, the same sheet is given.

    From a proposal, it is also the agreement of a direction that was asked; whoever else starts it waits
    for the other side to confirm in the sheet. Raises ActionImpossible.
    """
    # Offer, need, match: the order of an acceptance too, so that neither waits for the other.
    _verrouiller(rapprochement.besoin, rapprochement.offre)
    rapprochement = (
        Rapprochement.objects.select_for_update(of=("self",))
        .select_related("besoin__service", "besoin__structure", "offre__service", "offre__structure")
        .get(pk=rapprochement.pk)
    )
    if rapprochement.url and rapprochement.etat in (Rapprochement.Etat.ENGAGEE, Rapprochement.Etat.SIGNEE):
        return rapprochement.url
    if rapprochement.etat not in PASSAGES["engager"].depuis:
        raise ActionImpossible(
            f"Cette coopération est «\u00a0{rapprochement.get_etat_display().lower()}\u00a0»\u00a0: "
            "proposez-la de nouveau avant de commencer une fiche-action."
        )
    repond = rapprochement.etat == PROPOSEE and bool(est_direction(par, rapprochement.sollicitee))
    champs = _accord(rapprochement, par) if repond else {}
    volume = champs.get("volume", rapprochement.volume)
    url = _demarrer(rapprochement.besoin, rapprochement.offre, par, volume)
    _passer(rapprochement, "engager", par, "", url=url, engagee_le=timezone.now(), **champs)
    return url


def _demarrer(besoin: Besoin, offre: Offre, par: Utilisateur, volume: int | None) -> str:
    for demarrer in prises.demarrer_fiche:
        return str(demarrer(besoin, offre, par, volume))
    raise ActionImpossible("Les fiches-action ne sont pas disponibles pour le moment.")


@transaction.atomic
def preparer_fiche(besoin: Besoin, offre: Offre, par: Utilisateur, cote: str) -> str:
    """Start a sheet at once, without a proposal: the other side agrees in the sheet; its address.

    An open match of the couple is carried on; a sheet already started is given. Raises ActionImpossible
    when the offer doesn't answer the need, or when no floor above starts sheets.
    """
    _verrouiller(besoin, offre)
    deja = Rapprochement.objects.ouverts().filter(besoin=besoin, offre=offre).first()
    if deja is not None:
        return engager(deja, par)
    if not Offre.objects.candidates_pour(besoin).filter(pk=offre.pk).exists():
        raise ActionImpossible(CHANGEE)
    volume = (volume_possible(besoin, offre) or None) if se_compte_seul(besoin, offre) else None
    url = _demarrer(besoin, offre, par, volume)
    rapprochement = Rapprochement.objects.create(
        besoin=besoin,
        offre=offre,
        etat=Rapprochement.Etat.ENGAGEE,
        cote=cote,
        auteur=par,
        volume=volume,
        engagee_le=timezone.now(),
        url=url,
    )
    _noter(rapprochement, "engager", par)
    return url


def expirer_les_propositions() -> int:
    """Close the proposals that nobody answered in time, or whose offer or need was withdrawn; how many.

    Run twice, it closes each once.
    """
    fermees = Q(besoin__structure__fermee_le__isnull=False) | Q(offre__structure__fermee_le__isnull=False)
    retires = Q(besoin__publiee=False) | Q(offre__publiee=False) | fermees
    a_clore = Rapprochement.objects.filter(retires | Q(expire_le__lt=timezone.localdate()), etat=PROPOSEE)
    closes = 0
    for rapprochement in a_clore.select_related("besoin__structure", "offre__structure").order_by("pk")[:LOT]:
        lignes = (rapprochement.besoin, rapprochement.offre)
        tient = all(ligne.publiee and ligne.structure.fermee_le is None for ligne in lignes)
        action, motif = ("expirer", "") if tient else ("perimer", RETIREE)
        try:
            with transaction.atomic():
                _passer(rapprochement, action, None, "", motif=motif, close_le=timezone.now())
        except ActionImpossible:
            continue  # Somebody answered meanwhile.
        closes += 1
    return closes


# --- told by the floors above -------------------------------------------------------------------


@transaction.atomic
def participation_confirmee(url: str, structure: Structure, par: Utilisateur, *, porteur: bool = False) -> None:
    """In the sheet at this address, a structure agreed to take part: the match is an agreement from then on.

    Only the side that had not spoken yet can agree; the volume is cut to what is still free. ``porteur``: the
    structure leads the sheet and agrees by proposing it; when neither side has spoken (the coordination began),
    the other one's agreement is still awaited.
    """
    en_attente = Rapprochement.objects.filter(
        url=url, etat=Rapprochement.Etat.ENGAGEE, acceptee_le__isnull=True
    ).select_related("besoin__structure", "offre__structure", "auteur")
    for rapprochement in en_attente:
        seul = porteur and rapprochement.cote == Cote.COORDINATION
        if seul or not _est_sollicitee(rapprochement, structure):
            continue
        _verrouiller(rapprochement.besoin, rapprochement.offre)
        libre = volume_possible(rapprochement.besoin, rapprochement.offre)
        volume = None if libre is None or rapprochement.volume is None else min(libre, rapprochement.volume)
        _passer(rapprochement, "confirmer", par, "", acceptee_le=timezone.now(), repondue_par=par, volume=volume)


@transaction.atomic
def participation_declinee(url: str, structure: Structure, par: Utilisateur) -> None:
    """In the sheet at this address, a structure said no: what it was asked is declined, what it had agreed to ends."""
    for rapprochement in _engagees(url, structure):
        fin: dict[str, Any] = {"motif": SANS_PARTICIPER, "close_le": timezone.now()}
        if rapprochement.acceptee_le is None and _est_sollicitee(rapprochement, structure):
            _passer(rapprochement, "decliner_fiche", par, "", repondue_par=par, **fin)
        else:
            _passer(rapprochement, "quitter_fiche", par, "", **fin)


@transaction.atomic
def participation_retiree(url: str, structure: Structure, par: Utilisateur) -> None:
    """A structure was taken off the sheet at this address: its match ends, its volume is free again."""
    for rapprochement in _engagees(url, structure):
        _passer(rapprochement, "retirer_fiche", par, "", motif=RETIREE_DE_LA_FICHE, close_le=timezone.now())


def _engagees(url: str, structure: Structure) -> list[Rapprochement]:
    """The matches of this structure that the sheet at this address carries, not signed yet."""
    engagees = Rapprochement.objects.filter(url=url, etat=Rapprochement.Etat.ENGAGEE)
    siennes = engagees.filter(Q(besoin__structure=structure) | Q(offre__structure=structure))
    return list(siennes.select_related("besoin__structure", "offre__structure", "auteur"))


def _est_sollicitee(rapprochement: Rapprochement, structure: Structure) -> bool:
    """Whether this structure is of the match and has not spoken for it yet."""
    if structure.pk not in {rapprochement.besoin.structure_id, rapprochement.offre.structure_id}:
        return False
    return rapprochement.cote == Cote.COORDINATION or structure.pk != rapprochement.proposante.pk


@transaction.atomic
def fiche_abandonnee(url: str, motif: str, par: Utilisateur | None) -> None:
    """The sheet at this address was abandoned. An agreement stays, and another sheet may be started;
    without one the match is closed, and the couple may be proposed again."""
    for rapprochement in Rapprochement.objects.filter(url=url, etat=Rapprochement.Etat.ENGAGEE):
        if rapprochement.acceptee_le is not None:
            _passer(rapprochement, "revenir", par, motif, url="")
        else:
            _passer(rapprochement, "abandonner", par, motif, motif=motif, close_le=timezone.now())


@transaction.atomic
def convention_signee(url: str, parties: Collection[int]) -> None:
    """An agreement drawn from the sheet at this address bears the signatures of all these structures.

    A match is signed when both its sides are among them: a structure taken off the sheet agreed to nothing.
    """
    engagees = Rapprochement.objects.filter(url=url, etat=Rapprochement.Etat.ENGAGEE)
    for rapprochement in engagees.filter(besoin__structure__in=parties, offre__structure__in=parties):
        maintenant = timezone.now()
        accord = rapprochement.acceptee_le or maintenant
        _passer(rapprochement, "signer", None, "", signee_le=maintenant, acceptee_le=accord)
