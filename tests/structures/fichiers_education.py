"""Small files of the shape of the directory of the Éducation nationale."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

# The real headers of both vintages.
COMMUNES = [
    "Telephone", "Fax", "Web", "Mail", "Restauration", "Hebergement", "ULIS", "Apprentissage", "Segpa",
    "SIREN_SIRET",
]  # fmt: skip
ENTETES = {
    "2023": [
        "Identifiant_de_l_etablissement", "Nom_etablissement", "Type_etablissement", "Statut_public_prive",
        "Adresse_1", "Adresse_2", "Adresse_3", "Code postal", "Code_commune", "Nom_commune", "Code_departement",
        "Code_academie", "Voie_professionnelle", *COMMUNES, "Nombre_d_eleves", "position", "coordonnee_X",
        "coordonnee_Y", "epsg", "latitude", "longitude", "etat", "etablissement_multi_lignes", "code_nature",
        "libelle_nature",
    ],
    "2026": [
        "Identifiant_de_l_etablissement", "Nom_etablissement", "Type_etablissement", "Statut_public_prive",
        "Adresse_1", "Adresse_2", "Adresse_3", "Code_postal", "Code_commune", "Nom_commune", "Code_departement",
        "Code_academie", "Voie_professionnelle", *COMMUNES, "position", "coordX_origine", "coordY_origine",
        "epsg_origine", "latitude", "longitude", "etat", "multi_uai", "code_nature", "libelle_nature",
    ],
}  # fmt: skip
RENOMMEES = {
    "Code_postal": "Code postal",
    "multi_uai": "etablissement_multi_lignes",
    "coordX_origine": "coordonnee_X",
    "coordY_origine": "coordonnee_Y",
    "epsg_origine": "epsg",
}
COLLEGE = {
    "Identifiant_de_l_etablissement": "0141234R", "Nom_etablissement": "Collège Jacques Prévert",
    "Type_etablissement": "Collège", "Statut_public_prive": "Public", "Adresse_1": "12 rue de Bayeux",
    "Adresse_3": "14000 CAEN", "Code_postal": "14000", "Code_commune": "14118", "Nom_commune": "Caen",
    "Code_departement": "014", "Code_academie": "05", "Telephone": "0231000000", "Web": "prevert.college.exemple.fr",
    "Mail": "ce.0141234R@exemple.fr", "ULIS": "1", "SIREN_SIRET": "19140000100019",
    "position": "49.1846, -0.3722", "latitude": "49.1846", "longitude": "-0.3722", "epsg_origine": "EPSG:2154",
    "etat": "OUVERT", "multi_uai": "0", "code_nature": "340", "libelle_nature": "COLLEGE",
}  # fmt: skip
ECOLE = {
    "Identifiant_de_l_etablissement": "0270001E", "Nom_etablissement": "Ecole élémentaire Jean Moulin",
    "Type_etablissement": "Ecole", "Code_postal": "27000", "Code_commune": "27229", "Nom_commune": "Évreux",
    "latitude": "", "longitude": "", "code_nature": "151", "libelle_nature": "ECOLE DE NIVEAU ELEMENTAIRE",
    "SIREN_SIRET": "", "Adresse_1": "place de la Mairie", "Web": "", "Mail": "",
}  # fmt: skip
LYCEE_PRO = {
    "Identifiant_de_l_etablissement": "0500002F", "Nom_etablissement": "Lycée professionnel du Bocage",
    "Type_etablissement": "Lycée", "Code_postal": "50000", "Code_commune": "50502", "Nom_commune": "Saint-Lô",
    "latitude": "49.11", "longitude": "-1.08", "code_nature": "320", "libelle_nature": "LYCEE PROFESSIONNEL",
    "SIREN_SIRET": "",
}  # fmt: skip


@pytest.fixture
def annuaire(tmp_path: Path) -> Callable[..., Path]:
    """Write the directory in one vintage, from what its lines change of `COLLEGE`."""

    def ecrire(*lignes: dict[str, str], millesime: str = "2026", nom: str = "annuaire.csv") -> Path:
        chemin = tmp_path / nom
        with chemin.open("w", encoding="utf-8-sig", newline="") as flux:
            colonnes = ENTETES[millesime]
            sortie = csv.DictWriter(flux, colonnes, delimiter=";", extrasaction="ignore")
            sortie.writeheader()
            for ligne in lignes:
                complete = {**COLLEGE, **ligne}
                if millesime == "2023":
                    complete = {RENOMMEES.get(cle, cle): valeur for cle, valeur in complete.items()}
                sortie.writerow(complete)
        return chemin

    return ecrire
