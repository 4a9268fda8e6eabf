"""Schools that hold an ULIS: the directory of the Éducation nationale, and Onisep's list of collèges.

The directory has renamed columns between its vintages (« Code postal » → « Code_postal »,
« etablissement_multi_lignes » → « multi_uai », « coordonnee_X » → « coordX_origine »); both are
read. An establishment of several teachings may have several lines under one number.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from socle.recherche import normaliser
from structures.imports.fiche import (
    CHAMPS,
    Avancer,
    Fiche,
    FichierIllisible,
    HorsPerimetre,
    Lue,
    Rejet,
    SourceImport,
    nombre,
)
from structures.imports.sources import Entree
from structures.imports.tableur import lecture_csv
from structures.imports.tableur.rangees import Rangee
from structures.models import Structure

ANNUAIRE, ONISEP = "education-annuaire", "education-onisep"
# Field → headers of both vintages, in lower case.
_COLONNES: dict[str, tuple[str, ...]] = {
    "uai": ("identifiant_de_l_etablissement",),
    "nom": ("nom_etablissement",),
    "type": ("type_etablissement",),
    "adresse": ("adresse_1",),
    "complement": ("adresse_2",),
    "code_postal": ("code_postal", "code postal"),
    "code_commune": ("code_commune",),
    "ville": ("nom_commune",),
    "telephone": ("telephone",),
    "site_web": ("web",),
    "courriel": ("mail",),
    "ulis": ("ulis",),
    "siret": ("siren_siret",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "x": ("coordx_origine", "coordonnee_x"),
    "y": ("coordy_origine", "coordonnee_y"),
    "etat": ("etat",),
    "multi": ("multi_uai", "etablissement_multi_lignes"),
    "code_nature": ("code_nature",),
    "nature": ("libelle_nature",),
}
_INDISPENSABLES = ("uai", "nom", "type", "ulis", "etat", "code_commune", "ville")
_COLONNES_ONISEP: dict[str, tuple[str, ...]] = {
    "uai": ("uai",),
    "nom": ("nom",),
    "adresse": ("adresse",),
    "code_postal": ("code_postal",),
    "ville": ("ville",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "telephone": ("telephone",),
    "courriel": ("courriel",),
    "site_web": ("site",),
}
# What this list may fill: it says nothing of FINESS, SAFIR, capacity, publics.
CHAMPS_EDUCATION = tuple(
    champ for champ in CHAMPS if champ not in ("finess", "safir", "organisme_id", "capacite", "publics")
)
_LYCEES_PROFESSIONNELS = {"320", "321", "334"}
_LYCEES = {"300", "301", "302", "306"}
_OUVERTS, _A_VENIR = {"OUVERT", "A FERMER"}, {"A OUVRIR"}


def _places(entetes: Sequence[str], colonnes: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Field → rank of its column."""
    rangs = {entete.strip().lower(): rang for rang, entete in enumerate(entetes)}
    return {champ: rangs[nom] for champ, noms in colonnes.items() for nom in noms if nom in rangs}


def nature(type_: str, code: str, libelle: str, nom: str) -> str:
    """The kind of school (slug of `referentiel.PRECISIONS`), empty when nothing says it."""
    genre = normaliser(type_)
    professionnel = code in _LYCEES_PROFESSIONNELS or "professionnel" in normaliser(libelle)
    if genre == "ecole":
        return "ecole"
    if genre == "college":
        return "college"
    if genre == "erea" or code == "370":
        return "erea"
    if genre == "lycee" or code in _LYCEES or professionnel:
        dit = normaliser(nom)
        return "lycee-professionnel" if professionnel or dit.startswith(("lycee professionnel", "lp ")) else "lycee"
    return ""


def lire_annuaire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The schools with an ULIS; the others are counted. Raises FichierIllisible."""
    places: dict[str, int] | None = None
    # Numbers already given: only those of the schools with an ULIS, some thousands in the whole country.
    donnes: set[str] = set()
    for rangee in lecture_csv.lire(chemin, avancer=avancer):
        if places is None:
            places = _places(rangee.cellules, _COLONNES)
            absentes = [_COLONNES[champ][0] for champ in _INDISPENSABLES if champ not in places]
            if absentes:
                raise FichierIllisible(f"Colonnes absentes de l’annuaire de l’éducation : {', '.join(absentes)}.")
            continue
        yield _ligne_annuaire(rangee, {champ: rangee.cellule(rang) for champ, rang in places.items()}, donnes)


def _ligne_annuaire(rangee: Rangee, lu: dict[str, str], donnes: set[str]) -> Lue:
    uai, nom, ulis = lu["uai"].upper(), lu["nom"], lu["ulis"]
    if rangee.defaut:
        return Rejet(rangee.numero, rangee.defaut, uai, nom)
    if ulis not in ("", "0", "1", "0.0", "1.0"):
        return Rejet(rangee.numero, f"colonne ULIS illisible (« {ulis[:20]} », 0 ou 1 attendu)", uai, nom)
    if ulis not in ("1", "1.0"):
        return HorsPerimetre(rangee.numero, "sans ULIS")
    etat = normaliser(lu["etat"]).upper()
    if etat in _A_VENIR:
        return HorsPerimetre(rangee.numero, "pas encore ouvert")
    if not uai:
        return Rejet(rangee.numero, "numéro UAI absent", "", nom)
    if uai in donnes and lu.get("multi") == "1":
        return HorsPerimetre(rangee.numero, "autre ligne du même établissement")
    donnes.add(uai)
    precision = nature(lu["type"], lu.get("code_nature", ""), lu.get("nature", ""), nom)
    siret = lu.get("siret", "").replace(" ", "")
    lat, lon = nombre(lu.get("latitude")), nombre(lu.get("longitude"))
    place = lat is not None and lon is not None
    return Fiche(
        ligne=rangee.numero,
        nom=nom,
        type="ulis",
        precision=precision,
        uai=uai,
        siret=siret if len(siret) == 14 else "",
        code_commune=lu["code_commune"],
        ville=lu["ville"],
        code_postal=lu.get("code_postal", ""),
        adresse=", ".join(filter(None, (lu.get("adresse", ""), lu.get("complement", "")))),
        telephone=lu.get("telephone", ""),
        courriel=lu.get("courriel", ""),
        site_web=lu.get("site_web", ""),
        lat=lat if place else None,
        lon=lon if place else None,
        # Without degrees, the point in the system of the source: the engine tells which by its size.
        x=None if place else nombre(lu.get("x")),
        y=None if place else nombre(lu.get("y")),
        fermee=etat not in _OUVERTS,
        remarques=() if precision else (f"nature d’établissement inconnue (« {lu['type'][:40]} »)",),
        brut=lu,
    )


def lire_onisep(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
    """The collèges of Onisep's list: all of them hold an ULIS. Raises FichierIllisible."""
    places: dict[str, int] | None = None
    for rangee in lecture_csv.lire(chemin, avancer=avancer):
        if places is None:
            places = _places(rangee.cellules, _COLONNES_ONISEP)
            continue
        lu = {champ: rangee.cellule(places[champ]) if champ in places else "" for champ in _COLONNES_ONISEP}
        if rangee.defaut or not lu["uai"]:
            yield Rejet(rangee.numero, rangee.defaut or "numéro UAI absent", lu["uai"], lu["nom"])
            continue
        dit = normaliser(lu["nom"])
        yield Fiche(
            ligne=rangee.numero,
            nom=lu["nom"],
            type="ulis",
            precision=nature("lycee", "", "", lu["nom"]) if dit.startswith(("lycee", "lp ")) else "college",
            uai=lu["uai"].upper(),
            # No Insee code: the list derives its own from the point, which puts four collèges in the next
            # commune; their address says better.
            ville=lu["ville"],
            code_postal=lu["code_postal"],
            adresse=lu["adresse"],
            telephone=lu["telephone"],
            courriel=lu["courriel"],
            site_web=lu["site_web"],
            lat=nombre(lu["latitude"]),
            lon=nombre(lu["longitude"]),
            brut=lu,
        )


def _entetes(debut: bytes) -> set[str]:
    """Headers in lower case of the first line, whatever the separator."""
    texte = debut.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").lstrip()
    premiere = (texte.splitlines() or [""])[0].lower()
    for signe in (",", "\t"):
        premiere = premiere.replace(signe, ";")
    return {entete.strip().strip('"') for entete in premiere.split(";")}


def est_annuaire(chemin: Path, debut: bytes) -> bool:
    """Whether the headers are those of the directory, of either vintage."""
    return {"identifiant_de_l_etablissement", "type_etablissement", "ulis", "etat"} <= _entetes(debut)


def est_onisep(chemin: Path, debut: bytes) -> bool:
    """Whether the headers are those of the list of collèges with an ULIS."""
    return {"uai", "nom", "ville", "code_commune_derive", "code_ze"} <= _entetes(debut)


SOURCES = {
    ANNUAIRE: SourceImport(
        genre=ANNUAIRE,
        libelle="Annuaire de l’éducation (ULIS)",
        source=Structure.Source.EDUCATION,
        lire=lire_annuaire,
        liste="education",
        champs=CHAMPS_EDUCATION,
        complet=True,
    ),
    # A list of its own: it holds the collèges only, and says nothing of écoles and lycées.
    ONISEP: SourceImport(
        genre=ONISEP,
        libelle="Collèges avec ULIS (Onisep)",
        source=Structure.Source.EDUCATION,
        lire=lire_onisep,
        liste="education-onisep",
        champs=CHAMPS_EDUCATION,
        complet=True,
    ),
}
ENTREES = (
    Entree(ANNUAIRE, SOURCES[ANNUAIRE].libelle, est_annuaire, lambda _: SOURCES[ANNUAIRE], rang=20),
    Entree(ONISEP, SOURCES[ONISEP].libelle, est_onisep, lambda _: SOURCES[ONISEP], rang=20),
)
