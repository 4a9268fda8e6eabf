"""Official composition of Insee's employment zones: reads the file, replaces the default bassins.

Two column forms are recognised, in CSV (comma, semicolon or tab) or in a workbook (zones on the
first sheet, communes on the second, a few title rows above the headers). Codes are text: the
zones that straddle two régions start with « 00 ».
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from structures.territoires import chargement
from structures.territoires.chargement import Compte
from structures.territoires.decisions import Conflit, respecter
from structures.territoires.models import Bassin, Commune, CommuneAncienne, code_region

COLONNES = {
    "commune": ("codgeo", "code_commune"),
    "nom_commune": ("libgeo", "nom_commune"),
    "zone": ("ze2020", "code_ze"),
    "nom_zone": ("libze2020", "nom_ze"),
}
CODE_COMMUNE = re.compile(r"\d[\dAB]\d{3}")
CODE_ZONE = re.compile(r"\d{4}")
# Below this share of the région's communes, the file is a part, and replaces nothing.
PART_MINIMALE = 0.9
LIGNES_DE_TITRE = 15


class FichierIllisible(Exception):
    """The file as a whole cannot be read; the message says why, in French."""


@dataclass(frozen=True)
class Ligne:
    """One row of the file: its number (as a spreadsheet shows it) and four texts."""

    numero: int
    commune: str
    zone: str
    nom_zone: str


@dataclass
class Bilan:
    """What an import did, or would do."""

    lignes: int = 0
    zones: Compte = field(default_factory=Compte)
    communes: Compte = field(default_factory=Compte)
    placees: int = 0
    hors_perimetre: int = 0
    par_ancien_code: list[tuple[str, str]] = field(default_factory=list)
    rejets: list[tuple[int, str]] = field(default_factory=list)
    sans_zone: list[str] = field(default_factory=list)
    retires: list[str] = field(default_factory=list)
    conflits: list[Conflit] = field(default_factory=list)


def lire(chemin: Path) -> list[Ligne]:
    """Rows of the file, blank ones left out. Raises FichierIllisible."""
    try:
        octets = chemin.read_bytes()
    except OSError as erreur:
        raise FichierIllisible(f"fichier introuvable ou illisible : {chemin}") from erreur
    if octets.startswith(b"PK"):
        return _lire_classeur(chemin)
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        texte = octets.decode("iso-8859-1")
    entete = texte.split("\n", 1)[0]
    separateur = max(",;\t", key=entete.count)
    lecteur = csv.reader(io.StringIO(texte, newline=""), delimiter=separateur)
    rangees: list[tuple[int, Sequence[Any]]] = []
    try:
        for rangee in lecteur:
            rangees.append((lecteur.line_num, rangee))
    except csv.Error as erreur:
        raise FichierIllisible(f"ligne {lecteur.line_num} : {erreur}") from erreur
    return _lignes(rangees, {})


def _lire_classeur(chemin: Path) -> list[Ligne]:
    try:
        classeur = openpyxl.load_workbook(chemin, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as erreur:
        raise FichierIllisible("ce n’est pas un classeur .xlsx lisible") from erreur
    try:
        feuilles = classeur.worksheets
        if len(feuilles) < 2:
            raise FichierIllisible("deux feuilles attendues : les zones, puis les communes")
        noms = _noms_des_zones(feuilles[0].iter_rows(values_only=True))
        return _lignes(list(enumerate(feuilles[1].iter_rows(values_only=True), start=1)), noms)
    finally:
        classeur.close()


def _noms_des_zones(rangees: Iterable[Sequence[Any]]) -> dict[str, str]:
    """Zone code → name, from the first sheet (the second may carry codes only)."""
    noms: dict[str, str] = {}
    places: dict[str, int] | None = None
    for rangee in rangees:
        if places is None:
            trouvees = _places(rangee)
            places = trouvees if {"zone", "nom_zone"} <= trouvees.keys() else None
            continue
        zone = _texte(rangee, places["zone"], 4)
        if zone:
            noms[zone] = _texte(rangee, places["nom_zone"])
    return noms


def _places(rangee: Sequence[Any]) -> dict[str, int]:
    """Field → column of a header row, whatever the case."""
    entetes = {str(valeur or "").strip().lower(): rang for rang, valeur in enumerate(rangee)}
    return {champ: entetes[nom] for champ, noms in COLONNES.items() for nom in noms if nom in entetes}


def _texte(rangee: Sequence[Any], rang: int | None, largeur: int = 0) -> str:
    """Cell as text. A workbook may hold codes as numbers: their leading zeros are put back."""
    if rang is None or rang >= len(rangee) or rangee[rang] is None:
        return ""
    valeur = rangee[rang]
    if isinstance(valeur, float) and valeur.is_integer():
        valeur = int(valeur)
    if isinstance(valeur, int):
        return str(valeur).zfill(largeur)
    return str(valeur).strip()


def _lignes(rangees: Sequence[tuple[int, Sequence[Any]]], noms: dict[str, str]) -> list[Ligne]:
    for rang, (_, rangee) in enumerate(rangees[:LIGNES_DE_TITRE]):
        places = _places(rangee)
        if {"commune", "zone"} <= places.keys():
            return list(_corps(rangees[rang + 1 :], places, noms))
    raise FichierIllisible(
        "colonnes attendues absentes : CODGEO, LIBGEO, ZE2020, LIBZE2020 "
        "(ou code_commune, nom_commune, code_ze, nom_ze)"
    )


def _corps(
    rangees: Iterable[tuple[int, Sequence[Any]]], places: dict[str, int], noms: dict[str, str]
) -> Iterator[Ligne]:
    for numero, rangee in rangees:
        if not any(str(valeur or "").strip() for valeur in rangee):
            continue
        zone = _texte(rangee, places["zone"], 4)
        nom = _texte(rangee, places.get("nom_zone")) or noms.get(zone, "")
        yield Ligne(numero, _texte(rangee, places["commune"], 5), zone, nom)


@dataclass
class _Composition:
    """What the rows say once checked: commune → zone, and the name of each zone."""

    zone_de: dict[str, str] = field(default_factory=dict)
    noms: dict[str, str] = field(default_factory=dict)


def importer(lignes: Sequence[Ligne], *, essai: bool = False, partiel: bool = False) -> Bilan:
    """Replace the bassins by the zones of these rows that touch the région.

    A commune of the région that no row places loses its bassin (nothing is guessed), unless
    `partiel`, which leaves it where it is. With `essai` nothing is written. Running it again
    changes nothing. A commune that somebody moved stays where it was decided (`conflits` says which
    rows disagree). Raises FichierIllisible when the rows place too few communes to be the whole
    composition, without `partiel`.
    """
    bilan = Bilan(lignes=len(lignes))
    composition = _composer(lignes, bilan)
    de_la_region = set(Commune.objects.de_la_region().values_list("code", flat=True))
    retenues = {zone for commune, zone in composition.zone_de.items() if commune in de_la_region}
    zone_de = {commune: zone for commune, zone in composition.zone_de.items() if zone in retenues}
    bilan.hors_perimetre += len(composition.zone_de) - len(zone_de)
    # A part says nothing of the communes it leaves out: only those it names can disagree.
    zone_de, bilan.conflits = respecter(zone_de, partiel=partiel)
    bilan.placees = len(zone_de)
    manquantes = sorted(de_la_region - zone_de.keys())
    if not partiel and len(manquantes) > (1 - PART_MINIMALE) * len(de_la_region):
        raise FichierIllisible(
            f"ce fichier ne place que {len(de_la_region) - len(manquantes)} des {len(de_la_region)} communes de la "
            f"région {code_region()} : rien n’a été changé (--partiel pour l’importer quand même)"
        )
    bilan.sans_zone = [] if partiel else manquantes
    _comparer(bilan, zone_de, {zone: composition.noms[zone] for zone in sorted(retenues)}, partiel)
    if not essai:
        _ecrire(zone_de, {zone: composition.noms[zone] for zone in sorted(retenues)}, partiel)
    return bilan


def _composer(lignes: Sequence[Ligne], bilan: Bilan) -> _Composition:
    """Check each row; today's codes first, so that an old code never displaces one of them."""
    connues = set(Commune.objects.values_list("code", flat=True))
    anciennes = dict(CommuneAncienne.objects.values_list("code", "commune_id"))
    charges = {code[:2] for code in connues}
    composition = _Composition()
    for ligne in sorted(lignes, key=lambda ligne: (ligne.commune not in connues, ligne.numero)):
        raison = _defaut(ligne)
        if raison:
            bilan.rejets.append((ligne.numero, raison))
            continue
        code = ligne.commune if ligne.commune in connues else anciennes.get(ligne.commune)
        if code is None:
            if ligne.commune[:2] in charges:
                bilan.rejets.append((ligne.numero, f"commune inconnue : {ligne.commune}"))
            else:
                bilan.hors_perimetre += 1
            continue
        deja = composition.zone_de.get(code)
        if deja is not None and deja != ligne.zone:
            raison = f"commune {code} déjà placée dans la zone {deja}, et ici dans {ligne.zone}"
            bilan.rejets.append((ligne.numero, raison))
            continue
        if code != ligne.commune:
            bilan.par_ancien_code.append((ligne.commune, code))
        composition.zone_de[code] = ligne.zone
        composition.noms[ligne.zone] = ligne.nom_zone.replace("'", "’") or composition.noms.get(ligne.zone, ligne.zone)
    bilan.rejets.sort()
    return composition


def _defaut(ligne: Ligne) -> str:
    """Why a row can't be read, or an empty text."""
    if not CODE_COMMUNE.fullmatch(ligne.commune):
        return f"code de commune illisible : « {ligne.commune} » (cinq caractères attendus)"
    if not CODE_ZONE.fullmatch(ligne.zone):
        return f"code de zone illisible : « {ligne.zone} » (quatre chiffres, zéros compris)"
    return ""


def _comparer(bilan: Bilan, zone_de: dict[str, str], noms: dict[str, str], partiel: bool) -> None:
    """Fill in what will be created, changed, left as is or taken out of force."""
    en_place = {bassin.code: bassin for bassin in Bassin.objects.all()}
    for code, nom in noms.items():
        bassin = en_place.get(code)
        if bassin is None or not bassin.actif:
            bilan.zones.creees += 1
        elif bassin.nom == nom and bassin.origine == Bassin.Origine.ZONE_EMPLOI:
            bilan.zones.inchangees += 1
        else:
            bilan.zones.modifiees += 1
    bassin_de = dict(Commune.objects.values_list("code", "bassin_id"))
    for code, zone in zone_de.items():
        if bassin_de[code] == zone:
            bilan.communes.inchangees += 1
        elif bassin_de[code] is None:
            bilan.communes.creees += 1
        else:
            bilan.communes.modifiees += 1
    gardes = {b for code, b in bassin_de.items() if code not in zone_de} if partiel else set()
    bilan.retires = sorted(code for code, b in en_place.items() if b.actif and code not in noms and code not in gardes)


def _ecrire(zone_de: dict[str, str], noms: dict[str, str], partiel: bool) -> None:
    chargement.synchroniser(
        Bassin,
        "code",
        {code: {"nom": nom, "origine": Bassin.Origine.ZONE_EMPLOI.value, "actif": True} for code, nom in noms.items()},
    )
    chargement.placer(zone_de, vider=not partiel)
    chargement.recalculer_contours_bassins()
