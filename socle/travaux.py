"""Long jobs: ask for one, run it once, show how far it is.

The row is the truth: the broker only carries its identifier and may forget it.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from socle import courtier
from socle.models import ESSAIS_MAX, Travail

if TYPE_CHECKING:
    from structures.comptes.models import Utilisateur

journal = logging.getLogger(__name__)
BATTEMENT_SECONDES = 5.0


class Suivi:
    """What a running job sees of its row."""

    def __init__(self, travail: Travail) -> None:
        self.travail = travail

    def avancer(self, fait: int, total: int | None = None, etape: str | None = None) -> None:
        """Record the progress (also a heartbeat). Call it between two transactions, not inside one."""
        champs: dict[str, Any] = {"fait": fait, "battement": timezone.now()}
        if total is not None:
            champs["total"] = total
        if etape is not None:
            champs["etape"] = etape[:200]
        Travail.objects.filter(pk=self.travail.pk).update(**champs)


Executant = Callable[[Suivi], dict[str, Any]]
_EXECUTANTS: dict[str, Executant] = {}


class Refus(Exception):
    """The job can't be done, and its message says why to the person who asked."""


class ErreurPassagere(Exception):
    """A part outside the machine is silent (time stamping, mail): the job is tried again later."""


def executant(genre: str) -> Callable[[Executant], Executant]:
    """Register the function that runs jobs of this kind. It must be idempotent and resumable."""

    def inscrire(fonction: Executant) -> Executant:
        _EXECUTANTS[genre] = fonction
        return fonction

    return inscrire


def demander(
    genre: str,
    intitule: str,
    *,
    objet: str = "",
    parametres: dict[str, Any] | None = None,
    demandeur: "Utilisateur | None" = None,
) -> Travail:
    """Write the job and give it to the worker after commit. Raises KeyError for an unknown kind."""
    if genre not in _EXECUTANTS:
        raise KeyError(genre)
    travail = Travail.objects.create(
        genre=genre, intitule=intitule, objet=objet, parametres=parametres or {}, demandeur=demandeur
    )
    transaction.on_commit(lambda: confier(travail))
    return travail


def confier(travail: Travail) -> bool:
    """Tell the broker. If it is down the row waits: the schedule takes it up again."""
    from socle.tasks import executer_travail

    return courtier.confier(executer_travail, str(travail.pk))


def reclamer(travail_id: str) -> Travail | None:
    """Take the job if it is free or its worker silent; None when somebody else has it."""
    travail = Travail.objects.filter(pk=travail_id).first()
    if travail is None or travail.fini:
        return None
    if travail.etat == Travail.Etat.EN_COURS and not Travail.objects.orphelins().filter(pk=travail.pk).exists():
        return None
    pris = Travail.objects.filter(pk=travail.pk, etat=travail.etat, battement=travail.battement).update(
        etat=Travail.Etat.EN_COURS, battement=timezone.now(), essais=travail.essais + 1
    )
    if not pris:
        return None
    travail.refresh_from_db()
    return travail


def executer(travail_id: str) -> None:
    """Run a job to its end. Two workers that receive it: one runs it, the other leaves."""
    travail = reclamer(travail_id)
    if travail is None:
        return
    if travail.essais > ESSAIS_MAX:
        _finir(travail, Travail.Etat.ECHOUE, erreur="Le travail s’est interrompu trop de fois.")
        return
    arret = threading.Event()
    coeur = threading.Thread(target=_battre, args=(travail, arret), daemon=True)
    coeur.start()
    try:
        resultat = _EXECUTANTS[travail.genre](Suivi(travail))
    except ErreurPassagere as erreur:
        _remettre(travail, str(erreur))
    except Refus as refus:
        _finir(travail, Travail.Etat.ECHOUE, erreur=str(refus))
    except Exception as erreur:
        journal.exception("travail %s (%s)", travail.pk, travail.genre)
        _finir(travail, Travail.Etat.ECHOUE, erreur=f"{type(erreur).__name__} : {erreur}")
    else:
        _finir(travail, Travail.Etat.REUSSI, resultat=resultat)
    finally:
        arret.set()
        coeur.join()


def _battre(travail: Travail, arret: threading.Event) -> None:
    """The heart of a running job, in its own thread and connection."""
    try:
        while not arret.wait(BATTEMENT_SECONDES):
            try:
                Travail.objects.filter(pk=travail.pk, etat=Travail.Etat.EN_COURS).update(battement=timezone.now())
            except DatabaseError:
                # A busy database must not stop the heart: the job would be taken for dead and run twice.
                journal.warning("battement manqué du travail %s", travail.pk)
                connection.close()
    finally:
        connection.close()


def _remettre(travail: Travail, raison: str) -> None:
    """Back to the queue, later each time (10 s, 20 s, 40 s… at most 10 minutes). Never given up."""
    attente = min(600, 10 * 2 ** min(travail.essais, 10))
    Travail.objects.filter(pk=travail.pk).update(
        etat=Travail.Etat.EN_ATTENTE,
        erreur=raison[:2000],
        essais=min(travail.essais, ESSAIS_MAX - 1),
        battement=timezone.now(),
        pas_avant=timezone.now() + timedelta(seconds=attente),
    )


def _finir(travail: Travail, etat: str, *, resultat: dict[str, Any] | None = None, erreur: str = "") -> None:
    Travail.objects.filter(pk=travail.pk).update(
        etat=etat, resultat=resultat or {}, erreur=erreur[:4000], fini_le=timezone.now(), battement=timezone.now()
    )


def reprendre_orphelins() -> int:
    """Give forgotten jobs to the worker again; how many."""
    orphelins = list(Travail.objects.orphelins()[:100])
    return sum(confier(travail) for travail in orphelins)
