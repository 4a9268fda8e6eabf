"""The engine: reads a list by lots, writes only what differs, keeps the journal line by line.

Idempotent (each line is found again by its numbers or its name in the list) and resumable: where a
run is, its counts and its lines are written in the transaction of their lot, so that a run taken up
again neither repeats nor forgets anything. Never a transaction longer than one lot. What a structure
corrected itself is kept, and the difference is told.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from structures.imports import ecriture
from structures.imports.bilan import Bilan
from structures.imports.disparues import chercher_disparues
from structures.imports.fiche import Fiche, FichierIllisible, HorsPerimetre, Lue, Rejet, SourceImport
from structures.imports.identite import Reconnaisseur, Retenue
from structures.imports.numeros import UNIQUES, Numeros, cle_de_liste, cle_lisible, mots_de_la_cle, nettoyer
from structures.imports.ouverture import empreinte
from structures.imports.rapprochement import CommuneInconnue, HorsTerritoire, Placeur
from structures.imports.vues import Vues
from structures.models import Identifiant, Import, LigneImport, Structure
from structures.referentiel import TYPES

LOT = 500
# A run that wrote no lot for so long is dead: its list is free again.
SILENCE = timedelta(minutes=10)
_INECRIVABLES = re.compile("[\x00\ud800-\udfff]")
Progres = Callable[[int, int, str], None]


class ImportOccupe(Exception):
    """Another import of the same list is being written; the message is for the person."""


class ImportRepris(Exception):
    """Another worker took this run up: this one, thought dead, must stop."""


@dataclass
class Passage:
    """One run: what it needs from its first lot to its last."""

    journal: Import
    source: SourceImport
    placeur: Placeur
    bilan: Bilan
    vues: Vues = field(default_factory=Vues)
    # Numbers and identifiers of the rejected lines of the lot: broken or not, the file holds them.
    rejetees: set[str] = field(default_factory=set)

    @property
    def essai(self) -> bool:
        """Whether nothing is written but the journal."""
        return self.journal.essai


def importer(
    chemin: Path,
    source: SourceImport,
    *,
    journal: Import | None = None,
    essai: bool = False,
    progres: Progres | None = None,
) -> Import:
    """Import a file of this list and return its journal (saved, even with `essai`: what would be done).

    `progres(bytes read, bytes in all, words)` is called between two transactions. A journal whose run
    was cut short goes on where it was. Raises FichierIllisible when nothing can be read, ImportOccupe
    when the same list is being written; a file that breaks halfway keeps what came before, and the
    journal says where it broke.
    """
    if journal is None:
        journal = Import(fichier=chemin.name[:200], essai=essai, etat=Import.Etat.A_PREPARER)
    bilan = Bilan(journal)
    bilan.reprendre(journal.bilan)
    journal.genre, journal.liste = source.genre, source.liste
    try:
        journal.empreinte = journal.empreinte or (empreinte(chemin) if chemin.is_file() else "")
        commencer(journal, Import.Etat.EN_COURS)
        if journal.position == 0:
            _effacer_les_lignes(journal)
        placeur = Placeur()
        if not placeur.pret:
            raise FichierIllisible("Les communes ne sont pas chargées : lancer d’abord « charger_territoires ».")
        _parcourir(chemin, Passage(journal, source, placeur, bilan), progres)
    except (ImportOccupe, ImportRepris):
        raise
    except Exception as erreur:
        # The lot that broke was not written: what it counted neither.
        bilan.reprendre(journal.bilan)
        _clore(journal, bilan, Import.Etat.ECHOUE, str(erreur))
        raise
    _clore(journal, bilan, Import.Etat.ECHOUE if bilan.erreur else Import.Etat.TERMINE, bilan.erreur)
    return journal


def commencer(journal: Import, etat: Import.Etat) -> None:
    """Mark the run as writing its list, alone. Raises ImportOccupe when another one is at it."""
    maintenant = timezone.now()
    if not journal.essai:
        morts = Import.objects.filter(
            liste=journal.liste, essai=False, etat=Import.Etat.EN_COURS, battement__lt=maintenant - SILENCE
        )
        morts.exclude(pk=journal.pk).update(
            etat=Import.Etat.ECHOUE, fini_le=maintenant, erreur="L’import a été interrompu avant sa fin."
        )
    journal.etat, journal.battement = etat, maintenant
    try:
        with transaction.atomic():
            journal.save()
    except IntegrityError as erreur:
        autre = Import.objects.filter(liste=journal.liste, etat__in=("en_cours", "annulation"), essai=False).first()
        raise ImportOccupe(
            f"Un autre import de la même liste est en cours (« {autre.fichier if autre else '…'} ») : "
            "attendez qu’il soit fini."
        ) from erreur


def _effacer_les_lignes(journal: Import) -> None:
    """The lines of its preview, by lots: the run writes its own."""
    while lot := list(journal.lignes.order_by().values_list("pk", flat=True)[:LOT]):
        LigneImport.objects.filter(pk__in=lot).delete()


def _parcourir(chemin: Path, passage: Passage, progres: Progres | None) -> None:
    total, ou = chemin.stat().st_size if chemin.is_file() else 0, [0]
    bilan, journal = passage.bilan, passage.journal

    def avancer(octets: int) -> None:
        ou[0] = octets

    lues = _jusqu_a_la_cassure(passage.source.lire(chemin, avancer), bilan)
    reconnaisseur = Reconnaisseur(
        passage.source.liste,
        passage.vues,
        avec_publics="publics" in passage.source.champs,
        verrouiller=not passage.essai,
    )
    position, deja = 0, journal.position
    while lot := list(islice(lues, LOT)):
        position += len(lot)
        if position <= deja:
            with transaction.atomic():
                _revoir(lot, passage, reconnaisseur)
        else:
            with transaction.atomic():
                _traiter(lot, passage, reconnaisseur)
                bilan.ecrire_les_lignes()
                etat = _pointer(journal, bilan, position)
            journal.position, journal.bilan = position, etat
        if progres:
            progres(ou[0], total, f"{position} lignes lues")
    if bilan.erreur and not position:
        raise FichierIllisible(bilan.erreur)
    if not bilan.erreur and passage.source.volet is not None:
        passage.source.volet.clore(bilan, passage.vues, essai=passage.essai)
    elif not bilan.erreur:
        chercher_disparues(passage.source, passage.vues, bilan)
    passage.vues.fermer()
    if progres:
        progres(total, total, f"{position} lignes lues")


def _jusqu_a_la_cassure(lues: Iterator[Lue], bilan: Bilan) -> Iterator[Lue]:
    """The lines until the file ends or breaks; where it breaks goes to the journal."""
    try:
        yield from lues
    except FichierIllisible as erreur:
        bilan.erreur = str(erreur)


def _pointer(journal: Import, bilan: Bilan, position: int) -> dict[str, dict[str, int]]:
    """Write where the run is, in the transaction of its lot; the counts that were written.

    Raises ImportRepris when another run passed it.
    """
    etat = bilan.etat()
    pris = Import.objects.filter(pk=journal.pk, position=journal.position, etat=Import.Etat.EN_COURS).update(
        position=position, bilan=etat, battement=timezone.now()
    )
    if not pris:
        raise ImportRepris
    return etat


def _traiter(lot: list[Lue], passage: Passage, reconnaisseur: Reconnaisseur) -> None:
    if passage.source.volet is not None:
        passage.source.volet.traiter(lot, passage.bilan, passage.vues, essai=passage.essai)
        passage.bilan.comptes["lues"] += len(lot)
        return
    retenues = _trier(lot, passage)
    _garder_les_rejetees(passage)
    passage.bilan.comptes["lues"] += len(lot)
    if retenues:
        trouvees = reconnaisseur.reconnaitre(retenues)
        deja = passage.vues.dites_parmi([s.pk for s in trouvees.values()])
        creees = ecriture.ecrire(retenues, trouvees, passage.source, passage.bilan, deja=deja, essai=passage.essai)
        _retenir_les_vues(passage.vues, [*creees, *(s.pk for s in trouvees.values())], trouvees)


def _revoir(lot: list[Lue], passage: Passage, reconnaisseur: Reconnaisseur) -> None:
    """A lot that was written before the run was cut short: only remember what the file holds."""
    if passage.source.volet is not None:
        passage.source.volet.revoir(lot, passage.vues)
        return
    muet = Passage(passage.journal, passage.source, passage.placeur, Bilan(passage.journal), passage.vues)
    retenues = _trier(lot, muet)
    _garder_les_rejetees(muet)
    if retenues:
        trouvees = reconnaisseur.reconnaitre(retenues)
        _retenir_les_vues(passage.vues, [s.pk for s in trouvees.values()], trouvees)


def _retenir_les_vues(vues: Vues, dites: list[int], trouvees: Mapping[int, Structure]) -> None:
    """These structures have had their line; those that absorbed one of them are in the file too."""
    vues.dire(dites)
    vues.voir([*dites, *(int(s.fusionnee_dans_id) for s in trouvees.values() if s.fusionnee_dans_id)])


def _trier(lot: list[Lue], passage: Passage) -> list[Retenue]:
    """The lines of our types and our territory, placed; the others are counted where they belong."""
    retenues: list[Retenue] = []
    for lue in lot:
        if isinstance(lue, Rejet):
            passage.bilan.rejeter(lue)
            passage.rejetees.add(lue.cle)
        elif isinstance(lue, HorsPerimetre):
            passage.bilan.hors_perimetre[lue.motif] += 1
        elif isinstance(lue, Fiche):
            retenue = _retenir(lue, passage)
            if retenue is not None:
                retenues.append(retenue)
    return retenues


def _garder_les_rejetees(passage: Passage) -> None:
    """A structure whose line is rejected has not disappeared from its list (two queries, when there is one)."""
    cles, passage.rejetees = passage.rejetees - {""}, set()
    if cles and passage.source.complet:
        noms = {*cles, *(f"{nom}:{cle}" for nom in UNIQUES for cle in cles)}
        connues = Identifiant.objects.filter(liste=passage.source.liste, valeur__in=noms)
        passage.vues.voir(connues.values_list("structure_id", flat=True))
        numerotees = Structure.objects.filter(Q(finess__in=cles) | Q(uai__in=cles) | Q(safir__in=cles))
        passage.vues.voir(numerotees.values_list("pk", flat=True))


def _propre(lue: Fiche) -> Fiche:
    """The same line without what no database writes (NUL, half characters)."""
    propres: dict[str, Any] = {
        c: _INECRIVABLES.sub("", v) for c, v in vars(lue).items() if isinstance(v, str) and _INECRIVABLES.search(v)
    }
    return replace(lue, **propres) if propres else lue


class _Rejetee(Exception):
    """The line can't be kept; the message says why."""


def _retenir(lue: Fiche, passage: Passage) -> Retenue | None:
    """The line ready to be compared; None when it is rejected or elsewhere, which is counted."""
    fiche = _propre(lue)
    numeros = nettoyer(fiche)
    try:
        return _examiner(fiche, numeros, passage)
    except (_Rejetee, CommuneInconnue) as erreur:
        passage.rejetees |= {fiche.cle_source, *(getattr(numeros, nom) for nom in UNIQUES)}
        passage.bilan.rejeter(Rejet(fiche.ligne, str(erreur), cle_lisible(fiche, numeros), fiche.nom))
    except HorsTerritoire as erreur:
        passage.bilan.hors_territoire[str(erreur)] += 1
    return None


def _examiner(fiche: Fiche, numeros: Numeros, passage: Passage) -> Retenue:
    """Raises _Rejetee, CommuneInconnue or HorsTerritoire."""
    if not fiche.nom.strip():
        raise _Rejetee("nom absent")
    if fiche.type not in TYPES:
        raise _Rejetee(f"type inconnu (« {fiche.type[:30]} »)")
    place = passage.placeur.placer(fiche)
    identite = cle_de_liste(fiche, numeros, place.commune.pk)
    avant = passage.vues.deja(identite, fiche.ligne)
    if avant is not None:
        raise _Rejetee(f"{mots_de_la_cle(fiche, numeros)} déjà lu à la ligne {avant}")
    passage.vues.types.add(fiche.type)
    passage.vues.departements.add(place.commune.departement_id)
    return Retenue(fiche, numeros, place, passage.placeur.nom(fiche, place.commune), identite)


def _clore(journal: Import, bilan: Bilan, etat: Import.Etat, erreur: str) -> None:
    if not erreur and journal.essai and journal.conserve:
        etat = Import.Etat.APERCU
    journal.etat, journal.erreur, journal.fini_le = etat, erreur[:4000], timezone.now()
    journal.compteurs, journal.hors_perimetre = bilan.compteurs(), dict(bilan.hors_perimetre)
    journal.bilan = bilan.etat()
    if not journal.essai and etat == Import.Etat.TERMINE:
        journal.applique_le = journal.applique_le or timezone.now()
        journal.applique_par = journal.applique_par or journal.par
    journal.save()
