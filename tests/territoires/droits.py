"""Who may open the pages of the territories."""

from typing import Any

from tests.matrice import CONNECTES, Ligne, Scene

PILOTER = {"pilotage", "administration"}
DESSINER = PILOTER | {"coordination"}


def _pole(scene: Scene) -> dict[str, Any]:
    return {"slug": scene.pole.slug}


def _bassin(scene: Scene) -> dict[str, Any]:
    return {"slug": scene.pole.slug, "code": scene.bassin.code}


def _autre_bassin(scene: Scene) -> dict[str, Any]:
    return {"slug": scene.pole.slug, "code": scene.autre_bassin.code}


LIGNES = [
    Ligne("structures:gestion", DESSINER),
    Ligne("structures:poles", CONNECTES),
    Ligne("structures:pole", CONNECTES, kwargs=_pole),
    Ligne("structures:nouveau_pole", PILOTER),
    Ligne("structures:nouveau_pole", PILOTER, methode="POST", attendu=422),
    Ligne("structures:pole_bassin", DESSINER, kwargs=_bassin),
    Ligne("structures:pole_bassin", DESSINER, kwargs=_bassin, methode="POST", attendu=422),
    Ligne("structures:pole_bassin", PILOTER, kwargs=_autre_bassin, cas="hors des bassins de départ"),
    Ligne("structures:pole_communes", DESSINER, kwargs=_bassin),
    Ligne("structures:pole_communes", PILOTER, kwargs=_autre_bassin, cas="hors des bassins de départ"),
    Ligne(
        "structures:basculer_bassin",
        PILOTER,
        kwargs=_autre_bassin,
        methode="POST",
        donnees=lambda s: {"sens": "ajouter"},
    ),
    Ligne(
        "structures:annuler_perimetre", PILOTER, kwargs=lambda s: {"pk": s.modification_perimetre.pk}, methode="POST"
    ),
]
