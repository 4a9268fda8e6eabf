"""The daily flow of FINESS: JSON `pmej[].ege[]`, read as a stream so that memory stays the same.

Keys are read without regard to case; a code is a text or an object `{code, system}`; `adresse`
and `contact` are an object or a list; numbers may be texts.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import ijson
from ijson.common import ObjectBuilder

from structures.imports.adresses import ecrire_adresse
from structures.imports.categories import typer
from structures.imports.fiche import Avancer, FichierIllisible, Lue, Rejet, Voie, nombre
from structures.imports.ouverture import ERREURS_DE_LECTURE, ouvrir

_INECRIVABLES = re.compile("[\x00\ud800-\udfff]")
_INFOS_PMEJ = "pmej.item.informationsgeneralespmej"
_EGE = "pmej.item.ege.item"
_PMEJ = "pmej.item"
# Establishments kept aside when they come before the description of their legal person.
_ATTENTE_MAX = 500
_OUVERTS = {"", "A", "ACTIF", "ACTIVE", "O", "OUVERT", "OUVERTE"}
_FERMES = {"F", "FERME", "FERMÉ", "FERMEE", "FERMÉE", "I", "INACTIF", "INACTIVE", "S", "SUPPRIME", "SUPPRIMÉ", "C"}


def _bas(objet: Any) -> Any:
    """The same object with every key in lower case."""
    if isinstance(objet, dict):
        return {str(cle).lower(): _bas(valeur) for cle, valeur in objet.items()}
    if isinstance(objet, list):
        return [_bas(valeur) for valeur in objet]
    return objet


def _texte(valeur: Any) -> str:
    """A text, a number, or the `code` of an object; empty for nothing."""
    if isinstance(valeur, dict):
        return _texte(valeur.get("code"))
    # Neither NUL nor half a character: JSON can write them, a database can't.
    return "" if valeur is None else _INECRIVABLES.sub("", str(valeur)).strip()


def _premier(valeur: Any) -> dict[str, Any]:
    """An object, or the first one of a list; empty for nothing."""
    if isinstance(valeur, list):
        valeur = next((element for element in valeur if isinstance(element, dict)), None)
    return valeur if isinstance(valeur, dict) else {}


def _objets(flux: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """("pmej", description) and ("ege", object) in the order of the file, ("fin", None) at each end of a pmej."""
    constructeur: ObjectBuilder | None = None
    genre, racine, profondeur = "", "", 0
    for prefixe, evenement, valeur in ijson.parse(flux, use_float=True):
        if constructeur is not None:
            constructeur.event(evenement, valeur)
            if evenement in ("start_map", "start_array"):
                profondeur += 1
            elif evenement in ("end_map", "end_array"):
                profondeur -= 1
                if profondeur == 0:
                    yield genre, _bas(constructeur.value)
                    constructeur = None
            continue
        chemin = prefixe.lower()
        if evenement == "start_array" and (chemin == "pmej" or chemin.endswith(".pmej")):
            racine = chemin.removesuffix("pmej")
            continue
        relatif = chemin.removeprefix(racine)
        if evenement == "start_map" and relatif in (_INFOS_PMEJ, _EGE):
            genre = "pmej" if relatif == _INFOS_PMEJ else "ege"
            constructeur, profondeur = ObjectBuilder(), 1
            constructeur.event(evenement, valeur)
        elif relatif == _PMEJ and evenement == "end_map":
            yield "fin", None
        elif relatif == _EGE and evenement not in ("end_map",):
            # Not an object where an establishment should be: said, not skipped.
            yield "ege", valeur


def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The establishments of the flow in order; « ligne » is their rank in the file, from 1.

    Raises FichierIllisible where the JSON breaks: what came before has been given.
    """
    rang = 0
    with ouvrir(chemin) as (flux, disque):
        personne: dict[str, Any] | None = None
        attente: list[tuple[int, Any]] = []
        try:
            for genre, objet in _objets(flux):
                if genre == "pmej":
                    personne = objet
                elif genre == "ege":
                    rang += 1
                    attente.append((rang, objet))
                if genre == "fin" or personne is not None or len(attente) >= _ATTENTE_MAX:
                    yield from (_lire_une(numero, ege, personne or {}) for numero, ege in attente)
                    attente.clear()
                if genre == "fin":
                    personne = None
                    if avancer:
                        avancer(disque.tell())
        except (ijson.JSONError, *ERREURS_DE_LECTURE) as erreur:
            raise FichierIllisible(
                f"Le fichier s’interrompt ou est abîmé après l’établissement n° {rang} : {erreur}"
            ) from erreur
    if rang == 0:
        raise FichierIllisible("Ce fichier JSON ne contient aucun établissement (« pmej[].ege[] »).")


def _lire_une(rang: int, ege: Any, personne: dict[str, Any]) -> Lue:
    if not isinstance(ege, dict):
        return Rejet(rang, "l’établissement n’est pas un objet JSON")
    infos = _premier(ege.get("informationsgeneralesege"))
    finess, nom = (
        _texte(infos.get("numfinessege")),
        _texte(infos.get("nomegelong")) or _texte(infos.get("nomegecourt")),
    )
    etat = (_texte(ege.get("etatobjet")) or _texte(infos.get("etatobjet"))).upper()
    if etat not in _OUVERTS | _FERMES:
        return Rejet(rang, f"état inconnu (« {etat[:30]} »)", finess, nom)
    adresse = _adresse(ege.get("adresse"))
    contact = _premier(ege.get("contact"))
    telecom = _premier(contact.get("telecom")) or contact
    x, y = _point(_premier(adresse.get("coordonneesgeographique")))
    fermeture = _texte(ege.get("datefermeture")) or _texte(infos.get("datefermeture"))
    return typer(
        ligne=rang,
        finess=finess,
        nom=nom,
        categorie=_texte(ege.get("categorieentitegeographiqueexercice"))
        or _texte(infos.get("categorieentitegeographiqueexercice")),
        code_commune=_texte(adresse.get("cogcommune")),
        ville=_texte(adresse.get("libellecommune")) or _acheminement(_texte(adresse.get("ligneacheminement"))),
        finess_juridique=_texte(personne.get("numfinesspm")),
        organisme=_texte(personne.get("denominationlonguepmsmsse"))
        or _texte(personne.get("denominationlonguepm_smsse"))
        or _texte(personne.get("denominationpm")),
        siren=_texte(personne.get("siren")),
        siret=_texte(infos.get("siret")) or _texte(ege.get("siret")),
        adresse=ecrire_adresse(
            Voie(
                _texte(adresse.get("numerovoie")),
                _texte(adresse.get("complementvoie")),
                _texte(adresse.get("typevoie")),
                _texte(adresse.get("libellevoie")),
                _texte(adresse.get("complementpointgeographique")),
                _texte(adresse.get("lieudit")),
            )
        ),
        code_postal=_texte(adresse.get("codepostal")),
        telephone=_texte(telecom.get("telephone")),
        courriel=_texte(telecom.get("courriel")),
        x=x,
        y=y,
        fermee=etat in _FERMES,
        fermee_le=fermeture,
    )


def _adresse(valeur: Any) -> dict[str, Any]:
    """The first address that names a commune, or else the first one."""
    for candidate in valeur if isinstance(valeur, list) else [valeur]:
        if _premier(candidate).get("cogcommune"):
            return _premier(candidate)
    return _premier(valeur)


def _point(coordonnees: dict[str, Any]) -> tuple[float | None, float | None]:
    """Raw (x, y); a longitude said « ouest » without its sign receives it."""
    x, y = nombre(coordonnees.get("coordonneex")), nombre(coordonnees.get("coordonneey"))
    sens = _texte(coordonnees.get("directionlongitude")).upper()
    if sens[:1] in ("O", "W") and x is not None and y is not None and abs(x) <= 180 and abs(y) <= 180:
        if abs(x) < abs(y):
            x = -abs(x)
        else:
            y = -abs(y)
    return x, y


def _acheminement(ligne: str) -> str:
    """« 14000 CAEN » → « CAEN »."""
    debut, _, reste = ligne.partition(" ")
    return reste.strip() if debut.isdigit() and len(debut) == 5 else ligne
