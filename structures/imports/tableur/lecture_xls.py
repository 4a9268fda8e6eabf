"""The old XLS (before 2007): its own limits are small, so the library may load the sheet whole."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from structures.imports.fiche import FichierIllisible
from structures.imports.tableur.paquet import ABIME, PROTEGE
from structures.imports.tableur.rangees import Avancer, Rangee, rangee, texte_du_nombre

POIDS_MAX = 20 * 1024 * 1024  # bytes
_CHIFFRE = "EncryptedPackage".encode("utf-16-le")


def _classeur(chemin: Path) -> CalamineWorkbook:
    if chemin.stat().st_size > POIDS_MAX:
        raise FichierIllisible("Ce fichier .xls dépasse 20 Mo : enregistrez-le en .xlsx ou en .csv.")
    if _CHIFFRE in chemin.read_bytes():
        raise FichierIllisible(PROTEGE)
    try:
        return CalamineWorkbook.from_path(str(chemin))
    except CalamineError as erreur:
        protege = "password" in str(erreur).lower() or "encrypt" in str(erreur).lower()
        raise FichierIllisible(PROTEGE if protege else ABIME) from erreur
    except BaseException as erreur:
        raise _traduire(erreur) from erreur


def _traduire(erreur: BaseException) -> BaseException:
    """A panic of the library is no Exception: it would end the worker."""
    if type(erreur).__name__ == "PanicException" or isinstance(erreur, Exception):
        return FichierIllisible(ABIME)
    return erreur


def feuilles(chemin: Path) -> list[str]:
    """Names of the sheets, in order."""
    return list(_classeur(chemin).sheet_names)


def lire(chemin: Path, feuille: str = "", avancer: Avancer | None = None) -> Iterator[Rangee]:
    """The rows of a sheet (the first by default) that are not empty. Raises FichierIllisible."""
    classeur = _classeur(chemin)
    noms = list(classeur.sheet_names)
    if not noms:
        raise FichierIllisible("Ce classeur ne contient aucune feuille.")
    if feuille and feuille not in noms:
        contenu = ", ".join(f"« {nom} »" for nom in noms)
        raise FichierIllisible(f"Ce classeur n’a pas de feuille « {feuille} ». Il contient : {contenu}.")
    try:
        grille = classeur.get_sheet_by_name(feuille or noms[0]).to_python(skip_empty_area=False)
    except BaseException as erreur:
        raise _traduire(erreur) from erreur
    poids = chemin.stat().st_size
    for numero, cases in enumerate(grille, start=1):
        if avancer and numero % 500 == 0:
            avancer(poids * numero // len(grille))
        lue = rangee(numero, [_texte(case) for case in cases])
        if not lue.vide:
            yield lue


def _texte(valeur: Any) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, int | float):
        return texte_du_nombre(float(valeur))
    if isinstance(valeur, datetime):
        return valeur.date().isoformat() if valeur.time() == time() else valeur.isoformat(" ", "minutes")
    return valeur.isoformat() if isinstance(valeur, date | time) else str(valeur)
