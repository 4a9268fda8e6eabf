"""Postal addresses of FINESS, written for people: « 5 R KAIL PROBST » → « 5 rue Kail Probst »."""

from structures.imports.fiche import Voie
from structures.imports.noms_lisibles import lisible

_TYPES = {
    "ALL": "allée", "AV": "avenue", "BD": "boulevard", "CAR": "carrefour", "CHE": "chemin", "CHEM": "chemin",
    "CHS": "chaussée", "CITE": "cité", "COR": "corniche", "COTE": "côte", "CRS": "cours", "DOM": "domaine",
    "ESP": "esplanade", "FG": "faubourg", "GR": "Grande Rue", "HAM": "hameau", "IMP": "impasse",
    "LD": "lieu-dit", "LOT": "lotissement", "MAR": "marché", "MTE": "montée", "PAS": "passage", "PL": "place",
    "PLN": "plaine", "PLT": "plateau", "PRO": "promenade", "QU": "quai", "QUA": "quartier", "R": "rue",
    "RES": "résidence", "RLE": "ruelle", "ROC": "rocade", "RPT": "rond-point", "RTE": "route", "SEN": "sente",
    "SQ": "square", "TPL": "terre-plein", "TRA": "traverse", "VLA": "villa", "VLGE": "village", "VOI": "voie",
    "ZA": "ZA", "ZAC": "ZAC", "ZI": "ZI",
}  # fmt: skip


def ecrire_adresse(voie: Voie) -> str:
    """One readable line from the parts of the file; empty when the file has none."""
    genre, libelle = _TYPES.get(voie.type.upper(), voie.type.lower()), voie.libelle
    if not genre:
        premier, _, reste = libelle.partition(" ")
        if reste and premier.upper() in _TYPES:
            genre, libelle = _TYPES[premier.upper()], reste
    # The street name on its own, so that « DE LA COTONNIERE » keeps its small words after « rue ».
    nom = lisible(libelle, debut=not genre)
    numero = " ".join(filter(None, (voie.numero.lstrip("0"), voie.complement_numero.lower())))
    ligne = " ".join(filter(None, (numero, genre, nom)))
    if ligne and not numero:
        ligne = ligne[0].upper() + ligne[1:]
    suite = [lisible(morceau) for morceau in (voie.complement, voie.lieu_dit) if morceau]
    return ", ".join(filter(None, (ligne, *suite)))[:250]
