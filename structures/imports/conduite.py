"""An import from its upload to its end: previewed, then applied or abandoned, perhaps undone."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from socle.models import Travail
from socle.travaux import demander
from structures.comptes.models import Utilisateur
from structures.imports import depot
from structures.imports.moteur import ImportOccupe, commencer
from structures.imports.sources import Entree
from structures.models import Import

GENRE = "importer"
GENRE_ANNULATION = "annuler_import"
GARDE = timedelta(days=7)
_SANS_SUITE = (Import.Etat.A_PREPARER, Import.Etat.APERCU, Import.Etat.ECHOUE)


class ImportRefuse(Exception):
    """What was asked can't be done; the message is for the person."""


def recevoir(empreinte: str, nom: str, entree: Entree, par: Utilisateur | None) -> Import:
    """The journal of a file just kept; nothing is read yet."""
    return Import.objects.create(
        fichier=nom[:200],
        empreinte=empreinte,
        conserve=True,
        genre=entree.genre,
        essai=True,
        etat=Import.Etat.A_PREPARER,
        par=par,
    )


@transaction.atomic
def demander_apercu(journal: Import, par: Utilisateur | None) -> Travail:
    """Start (again) the dry run. Raises ImportRefuse when the file is gone or the import is past that."""
    _verifier(journal)
    pris = Import.objects.filter(pk=journal.pk, etat__in=("a_preparer", "apercu", "echoue"), essai=True).update(
        etat=Import.Etat.EN_COURS, position=0, bilan={}, compteurs={}, erreur="", fini_le=None
    )
    if not pris:
        raise ImportRefuse("Cet import n’attend pas d’aperçu.")
    return _demander(GENRE, f"Aperçu de {journal.fichier}", journal, par)


@transaction.atomic
def appliquer(journal: Import, par: Utilisateur) -> Travail:
    """Ask for the real run of a file that was previewed.

    Raises ImportRefuse when the file is gone, when the import is not waiting for that, or when the
    same list is being written.
    """
    _verifier(journal)
    journal = Import.objects.select_for_update().get(pk=journal.pk)
    reprise = journal.etat == Import.Etat.ECHOUE and not journal.essai
    if journal.etat != Import.Etat.APERCU and not reprise:
        raise ImportRefuse("Cet import n’attend pas d’être appliqué.")
    if not reprise:
        journal.position, journal.bilan, journal.compteurs = 0, {}, {}
    journal.essai, journal.erreur, journal.fini_le = False, "", None
    journal.applique_par, journal.applique_le = par, timezone.now()
    try:
        commencer(journal, Import.Etat.EN_COURS)
    except ImportOccupe as erreur:
        raise ImportRefuse(str(erreur)) from erreur
    return _demander(GENRE, f"Import de {journal.fichier}", journal, par)


def abandonner(journal: Import) -> None:
    """Nothing will be written; the file goes. Idempotent."""
    pris = Import.objects.filter(pk=journal.pk, essai=True, etat__in=_SANS_SUITE).update(
        etat=Import.Etat.ABANDONNE, fini_le=timezone.now()
    )
    if pris:
        depot.retirer(journal)


def dernier_applique(journal: Import) -> bool:
    """Whether it is the last import of its list that wrote something and was not undone.

    One that broke halfway wrote its first lots: it can be undone too.
    """
    dernier = (
        Import.objects.filter(liste=journal.liste, essai=False)
        .filter(Q(etat__in=("termine", "annulation")) | Q(etat="echoue", position__gt=0))
        # The commands run in the foreground: they begin when they apply.
        .order_by(Coalesce("applique_le", "commence_le").desc(), "-pk")
        .values_list("pk", flat=True)
        .first()
    )
    return bool(journal.liste) and dernier == journal.pk


@transaction.atomic
def demander_annulation(journal: Import, par: Utilisateur) -> Travail:
    """Ask to undo the last import of its list (again, if undoing was cut short).

    Raises ImportRefuse for another one, or when the same list is being written.
    """
    journal = Import.objects.select_for_update().get(pk=journal.pk)
    if not dernier_applique(journal):
        raise ImportRefuse("Seul le dernier import appliqué d’une liste peut être annulé.")
    journal.annule_par = par
    try:
        commencer(journal, Import.Etat.ANNULATION)
    except ImportOccupe as erreur:
        raise ImportRefuse(str(erreur)) from erreur
    return _demander(GENRE_ANNULATION, f"Annulation de l’import de {journal.fichier}", journal, par)


def travail_de(journal: Import) -> Travail | None:
    """The last job asked for this import."""
    return Travail.objects.filter(objet=f"import:{journal.pk}").order_by("-cree_le").first()


def nettoyer() -> int:
    """Abandon what nobody decided within a week, and erase lost files; how many. Safe to run twice."""
    oublies = Import.objects.filter(
        essai=True, conserve=True, etat__in=_SANS_SUITE, commence_le__lt=timezone.now() - GARDE
    )
    nombre = 0
    for journal in oublies.only("pk", "empreinte")[:500]:
        abandonner(journal)
        nombre += 1
    # The real run of a broken file keeps it, to be taken up again: not for ever either.
    rates = Import.objects.filter(
        essai=False, conserve=True, etat__in=("echoue", "termine", "annule"), fini_le__lt=timezone.now() - GARDE
    )
    for journal in rates.only("pk", "empreinte")[:500]:
        depot.retirer(journal)
        nombre += 1
    return nombre + depot.balayer()


def _verifier(journal: Import) -> None:
    if not depot.present(journal):
        raise ImportRefuse("Le fichier de cet import n’est plus conservé : envoyez-le de nouveau.")


def _demander(genre: str, intitule: str, journal: Import, par: Utilisateur | None) -> Travail:
    return demander(
        genre,
        intitule[:200],
        objet=f"import:{journal.pk}",
        parametres={"import": journal.pk},
        demandeur=par,
    )
