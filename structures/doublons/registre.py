"""The table of the pairs: brought in step with what the sheets say, decisions kept for good."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from socle.droits import peut
from structures.comptes.models import Utilisateur
from structures.doublons.detection import CHAMPS, PRES_KM, RAISONS, Semblance, Sujet, comparer, semblances, sujet
from structures.models import DoublonPropose, Structure
from structures.territoires.geometrie import cadre

LOT = 500
T = TypeVar("T")
Progres = Callable[[int, int, str], None]
_PROPOSE = DoublonPropose.Etat.PROPOSE


@dataclass
class Recherche:
    """What a search found: pairs looked at for the first time, pairs that no longer look alike."""

    structures: int = 0
    proposees: int = 0
    nouvelles: int = 0
    retirees: int = 0

    @property
    def resume(self) -> str:
        """For the person who asked."""
        from socle.templatetags.typographie import pluriel

        return (
            f"{pluriel(self.structures, 'fiche comparée,fiches comparées')}\u00a0: "
            f"{pluriel(self.proposees, 'doublon possible,doublons possibles')}, dont "
            f"{pluriel(self.nouvelles, 'nouveau,nouveaux')}."
        )


def _sujets(structures: Iterable[tuple[object, ...]]) -> Iterator[Sujet]:
    return map(sujet, structures)


def rechercher(progres: Progres | None = None) -> Recherche:
    """Compare all open sheets and bring the proposals in step. Idempotent; short transactions."""
    avancer = progres or (lambda fait, total, mots: None)
    ouvertes = Structure.objects.ouvertes().order_by("pk")
    bilan = Recherche(structures=ouvertes.count())
    avancer(0, bilan.structures, "Lecture des fiches")
    lues: list[Sujet] = []
    for s in _sujets(ouvertes.values_list(*CHAMPS).iterator(chunk_size=2000)):
        lues.append(s)
        if len(lues) % 2000 == 0:
            avancer(len(lues), bilan.structures, "Lecture des fiches")
    avancer(len(lues), bilan.structures, "Comparaison des noms, des numéros et des lieux")
    trouvees = {(p.a, p.b): p for p in semblances(lues)}
    bilan.proposees = _accorder(trouvees, DoublonPropose.objects.all(), bilan)
    avancer(bilan.structures, bilan.structures, "Comparaison terminée")
    return bilan


def _accorder(trouvees: dict[tuple[int, int], Semblance], connues: Iterable[DoublonPropose], bilan: Recherche) -> int:
    """Write what differs among `connues`; returns how many proposals stand."""
    deja = {(p.a_id, p.b_id): p for p in connues}
    nouvelles = [p for paire, p in trouvees.items() if paire not in deja]
    a_changer, a_retirer, debout = [], [], 0
    for paire, connue in deja.items():
        trouvee = trouvees.get(paire)
        if connue.etat != _PROPOSE:
            continue
        if trouvee is None:
            # Somebody said so: only somebody says the contrary.
            if "signale" not in connue.raisons:
                a_retirer.append(connue.pk)
                continue
        elif "signale" not in connue.raisons and connue.raisons != list(trouvee.raisons):
            connue.raisons, connue.score = list(trouvee.raisons), trouvee.score
            a_changer.append(connue)
        debout += 1
    for lot in _lots(nouvelles):
        # A pair that another search has just written is left to it; a structure may have gone.
        with transaction.atomic():
            restent = set(
                Structure.objects.ouvertes()
                .filter(pk__in={pk for p in lot for pk in (p.a, p.b)})
                .values_list("pk", flat=True)
            )
            DoublonPropose.objects.bulk_create(
                [
                    DoublonPropose(a_id=p.a, b_id=p.b, raisons=list(p.raisons), score=p.score)
                    for p in lot
                    if p.a in restent and p.b in restent
                ],
                ignore_conflicts=True,
            )
    for lot_change in _lots(a_changer):
        with transaction.atomic():
            DoublonPropose.objects.bulk_update(lot_change, ["raisons", "score"])
    for lot_retire in _lots(a_retirer):
        DoublonPropose.objects.filter(pk__in=lot_retire, etat=_PROPOSE).delete()
    bilan.nouvelles, bilan.retirees = len(nouvelles), len(a_retirer)
    return debout + len(nouvelles)


def _lots(choses: list[T]) -> Iterator[list[T]]:
    reste = iter(choses)
    while lot := list(islice(reste, LOT)):
        yield lot


def examiner(structure: Structure) -> list[DoublonPropose]:
    """Compare one sheet with its neighbours (three queries, then the writes); its proposals, the surest first.

    Called when a sheet was created or corrected: « elle existe peut-être déjà ».
    """
    ligne = Structure.objects.filter(pk=structure.pk).values_list(*CHAMPS).first()
    if ligne is None or structure.fermee_le is not None:
        return []
    moi = sujet(ligne)
    voisines = Structure.objects.ouvertes().exclude(pk=moi.pk).filter(_voisinage(moi))
    trouvees = {}
    for autre in _sujets(voisines.values_list(*CHAMPS).iterator(chunk_size=2000)):
        semblance = comparer(moi, autre)
        if semblance is not None:
            trouvees[semblance.a, semblance.b] = semblance
    siennes = DoublonPropose.objects.filter(Q(a=moi.pk) | Q(b=moi.pk))
    _accorder(trouvees, siennes, Recherche())
    return list(siennes.a_trancher().pour_liste())


def _voisinage(moi: Sujet) -> Q:
    pres = Q(commune=moi.commune)
    if moi.siret:
        pres |= Q(siret=moi.siret)
    if moi.lat is not None and moi.lon is not None:
        autour = cadre(moi.lat, moi.lon, PRES_KM)
        pres |= Q(lat__range=(autour.sud, autour.nord), lon__range=(autour.ouest, autour.est))
    return pres


# What tells which structure a sheet is about.
IDENTITE = frozenset({"nom", "type", "siret", "finess", "uai", "safir", "commune", "adresse", "telephone", "courriel"})


def avertissement(structure: Structure, changes: Iterable[str], personne: Utilisateur) -> str:
    """After a correction: « it may exist already », or nothing. Nothing is searched for other fields."""
    if not IDENTITE & set(changes):
        return ""
    paires = examiner(structure)
    if not paires:
        return ""
    paire = paires[0]
    autre = paire.b if paire.a_id == structure.pk else paire.a
    suite = (
        "comparez les deux fiches au bas de la page."
        if peut(personne, "structures.fusionner", paire)
        else "la coordination de votre pôle en est avertie."
    )
    return f"Une fiche existe peut-être déjà\u00a0: «\u00a0{autre.nom}\u00a0», à {autre.commune.nom}\u00a0; {suite}"


def signaler(une: Structure, autre: Structure) -> DoublonPropose:
    """Somebody says that two sheets are one structure: the pair, waiting for a decision.

    Raises ValueError for one and the same sheet, or for one that is closed.
    """
    if une.pk == autre.pk or une.fermee_le or autre.fermee_le:
        raise ValueError("deux structures ouvertes")
    a, b = sorted((une.pk, autre.pk))
    paire, _ = DoublonPropose.objects.get_or_create(a_id=a, b_id=b, defaults={"raisons": ["signale"], "score": 100})
    return paire


class DejaTranche(Exception):
    """Somebody decided in the meantime."""


def distinguer(paire: DoublonPropose, par: Utilisateur, motif: str) -> None:
    """« Two distinct structures », for good. Raises DejaTranche when it was decided in the meantime."""
    pris = DoublonPropose.objects.filter(pk=paire.pk, etat=_PROPOSE).update(
        etat=DoublonPropose.Etat.DISTINCT, par=par, le=timezone.now(), motif=motif.strip()
    )
    if not pris:
        raise DejaTranche


def reconsiderer(paire: DoublonPropose) -> None:
    """Back among the pairs to decide (a decision made in error). Raises DejaTranche if it was not « distinct »."""
    pris = DoublonPropose.objects.filter(pk=paire.pk, etat=DoublonPropose.Etat.DISTINCT).update(
        etat=_PROPOSE, par=None, le=None, motif=""
    )
    if not pris:
        raise DejaTranche


def nombre_a_trancher(poles: Iterable[int] | None) -> int:
    """How many pairs wait, in these pôles (all of them for None)."""
    attendent = DoublonPropose.objects.a_trancher()
    return (attendent if poles is None else attendent.des_poles(list(poles))).count()


def semblables(structure: Structure) -> list[tuple[Structure, list[str]]]:
    """(sheet, reasons in words) of those that may be this one, not saved yet; the surest first (two queries).

    Closed sheets are among them: better open one again than begin another.
    """
    champs = {nom: _valeur(structure, nom) for nom in CHAMPS}
    moi = sujet(tuple(0 if nom == "pk" else champs[nom] for nom in CHAMPS))
    voisines = Structure.objects.filter(_voisinage(moi), fusionnee_dans__isnull=True)
    trouvees = {}
    for autre in _sujets(voisines.values_list(*CHAMPS).iterator(chunk_size=2000)):
        if (semblance := comparer(moi, autre)) is not None:
            trouvees[autre.pk] = semblance
    fiches = Structure.objects.select_related("commune").in_bulk(trouvees)
    surs = sorted(trouvees, key=lambda pk: (-trouvees[pk].score, pk))
    return [(fiches[pk], [RAISONS[raison] for raison in trouvees[pk].raisons]) for pk in surs if pk in fiches]


def _valeur(structure: Structure, chemin: str) -> object:
    """« commune__nom » of an object, as `values_list` gives it."""
    valeur: object = structure
    for morceau in chemin.split("__"):
        valeur = getattr(valeur, morceau)
    return valeur
