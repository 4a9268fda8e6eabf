"""The zipped XML of XLSX and ODS, read as a stream: nothing is kept, nothing may grow out of proportion."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from xml.parsers import expat

from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.rangees import Avancer

_BLOC = 65_536
# Spreadsheets shrink ten to forty times; a page of zeros, a thousand.
RAPPORT_MAX, MARGE, TAILLE_MAX = 150, 64 * 1024 * 1024, 3 * 1024**3  # ratio, bytes, bytes
ABIME = "Ce classeur est abîmé : votre tableur peut sans doute le réparer, puis l’enregistrer de nouveau."
PROTEGE = "Ce classeur est protégé par un mot de passe : enregistrez-en une copie sans mot de passe."
BOMBE = "Ce classeur se décompresse bien au-delà de ce qu’une liste de structures contient : il n’a pas été lu."
ERREURS_DU_PAQUET = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    expat.ExpatError,
    OSError,
    EOFError,
    NotImplementedError,
)


class Recepteur(Protocol):
    """What receives the events of a part; names come without their prefix."""

    def debut(self, nom: str, attributs: dict[str, str]) -> None:
        """An element opens."""

    def fin(self, nom: str) -> None:
        """An element closes."""

    def texte(self, texte: str) -> None:
        """Some text (perhaps in several pieces)."""


def ouvrir_paquet(chemin: Path) -> zipfile.ZipFile:
    """The archive. Raises FichierIllisible when it is broken, locked, or a trap."""
    try:
        paquet = zipfile.ZipFile(chemin)
    except ERREURS_DU_PAQUET as erreur:
        raise FichierIllisible(ABIME) from erreur
    parties = paquet.infolist()
    total, sur_disque = sum(p.file_size for p in parties), chemin.stat().st_size
    if total > TAILLE_MAX or total > MARGE + RAPPORT_MAX * sur_disque:
        paquet.close()
        raise FichierIllisible(BOMBE)
    if any(p.flag_bits & 1 for p in parties):
        paquet.close()
        raise FichierIllisible(PROTEGE)
    return paquet


def _sans_prefixe(nom: str) -> str:
    return nom.rpartition(":")[2]


def _refuser(*_: object) -> None:
    raise FichierIllisible("Ce classeur contient une déclaration qu’aucun tableur n’écrit : il n’a pas été lu.")


def parcourir(
    paquet: zipfile.ZipFile, partie: str, recepteur: Recepteur, avancer: Avancer | None = None
) -> Iterator[None]:
    """Feed a part to the receiver by blocks, giving the hand back after each. Raises FichierIllisible.

    Entities are refused: a few lines of them can write gigabytes.
    """
    analyseur = expat.ParserCreate()
    analyseur.buffer_text = True
    analyseur.EntityDeclHandler = _refuser
    noms: dict[str, str] = {}

    def debut(nom: str, attributs: dict[str, str]) -> None:
        court = noms.get(nom)
        if court is None:
            court = noms[nom] = _sans_prefixe(nom)
        recepteur.debut(court, attributs)

    analyseur.StartElementHandler = debut
    analyseur.EndElementHandler = lambda nom: recepteur.fin(noms[nom])
    analyseur.CharacterDataHandler = recepteur.texte
    try:
        with paquet.open(partie) as flux:
            taille = max(paquet.getinfo(partie).file_size, 1)
            disque = Path(paquet.filename or "").stat().st_size
            lus = 0
            while bloc := flux.read(_BLOC):
                lus += len(bloc)
                if avancer:
                    avancer(disque * lus // taille)
                analyseur.Parse(bloc, False)
                yield
            analyseur.Parse(b"", True)
            yield
    except (*ERREURS_DU_PAQUET, KeyError) as erreur:
        raise FichierIllisible(ABIME) from erreur
