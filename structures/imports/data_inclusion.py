"""data·inclusion v1: structures and their services, in JSON (array or « items »), NDJSON or CSV.

The schema's own models judge each line. A structure's type comes from its networks
(`reseaux_porteurs`); without any that we know, it is none of ours, and is counted by network.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson
from data_inclusion.schema import v1

from structures.imports import services
from structures.imports.fiche import (
    Avancer,
    Fiche,
    FichierIllisible,
    HorsPerimetre,
    Lue,
    Rejet,
    ServiceLu,
    SourceImport,
)
from structures.imports.ouverture import ERREURS_DE_LECTURE, debut_du_fichier, ouvrir
from structures.imports.schema_di import libelle, valider
from structures.imports.services import LISTE
from structures.imports.sources import Entree
from structures.imports.tableur import lecture_csv
from structures.models import Structure
from structures.referentiel import TYPES

STRUCTURES, SERVICES = "data-inclusion-structures", "data-inclusion-services"
LIGNE_MAX = 4 * 1024 * 1024  # bytes, of a line of NDJSON
CHAMPS_DI = (
    "nom", "type", "siret", "adresse", "code_postal", "commune_id", "lat", "lon", "point_approche", "telephone",
    "courriel", "site_web", "alerte_commune",
)  # fmt: skip
# Fields that are lists; a CSV writes them as JSON, as « {a,b} » or with commas.
_LISTES = {
    "reseaux_porteurs", "thematiques", "publics", "modes_accueil", "zone_eligibilite", "modes_mobilisation",
    "mobilisable_par",
}  # fmt: skip
_PAR_RESEAU = {reseau: t.slug for t in TYPES.values() for reseau in t.di_reseaux_porteurs}
_RANG = {slug: rang for rang, slug in enumerate(TYPES)}
# JSON can write NUL and half characters; a database can't.
_INECRIVABLES = re.compile("[\x00\ud800-\udfff]")


def _propre(objet: Any) -> Any:
    if isinstance(objet, str):
        return _INECRIVABLES.sub("", objet).strip()
    if isinstance(objet, dict):
        return {str(cle): _propre(valeur) for cle, valeur in objet.items()}
    return [_propre(valeur) for valeur in objet] if isinstance(objet, list) else objet


def _objets(chemin: Path, avancer: Avancer | None) -> Iterator[tuple[int, Any]]:
    """(line or rank from 1, object), whatever the form; an Exception in place of an unreadable line."""
    debut = debut_du_fichier(chemin).removeprefix(b"\xef\xbb\xbf").lstrip()
    if debut[:1] == b"[":
        return _du_json(chemin, "item", avancer)
    if debut[:1] != b"{":
        return _du_csv(chemin, avancer)
    # A page of the API is one object that holds the lines; NDJSON is one object a line.
    return _du_json(chemin, "items.item", avancer) if _est_une_page(debut) else _du_ndjson(chemin, avancer)


def _est_une_page(debut: bytes) -> bool:
    """Whether the object that starts the file holds the lines, rather than being the first one."""
    return re.match(rb'\{\s*"(items|total|page|size|pages)"\s*:', debut) is not None


def _du_json(chemin: Path, racine: str, avancer: Avancer | None) -> Iterator[tuple[int, Any]]:
    try:
        with ouvrir(chemin) as (flux, disque):
            for rang, objet in enumerate(ijson.items(flux, racine, use_float=True), start=1):
                if avancer and rang % 200 == 0:
                    avancer(disque.tell())
                yield rang, _propre(objet)
    except RecursionError as erreur:
        raise FichierIllisible("Le JSON emboîte des objets bien au-delà de ce que data·inclusion écrit.") from erreur
    except (ijson.JSONError, UnicodeDecodeError, *ERREURS_DE_LECTURE) as erreur:
        raise FichierIllisible(f"Le JSON est abîmé ou s’interrompt : {erreur}.") from erreur


def _du_ndjson(chemin: Path, avancer: Avancer | None) -> Iterator[tuple[int, Any]]:
    try:
        with ouvrir(chemin) as (flux, disque):
            for rang, ligne in enumerate(iter(lambda: flux.readline(LIGNE_MAX), b""), start=1):
                if len(ligne) == LIGNE_MAX:
                    raise FichierIllisible(f"La ligne {rang} ne finit pas.")
                if avancer and rang % 200 == 0:
                    avancer(disque.tell())
                if ligne.strip():
                    yield rang, _lire_ligne(ligne)
    except ERREURS_DE_LECTURE as erreur:
        raise FichierIllisible(f"Le fichier s’interrompt ou est abîmé : {erreur}.") from erreur


def _lire_ligne(ligne: bytes) -> Any:
    try:
        return _propre(json.loads(ligne.removeprefix(b"\xef\xbb\xbf")))
    except (ValueError, RecursionError):
        return ValueError("ligne illisible : ce n’est pas du JSON")


def _du_csv(chemin: Path, avancer: Avancer | None) -> Iterator[tuple[int, Any]]:
    entetes: list[str] | None = None
    for rangee in lecture_csv.lire(chemin, avancer=avancer):
        if entetes is None:
            entetes = [cellule.strip().lower() for cellule in rangee.cellules]
            continue
        if rangee.defaut:
            yield rangee.numero, ValueError(rangee.defaut)
            continue
        lues = {champ: rangee.cellule(rang) for rang, champ in enumerate(entetes) if champ}
        # An empty cell says nothing.
        yield rangee.numero, {c: _liste(v) if c in _LISTES else v for c, v in lues.items() if v}


def _liste(texte: str) -> list[str]:
    """« ["a", "b"] », « {a,b} », « a, b » or « a|b »."""
    if texte.startswith("["):
        try:
            lue = json.loads(texte.replace("'", '"'))
        except (ValueError, RecursionError):
            lue = None
        if isinstance(lue, list):
            return [str(valeur) for valeur in lue]
    morceaux = re.split(r"[,|;]", texte.strip("[]{}"))
    return [net for morceau in morceaux if (net := morceau.strip().strip("\"'"))]


def lire_structures(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The structures of our types; the others counted by network; the broken ones with their reasons."""
    for rang, objet in _objets(chemin, avancer):
        valide = str(objet) if isinstance(objet, Exception) else valider(v1.Structure, objet)
        if isinstance(valide, str):
            yield Rejet(rang, valide, *_qui(objet))
        else:
            yield _fiche(rang, valide)


def _qui(objet: Any) -> tuple[str, str]:
    """(identifier, name) of a rejected line, as far as it says them."""
    lu = objet if isinstance(objet, dict) else {}
    return str(lu.get("id") or "")[:200], str(lu.get("nom") or "")[:200]


def _fiche(rang: int, lue: v1.Structure) -> Lue:
    reseaux = sorted(reseau.value for reseau in lue.reseaux_porteurs or ())
    types = sorted({_PAR_RESEAU[r] for r in reseaux if r in _PAR_RESEAU}, key=_RANG.__getitem__)
    if not types:
        return HorsPerimetre(rang, libelle("reseaux_porteurs", reseaux[0]) if reseaux else "sans réseau")
    remarques: tuple[str, ...] = ()
    if len(types) > 1:
        autres = ", ".join(TYPES[slug].court for slug in types[1:])
        remarques = (f"plusieurs réseaux : {TYPES[types[0]].court} est retenu, {autres} laissé",)
    return Fiche(
        ligne=rang,
        nom=lue.nom,
        type=types[0],
        cle_source=lue.id,
        siret=lue.siret or "",
        code_commune=lue.code_insee or "",
        ville=lue.commune or "",
        code_postal=lue.code_postal or "",
        adresse=", ".join(filter(None, (lue.adresse, lue.complement_adresse))),
        telephone=lue.telephone or "",
        courriel=lue.courriel or "",
        site_web=str(lue.site_web or ""),
        lat=lue.latitude,
        lon=lue.longitude,
        remarques=remarques,
    )


def lire_services(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The services, whosever they are: the next step keeps those of our structures."""
    for rang, objet in _objets(chemin, avancer):
        valide = str(objet) if isinstance(objet, Exception) else valider(v1.Service, objet)
        yield Rejet(rang, valide, *_qui(objet)) if isinstance(valide, str) else _service(rang, valide)


def _service(rang: int, lu: v1.Service) -> ServiceLu:
    def codes(valeurs: Any) -> list[str]:
        return sorted(str(getattr(valeur, "value", valeur)) for valeur in valeurs or ())

    lien = str(lu.lien_mobilisation or lu.lien_source or "")
    return ServiceLu(
        ligne=rang,
        cle=lu.id,
        cle_structure=lu.structure_id,
        valeurs={
            "source": lu.source[:60],
            "nom": lu.nom,
            "description": lu.description,
            "type": lu.type.value if lu.type else "",
            "thematiques": codes(lu.thematiques),
            "publics": codes(lu.publics),
            "modes_accueil": codes(lu.modes_accueil),
            "zone_eligibilite": codes(lu.zone_eligibilite),
            "frais": lu.frais.value if lu.frais else "",
            "modes_mobilisation": codes(lu.modes_mobilisation),
            "mobilisable_par": codes(lu.mobilisable_par),
            "lien": lien if len(lien) <= services.LIEN_MAX else "",
            "date_maj": lu.date_maj,
        },
    )


def _cles(debut: bytes) -> set[str]:
    """Names of the fields that the start of the file shows."""
    texte = debut.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").lstrip()
    if texte[:1] in ("{", "["):
        return set(re.findall(r'"(\w+)"\s*:', texte))
    return {entete.strip().strip('"').lower() for entete in re.split(r"[;,\t|]", (texte.splitlines() or [""])[0])}


def est_structures(chemin: Path, debut: bytes) -> bool:
    """Whether the fields are those of the structures of data·inclusion."""
    cles = _cles(debut)
    return {"id", "source", "nom", "date_maj"} <= cles and "structure_id" not in cles


def est_services(chemin: Path, debut: bytes) -> bool:
    """Whether the fields are those of the services of data·inclusion."""
    return {"id", "source", "nom", "structure_id"} <= _cles(debut)


SOURCES = {
    STRUCTURES: SourceImport(
        genre=STRUCTURES,
        libelle="data·inclusion, structures",
        source=Structure.Source.DATA_INCLUSION,
        lire=lire_structures,
        liste=LISTE,
        champs=CHAMPS_DI,
        complet=True,
    ),
    SERVICES: SourceImport(
        genre=SERVICES,
        libelle="data·inclusion, services",
        source=Structure.Source.DATA_INCLUSION,
        lire=lire_services,
        liste=services.LISTE_SERVICES,
        volet=services.VOLET,
        complet=True,
    ),
}
ENTREES = (
    Entree(SERVICES, SOURCES[SERVICES].libelle, est_services, lambda _: SOURCES[SERVICES], rang=30),
    Entree(STRUCTURES, SOURCES[STRUCTURES].libelle, est_structures, lambda _: SOURCES[STRUCTURES], rang=31),
)
