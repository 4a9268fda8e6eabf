"""CSV of any program: encoding and separator recognised, rows counted as a spreadsheet counts them."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from structures.imports.fiche import FichierIllisible
from structures.imports.ouverture import ERREURS_DE_LECTURE, ouvrir
from structures.imports.tableur.rangees import RANGEES_MAX, Avancer, Rangee, rangee

SEPARATEURS = (";", ",", "\t", "|")
_BLOC = 65_536
_LIGNE_MAX = 4 * 1024 * 1024  # characters
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def codage(chemin: Path) -> str:
    """Name of the encoding: a mark at the start says it, else UTF-8 when the whole file is, else Windows."""
    with ouvrir(chemin) as (flux, _):
        debut = flux.read(_BLOC)
        for marque, nom in _BOMS:
            if debut.startswith(marque):
                return nom
        if debut.count(0) > len(debut) // 4:
            # Half of the bytes of a Latin text in UTF-16 are zeros.
            return "utf-16-le" if debut[1:2] == b"\x00" else "utf-16-be"
        decodeurs = {nom: codecs.getincrementaldecoder(nom)() for nom in ("utf-8", "cp1252")}
        bloc = debut
        while bloc and decodeurs:
            for nom in list(decodeurs):
                try:
                    decodeurs[nom].decode(bloc)
                except UnicodeDecodeError:
                    del decodeurs[nom]
            bloc = flux.read(_BLOC)
    if "utf-8" in decodeurs:
        try:
            decodeurs["utf-8"].decode(b"", final=True)
        except UnicodeDecodeError:
            del decodeurs["utf-8"]
    return next(iter(decodeurs), "latin-1")


def separateur(echantillon: str) -> str:
    """The separator that cuts the sample in the most regular columns."""
    premiere = echantillon.lstrip("\ufeff").split("\n", 1)[0].strip().lower()
    if premiere.startswith("sep=") and len(premiere) == 5:
        return premiere[4]
    lignes = echantillon.splitlines(keepends=True)[:200]

    def note(signe: str) -> float:
        try:
            largeurs = [len(case) for case in csv.reader(lignes, delimiter=signe) if any(case)]
        except csv.Error:
            return 0.0
        if not largeurs:
            return 0.0
        largeur, fois = Counter(largeurs).most_common(1)[0]
        # Regular first; among regular ones, the more columns the better.
        return 0.0 if largeur < 2 else fois / len(largeurs) + min(largeur, 50) / 50

    return max(SEPARATEURS, key=note)


def _lignes(texte: IO[str]) -> Iterator[str]:
    """Physical lines, bounded: the rest of one that never ends is thrown away."""
    while ligne := texte.readline(_LIGNE_MAX):
        yield ligne
        while len(ligne) == _LIGNE_MAX and not ligne.endswith("\n"):
            ligne = texte.readline(_LIGNE_MAX)


def lire(chemin: Path, feuille: str = "", avancer: Avancer | None = None) -> Iterator[Rangee]:
    """The rows that are not empty. `feuille` is for the other forms. Raises FichierIllisible."""
    try:
        nom = codage(chemin)
        with ouvrir(chemin) as (flux, disque):
            # newline="": the cells keep their own line ends, and csv sees them all.
            texte = io.TextIOWrapper(flux, encoding=nom, errors="replace", newline="")
            signe = separateur(texte.read(_BLOC))
        with ouvrir(chemin) as (flux, disque):
            texte = io.TextIOWrapper(flux, encoding=nom, errors="replace", newline="")
            for lue in _rangees(texte, signe):
                if avancer and lue.numero % 500 == 0:
                    avancer(disque.tell())
                if not lue.vide:
                    yield lue
    except ERREURS_DE_LECTURE as erreur:
        raise FichierIllisible(f"Le fichier s’interrompt ou est abîmé : {erreur}.") from erreur


def _rangees(texte: IO[str], signe: str) -> Iterator[Rangee]:
    lecteur = csv.reader(_lignes(texte), delimiter=signe)
    numero = 0
    while numero < RANGEES_MAX * 2:
        numero += 1
        try:
            cases = next(lecteur)
        except StopIteration:
            return
        except csv.Error:
            # The reader starts afresh at the next line of the file.
            yield Rangee(numero, (), "une cellule est démesurée, ou un guillemet n’est jamais refermé")
            continue
        if numero == 1 and cases:
            cases[0] = cases[0].removeprefix("\ufeff")
        yield rangee(numero, cases)
