"""Undo the last import of a list: what it wrote and nobody touched since goes back to what it was.

By lots, each in its transaction with the mark that it is done: cut short, it goes on where it was.
- A field goes back only if its present value is still the one the import wrote.
- A structure it created goes only if nothing is attached to it and nobody corrected it. Otherwise it
  stays, open: people or documents count on it. The journal says so, and somebody decides.
- A structure closed from the list of those that had disappeared is open again.
"""

from collections import Counter
from collections.abc import Callable

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from structures.imports.accord import poser
from structures.imports.lots import mettre_a_jour
from structures.imports.moteur import ImportRepris
from structures.imports.mots import LIBELLES
from structures.imports.numeros import UNIQUES
from structures.imports.sources import entree
from structures.imports.valeurs import POINT, brut, valeur_de
from structures.models import (
    DoublonPropose,
    Ecart,
    Identifiant,
    Import,
    LigneImport,
    Mention,
    Public,
    ServiceRepertorie,
    Structure,
)
from structures.territoires.models import Commune

LOT = 500
Avance = Callable[[int, int, str], None]
_ECRITES = (LigneImport.Action.CREEE, LigneImport.Action.MODIFIEE)
# What an import or the portal itself attaches, which nobody would miss.
_NEGLIGES = (LigneImport, Identifiant, Ecart, Mention, DoublonPropose, ServiceRepertorie)


def annuler(journal: Import, progres: Avance | None = None) -> Import:
    """Undo it to the end. Raises ImportRepris when it is not being undone."""
    a_faire = journal.lignes.filter(
        Q(action__in=_ECRITES, suite="") | Q(action=LigneImport.Action.DISPARUE) & ~Q(suite=LigneImport.Suite.ANNULEE)
    )
    total, fait = journal.lignes.filter(action__in=(*_ECRITES, "disparue")).count(), 0
    while True:
        with transaction.atomic():
            # Claimed before it is read: what another worker undid meanwhile is not taken for a change.
            _battre(journal)
            # The last written first: a structure created then changed is changed back, then removed.
            lot = list(a_faire.order_by("-pk")[:LOT])
            if not lot:
                break
            _annuler_lot(journal, lot)
        a_faire = a_faire.filter(pk__lt=lot[-1].pk)
        fait += len(lot)
        if progres:
            progres(min(fait, total), total, f"{fait} lignes annulées")
    with transaction.atomic():
        _battre(journal)
        Identifiant.objects.filter(journal=journal).delete()
        Ecart.objects.filter(journal=journal, etat=Ecart.Etat.OUVERT).delete()
        _clore(journal)
    return journal


def _battre(journal: Import) -> None:
    if not Import.objects.filter(pk=journal.pk, etat=Import.Etat.ANNULATION).update(battement=timezone.now()):
        raise ImportRepris


def _clore(journal: Import) -> None:
    comptes: Counter[str] = Counter()
    for action, suite, nombre in _par_suite(journal):
        if action == LigneImport.Action.CREEE:
            comptes["retirees" if suite == LigneImport.Suite.ANNULEE else "laissees"] += nombre
        elif action == LigneImport.Action.MODIFIEE:
            comptes["rendues"] += nombre if suite == LigneImport.Suite.ANNULEE else 0
            comptes["laissees"] += nombre if suite == LigneImport.Suite.GARDEE else 0
    journal.compteurs = {**journal.compteurs, "annulation": dict(comptes)}
    journal.etat, journal.annule_le = Import.Etat.ANNULE, timezone.now()
    journal.save(update_fields=["compteurs", "etat", "annule_le"])


def _par_suite(journal: Import) -> list[tuple[str, str, int]]:
    from django.db.models import Count

    lignes = journal.lignes.order_by().values_list("action", "suite").annotate(Count("pk"))
    return [(action, suite, nombre) for action, suite, nombre in lignes]


def _annuler_lot(journal: Import, lot: list[LigneImport]) -> None:
    connue = entree(journal.genre)
    volet = connue.source(journal.parametres).volet if connue else None
    if volet is not None:
        volet.annuler_lot(lot)
        return
    raison = f"annulation de l’import {journal.pk}"
    structures = {
        s.pk: s
        for s in Structure.objects.select_for_update(of=("self",))
        .filter(pk__in=[ligne.structure_id for ligne in lot if ligne.structure_id])
        .select_related("commune")
        .prefetch_related("publics")
    }
    rendues: list[Structure] = []
    champs: set[str] = set()
    _retirer_les_creees([ligne for ligne in lot if ligne.action == LigneImport.Action.CREEE], structures, journal)
    for ligne in lot:
        structure = structures.get(ligne.structure_id or 0)
        if ligne.action == LigneImport.Action.MODIFIEE:
            rendus = _rendre(ligne, structure, structures)
            if structure is not None and rendus:
                rendues.append(structure)
                champs |= rendus
        elif ligne.action == LigneImport.Action.DISPARUE:
            if ligne.suite == LigneImport.Suite.FERMEE and structure is not None and _rouvrir(ligne, structure):
                rendues.append(structure)
                champs.add("fermee_le")
            ligne.suite = LigneImport.Suite.ANNULEE
    if rendues:
        _ecrire(rendues, champs, raison, journal)
    LigneImport.objects.bulk_update(lot, ["suite", "raison"])


def _rendre(ligne: LigneImport, structure: Structure | None, du_lot: dict[int, Structure]) -> set[str]:
    """Give back on the object the fields that still hold what the import wrote; their names."""
    if structure is None:
        ligne.suite, ligne.raison = LigneImport.Suite.GARDEE, "La structure n’existe plus."
        return set()
    if structure.fusionnee_dans_id is not None:
        ligne.suite, ligne.raison = LigneImport.Suite.GARDEE, "Laissée, car fusionnée depuis avec une autre structure."
        return set()
    intacts = {champ for champ, _, apres in ligne.champs if brut(valeur_de(structure, champ)) == apres}
    intacts -= {c for c in intacts if structure.provenance.get(c, {}).get("source") == "structure"}
    intacts -= _numeros_pris_depuis(ligne, structure, du_lot)
    if any(champ in POINT and champ not in intacts for champ, _, _ in ligne.champs):
        # Half a point is no place.
        intacts -= set(POINT)
    laisses = [LIBELLES.get(champ, champ) for champ, _, _ in ligne.champs if champ not in intacts and champ != "lon"]
    avant = {champ: valeur for champ, valeur, _ in ligne.champs if champ in intacts}
    poser(structure, avant)
    if "commune_id" in avant:
        structure.commune = Commune.objects.get(pk=avant["commune_id"])
    if "publics" in avant:
        structure.publics.set(Public.objects.filter(slug__in=avant["publics"]))
    for champ in intacts:
        origine = ligne.avant.get(champ)
        if origine is None:
            structure.provenance.pop(champ, None)
        else:
            structure.provenance[champ] = origine
    ligne.suite = LigneImport.Suite.GARDEE if laisses else LigneImport.Suite.ANNULEE
    if laisses:
        ligne.raison = f"Laissé, car changé depuis\u00a0: {', '.join(laisses)}."
    return intacts


def _numeros_pris_depuis(ligne: LigneImport, structure: Structure, du_lot: dict[int, Structure]) -> set[str]:
    """The numbers of before that another structure bears now: they can't come back."""
    pris = set()
    for champ, numero, _ in ligne.champs:
        if champ in UNIQUES and numero:
            porteurs = (
                Structure.objects.filter(**{champ: numero}).exclude(pk=structure.pk).values_list("pk", flat=True)
            )
            # One of this lot may just have given it back.
            if any(pk not in du_lot or getattr(du_lot[pk], champ) == numero for pk in porteurs):
                pris.add(champ)
    return pris


def _rouvrir(ligne: LigneImport, structure: Structure) -> bool:
    """Open again what was closed from this line, unless it was closed otherwise since."""
    if structure.fermee_le is None or structure.fusionnee_dans_id is not None:
        return False
    if structure.provenance.get("fermee_le", {}).get("ligne") != ligne.pk:
        return False
    structure.fermee_le = None
    structure.provenance.pop("fermee_le", None)
    return True


def _ecrire(structures: list[Structure], champs: set[str], raison: str, journal: Import) -> None:
    uniques = list({s.pk: s for s in structures}.values())
    for structure in uniques:
        structure.modifie_le = timezone.now()
        structure.preparer()
    mettre_a_jour(uniques, champs, raison, journal.annule_par)


def _retirer_les_creees(lignes: list[LigneImport], structures: dict[int, Structure], journal: Import) -> None:
    if not lignes:
        return
    creees = [structures[ligne.structure_id] for ligne in lignes if ligne.structure_id in structures]
    attaches = ce_qui_est_attache([s.pk for s in creees], journal)
    a_retirer = []
    for ligne in lignes:
        structure = structures.get(ligne.structure_id or 0)
        if structure is None:
            ligne.suite = LigneImport.Suite.ANNULEE
            continue
        motifs = attaches.get(structure.pk, [])
        if any(origine.get("source") == "structure" for origine in structure.provenance.values()):
            motifs = [*motifs, "des corrections faites dans le portail"]
        if structure.confirme_le:
            motifs = [*motifs, "une confirmation"]
        if motifs:
            ligne.suite = LigneImport.Suite.GARDEE
            ligne.raison = f"Gardée ouverte, car on compte sur elle\u00a0: {', '.join(motifs)}."
        else:
            ligne.suite, ligne.raison = LigneImport.Suite.ANNULEE, ""
            a_retirer.append(structure.pk)
            ligne.structure = None
    Structure.objects.filter(pk__in=a_retirer).delete()
    for pk in a_retirer:
        # Gone: a line of the same lot that changed it has nothing to give back.
        del structures[pk]


def ce_qui_est_attache(pks: list[int], journal: Import) -> dict[int, list[str]]:
    """{structure: what is attached to it, in words}; one query per kind of thing, whatever their number."""
    attaches: dict[int, list[str]] = {}

    def noter(trouvees: set[int], mots: str) -> None:
        for pk in trouvees:
            attaches.setdefault(pk, []).append(mots)

    for relation in Structure._meta.related_objects:
        modele: type[Model] | str = relation.related_model
        if isinstance(modele, str) or modele in _NEGLIGES:
            continue
        champ = relation.field.name
        trouvees = set(
            modele._default_manager.filter(**{f"{champ}__in": pks}).values_list(f"{champ}__pk", flat=True).distinct()
        )
        noter(trouvees & set(pks), str(modele._meta.verbose_name_plural))
    autres = Identifiant.objects.filter(structure__in=pks).exclude(journal=journal)
    noter(set(autres.values_list("structure_id", flat=True)), "une autre liste qui la connaît")
    tranches = DoublonPropose.objects.exclude(etat=DoublonPropose.Etat.PROPOSE).filter(Q(a__in=pks) | Q(b__in=pks))
    noter({pk for paire in tranches.values_list("a_id", "b_id") for pk in paire} & set(pks), "un doublon tranché")
    return attaches
