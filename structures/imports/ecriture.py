"""One lot: what is new, what differs, what is the same; a constant number of queries."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from simple_history.utils import bulk_create_with_history

from structures.imports import ecarts, organismes
from structures.imports.accord import Accord, accorder, appliquer, en_lignes, origine
from structures.imports.bilan import Bilan
from structures.imports.fiche import SourceImport
from structures.imports.identite import Retenue
from structures.imports.lots import mettre_a_jour
from structures.imports.numeros import UNIQUES, cle_lisible
from structures.imports.ressort import garder_chez_les_autres
from structures.imports.valeurs import brut, champs_de, est_vide
from structures.models import Identifiant, LigneImport, Public, Structure

LOT = 500
# What the journal tells of a structure it creates.
_MONTRES = ("type", "commune_id", "adresse")
Creation = tuple[Structure, Retenue, dict[str, Any], LigneImport]
Modification = tuple[Structure, dict[str, Any]]


def ecrire(
    lot: Sequence[Retenue],
    trouvees: Mapping[int, Structure],
    source: SourceImport,
    bilan: Bilan,
    *,
    deja: Collection[int] = (),
    essai: bool,
) -> list[int]:
    """Write a lot and its lines of journal; with `essai`, only the lines. The structures it created.

    `deja`: those that a line of a former lot spoke of; the first line of a file is the one that counts.
    """
    publics = dict(Public.objects.values_list("slug", "pk")) if "publics" in source.champs else {}
    dits = organismes.reconnaitre(lot, source, essai=essai)
    pris = _numeros_pris(lot, trouvees)
    creees: list[Creation] = []
    modifiees: list[Modification] = []
    accords: list[tuple[Structure, Retenue, Accord]] = []
    vues: dict[int, Retenue] = {}
    for rang, retenue in enumerate(lot):
        valeurs, remarques = champs_de(retenue, source, dits.get(rang), publics)
        structure = trouvees.get(rang)
        remarques += _laisser_les_numeros_pris(valeurs, structure.pk if structure else -1 - rang, pris)
        _noter(retenue, remarques, structure, bilan)
        if structure is None:
            if retenue.fiche.fermee:
                bilan.comptes["fermees"] += 1
                continue
            creees.append(_creer(retenue, source, valeurs, bilan))
        elif structure.fusionnee_dans_id or structure.pk in vues or structure.pk in deja:
            # Absorbed by another one (or this very one, said twice): the kept sheet is not touched.
            bilan.comptes["inchangees"] += 1
            bilan.comptes["fusionnees"] += 1
            continue
        else:
            vues[structure.pk] = retenue
            accord = accorder(structure, retenue, source, valeurs)
            accords.append((structure, retenue, accord))
        bilan.types[retenue.fiche.type] += 1
    garder_chez_les_autres([(s, a) for s, _, a in accords], bilan.journal.applique_par or bilan.journal.par)
    regardes = ecarts.deja_regardes([s.pk for s, _, _ in accords], source)
    for structure, retenue, accord in accords:
        if _raconter(structure, retenue, accord, regardes, bilan):
            modifiees.append((structure, accord.ecrites))
            if not essai:
                appliquer(structure, retenue, source, accord.ecrites)
    if not essai:
        _ecrire_en_base(creees, modifiees, publics, source, bilan)
        ecarts.retenir(accords, source, bilan.journal)
        _nommer(lot, trouvees, creees, source, bilan)
    return [ligne.structure_id for _, _, _, ligne in creees if ligne.structure_id]


def _numeros_pris(lot: Sequence[Retenue], trouvees: Mapping[int, Structure]) -> dict[tuple[str, str], int]:
    """{(field, number): structure that bears it}: a number is one structure's only."""
    pris: dict[tuple[str, str], int] = {}
    for nom in UNIQUES:
        voulus = {getattr(r.numeros, nom) for r in lot} - {""}
        if voulus:
            porteurs = Structure.objects.filter(**{f"{nom}__in": voulus}).values_list(nom, "pk")
            pris |= {(nom, numero): pk for numero, pk in porteurs}
    return pris


def _laisser_les_numeros_pris(valeurs: dict[str, Any], qui: int, pris: dict[tuple[str, str], int]) -> list[str]:
    """`qui`: the structure, or what tells a new one from the other new ones of its lot."""
    remarques = []
    for nom in UNIQUES:
        numero = valeurs.get(nom)
        if not numero:
            continue
        if pris.setdefault((nom, numero), qui) != qui:
            valeurs[nom] = ""
            remarques.append(f"le numéro {numero} est déjà celui d’une autre structure : laissé de côté")
    return remarques


def _noter(retenue: Retenue, remarques: list[str], structure: Structure | None, bilan: Bilan) -> None:
    if retenue.place.alerte:
        bilan.comptes["alertes"] += 1
        remarques = [retenue.place.alerte, *remarques]
    if remarques:
        bilan.comptes["remarques"] += 1
        bilan.noter(
            LigneImport.Action.REMARQUE,
            retenue.fiche.ligne,
            structure=structure,
            nom=retenue.nom,
            numero_cle=cle_lisible(retenue.fiche, retenue.numeros),
            raison=" ; ".join(remarques),
        )


def _creer(retenue: Retenue, source: SourceImport, valeurs: dict[str, Any], bilan: Bilan) -> Creation:
    bilan.comptes["creees"] += 1
    ligne = bilan.noter(
        LigneImport.Action.CREEE,
        retenue.fiche.ligne,
        nom=retenue.nom,
        numero_cle=cle_lisible(retenue.fiche, retenue.numeros),
        champs=[[champ, "", brut(valeurs[champ])] for champ in _MONTRES if not est_vide(valeurs.get(champ))],
    )
    # A list that doesn't fill the type or the town still creates with them: a structure has both.
    base = {"nom": retenue.nom, "type": retenue.fiche.type, "commune_id": retenue.place.commune.pk}
    valeurs = {**base, **valeurs}
    structure = Structure(
        source=source.source,
        provenance={c: origine(source, retenue, c) for c, v in valeurs.items() if not est_vide(v)},
        **{champ: v for champ, v in valeurs.items() if champ not in ("publics", "organisme_id")},
    )
    if isinstance(valeurs.get("organisme_id"), int):
        structure.organisme_id = valeurs["organisme_id"]
    structure.commune = retenue.place.commune
    structure.preparer()
    return structure, retenue, valeurs, ligne


def _raconter(structure: Structure, retenue: Retenue, accord: Accord, regardes: ecarts.Regardes, bilan: Bilan) -> bool:
    """The lines of a known structure; True when something is to be written."""
    qui: dict[str, Any] = {
        "structure": structure,
        "nom": structure.nom,
        "numero_cle": cle_lisible(retenue.fiche, retenue.numeros),
    }
    a_dire = ecarts.a_dire(structure.pk, accord.gardees, regardes)
    if a_dire:
        bilan.comptes["ecarts"] += 1
        champs = en_lignes(accord.actuelles, a_dire)
        bilan.noter(LigneImport.Action.ECART, retenue.fiche.ligne, champs=champs, **qui)
    bilan.comptes["cedees"] += bool(accord.cedees)
    if not accord.ecrites:
        bilan.comptes["inchangees"] += 1
        return False
    bilan.comptes["modifiees"] += 1
    champs = en_lignes(accord.actuelles, accord.ecrites)
    bilan.noter(LigneImport.Action.MODIFIEE, retenue.fiche.ligne, champs=champs, avant=accord.avant, **qui)
    return True


def _ecrire_en_base(
    creees: list[Creation],
    modifiees: list[Modification],
    publics: Mapping[str, int],
    source: SourceImport,
    bilan: Bilan,
) -> None:
    raison, par = f"import {source.libelle}"[:100], bilan.journal.applique_par or bilan.journal.par
    de_publics: list[tuple[int, Sequence[str]]] = []
    if creees:
        objets = bulk_create_with_history(
            [c[0] for c in creees], Structure, batch_size=LOT, default_change_reason=raison, default_user=par
        )
        for structure, (_, _, valeurs, ligne) in zip(objets, creees, strict=True):
            ligne.structure = structure
            de_publics.append((structure.pk, valeurs.get("publics", ())))
    if modifiees:
        champs = {champ for _, ecrites in modifiees for champ in ecrites}
        mettre_a_jour([s for s, _ in modifiees], champs, raison, par)
        refaites = [(s.pk, ecrites["publics"]) for s, ecrites in modifiees if "publics" in ecrites]
        lien = Structure.publics.through
        if refaites:
            lien._default_manager.filter(structure_id__in=[pk for pk, _ in refaites]).delete()
        de_publics += refaites
    _lier_les_publics(de_publics, publics)


def _lier_les_publics(voulus: list[tuple[int, Sequence[str]]], publics: Mapping[str, int]) -> None:
    lien = Structure.publics.through
    liens = [lien(structure_id=pk, public_id=publics[slug]) for pk, slugs in voulus for slug in slugs]
    if liens:
        lien._default_manager.bulk_create(liens, ignore_conflicts=True)


def _nommer(
    lot: Sequence[Retenue],
    trouvees: Mapping[int, Structure],
    creees: list[Creation],
    source: SourceImport,
    bilan: Bilan,
) -> None:
    """Remember which line is which structure, and that those who had disappeared are back."""
    nouvelles = {id(retenue): ligne.structure_id for _, retenue, _, ligne in creees}
    noms = []
    for rang, retenue in enumerate(lot):
        pk = trouvees[rang].pk if rang in trouvees else nouvelles.get(id(retenue))
        if pk is not None:
            noms.append(Identifiant(structure_id=pk, liste=source.liste, valeur=retenue.cle, journal=bilan.journal))
    connus = set(
        Identifiant.objects.filter(liste=source.liste, valeur__in=[n.valeur for n in noms]).values_list(
            "valeur", flat=True
        )
    )
    nouveaux = [nom for nom in noms if nom.valeur not in connus]
    if nouveaux:
        Identifiant.objects.bulk_create(nouveaux, ignore_conflicts=True)
    if source.complet and trouvees:
        LigneImport.objects.filter(
            structure__in=[s.pk for s in trouvees.values()],
            journal__liste=source.liste,
            journal__essai=False,
            action=LigneImport.Action.DISPARUE,
            suite__in=("", LigneImport.Suite.GARDEE),
        ).update(suite=LigneImport.Suite.ANNULEE, raison="De nouveau dans la liste.")
