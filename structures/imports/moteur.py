"""The engine: reads a file of FINESS by lots, writes only what differs, keeps the journal.

Idempotent (the key is the FINESS number) and resumable: a second run over the same file writes
nothing. Never a transaction longer than one lot. What a structure corrected itself is kept.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from structures.imports import lecture_historique, lecture_journalier
from structures.imports.bilan import Bilan
from structures.imports.fiche import Fiche, FichierIllisible, Rejet
from structures.imports.ouverture import HISTORIQUE, empreinte, reconnaitre
from structures.imports.rapprochement import CommuneInconnue, HorsTerritoire, Place, Placeur
from structures.imports.valeurs import CHAMPS, LIBELLES, champs_de, differences, finess_valide
from structures.models import Import, Organisme, Structure
from structures.referentiel import TYPE_DE_CATEGORIE

LOT = 500
Progres = Callable[[int, int, str], None]
# A field nobody vouched for but typed in the portal: filled when empty, never replaced.
_SOURCES_GARDEES = (Structure.Source.SAISIE,)


def importer_finess(
    chemin: Path, *, journal: Import | None = None, essai: bool = False, progres: Progres | None = None
) -> Import:
    """Import a FINESS file and return its journal (saved, even with `essai`: it says what would be done).

    `progres(bytes read, bytes in all, words)` is called between two transactions.
    Raises FichierIllisible when nothing can be read; a file that breaks halfway keeps what came
    before, and the journal says where it broke.
    """
    journal = journal or Import.objects.create(fichier=chemin.name, essai=essai)
    essai = journal.essai
    bilan = Bilan()
    try:
        journal.genre = reconnaitre(chemin)
        journal.empreinte = empreinte(chemin)
        journal.save(update_fields=["genre", "empreinte"])
        placeur = Placeur()
        if not placeur.pret:
            raise FichierIllisible("Les communes ne sont pas chargées : lancer d’abord « charger_territoires ».")
        _parcourir(chemin, journal.genre, placeur, bilan, essai, progres)
    except Exception as erreur:
        _clore(journal, bilan, Import.Etat.ECHOUE, str(erreur))
        raise
    _clore(journal, bilan, Import.Etat.ECHOUE if bilan.erreur else Import.Etat.TERMINE, bilan.erreur)
    return journal


def _parcourir(chemin: Path, genre: str, placeur: Placeur, bilan: Bilan, essai: bool, progres: Progres | None) -> None:
    total, ou = chemin.stat().st_size, [0]

    def avancer(octets: int) -> None:
        ou[0] = octets

    lecteur = lecture_historique.lire if genre == HISTORIQUE else lecture_journalier.lire
    vues: dict[str, int] = {}
    retenues = _retenir(_jusqu_a_la_cassure(lecteur(chemin, avancer), bilan), placeur, bilan, vues)
    while lot := list(islice(retenues, LOT)):
        _traiter(lot, placeur, bilan, essai)
        if progres:
            progres(ou[0], total, f"{bilan.comptes['lues']} établissements lus")
    if bilan.erreur and not bilan.comptes["lues"]:
        raise FichierIllisible(bilan.erreur)
    if not bilan.erreur:
        _chercher_disparues(vues, bilan)
    if progres:
        progres(total, total, f"{bilan.comptes['lues']} établissements lus")


def _jusqu_a_la_cassure(lues: Iterator[Fiche | Rejet], bilan: Bilan) -> Iterator[Fiche | Rejet]:
    """The lines until the file ends or breaks; where it breaks goes to the journal."""
    try:
        for lue in lues:
            bilan.comptes["lues"] += 1
            yield lue
    except FichierIllisible as erreur:
        bilan.erreur = str(erreur)


def _retenir(
    lues: Iterator[Fiche | Rejet], placeur: Placeur, bilan: Bilan, vues: dict[str, int]
) -> Iterator[tuple[Fiche, Place]]:
    """The lines of our types and our territory, placed; the others are counted where they belong."""
    for lue in lues:
        if isinstance(lue, Rejet):
            bilan.rejeter(lue)
            continue
        raison = _defaut(lue)
        if raison:
            bilan.rejeter(Rejet(lue.ligne, raison, lue.finess, lue.nom))
            continue
        if lue.categorie not in TYPE_DE_CATEGORIE:
            bilan.hors_perimetre[lue.categorie] += 1
            continue
        if lue.finess in vues:
            raison = f"numéro FINESS déjà lu à la ligne {vues[lue.finess]}"
            bilan.rejeter(Rejet(lue.ligne, raison, lue.finess, lue.nom))
            continue
        try:
            place = placeur.placer(lue)
        except CommuneInconnue as erreur:
            bilan.rejeter(Rejet(lue.ligne, str(erreur), lue.finess, lue.nom))
        except HorsTerritoire as erreur:
            bilan.hors_territoire[str(erreur)] += 1
        else:
            vues[lue.finess] = lue.ligne
            yield lue, place


def _defaut(fiche: Fiche) -> str:
    """Why the line can't be kept at all, or nothing."""
    if not finess_valide(fiche.finess):
        return f"numéro FINESS mal formé (« {fiche.finess[:20]} »)" if fiche.finess else "numéro FINESS absent"
    if not fiche.categorie.isdigit():
        return f"catégorie illisible (« {fiche.categorie[:20]} »)" if fiche.categorie else "catégorie absente"
    if fiche.categorie in TYPE_DE_CATEGORIE and not fiche.nom:
        return "nom absent"
    return ""


def _traiter(lot: list[tuple[Fiche, Place]], placeur: Placeur, bilan: Bilan, essai: bool) -> None:
    """One lot, in one transaction: what is new, what differs, what is the same."""
    with transaction.atomic():
        connues = {s.finess: s for s in Structure.objects.filter(finess__in=[f.finess for f, _ in lot])}
        organismes = _organismes([f for f, _ in lot], essai)
        creees: list[Structure] = []
        modifiees: list[Structure] = []
        for fiche, place in lot:
            valeurs, remarques = champs_de(
                fiche, place, placeur.nom(fiche, place.commune), organismes.get(fiche.finess_juridique)
            )
            if essai:
                valeurs["organisme_id"] = organismes.get(fiche.finess_juridique)
            _noter(fiche, place, remarques, bilan)
            structure = connues.get(fiche.finess)
            if structure is None:
                if fiche.fermee:
                    bilan.comptes["fermees"] += 1
                else:
                    creees.append(_nouvelle(fiche, place, valeurs))
                    bilan.comptes["creees"] += 1
            elif _accorder(structure, fiche, place, valeurs, bilan):
                modifiees.append(structure)
            if structure is not None or not fiche.fermee:
                bilan.types[valeurs["type"]] += 1
        if not essai:
            _ecrire(creees, modifiees)


def _noter(fiche: Fiche, place: Place, remarques: list[str], bilan: Bilan) -> None:
    qui = {"ligne": fiche.ligne, "finess": fiche.finess, "nom": fiche.nom}
    if place.alerte:
        bilan.comptes["alertes"] += 1
        bilan.detailler(bilan.remarques, {**qui, "remarque": place.alerte, "alerte": True})
    for remarque in remarques:
        bilan.detailler(bilan.remarques, {**qui, "remarque": remarque})


def _ecrire(creees: list[Structure], modifiees: list[Structure]) -> None:
    raison = "import FINESS"
    if creees:
        bulk_create_with_history(creees, Structure, batch_size=LOT, default_change_reason=raison)
    if modifiees:
        champs = [c.removesuffix("_id") for c in CHAMPS]
        champs += ["nom_recherche", "texte_recherche", "provenance", "modifie_le"]
        bulk_update_with_history(modifiees, Structure, champs, batch_size=LOT, default_change_reason=raison)


def _organismes(fiches: list[Fiche], essai: bool) -> dict[str, int]:
    """Identifier of each legal person by FINESS number; those unknown are created (not in a trial)."""
    voulus = {f.finess_juridique: f for f in fiches if finess_valide(f.finess_juridique)}
    connus = {o.finess_juridique or "": o for o in Organisme.objects.filter(finess_juridique__in=voulus)}
    if not essai:
        nouveaux = [
            Organisme(
                finess_juridique=numero,
                nom=_nom_organisme(fiche)[:200],
                siren=fiche.siren if len(fiche.siren) == 9 and fiche.siren.isdigit() else "",
            )
            for numero, fiche in voulus.items()
            if numero not in connus
        ]
        Organisme.objects.bulk_create(nouveaux)
        for organisme in nouveaux:
            connus[organisme.finess_juridique or ""] = organisme
        for numero, fiche in voulus.items():
            if fiche.organisme and connus[numero].nom == _sans_nom(numero):
                connus[numero].nom = _nom_organisme(fiche)[:200]
                connus[numero].save(update_fields=["nom"])
    return {numero: organisme.pk for numero, organisme in connus.items()}


def _sans_nom(numero: str) -> str:
    return f"Entité juridique FINESS {numero}"


def _nom_organisme(fiche: Fiche) -> str:
    from structures.imports.noms_lisibles import lisible

    return lisible(fiche.organisme) or _sans_nom(fiche.finess_juridique)


def _origine(fiche: Fiche, champ: str) -> dict[str, str]:
    origine = {"source": Structure.Source.FINESS.value, "le": timezone.localdate().isoformat()}
    return {**origine, "brut": fiche.nom} if champ == "nom" else origine


def _nouvelle(fiche: Fiche, place: Place, valeurs: dict[str, Any]) -> Structure:
    structure = Structure(
        finess=fiche.finess,
        source=Structure.Source.FINESS,
        provenance={champ: _origine(fiche, champ) for champ in CHAMPS if valeurs[champ] not in ("", None)},
        **valeurs,
    )
    structure.commune = place.commune
    structure.preparer()
    return structure


def _accorder(structure: Structure, fiche: Fiche, place: Place, valeurs: dict[str, Any], bilan: Bilan) -> bool:
    """Bring an existing structure in step; True when something is to be written."""
    actuelles = {champ: getattr(structure, champ) for champ in CHAMPS}
    nouvelles = differences(actuelles, valeurs)
    qui = {"finess": fiche.finess, "nom": structure.nom, "structure": structure.pk}
    if _appartient(structure, "alerte_commune", ""):
        # Somebody has answered it: not a difference worth a line at each import.
        nouvelles.pop("alerte_commune", None)
    gardees = {champ: v for champ, v in nouvelles.items() if _appartient(structure, champ, actuelles[champ])}
    if gardees:
        bilan.comptes["ecarts"] += 1
        bilan.detailler(bilan.ecarts, {**qui, "champs": _en_mots(actuelles, gardees)})
    ecrites = {champ: v for champ, v in nouvelles.items() if champ not in gardees}
    if not ecrites:
        bilan.comptes["inchangees"] += 1
        return False
    bilan.comptes["modifiees"] += 1
    bilan.detailler(bilan.modifications, {**qui, "champs": _en_mots(actuelles, ecrites)})
    for champ, valeur in ecrites.items():
        setattr(structure, champ, valeur)
        structure.provenance[champ] = _origine(fiche, champ)
    if "commune_id" in ecrites:
        structure.commune = place.commune
    structure.modifie_le = timezone.now()
    structure.preparer()
    return True


def _appartient(structure: Structure, champ: str, actuelle: Any) -> bool:
    """Whether the structure itself (or somebody typing in the portal) gave this value."""
    # The point, the postal code and the alert go with the address of whoever gave it.
    for maitre in (champ, "adresse" if champ in ("lat", "lon", "point_approche", "code_postal") else champ):
        if structure.provenance.get(maitre, {}).get("source") == "structure":
            return True
    typee = champ not in structure.provenance and structure.source in _SOURCES_GARDEES
    return typee and actuelle not in ("", None)


def _en_mots(avant: dict[str, Any], apres: dict[str, Any]) -> list[list[str]]:
    """[field, before, after] in words; the two halves of a point are one field."""
    return [
        [LIBELLES[champ], _mot(avant, champ), _mot({**avant, **apres}, champ)] for champ in apres if champ in LIBELLES
    ]


def _mot(valeurs: dict[str, Any], champ: str) -> str:
    if champ == "lat":
        return f"{valeurs['lat']}, {valeurs['lon']}"
    valeur = valeurs[champ]
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    return "" if valeur is None else str(valeur)


def _chercher_disparues(vues: dict[str, int], bilan: Bilan) -> None:
    """Open structures of FINESS that the file no longer holds: reported, never closed by itself."""
    candidates = Structure.objects.ouvertes().filter(source=Structure.Source.FINESS, finess__isnull=False)
    for pk, finess, nom in candidates.values_list("pk", "finess", "nom").iterator(chunk_size=LOT):
        if finess not in vues:
            bilan.comptes["disparues"] += 1
            bilan.detailler(bilan.disparues, {"structure": pk, "finess": finess, "nom": nom})


def _clore(journal: Import, bilan: Bilan, etat: str, erreur: str) -> None:
    journal.etat, journal.erreur, journal.fini_le = etat, erreur[:4000], timezone.now()
    journal.compteurs = {**bilan.compteurs(), "types": dict(bilan.types), "departements": dict(bilan.hors_territoire)}
    journal.hors_perimetre = dict(bilan.hors_perimetre)
    journal.rejets, journal.modifications = bilan.rejets, bilan.modifications
    journal.ecarts, journal.remarques, journal.disparues = bilan.ecarts, bilan.remarques, bilan.disparues
    journal.save()
