"""Large exports, written by the worker: a file of one day, for the person who asked for it."""

import os
import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from socle.models import Travail
from socle.tableaux import FORMATS, Format, composer
from socle.travaux import Refus, Suivi, demander, executant
from structures.annuaire.criteres import Criteres
from structures.annuaire.exports import choisies, lignes, titre
from structures.annuaire.recherche import chercher
from structures.comptes.models import Utilisateur

GENRE = "exporter_annuaire"
# Seconds. An export ages; asking for it again is one gesture.
DUREE = 24 * 3600


def dossier() -> Path:
    """Where the files wait; it is no archive."""
    return Path(settings.VAR) / "exports"


def fichier(travail: Travail) -> Path:
    """The file of a job (there or not)."""
    return dossier() / f"{travail.pk}.{travail.parametres['format']}"


def demander_export(personne: Utilisateur, requete: str, colonnes: list[str], format: Format) -> Travail:
    """Ask the worker for an export. `requete` is the canonical query of the directory."""
    return demander(
        GENRE,
        f"Exporter l’annuaire ({FORMATS[format][0]})",
        parametres={"requete": requete, "colonnes": colonnes, "format": format},
        demandeur=personne,
    )


@executant(GENRE)
def exporter(suivi: Suivi) -> dict[str, Any]:
    """Write the file whole, then show it. Killed halfway, it starts again from nothing."""
    purger()
    travail = suivi.travail
    personne = travail.demandeur
    if not isinstance(personne, Utilisateur) or not personne.is_active:
        raise Refus("La personne qui a demandé cet export n’a plus de compte.")
    parametres = travail.parametres
    # What they may see is read when the file is written, not when it was asked for.
    criteres = Criteres(QueryDict(parametres["requete"]), personne)
    resultats = chercher(criteres)
    colonnes = choisies(parametres["colonnes"], personne, distance=resultats.lieu is not None)
    suivi.avancer(0, resultats.nombre, "Écriture du fichier")
    dossier().mkdir(parents=True, exist_ok=True, mode=0o750)
    with NamedTemporaryFile(dir=dossier(), prefix=".", delete=False) as flux:
        try:
            nombre = composer(
                cast(Any, flux),
                lignes(resultats, colonnes, personne, suivi.avancer),
                [colonne.entete for colonne in colonnes],
                parametres["format"],
                titre=titre(resultats),
            )
        except BaseException:
            os.unlink(flux.name)
            raise
    os.replace(flux.name, fichier(travail))
    suivi.avancer(nombre, nombre, "Fichier prêt")
    nom = "structure" if nombre < 2 else "structures"
    return {
        "resume": f"{nombre}\u00a0{nom}. Le fichier reste disponible vingt-quatre heures.",
        "url": reverse("structures:export_fichier", args=[travail.pk]),
    }


def purger() -> int:
    """Remove the files older than a day; how many."""
    retires = 0
    limite = time.time() - DUREE
    for chemin in dossier().glob("*") if dossier().is_dir() else ():
        try:
            if chemin.stat().st_mtime < limite:
                chemin.unlink()
                retires += 1
        except FileNotFoundError:
            continue
    return retires
