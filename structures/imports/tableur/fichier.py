"""One door for every form of spreadsheet: recognised by its content, never by its name alone."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from structures.imports.fiche import FichierIllisible
from structures.imports.ouverture import ERREURS_DE_LECTURE, ouvrir
from structures.imports.tableur import lecture_csv, lecture_ods, lecture_xls, lecture_xlsx
from structures.imports.tableur.paquet import ABIME, ouvrir_paquet
from structures.imports.tableur.rangees import Avancer, Lecteur, Rangee

CSV, XLSX, ODS, XLS = "csv", "xlsx", "ods", "xls"
LIBELLES = {CSV: "CSV", XLSX: "Excel (.xlsx)", ODS: "LibreOffice (.ods)", XLS: "Excel ancien (.xls)"}
_LECTEURS: dict[str, Lecteur] = {
    CSV: lecture_csv.lire,
    XLSX: lecture_xlsx.lire,
    ODS: lecture_ods.lire,
    XLS: lecture_xls.lire,
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AUTRES = {
    b"%PDF": "Ce fichier est un PDF : demandez la liste dans un tableur (Excel, LibreOffice ou CSV).",
    b"\x89PNG": "Ce fichier est une image : demandez la liste dans un tableur (Excel, LibreOffice ou CSV).",
    b"\xff\xd8\xff": "Ce fichier est une image : demandez la liste dans un tableur (Excel, LibreOffice ou CSV).",
}


def format_du_tableau(chemin: Path) -> str:
    """CSV, XLSX, ODS or XLS. Raises FichierIllisible, in words, for anything else."""
    try:
        with ouvrir(chemin) as (flux, _):
            debut = flux.read(4096)
    except ERREURS_DE_LECTURE as erreur:
        raise FichierIllisible("Ce fichier compressé est abîmé : impossible de lire son début.") from erreur
    if not debut.strip():
        raise FichierIllisible("Ce fichier est vide.")
    if debut.startswith(b"PK\x03\x04"):
        return _du_paquet(chemin)
    if debut.startswith(_OLE):
        return XLS
    for marque, message in _AUTRES.items():
        if debut.startswith(marque):
            raise FichierIllisible(message)
    texte = debut.removeprefix(b"\xef\xbb\xbf").lstrip()
    if texte[:1] in (b"{", b"["):
        raise FichierIllisible("Ce fichier est du JSON, pas un tableau : il n’a pas de colonnes à reconnaître.")
    if texte[:1] == b"<":
        raise FichierIllisible("Ce fichier est une page web ou du XML : enregistrez la liste en CSV, .xlsx ou .ods.")
    commandes = sum(octet < 9 or 13 < octet < 32 for octet in debut if octet)
    if commandes > len(debut) // 20:
        raise FichierIllisible("Ce fichier n’est pas un tableau : enregistrez la liste en CSV, .xlsx ou .ods.")
    return CSV


def _du_paquet(chemin: Path) -> str:
    with ouvrir_paquet(chemin) as paquet:
        noms = set(paquet.namelist())
        if "mimetype" in noms:
            try:
                genre = paquet.open("mimetype").read(200)
            except (zipfile.BadZipFile, OSError) as erreur:
                raise FichierIllisible(ABIME) from erreur
            if b"opendocument.spreadsheet" in genre:
                return ODS
            raise FichierIllisible("Ce document n’est pas un tableau : enregistrez la liste dans un tableur.")
    if "[Content_Types].xml" in noms and any(nom.startswith("xl/") for nom in noms):
        return XLSX
    if "content.xml" in noms:
        return ODS
    if any(nom.startswith(("word/", "ppt/")) for nom in noms):
        raise FichierIllisible("Ce document n’est pas un tableau : enregistrez la liste dans un tableur.")
    raise FichierIllisible("Cette archive .zip n’est pas un classeur : décompressez-la et déposez le tableau seul.")


def feuilles(chemin: Path, forme: str) -> list[str]:
    """Names of the sheets that one can choose; none for a CSV."""
    if forme == CSV:
        return []
    lister = {XLSX: lecture_xlsx.feuilles, ODS: lecture_ods.feuilles, XLS: lecture_xls.feuilles}
    return lister[forme](chemin)


def rangees(chemin: Path, forme: str, feuille: str = "", avancer: Avancer | None = None) -> Iterator[Rangee]:
    """The rows that hold something, in order. Raises FichierIllisible."""
    return _LECTEURS[forme](chemin, feuille, avancer)
