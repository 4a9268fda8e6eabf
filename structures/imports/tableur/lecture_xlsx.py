"""XLSX as a stream: rows one after the other, shared texts kept on disk, no limit but the program's own."""

import math
import os
import posixpath
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.paquet import ABIME, ouvrir_paquet, parcourir
from structures.imports.tableur.rangees import (
    CELLULE_MAX,
    COLONNES_LUES,
    RANGEES_MAX,
    Avancer,
    Rangee,
    entier,
    rangee,
    texte_du_nombre,
)

_TEXTES_MAX = 5_000_000
_REFERENCE = re.compile(r"([A-Z]{1,3})\d+$")


class _TextesPartages:
    """The table of shared texts on disk: a large one would weigh hundreds of megabytes in memory."""

    def __init__(self) -> None:
        self._fichier = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the reader)
        self._bornes = array("Q", [0])
        self._morceaux: list[str] = []
        self._phonetique = 0
        self._dans_texte = False

    def debut(self, nom: str, _attributs: dict[str, str]) -> None:
        if nom == "t":
            self._dans_texte = not self._phonetique
        elif nom == "si":
            self._morceaux = []
        elif nom == "rPh":
            self._phonetique += 1

    def fin(self, nom: str) -> None:
        if nom == "t":
            self._dans_texte = False
        elif nom == "rPh":
            self._phonetique -= 1
        elif nom == "si":
            if len(self._bornes) > _TEXTES_MAX:
                raise FichierIllisible("Ce classeur contient trop de textes différents : il n’a pas été lu.")
            octets = "".join(self._morceaux).encode("utf-8", "replace")
            self._fichier.write(octets)
            self._bornes.append(self._bornes[-1] + len(octets))

    def texte(self, texte: str) -> None:
        if self._dans_texte:
            self._morceaux.append(texte)

    def pret(self) -> None:
        """To be called once, between the writing and the first reading."""
        self._fichier.flush()

    def __getitem__(self, rang: int) -> str:
        if not 0 <= rang < len(self._bornes) - 1:
            return ""
        debut, fin = self._bornes[rang], self._bornes[rang + 1]
        taille = min(fin - debut, 4 * (CELLULE_MAX + 1))
        return os.pread(self._fichier.fileno(), taille, debut).decode("utf-8", "ignore")

    def close(self) -> None:
        self._fichier.close()


@dataclass
class _Feuille:
    nom: str
    relation: str
    visible: bool


@dataclass
class _Sommaire:
    """Sheets, relations and number formats of the workbook."""

    feuilles: list[_Feuille] = field(default_factory=list)
    relations: dict[str, str] = field(default_factory=dict)
    depuis_1904: bool = False
    # Style → date, or the width of a format made of zeros (« 00000 » for a postal code).
    dates: set[int] = field(default_factory=set)
    largeurs: dict[int, int] = field(default_factory=dict)
    _formats: dict[int, str] = field(default_factory=dict)
    _style: int = 0
    _dans_styles: bool = False

    def debut(self, nom: str, attributs: dict[str, str]) -> None:
        if nom == "sheet":
            relation = next((v for cle, v in attributs.items() if cle.endswith(":id")), "")
            visible = attributs.get("state", "visible") == "visible"
            self.feuilles.append(_Feuille(attributs.get("name", ""), relation, visible))
        elif nom == "workbookPr":
            self.depuis_1904 = attributs.get("date1904", "0") in ("1", "true")
        elif nom == "Relationship":
            self.relations[attributs.get("Id", "")] = attributs.get("Target", "")
        elif nom == "numFmt" and (numero := entier(attributs.get("numFmtId", ""))) is not None:
            self._formats[numero] = attributs.get("formatCode", "")
        elif nom == "cellXfs":
            self._dans_styles = True
        elif nom == "xf" and self._dans_styles:
            self._noter(attributs.get("numFmtId", "0"))

    def _noter(self, numero: str) -> None:
        lu = entier(numero)
        format_ = "" if lu is None else self._formats.get(lu) or BUILTIN_FORMATS.get(lu, "")
        if format_ and is_date_format(format_):
            self.dates.add(self._style)
        elif re.fullmatch(r"0{2,20}", format_ or ""):
            self.largeurs[self._style] = len(format_)
        self._style += 1

    def fin(self, nom: str) -> None:
        if nom == "cellXfs":
            self._dans_styles = False

    def texte(self, texte: str) -> None:
        """Nothing to keep."""


class _Rangees:
    """The rows of a sheet, as they close."""

    def __init__(self, sommaire: _Sommaire, textes: _TextesPartages) -> None:
        self.lues: list[Rangee] = []
        self._sommaire, self._textes = sommaire, textes
        self._epoque = CALENDAR_MAC_1904 if sommaire.depuis_1904 else CALENDAR_WINDOWS_1900
        self._numero = self._colonne = 0
        self._cellules: dict[int, str] = {}
        self._genre, self._style = "n", 0
        self._morceaux: list[str] = []
        self._ecoute = False
        self._long = self._phonetique = 0

    def debut(self, nom: str, attributs: dict[str, str]) -> None:
        if nom == "c":
            reference = _REFERENCE.match(attributs.get("r", ""))
            self._colonne = _colonne(reference[1]) if reference else self._colonne + 1
            self._genre = attributs.get("t", "n")
            self._style = entier(attributs.get("s", "0")) or 0
            self._morceaux, self._long = [], 0
        elif nom in ("v", "t"):
            self._ecoute = self._colonne <= COLONNES_LUES and not self._phonetique
        elif nom == "row":
            # A row that no program can hold is the one after.
            numero = entier(attributs.get("r", "")) or 0
            self._numero = numero if self._numero < numero <= RANGEES_MAX else self._numero + 1
            self._colonne, self._cellules = 0, {}
        elif nom == "rPh":
            self._phonetique += 1

    def texte(self, texte: str) -> None:
        if self._ecoute and self._long <= CELLULE_MAX:
            self._morceaux.append(texte)
            self._long += len(texte)

    def fin(self, nom: str) -> None:
        if nom in ("v", "t"):
            self._ecoute = False
        elif nom == "c":
            if self._morceaux:
                self._cellules[self._colonne] = self._valeur("".join(self._morceaux))
        elif nom == "row":
            largeur = max(self._cellules, default=0)
            lue = rangee(self._numero, [self._cellules.get(rang, "") for rang in range(1, largeur + 1)])
            if not lue.vide:
                self.lues.append(lue)
        elif nom == "rPh":
            self._phonetique -= 1

    def _valeur(self, brut: str) -> str:
        if self._genre == "s":
            rang = entier(brut)
            return "" if rang is None else self._textes[rang]
        if self._genre == "b":
            return "oui" if brut == "1" else "non"
        if self._genre == "e":
            return ""
        if self._genre == "d":
            return brut.removesuffix("T00:00:00")
        if self._genre != "n":
            return brut
        try:
            nombre = float(brut)
        except ValueError:
            return brut
        if not math.isfinite(nombre):
            return brut
        if self._style in self._sommaire.dates:
            return self._date(nombre)
        # The digits as written: a SIRET of fourteen digits, never 3.99E+13.
        texte = brut if brut.isdigit() else texte_du_nombre(nombre)
        return texte.zfill(self._sommaire.largeurs.get(self._style, 0)) if texte.isdigit() else texte

    def _date(self, nombre: float) -> str:
        try:
            jour = from_excel(nombre, self._epoque)
        except (OverflowError, ValueError, TypeError):
            return texte_du_nombre(nombre)
        if isinstance(jour, datetime):
            return jour.date().isoformat() if jour.time() == time() else jour.isoformat(" ", "minutes")
        return str(jour) if isinstance(jour, time | timedelta) else ""


def _colonne(lettres: str) -> int:
    """« A » → 1, « AA » → 27."""
    rang = 0
    for lettre in lettres:
        rang = rang * 26 + ord(lettre) - 64
    return rang


def _tout(paquet: zipfile.ZipFile, partie: str, recepteur: _Sommaire | _TextesPartages) -> None:
    for _ in parcourir(paquet, partie, recepteur):
        pass


def _sommaire(paquet: zipfile.ZipFile) -> tuple[str, _Sommaire]:
    """(folder of the workbook, its table of contents)."""
    noms = set(paquet.namelist())
    if "xl/workbook.bin" in noms:
        raise FichierIllisible("Ce classeur est au format binaire (.xlsb) : enregistrez-le en .xlsx.")
    classeur = next((n for n in ("xl/workbook.xml", *sorted(noms)) if n.endswith("workbook.xml") and n in noms), "")
    if not classeur:
        raise FichierIllisible(ABIME)
    dossier, fichier = posixpath.split(classeur)
    sommaire = _Sommaire()
    _tout(paquet, classeur, sommaire)
    for partie in (posixpath.join(dossier, "_rels", f"{fichier}.rels"), posixpath.join(dossier, "styles.xml")):
        if partie in noms:
            _tout(paquet, partie, sommaire)
    return dossier, sommaire


def feuilles(chemin: Path) -> list[str]:
    """Names of the visible sheets, in order (all of them when none is visible)."""
    with ouvrir_paquet(chemin) as paquet:
        toutes = _sommaire(paquet)[1].feuilles
    return [f.nom for f in toutes if f.visible] or [f.nom for f in toutes]


def lire(chemin: Path, feuille: str = "", avancer: Avancer | None = None) -> Iterator[Rangee]:
    """The rows of a sheet (the first visible one by default) that are not empty. Raises FichierIllisible."""
    with ouvrir_paquet(chemin) as paquet, closing(_TextesPartages()) as textes:
        dossier, sommaire = _sommaire(paquet)
        partie = _partie(dossier, sommaire, feuille)
        partages = next((n for n in paquet.namelist() if n.lower().endswith("sharedstrings.xml")), "")
        if partages:
            _tout(paquet, partages, textes)
            textes.pret()
        recepteur = _Rangees(sommaire, textes)
        for _ in parcourir(paquet, partie, recepteur, avancer):
            yield from recepteur.lues
            recepteur.lues = []


def _partie(dossier: str, sommaire: _Sommaire, feuille: str) -> str:
    visibles = [f for f in sommaire.feuilles if f.visible] or sommaire.feuilles
    choisie = next((f for f in sommaire.feuilles if f.nom == feuille), None) if feuille else next(iter(visibles), None)
    if choisie is None:
        if not feuille:
            raise FichierIllisible("Ce classeur ne contient aucune feuille.")
        noms = ", ".join(f"« {f.nom} »" for f in visibles)
        raise FichierIllisible(f"Ce classeur n’a pas de feuille « {feuille} ». Il contient : {noms}.")
    cible = sommaire.relations.get(choisie.relation, "")
    return cible.lstrip("/") if cible.startswith("/") else posixpath.normpath(posixpath.join(dossier, cible))
