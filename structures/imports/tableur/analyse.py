"""First look at a spreadsheet: where the headers are, what each column holds."""

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from socle.recherche import normaliser
from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.champs import SYNONYMES
from structures.imports.tableur.fichier import feuilles, format_du_tableau, rangees
from structures.imports.tableur.rangees import Rangee

COLONNES_MAX = 300
_DEBUT = 40  # rows among which the headers are looked for
_ECHANTILLON = 1_000
# How far the first look goes: a person waits for it.
RANGEES_REGARDEES = 5_000
SECONDES = 4.0
VALEURS_MAX = 80


@dataclass
class Colonne:
    """One column: its header made unique, examples, and how often each value comes (few different ones)."""

    rang: int
    entete: str
    lettre: str
    exemples: list[str] = field(default_factory=list)
    valeurs: Counter[str] = field(default_factory=Counter)
    # Beyond VALEURS_MAX different values, they are not counted one by one.
    innombrables: bool = False


@dataclass
class Analyse:
    """What the first look found."""

    forme: str
    feuilles: list[str]
    feuille: str
    ligne_entete: int
    colonnes: list[Colonne]
    echantillon: list[Rangee]
    vues: int
    tronquee: bool

    @property
    def entetes(self) -> list[str]:
        """The unique headers, in order."""
        return [colonne.entete for colonne in self.colonnes]

    def colonne(self, entete: str) -> Colonne:
        """The column of this header. Raises KeyError."""
        for colonne in self.colonnes:
            if colonne.entete == entete:
                return colonne
        raise KeyError(entete)

    @property
    def empreinte(self) -> str:
        """The same for two files with the same headers."""
        return empreinte(self.entetes)


def empreinte(entetes: list[str]) -> str:
    """SHA-256 of the normalised headers in their order."""
    return hashlib.sha256("\n".join(normaliser(e) for e in entetes).encode()).hexdigest()


def lettre(rang: int) -> str:
    """« A » for 0, « AA » for 26: how the programs name a column."""
    texte = ""
    rang += 1
    while rang:
        rang, reste = divmod(rang - 1, 26)
        texte = chr(65 + reste) + texte
    return texte


def entetes_uniques(cellules: tuple[str, ...]) -> list[str]:
    """The headers, those repeated numbered, those empty named by the letter of their column."""
    deja: Counter[str] = Counter()
    uniques = []
    for rang, cellule in enumerate(cellules):
        propre = " ".join(cellule.split())[:120] or f"Colonne {lettre(rang)}"
        deja[normaliser(propre)] += 1
        fois = deja[normaliser(propre)]
        uniques.append(propre if fois == 1 else f"{propre} ({fois})")
    return uniques


def _note(rangee: Rangee, largeur: int) -> float:
    pleines = [c for c in rangee.cellules if c]
    if len(pleines) < 2:
        return 0.0
    connues = sum(normaliser(c) in SYNONYMES for c in pleines)
    chiffrees = sum(any(s.isdigit() for s in c) and not any(s.isalpha() for s in c) for c in pleines)
    return 2.0 * connues + len(pleines) / largeur - chiffrees


def trouver_entete(debut: list[Rangee]) -> Rangee:
    """The row of headers among the first ones: titles and notes above it are skipped.

    Raises FichierIllisible when no row can be one.
    """
    lisibles = [r for r in debut if not r.defaut]
    largeur = max((len([c for c in r.cellules if c]) for r in lisibles), default=0)
    if largeur < 2:
        raise FichierIllisible(
            "Ce tableau n’a qu’une colonne, ou son séparateur n’est ni « ; », « , », « | » ni tabulation."
        )
    # The first of the best: a list may repeat its headers.
    return max(lisibles, key=lambda r: (_note(r, largeur), -r.numero))


def analyser(chemin: Path, feuille: str = "", ligne_entete: int = 0) -> Analyse:
    """Look at a file. `ligne_entete` forces the row of headers. Raises FichierIllisible."""
    forme = format_du_tableau(chemin)
    noms = feuilles(chemin, forme)
    suite = rangees(chemin, forme, feuille)
    entete, reste = _entete(suite, ligne_entete)
    colonnes = [Colonne(rang, nom, lettre(rang)) for rang, nom in enumerate(entetes_uniques(entete.cellules))]
    if len(colonnes) > COLONNES_MAX:
        raise FichierIllisible(
            f"Ce tableau a {len(colonnes)} colonnes ou davantage, plus qu’une liste de structures ({COLONNES_MAX}) : "
            "supprimez celles qui ne servent pas."
        )
    analyse = Analyse(forme, noms, feuille or next(iter(noms), ""), entete.numero, colonnes, [], 0, False)
    _regarder(reste, analyse)
    if not analyse.vues:
        raise FichierIllisible(
            f"Ce tableau n’a aucune ligne sous ses en-têtes (ligne {entete.numero}) : il n’y a rien à importer."
        )
    return analyse


def _entete(suite: Iterator[Rangee], voulue: int) -> tuple[Rangee, Iterator[Rangee]]:
    if voulue:
        for rangee in suite:
            if rangee.numero >= voulue:
                if rangee.numero > voulue or rangee.defaut:
                    break
                return rangee, suite
        raise FichierIllisible(f"La ligne {voulue} est vide ou illisible : elle ne peut pas porter les en-têtes.")
    debut = list(itertools.islice(suite, _DEBUT))
    if not debut:
        raise FichierIllisible("Ce tableau est vide.")
    entete = trouver_entete(debut)
    return entete, itertools.chain((r for r in debut if r.numero > entete.numero), suite)


def _regarder(reste: Iterator[Rangee], analyse: Analyse) -> None:
    fin = time.monotonic() + SECONDES
    for rangee in reste:
        if analyse.vues >= RANGEES_REGARDEES or (analyse.vues % 100 == 0 and time.monotonic() > fin):
            analyse.tronquee = True
            return
        analyse.vues += 1
        if len(analyse.echantillon) < _ECHANTILLON:
            analyse.echantillon.append(rangee)
        for colonne in analyse.colonnes:
            _compter(colonne, rangee.cellule(colonne.rang))


def _compter(colonne: Colonne, valeur: str) -> None:
    if not valeur:
        return
    if len(colonne.exemples) < 3 and valeur[:80] not in colonne.exemples:
        colonne.exemples.append(valeur[:80])
    if colonne.innombrables:
        return
    colonne.valeurs[valeur[:120]] += 1
    if len(colonne.valeurs) > VALEURS_MAX:
        colonne.innombrables = True
        colonne.valeurs.clear()
