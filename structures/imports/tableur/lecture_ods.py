"""ODS as a stream: repeated cells and rows are unfolded within the limits of the programs themselves."""

from collections.abc import Iterator
from pathlib import Path

from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.paquet import ABIME, PROTEGE, ouvrir_paquet, parcourir
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

_CELLULES = ("table-cell", "covered-table-cell")


def _repete(attributs: dict[str, str], nom: str) -> int:
    fois = next((v for cle, v in attributs.items() if cle.endswith(nom)), "1")
    lu = entier(fois)
    return 1 if lu is None else lu


def _attribut(attributs: dict[str, str], nom: str) -> str:
    return next((v for cle, v in attributs.items() if cle.rpartition(":")[2] == nom), "")


class _Noms:
    """Only the names of the sheets."""

    def __init__(self) -> None:
        self.noms: list[str] = []

    def debut(self, nom: str, attributs: dict[str, str]) -> None:
        if nom == "table":
            self.noms.append(_attribut(attributs, "name"))

    def fin(self, nom: str) -> None:
        """Nothing to do."""

    def texte(self, texte: str) -> None:
        """Nothing to keep."""


class _Rangees:
    """The rows of one sheet, as they close."""

    def __init__(self, feuille: str) -> None:
        self.lues: list[Rangee] = []
        self.trouvee = self.finie = False
        self.noms: list[str] = []
        self._feuille = feuille
        self._dedans = False
        self._numero = self._rangees = self._colonnes = 0
        self._cellules: list[str] = []
        self._attributs: dict[str, str] = {}
        self._morceaux: list[str] = []
        self._long = self._paragraphes = self._note = self._profondeur = 0

    def debut(self, nom: str, attributs: dict[str, str]) -> None:
        if nom == "table":
            # A table inside a cell is no sheet.
            self._profondeur += 1
            if self._profondeur == 1:
                nom_feuille = _attribut(attributs, "name")
                self.noms.append(nom_feuille)
                self._dedans = not self.trouvee and self._feuille in ("", nom_feuille)
                self.trouvee = self.trouvee or self._dedans
        elif not self._dedans or self._profondeur != 1:
            return
        elif nom == "table-row":
            self._rangees = _repete(attributs, "number-rows-repeated")
            self._cellules, self._colonnes = [], 0
        elif nom in _CELLULES:
            self._attributs = attributs
            self._morceaux, self._long, self._paragraphes = [], 0, 0
        elif nom in ("annotation", "shapes"):
            self._note += 1
        elif self._note:
            return
        elif nom == "p":
            if self._paragraphes:
                self.texte("\n")
            self._paragraphes += 1
        elif nom == "s":
            self.texte(" " * min(_repete(attributs, ":c"), 100))
        elif nom in ("line-break", "tab"):
            self.texte("\n" if nom == "line-break" else " ")

    def texte(self, texte: str) -> None:
        if self._paragraphes and not self._note and self._long <= CELLULE_MAX:
            self._morceaux.append(texte)
            self._long += len(texte)

    def fin(self, nom: str) -> None:
        if nom == "table":
            self._profondeur -= 1
            if self._profondeur == 0 and self._dedans:
                self._dedans, self.finie = False, True
        elif not self._dedans or self._profondeur != 1:
            return
        elif nom in _CELLULES:
            self._fermer_cellule()
        elif nom in ("annotation", "shapes"):
            self._note -= 1
        elif nom == "table-row":
            self._fermer_rangee()

    def _fermer_cellule(self) -> None:
        valeur = self._valeur()
        fois = _repete(self._attributs, "number-columns-repeated")
        self._paragraphes, self._attributs = 0, {}
        if not valeur:
            # Empty ones are written when something follows them.
            self._colonnes += fois
            return
        manquent = min(self._colonnes, COLONNES_LUES) - len(self._cellules)
        self._cellules.extend([""] * max(manquent, 0))
        self._cellules.extend([valeur] * min(fois, max(COLONNES_LUES - len(self._cellules), 0)))
        self._colonnes += fois

    def _valeur(self) -> str:
        genre = _attribut(self._attributs, "value-type")
        affiche = "".join(self._morceaux)
        if genre in ("float", "currency", "percentage"):
            brut = _attribut(self._attributs, "value")
            try:
                texte = brut if brut.isdigit() else texte_du_nombre(float(brut))
            except (ValueError, OverflowError):
                return affiche
            # « 01400 » shown for 1400: the program's own leading zeros.
            return affiche if affiche.isdigit() and affiche.lstrip("0") == texte else texte or affiche
        if genre == "date":
            return _attribut(self._attributs, "date-value").removesuffix("T00:00:00") or affiche
        if genre == "boolean":
            return "oui" if _attribut(self._attributs, "boolean-value") == "true" else "non"
        return affiche or _attribut(self._attributs, "string-value")

    def _fermer_rangee(self) -> None:
        fois = self._rangees
        if any(self._cellules):
            if self._numero + fois > RANGEES_MAX:
                raise FichierIllisible(f"Cette feuille dépasse {RANGEES_MAX} lignes : elle n’a pas été lue.")
            lue = rangee(self._numero + 1, self._cellules)
            # A row repeated is the same structure written again: told once, then as often as ten times.
            self.lues.extend(Rangee(lue.numero + rang, lue.cellules, lue.defaut) for rang in range(min(fois, 10)))
        self._numero += fois


def _ouvert(chemin: Path) -> None:
    with ouvrir_paquet(chemin) as paquet:
        noms = paquet.namelist()
        if "META-INF/manifest.xml" in noms:
            with paquet.open("META-INF/manifest.xml") as flux:
                if b"encryption-data" in flux.read(1_000_000):
                    raise FichierIllisible(PROTEGE)
        if "content.xml" not in noms:
            raise FichierIllisible(ABIME)


def feuilles(chemin: Path) -> list[str]:
    """Names of the sheets, in order."""
    _ouvert(chemin)
    recepteur = _Noms()
    with ouvrir_paquet(chemin) as paquet:
        for _ in parcourir(paquet, "content.xml", recepteur):
            pass
    return recepteur.noms


def lire(chemin: Path, feuille: str = "", avancer: Avancer | None = None) -> Iterator[Rangee]:
    """The rows of a sheet (the first by default) that are not empty. Raises FichierIllisible."""
    _ouvert(chemin)
    recepteur = _Rangees(feuille)
    with ouvrir_paquet(chemin) as paquet:
        for _ in parcourir(paquet, "content.xml", recepteur, avancer):
            yield from recepteur.lues
            recepteur.lues = []
            if recepteur.finie:
                return
    if not recepteur.trouvee:
        noms = ", ".join(f"« {nom} »" for nom in recepteur.noms) or "aucune feuille"
        raise FichierIllisible(f"Ce classeur n’a pas de feuille « {feuille} ». Il contient : {noms}.")
