"""What the coordination does with a campaign: prepare, open, invite, extend, close."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from offres import relances
from offres.entretien import rappeler_les_confirmations
from offres.models import Campagne, Relance, Reponse
from offres.models.relances import INVITATION
from offres.operations import ActionImpossible
from socle import travaux
from socle.models import Courriel, Travail
from structures.comptes.models import Utilisateur
from structures.models import Adhesion, Structure
from structures.territoires.models import Pole

GENRE_INVITATIONS = "offres.inviter"
GENRE_RELANCES = "offres.relancer"
LOT = 200


# --- prepare ----------------------------------------------------------------------------------


def structures_visees(pole: Pole, types: Iterable[str] = (), bassins: Iterable[str] = ()) -> Any:
    """The open structures of the perimeter, of the chosen types and bassins (all when none is chosen)."""
    visees = Structure.objects.ouvertes().du_pole(pole)
    if choisis := list(types):
        visees = visees.filter(type__in=choisis)
    if dedans := list(bassins):
        visees = visees.filter(commune__bassin__in=dedans)
    return visees


def attendues_de(campagne: Campagne) -> Any:
    """The structures that the campaign expects: chosen by bassin and type, less those left out, and those added."""
    choisies = structures_visees(campagne.pole, campagne.types, campagne.bassins).exclude(pk__in=campagne.ecartees)
    return Structure.objects.ouvertes().filter(Q(pk__in=choisies.values("pk")) | Q(pk__in=campagne.ajoutees))


def sans_destinataire(structures: Any) -> Any:
    """Among these, those with nobody to write to."""
    ecrites = Adhesion.objects.actives().filter(utilisateur__is_active=True)
    return structures.exclude(pk__in=ecrites.values("structure"))


def preparer(pole: Pole, nom: str, debut: date, fin: date, par: Utilisateur, message: str = "") -> Campagne:
    """Begin to prepare a campaign: nobody is asked anything yet. Asked twice, the same one is given."""
    with transaction.atomic():
        Pole.objects.select_for_update().get(pk=pole.pk)
        deja = Campagne.objects.filter(pole=pole, nom=nom, debut=debut, fin=fin).first()
        return deja or Campagne.objects.create(
            pole=pole, nom=nom, debut=debut, fin=fin, message=message, ouverte_par=par, en_preparation=True
        )


@transaction.atomic
def _ecrire(campagne: Campagne, *, preparation: bool, **champs: Any) -> None:
    """Write fields of a campaign that is still being prepared, or that is not closed."""
    lignes = Campagne.objects.filter(pk=campagne.pk, fermee_le__isnull=True)
    if preparation:
        lignes = lignes.filter(en_preparation=True)
    if not lignes.update(**champs):
        raise ActionImpossible("Cette campagne est déjà ouverte ou close\u00a0: ceci ne se change plus.")
    campagne.refresh_from_db()


def modifier_cadre(campagne: Campagne, nom: str, debut: date, fin: date, message: str) -> None:
    """Name, dates and word of a campaign being prepared. Raises ActionImpossible once it is open."""
    _ecrire(campagne, preparation=True, nom=nom, debut=debut, fin=fin, message=message)


def choisir(campagne: Campagne, *, bassins: Sequence[str], types: Sequence[str]) -> None:
    """Whom it expects, by bassin and type. Raises ActionImpossible once it is open."""
    _ecrire(campagne, preparation=True, bassins=list(bassins), types=list(types))


@transaction.atomic
def cocher(campagne: Campagne, montrees: Iterable[int], gardees: Iterable[int]) -> None:
    """Leave out, among the structures shown, those that were unticked; take back those that are ticked."""
    vues, cochees = set(montrees), set(gardees)
    actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
    retirees = vues - cochees
    _ecrire(
        campagne,
        preparation=True,
        ecartees=sorted((set(actuelle.ecartees) - vues) | retirees),
        ajoutees=sorted(set(actuelle.ajoutees) - retirees),
    )


@transaction.atomic
def attendre_seulement(campagne: Campagne, structures: Iterable[int]) -> None:
    """Expect these open structures and no other. Raises ActionImpossible once the campaign is open."""
    voulues = set(structures)
    visees = set(structures_visees(campagne.pole).values_list("pk", flat=True))
    _ecrire(
        campagne,
        preparation=True,
        bassins=[],
        types=[],
        ecartees=sorted(visees - voulues),
        ajoutees=sorted(voulues - visees),
    )


@transaction.atomic
def ajouter(campagne: Campagne, structure: Structure, par: Utilisateur) -> Travail | None:
    """Expect one more structure, chosen by hand; in a campaign already open it is invited at once.

    Raises ActionImpossible when the structure or the campaign is closed.
    """
    if structure.fermee_le is not None:
        raise ActionImpossible("Cette structure est fermée.")
    actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
    _ecrire(
        campagne,
        preparation=False,
        ajoutees=sorted({*actuelle.ajoutees, structure.pk}),
        ecartees=sorted(set(actuelle.ecartees) - {structure.pk}),
    )
    if campagne.en_preparation or campagne.a_venir:
        return None
    return _demander_les_invitations(campagne, par)


def changer_texte(campagne: Campagne, cle: str, sujet: str, texte: str) -> None:
    """The words of one text of the campaign, also once it is open (what leaves later says them)."""
    with transaction.atomic():
        actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
        _ecrire(campagne, preparation=False, textes={**actuelle.textes, cle: {"sujet": sujet, "texte": texte}})


def reprendre_modele(campagne: Campagne, cle: str) -> None:
    """Back to our words for one text."""
    with transaction.atomic():
        actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
        _ecrire(campagne, preparation=False, textes={k: v for k, v in actuelle.textes.items() if k != cle})


def changer_aides(campagne: Campagne, aides: Mapping[str, str]) -> None:
    """The campaign's own help at the top of the questionnaire's pages."""
    _ecrire(campagne, preparation=False, aides={cle: aide for cle, aide in aides.items() if aide})


def reprendre_les_textes(campagne: Campagne, autre: Campagne) -> None:
    """Texts and helps of another campaign of the same pôle."""
    _ecrire(campagne, preparation=False, textes=autre.textes, aides=autre.aides)


@transaction.atomic
def abandonner(campagne: Campagne) -> None:
    """Throw away a campaign that was never opened. Raises ActionImpossible when it was."""
    if not Campagne.objects.filter(pk=campagne.pk, en_preparation=True, reponses__isnull=True).delete()[0]:
        raise ActionImpossible("Cette campagne est déjà ouverte\u00a0: elle peut seulement être close.")


# --- open and invite --------------------------------------------------------------------------


@transaction.atomic
def ouvrir(campagne: Campagne, par: Utilisateur | None) -> Travail | None:
    """Open a prepared campaign; a second click opens nothing more. The job that invites, None before its first day.

    Raises ActionImpossible when nobody is expected, or when its dates are past.
    """
    actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
    if actuelle.en_preparation:
        if actuelle.fin < timezone.localdate():
            raise ActionImpossible("La date limite est passée\u00a0: changez les dates avant d’ouvrir.")
        if not attendues_de(actuelle).exists():
            raise ActionImpossible("Aucune structure n’est attendue\u00a0: choisissez-en au moins une.")
        Campagne.objects.filter(pk=campagne.pk).update(en_preparation=False, ouverte_par=par)
    campagne.refresh_from_db()
    return None if campagne.a_venir else _les_invitations(campagne, par)


def ouvrir_campagne(
    pole: Pole,
    nom: str,
    debut: date,
    fin: date,
    par: Utilisateur,
    *,
    types: Iterable[str] = (),
    message: str = "",
) -> tuple[Campagne, Travail]:
    """Prepare and open in one go, from today on (commands, tests). Raises ActionImpossible."""
    campagne = preparer(pole, nom, debut, fin, par, message)
    if campagne.en_preparation:
        choisir(campagne, bassins=[], types=list(types))
    travail = ouvrir(campagne, par)
    if travail is None:
        raise ActionImpossible("Cette campagne s’ouvre plus tard.")
    return campagne, travail


def _les_invitations(campagne: Campagne, par: Utilisateur | None) -> Travail:
    deja = Travail.objects.filter(genre=GENRE_INVITATIONS, objet=str(campagne.pk)).first()
    return deja or _demander_les_invitations(campagne, par)


def _demander_les_invitations(campagne: Campagne, par: Utilisateur | None) -> Travail:
    return travaux.demander(
        GENRE_INVITATIONS,
        f"Invitations de la campagne «\u00a0{campagne.nom}\u00a0»",
        objet=str(campagne.pk),
        demandeur=par,
    )


def inviter_les_structures(campagne: Campagne, suivi: travaux.Suivi | None = None) -> dict[str, int]:
    """Create the answers and write to the people, one e-mail each; run again, it goes on where it was.

    Returns how many structures are invited, and how many have nobody to write to.
    """
    visees = list(attendues_de(campagne).order_by("pk").values_list("pk", flat=True))
    for debut in range(0, len(visees), LOT):
        Reponse.objects.bulk_create(
            [Reponse(campagne=campagne, structure_id=pk) for pk in visees[debut : debut + LOT]], ignore_conflicts=True
        )
    _liberer_les_retenues(campagne)
    # Not yet written to, or only to some of their people when a worker died.
    commencees = Relance.objects.filter(reponse__campagne=campagne, palier=INVITATION)
    a_inviter = list(
        relances.relancables(campagne)
        .filter(etat=Reponse.Etat.INVITEE)
        .filter(Q(invitee_le__isnull=True) | Q(pk__in=commencees.values("reponse")))
        .select_related("structure")
        .order_by("structure_id")
    )
    personnes = relances.par_personne(a_inviter)
    # Run again after a dead worker, what was written is not looked at one by one, and the progress goes on.
    deja = set(commencees.values_list("reponse", "personne"))
    for rang, (personne, siennes) in enumerate(personnes.values(), start=1):
        if restent := [reponse for reponse in siennes if (reponse.pk, personne.pk) not in deja]:
            relances.ecrire(campagne, personne, restent, INVITATION)
        if suivi is not None and (rang % 20 == 0 or rang == len(personnes)):
            suivi.avancer(rang, len(personnes), "Rédaction des invitations, une par personne")
    # The others were looked at too: whoever joins them later is written to then.
    ecrites = {reponse.pk for _, siennes in personnes.values() for reponse in siennes}
    muettes = [reponse.pk for reponse in a_inviter if reponse.pk not in ecrites]
    for debut in range(0, len(muettes), LOT):
        Reponse.objects.filter(pk__in=muettes[debut : debut + LOT], invitee_le__isnull=True).update(
            invitee_le=timezone.now()
        )
    return {"invitees": len(visees), "sans_destinataire": len(muettes)}


@transaction.atomic
def _liberer_les_retenues(campagne: Campagne) -> None:
    """Invitations held back by a closing, or too late to leave, are to be written again: nobody has read them."""
    # Two jobs at once: the second one waits here, and finds nothing more to free.
    gardees = _invitations_non_parties(relances.verrouiller(campagne.pk))
    reponses = list(gardees.values_list("reponse", flat=True).distinct())
    if reponses:
        gardees.delete()
        Reponse.objects.filter(pk__in=reponses).update(invitee_le=None)


def _invitations_non_parties(campagne: Campagne) -> Any:
    """In a campaign under way, those of structures that have not looked at the questionnaire."""
    muettes = relances.relancables(campagne).filter(etat=Reponse.Etat.INVITEE, ouverte_le__isnull=True)
    return Relance.objects.invitations().filter(
        Q(sort=Relance.Sort.RETENUE) | Q(courriel__etat=Courriel.Etat.PERIME), reponse__in=muettes.values("pk")
    )


def avancer_les_campagnes(le: date | None = None) -> int:
    """What the schedule does: open what begins today, invite late comers, remind. How many e-mails or jobs.

    Raises ExceptionGroup at the end when some campaigns failed: the others were served.
    """
    en_cours = Campagne.objects.en_cours(le).filter(demonstration=False)
    etapes: tuple[Callable[[], int], ...] = (
        lambda: relances.chacune(en_cours, _avancer),
        lambda: rappeler_les_confirmations(le),
        lambda: relances.relancer_echues(le),
    )
    return relances.chacune(etapes, lambda etape: etape())


def _avancer(campagne: Campagne) -> int:
    """Its invitations asked for if nobody did, and late comers invited. How many e-mails or jobs."""
    demandees = 0
    with transaction.atomic():
        Pole.objects.select_for_update().get(pk=campagne.pole_id)
        if not Travail.objects.filter(genre=GENRE_INVITATIONS, objet=str(campagne.pk)).exists():
            _demander_les_invitations(campagne, None)
            demandees = 1
    return demandees + relances.inviter_les_nouvelles_directions(campagne)


# --- remind, extend, close --------------------------------------------------------------------


def demander_des_relances(campagne: Campagne, reponses: Sequence[Any] | None, par: Utilisateur) -> Travail:
    """Remind these answers (all the awaited ones: None) in a job. Raises ActionImpossible when nobody can be."""
    if not a_relancer(campagne, reponses).exists():
        raise ActionImpossible(
            "Personne ne peut être relancé\u00a0: les réponses sont arrivées, ou la date limite est passée."
        )
    return travaux.demander(
        GENRE_RELANCES,
        f"Rappels de la campagne «\u00a0{campagne.nom}\u00a0»",
        objet=str(campagne.pk),
        parametres={
            "reponses": None if reponses is None else [str(pk) for pk in reponses],
            # A job that goes on after midnight is still the same reminder.
            "jour": timezone.localdate().isoformat(),
        },
        demandeur=par,
    )


def a_relancer(campagne: Campagne, reponses: Sequence[Any] | None) -> Any:
    """Among these, the answers that may be asked for today."""
    attendues = relances.relancables(campagne).select_related("structure")
    return attendues if reponses is None else attendues.filter(pk__in=list(reponses))


@transaction.atomic
def prolonger(campagne: Campagne, fin: date, par: Utilisateur | None = None) -> None:
    """Give more time; a campaign that was closed opens again, and who was not yet invited is.

    Raises ActionImpossible for a date that gives none.
    """
    actuelle = Campagne.objects.select_for_update().get(pk=campagne.pk)
    if actuelle.en_preparation:
        raise ActionImpossible("Cette campagne n’est pas encore ouverte.")
    if fin < timezone.localdate() or (fin <= actuelle.fin and not actuelle.close):
        raise ActionImpossible("Choisissez une date après la date limite actuelle.")
    if fin < actuelle.debut:
        raise ActionImpossible("Choisissez une date après l’ouverture de la campagne.")
    Campagne.objects.filter(pk=campagne.pk).update(fin=fin, fermee_le=None, fermee_par=None)
    campagne.refresh_from_db()
    relances.reecrire_ce_qui_attend(campagne.reponses.all())
    # The closing, or the last day, came before the invitations had all left.
    a_inviter = relances.relancables(campagne).filter(etat=Reponse.Etat.INVITEE, invitee_le__isnull=True)
    if a_inviter.exists() or _invitations_non_parties(campagne).exists():
        _demander_les_invitations(campagne, par)


@transaction.atomic
def fermer(campagne: Campagne, par: Utilisateur) -> int:
    """Close now: nobody writes any more and no e-mail leaves; how many e-mails were held back.

    What was sent stays published. Raises ActionImpossible when it is closed or not yet open.
    """
    ouverte = Campagne.objects.filter(pk=campagne.pk, fermee_le__isnull=True, en_preparation=False)
    if not ouverte.update(fermee_le=timezone.now(), fermee_par=par):
        raise ActionImpossible("Cette campagne est déjà close.")
    campagne.refresh_from_db()
    retenus = 0
    cles = list(campagne.reponses.values_list("pk", flat=True))
    for debut in range(0, len(cles), LOT):
        retenus += relances.retenir(cles[debut : debut + LOT])
    return retenus
