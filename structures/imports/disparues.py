"""Structures that a complete list no longer holds: proposed for closure, never closed by itself."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from structures.imports.bilan import Bilan
from structures.imports.fiche import SourceImport
from structures.imports.vues import Vues
from structures.models import Identifiant, LigneImport, Structure

LOT = 500
# Beyond, the file is probably a part of the list: the page says so.
PART_SUSPECTE = 0.2


def chercher_disparues(source: SourceImport, vues: Vues, bilan: Bilan) -> None:
    """Look, among the open structures this list named, for those that are not in the file.

    Only the types and départements that the file covers: an extract proposes nothing elsewhere.
    """
    if not source.complet:
        return
    bilan.comptes["connues"] = 0
    for lot in _connues(source, vues):
        bilan.comptes["connues"] += len(lot)
        presentes = vues.parmi([s.pk for s in lot])
        absentes = [s for s in lot if s.pk not in presentes]
        if absentes:
            with transaction.atomic():
                _proposer(absentes, bilan)
    bilan.comptes["disparues"] = bilan.journal.lignes.filter(action=LigneImport.Action.DISPARUE).count()


def _connues(source: SourceImport, vues: Vues) -> Iterator[list[Structure]]:
    """By ranges of the key, so that each lot costs the same whatever the list weighs."""
    nommee = Exists(Identifiant.objects.filter(structure=OuterRef("pk"), liste=source.liste))
    couvertes = Structure.objects.ouvertes().filter(
        nommee, type__in=vues.types, commune__departement__in=vues.departements
    )
    toutes, dernier = Structure.objects.order_by("pk").values_list("pk", flat=True), 0
    while pks := list(toutes.filter(pk__gt=dernier)[:LOT]):
        yield list(couvertes.filter(pk__in=pks).order_by("pk"))
        dernier = pks[-1]


def _proposer(absentes: list[Structure], bilan: Bilan) -> None:
    """Write the proposals; a structure that somebody chose to keep stays kept while it stays away."""
    journal, pks = bilan.journal, [s.pk for s in absentes]
    anciennes = LigneImport.objects.filter(
        structure__in=pks, action=LigneImport.Action.DISPARUE, journal__liste=journal.liste, journal__essai=False
    )
    deja = set(journal.lignes.filter(structure__in=pks, action="disparue").values_list("structure_id", flat=True))
    gardees = {
        ligne.structure_id: ligne
        for ligne in anciennes.exclude(journal=journal).filter(suite=LigneImport.Suite.GARDEE).order_by("pk")
    }
    for structure in absentes:
        if structure.pk in deja:
            continue
        ligne = bilan.noter(
            LigneImport.Action.DISPARUE,
            0,
            structure=structure,
            nom=structure.nom,
            numero_cle=structure.finess or structure.uai or structure.safir or structure.siret,
        )
        gardee = gardees.get(structure.pk)
        if gardee is not None:
            ligne.suite, ligne.raison = gardee.suite, gardee.raison
            ligne.suite_par_id, ligne.suite_le = gardee.suite_par_id, gardee.suite_le
    bilan.ecrire_les_lignes()
    if not journal.essai:
        # One proposal at a time: the last import's.
        anciennes.exclude(journal=journal).filter(Q(suite="")).update(
            suite=LigneImport.Suite.ANNULEE, raison="Reprise par un import plus récent."
        )


def file_partielle(compteurs: dict[str, int]) -> bool:
    """Whether so many disappeared that the file is probably a part of the list."""
    return compteurs.get("disparues", 0) > PART_SUSPECTE * compteurs.get("connues", 0) > 0
