"""Writing to those who have not answered: invitations and reminders, once per occasion and person.

A row of `Relance` and its e-mail's row are written in one transaction, under the lock of the answers:
a worker that dies leaves both or neither, two schedulers write one, and an answer sent meanwhile is
left out. What still waits for the mail server when an answer arrives is held back (`retenir`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from offres import confirmations, textes
from offres.models import Campagne, Relance, Reponse
from offres.models.relances import INVITATION
from socle.models import Courriel
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import notifier
from structures.models import Adhesion

# A reminder that could not leave in time still does for three days; later it would say something false.
RATTRAPAGE = timedelta(days=3)
# Two reminders never follow each other the next day, except on the eve of the end.
REPOS = timedelta(days=2)
LOT = 200
TEXTE_DU_PALIER = {
    INVITATION: "invitation",
    "j+7": "relance",
    "j+14": "relance",
    "j-3": "derniers-jours",
    "j-1": "derniers-jours",
}
MANUEL = "main"
T = TypeVar("T")
Attendues = dict[int, tuple[Utilisateur, list[Reponse]]]


# --- who, and when ----------------------------------------------------------------------------


def relancables(campagne: Campagne, le: date | None = None) -> Any:
    """The answers that may be asked for today: awaited, of an open structure, in a campaign under way."""
    if campagne.en_preparation or campagne.close or not campagne.debut <= (le or timezone.localdate()) <= campagne.fin:
        return Reponse.objects.none()
    attendues = [Reponse.Etat.INVITEE, Reponse.Etat.BROUILLON, Reponse.Etat.ROUVERTE]
    return campagne.reponses.comptees().filter(etat__in=attendues, structure__fermee_le__isnull=True)


def personnes_de(structures: Collection[int]) -> dict[int, list[Utilisateur]]:
    """Structure → whom to write to: its direction; its team where there is none."""
    adhesions = (
        Adhesion.objects.actives()
        .filter(structure__in=structures, utilisateur__is_active=True)
        .select_related("utilisateur")
        .order_by("structure", "pk")
    )
    directions: dict[int, list[Utilisateur]] = defaultdict(list)
    equipes: dict[int, list[Utilisateur]] = defaultdict(list)
    for adhesion in adhesions:
        groupe = directions if adhesion.role == Adhesion.Role.DIRECTION else equipes
        groupe[adhesion.structure_id].append(adhesion.utilisateur)
    return {**equipes, **directions}


def par_personne(reponses: Sequence[Reponse]) -> Attendues:
    """Person → (person, the answers expected from them), by batches of structures."""
    attendues: Attendues = {}
    for debut in range(0, len(reponses), LOT):
        lot = reponses[debut : debut + LOT]
        personnes = personnes_de([r.structure_id for r in lot])
        for reponse in lot:
            for personne in personnes.get(reponse.structure_id, []):
                attendues.setdefault(personne.pk, (personne, []))[1].append(reponse)
    return attendues


def palier_du(campagne: Campagne, invitee_le: date, le: date) -> str:
    """The occasion of that day for an answer asked for on `invitee_le`; « » when there is none.

    The end's reminders win over those that follow the invitation, and a short campaign has fewer.
    The end's say which end, so that an extended campaign reminds again.
    """
    trois, veille = campagne.fin - timedelta(days=3), campagne.fin - timedelta(days=1)
    dates = {f"j+{n}": invitee_le + timedelta(days=n) for n in (7, 14)}
    paliers = [(quand, nom) for nom, quand in dates.items() if quand <= trois - REPOS]
    paliers += [(trois, f"j-3:{campagne.fin}")] if trois - invitee_le >= REPOS else []
    paliers += [(veille, f"j-1:{campagne.fin}")] if veille > invitee_le else []
    echus = [(quand, nom) for quand, nom in paliers if quand <= le]
    if not echus or le > campagne.fin:
        return ""
    quand, nom = max(echus)
    return nom if le - quand < RATTRAPAGE else ""


# --- one e-mail -------------------------------------------------------------------------------


def verrouiller(campagne: Any) -> Campagne:
    """The campaign, read again and locked: nobody closes or extends it while an e-mail about it is written."""
    lignes = Campagne.objects.select_for_update(of=("self",), no_key=True).select_related("pole", "ouverte_par")
    return lignes.get(pk=campagne)


@transaction.atomic
def ecrire(
    campagne: Campagne,
    personne: Utilisateur,
    reponses: Iterable[Reponse],
    palier: str,
    *,
    par: Utilisateur | None = None,
    le: date | None = None,
) -> int:
    """One e-mail to one person about those of these answers nobody wrote them about on this occasion.

    Returns how many answers it speaks of: 0 when there is nothing to say, or when they don't want these e-mails.
    """
    # Locked and read again: what was sent, refused or closed in the meantime is not asked for.
    fraiche = verrouiller(campagne.pk)
    verrouillees = list(
        relancables(fraiche, le)
        .filter(pk__in=[r.pk for r in reponses])
        .select_for_update(of=("self",))
        .select_related("structure")
        .order_by("pk")
    )
    if palier.startswith(MANUEL):
        rappelees = rappelees_le(le or timezone.localdate()).filter(personne=personne, reponse__in=verrouillees)
        deja = set(rappelees.values_list("reponse_id", flat=True))
        verrouillees = [r for r in verrouillees if r.pk not in deja]
    lignes = [Relance(reponse=r, personne=personne, palier=palier, par=par) for r in verrouillees]
    Relance.objects.bulk_create(lignes, ignore_conflicts=True)
    gagnees = set(Relance.objects.filter(pk__in=[ligne.pk for ligne in lignes]).values_list("reponse_id", flat=True))
    a_dire = [r for r in verrouillees if r.pk in gagnees]
    if not a_dire:
        return 0
    courriel = _deposer(fraiche, personne, a_dire, palier, par)
    sort = Relance.Sort.ECRITE if courriel is not None else Relance.Sort.NON_VOULUE
    Relance.objects.filter(pk__in=[ligne.pk for ligne in lignes]).update(courriel=courriel, sort=sort)
    if palier == INVITATION:
        Reponse.objects.filter(pk__in=gagnees, invitee_le__isnull=True).update(invitee_le=timezone.now())
    return len(a_dire) if courriel is not None else 0


def rappelees_le(jour: date) -> Any:
    """The reminders of that day that leave, have left or may have: nobody gets two the same day."""
    en_main = (Courriel.Etat.EN_ATTENTE, Courriel.Etat.EN_COURS, Courriel.Etat.ENVOYE, Courriel.Etat.INCERTAIN)
    return Relance.objects.rappels().filter(
        cree_le__gte=fin_du_jour(jour - timedelta(days=1)), cree_le__lt=fin_du_jour(jour), courriel__etat__in=en_main
    )


def texte_du_palier(palier: str) -> str:
    """Which text of the campaign this occasion uses."""
    return TEXTE_DU_PALIER.get(palier.partition("#")[0].partition(":")[0], "relance")


def _deposer(
    campagne: Campagne, personne: Utilisateur, reponses: list[Reponse], palier: str, par: Utilisateur | None
) -> Courriel | None:
    rang = confirmations.rang_de(palier)
    if rang is not None:
        return confirmations.deposer(reponses[0], personne, rang, par or reponses[0].entretien_par)
    reponses = sorted(reponses, key=lambda r: (r.structure.nom_recherche, r.structure_id))
    sujet, texte = textes.composer(campagne, texte_du_palier(palier), reponses)
    auteur = par or campagne.ouverte_par
    return notifier(
        personne,
        "offres-campagne" if palier.partition("#")[0] == INVITATION else "offres-relance",
        "offres_collecte",
        {"sujet": sujet, "texte": texte},
        objet=f"offres.reponse:{reponses[0].pk}" if len(reponses) == 1 else f"offres.campagne:{campagne.pk}",
        repondre_a=auteur.email if auteur else "",
        # The mail server was silent until then: « avant le 30 » is not said on the 31st.
        pas_apres=fin_du_jour(campagne.fin),
    )


def fin_du_jour(jour: date) -> datetime:
    """The first instant of the next day, in the portal's time."""
    return timezone.make_aware(datetime.combine(jour + timedelta(days=1), time.min))


@transaction.atomic
def retenir(reponses: Collection[Any]) -> int:
    """Hold back what waits for the mail server about these answers; how many e-mails. Call it when they end.

    An e-mail that also speaks of other structures is written again without these. One that a worker
    has already taken can't be taken back; if the mail server doesn't want it now, it is not tried again.
    """
    toutes = Relance.objects.filter(reponse__in=reponses)
    autres = Relance.objects.exclude(reponse__in=reponses).filter(courriel=OuterRef("pk"))
    en_cours = toutes.filter(courriel__etat=Courriel.Etat.EN_COURS).values("courriel")
    Courriel.objects.filter(~Exists(autres), pk__in=en_cours).update(pas_apres=timezone.now())
    lignes = toutes.en_attente()
    courriels = Courriel.objects.filter(pk__in=lignes.values("courriel"), etat=Courriel.Etat.EN_ATTENTE)
    retenus = 0
    for courriel in courriels.select_for_update().order_by("pk"):
        siennes = Relance.objects.filter(courriel=courriel)
        siennes.filter(reponse__in=reponses).update(courriel=None, sort=Relance.Sort.RETENUE)
        _reecrire(courriel)
        retenus += 1
    return retenus


@transaction.atomic
def reecrire_ce_qui_attend(reponses: Iterable[Reponse] | QuerySet[Reponse]) -> None:
    """What still waits for the mail server about these answers says what is true now (a date, a name)."""
    lignes = Relance.objects.filter(reponse__in=reponses).en_attente()
    courriels = Courriel.objects.filter(pk__in=lignes.values("courriel"), etat=Courriel.Etat.EN_ATTENTE)
    for courriel in courriels.select_for_update().order_by("pk"):
        _reecrire(courriel)


def _reecrire(courriel: Courriel) -> None:
    """Another e-mail in the place of this one, about the answers that still have it; none when none has."""
    siennes = Relance.objects.filter(courriel=courriel)
    restent = list(
        siennes.select_related(
            "reponse__structure", "reponse__campagne__pole", "reponse__campagne__ouverte_par", "personne", "par"
        )
    )
    if restent:
        une = restent[0]
        autre = _deposer(une.reponse.campagne, une.personne, [r.reponse for r in restent], une.palier, une.par)
        siennes.update(courriel=autre, sort=Relance.Sort.ECRITE if autre is not None else Relance.Sort.NON_VOULUE)
    courriel.delete()


# --- what failed, came back, or may not have left ---------------------------------------------


def renvoyer(campagne: Campagne, courriel: Any, par: Utilisateur) -> bool:
    """Write again what one failed, uncertain or returned e-mail said, to whom it was for; False if nothing is left.

    Somebody of the coordination decides it, knowing that the person may get it twice. A second click, or a second
    person, sends nothing more; an answer that came in the meantime is left out.
    """
    with transaction.atomic():
        fraiche = verrouiller(campagne.pk)
        siennes = Relance.objects.a_verifier().filter(courriel=courriel, reponse__campagne=fraiche)
        # Locked like the answers of `ecrire`: one that is being sent now is waited for.
        attendues = relancables(fraiche).filter(pk__in=siennes.values("reponse")).select_for_update(of=("self",))
        encore = {r.pk for r in attendues.order_by("pk")}
        anciennes = list(siennes.filter(reponse__in=encore).select_related("reponse__structure", "personne"))
        reponses = [ligne.reponse for ligne in anciennes if _noter_le_renvoi(ligne, par)]
        if not reponses:
            return False
        nouvelles = Relance.objects.filter(renvoi_de__in=anciennes)
        une = anciennes[0]
        autre = _deposer(fraiche, une.personne, reponses, une.palier, par)
        nouvelles.update(courriel=autre, sort=Relance.Sort.ECRITE if autre is not None else Relance.Sort.NON_VOULUE)
        return autre is not None


def _noter_le_renvoi(ancienne: Relance, par: Utilisateur) -> bool:
    """The row of the second sending; False when there is one already."""
    base, _, rang = ancienne.palier.partition("#")
    ligne = Relance(
        reponse=ancienne.reponse,
        personne=ancienne.personne,
        palier=f"{base}#{int(rang or 1) + 1}",
        par=par,
        renvoi_de=ancienne,
    )
    Relance.objects.bulk_create([ligne], ignore_conflicts=True)
    return Relance.objects.filter(pk=ligne.pk).exists()


def adresses_perdues(campagne: Campagne) -> set[str]:
    """The addresses that a mail server brought back for good, and to which nothing left since."""
    siens = Courriel.objects.filter(
        pk__in=Relance.objects.filter(reponse__campagne=campagne, courriel__isnull=False).values("courriel")
    )
    perdues = siens.filter(etat=Courriel.Etat.REVENU, retour__in=Courriel.SANS_ESPOIR)
    depuis = dict(perdues.order_by().values_list("destinataire").annotate(d=Max("cree_le")))
    for adresse, quand in siens.filter(etat=Courriel.Etat.ENVOYE, destinataire__in=depuis).values_list(
        "destinataire", "cree_le"
    ):
        if adresse in depuis and quand > depuis[adresse]:
            del depuis[adresse]
    return set(depuis)


# --- the reminders of the schedule ------------------------------------------------------------


def relancer_echues(le: date | None = None) -> int:
    """Write the reminders that are due; how many e-mails. Idempotent, safe if run twice at once.

    Raises ExceptionGroup when some campaigns failed, after the others were served.
    """
    jour = le or timezone.localdate()
    en_cours = Campagne.objects.en_cours(jour).select_related("pole", "ouverte_par")
    return chacune(en_cours, lambda campagne: _relancer_une_campagne(campagne, jour))


def chacune(choses: Iterable[T], faire: Callable[[T], int]) -> int:
    """The sum of what is done for each campaign or step: one that fails keeps none of the others from their directors.

    Raises ExceptionGroup at the end, with what failed.
    """
    faits, erreurs = 0, []
    for chose in choses:
        try:
            faits += faire(chose)
        except Exception as erreur:
            erreurs.append(erreur)
    if erreurs:
        raise ExceptionGroup("des campagnes n’ont pas avancé", erreurs)
    return faits


def _relancer_une_campagne(campagne: Campagne, jour: date) -> int:
    attendues = list(relancables(campagne, jour).filter(invitee_le__isnull=False).order_by("pk"))
    paliers: dict[Any, str] = {}
    for reponse in attendues:
        palier = palier_du(campagne, timezone.localdate(reponse.invitee_le), jour)
        # Reopened: what follows the invitation was answered already.
        if palier and not (reponse.etat == Reponse.Etat.ROUVERTE and palier.startswith("j+")):
            paliers[reponse.pk] = palier
    if not paliers:
        return 0
    deja, dernieres = _deja_ecrites(campagne)
    perdues = adresses_perdues(campagne)
    a_faire: dict[tuple[int, str], tuple[Utilisateur, list[Reponse]]] = {}
    for pk, (personne, siennes) in par_personne([r for r in attendues if r.pk in paliers]).items():
        if personne.email in perdues:
            continue
        for reponse in siennes:
            palier, derniere = paliers[reponse.pk], dernieres.get((reponse.pk, pk))
            repos = timedelta(days=1) if palier.startswith("j-1") else REPOS
            if (reponse.pk, pk, palier) in deja or (derniere is not None and jour - derniere < repos):
                continue
            a_faire.setdefault((pk, palier), (personne, []))[1].append(reponse)
    return sum(
        ecrire(campagne, personne, siennes, palier, le=jour) > 0
        for (_, palier), (personne, siennes) in a_faire.items()
    )


def _deja_ecrites(campagne: Campagne) -> tuple[set[tuple[Any, int, str]], dict[tuple[Any, int], date]]:
    """What was written already, and the last day each person was written to about each answer."""
    lignes = Relance.objects.filter(reponse__campagne=campagne).order_by()
    deja = set(lignes.values_list("reponse_id", "personne_id", "palier"))
    dernieres = lignes.values_list("reponse_id", "personne_id").annotate(d=Max("cree_le"))
    return deja, {(r, p): timezone.localdate(d) for r, p, d in dernieres}


def relancer(
    campagne: Campagne, reponses: Sequence[Reponse], par: Utilisateur | None, jour: date | None = None
) -> int:
    """The coordination's own reminder, once a day per person and answer; how many e-mails."""
    palier = f"{MANUEL}-{jour or timezone.localdate()}"
    return sum(
        ecrire(campagne, personne, siennes, palier, par=par, le=jour) > 0
        for personne, siennes in par_personne(reponses).values()
    )


# --- those who arrive later -------------------------------------------------------------------


def inviter_les_nouvelles_directions(campagne: Campagne) -> int:
    """Write to the people of structures that had nobody when the invitations left; how many e-mails."""
    muettes = list(
        relancables(campagne)
        .filter(etat=Reponse.Etat.INVITEE, invitee_le__isnull=False)
        .exclude(relances__palier=INVITATION)
        .filter(_arrivee_depuis())
        .distinct()
    )
    ecrits = 0
    for personne, siennes in par_personne(muettes).values():
        if ecrire(campagne, personne, siennes, INVITATION):
            Reponse.objects.filter(pk__in=[r.pk for r in siennes]).update(invitee_le=timezone.now())
            ecrits += 1
    return ecrits


def _arrivee_depuis() -> Q:
    """Somebody joined the structure after the invitations had left."""
    return Q(
        structure__adhesions__fin__isnull=True,
        structure__adhesions__utilisateur__is_active=True,
        structure__adhesions__debut__gt=F("invitee_le"),
    )
