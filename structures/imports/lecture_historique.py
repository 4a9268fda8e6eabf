"""The historic extraction of FINESS: `;`, no header, Latin-1 or UTF-8.

`structureet` lines (32 fields), then `geolocalisation` lines in Lambert 93. The extraction
cs1100502 has no geolocation: its structures go to the centre of their commune.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from structures.imports.adresses import ecrire_adresse
from structures.imports.categories import typer
from structures.imports.fiche import Avancer, FichierIllisible, Lue, Rejet, Voie, nombre
from structures.imports.ouverture import ERREURS_DE_LECTURE, ouvrir
from structures.referentiel import TYPE_DE_CATEGORIE

CHAMPS = 32
_ACHEMINEMENT = re.compile(r"^(\d{5})\s+(.*)$")
_BLOC = 65_536
LIGNE_MAX = 65_536  # bytes; those of FINESS have a few hundred


def codage(chemin: Path) -> str:
    """« utf-8 » when the whole file is, else « latin-1 » (read by blocks)."""
    import codecs

    decodeur = codecs.getincrementaldecoder("utf-8")()
    with ouvrir(chemin) as (flux, _):
        try:
            while bloc := flux.read(_BLOC):
                decodeur.decode(bloc)
            decodeur.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _lignes(chemin: Path, avancer: Avancer | None = None) -> Iterator[tuple[int, str]]:
    """(number, text) of the lines, from 1. Raises FichierIllisible when the file stops short."""
    with ouvrir(chemin) as (flux, disque):
        try:
            nom = codage(chemin)
            for numero, ligne in enumerate(iter(lambda: flux.readline(LIGNE_MAX), b""), start=1):
                if len(ligne) == LIGNE_MAX:
                    raise FichierIllisible(f"La ligne {numero} ne finit pas : ce n’est pas une extraction de FINESS.")
                if avancer and numero % 500 == 0:
                    avancer(disque.tell())
                texte = ligne.decode(nom).rstrip("\r\n").replace("\x00", "")
                yield numero, texte.removeprefix("\ufeff") if numero == 1 else texte
        except ERREURS_DE_LECTURE as erreur:
            raise FichierIllisible(f"Le fichier s’interrompt ou est abîmé : {erreur}.") from erreur


def _decouper(ligne: str) -> list[str]:
    """Fields of a line. Quotes are plain characters, except around a whole field (doubled inside)."""
    champs = []
    for champ in ligne.split(";"):
        propre = champ.strip()
        if (
            len(propre) >= 2
            and propre[0] == propre[-1] == '"'
            and propre.count('"') % 2 == 0
            and ('""' in propre[1:-1] or propre.count('"') == 2)
        ):
            propre = propre[1:-1].replace('""', '"').strip()
        champs.append(propre)
    return champs


def _coordonnees(chemin: Path) -> dict[str, tuple[float, float]]:
    """Raw points of the establishments of our types only: a few thousand at most."""
    voulus = {
        champs[1]
        for _, ligne in _lignes(chemin)
        if ligne.startswith("structureet;")
        for champs in (_decouper(ligne),)
        if len(champs) > 18 and champs[18] in TYPE_DE_CATEGORIE
    }
    points: dict[str, tuple[float, float]] = {}
    for _, ligne in _lignes(chemin):
        if not ligne.startswith("geolocalisation;"):
            continue
        champs = _decouper(ligne)
        if len(champs) < 4 or champs[1] not in voulus:
            continue
        x, y = nombre(champs[2]), nombre(champs[3])
        if x is not None and y is not None:
            points[champs[1]] = (x, y)
    return points


def code_insee(departement: str, commune: str) -> str:
    """« 14 », « 118 » → « 14118 »; overseas « 9D », « 408 » → « 97408 »."""
    if len(departement) == 2 and departement[0] == "9" and departement[1].isalpha():
        departement = "97"
    return departement + commune.zfill(3)


def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The establishments of the file, and the lines that are broken, in order."""
    points = _coordonnees(chemin)
    for numero, ligne in _lignes(chemin, avancer):
        if not ligne.strip() or ligne.startswith(("finess;", "geolocalisation;")):
            continue
        champs = _decouper(ligne)
        if champs[0] != "structureet":
            yield Rejet(numero, f"ligne d’un genre inconnu (« {champs[0][:30]} »)")
        elif len(champs) not in (CHAMPS, CHAMPS + 1):
            yield Rejet(numero, f"{len(champs)} champs au lieu de {CHAMPS}", champs[1] if len(champs) > 1 else "")
        else:
            yield _fiche(numero, champs, points.get(champs[1]))


def _fiche(numero: int, champs: list[str], point: tuple[float, float] | None) -> Lue:
    acheminement = _ACHEMINEMENT.match(champs[15])
    x, y = point or (None, None)
    return typer(
        categorie=champs[18],
        ligne=numero,
        finess=champs[1],
        finess_juridique=champs[2],
        nom=champs[4] or champs[3],
        adresse=ecrire_adresse(Voie(champs[7], champs[10], champs[8], champs[9], "", champs[11])),
        code_commune=code_insee(champs[13], champs[12]),
        code_postal=acheminement[1] if acheminement else "",
        ville=acheminement[2] if acheminement else champs[15],
        telephone=champs[16],
        siret=champs[22],
        x=x,
        y=y,
    )
