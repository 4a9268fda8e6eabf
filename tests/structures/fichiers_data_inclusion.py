"""Made-up structures and services that data·inclusion's schema accepts, and files of them."""

import csv
import json
from pathlib import Path
from typing import Any

STRUCTURE: dict[str, Any] = {
    "source": "dora", "id": "dora--1", "nom": "Mission locale du Bessin", "date_maj": "2026-03-02",
    "siret": "35600000000048", "commune": "Caen", "code_postal": "14000", "code_insee": "14118",
    "adresse": "3 rue des Essais", "complement_adresse": "Bâtiment B", "longitude": -0.3722, "latitude": 49.1846,
    "telephone": "+33231000000", "courriel": "accueil@exemple.fr", "site_web": "https://mission.exemple.fr/",
    "reseaux_porteurs": ["mission-locale", "france-service"],
    # A column of the real files that the schema ignores.
    "score_qualite": 0.9,
}  # fmt: skip
CAP_EMPLOI = {
    **STRUCTURE, "id": "dora--2", "nom": "CAP EMPLOI DE L'EURE", "siret": None, "commune": "Évreux",
    "code_postal": "27000", "code_insee": "27229", "longitude": None, "latitude": None, "complement_adresse": None,
    "reseaux_porteurs": ["cap-emploi-reseau-cheops"],
}  # fmt: skip
SERVICE: dict[str, Any] = {
    "source": "dora", "structure_id": "dora--1", "id": "dora--s1", "nom": "Atelier « premier CV »",
    "description": "Écrire un premier CV avec un conseiller, en deux séances.", "date_maj": "2026-02-01",
    "type": "atelier", "thematiques": ["preparer-sa-candidature--realiser-un-cv-et-ou-une-lettre-de-motivation"],
    "frais": "gratuit", "publics": ["jeunes", "personnes-en-situation-de-handicap"],
    "modes_accueil": ["en-presentiel"], "zone_eligibilite": ["14", "14281"],
    "modes_mobilisation": ["telephoner", "envoyer-un-courriel"], "mobilisable_par": ["professionnels"],
    "lien_mobilisation": "https://mission.exemple.fr/cv",
}  # fmt: skip


def en_json(chemin: Path, *objets: Any) -> Path:
    """A JSON array."""
    chemin.write_text(json.dumps(list(objets), ensure_ascii=False), encoding="utf-8")
    return chemin


def en_page(chemin: Path, *objets: Any) -> Path:
    """A page of the API, over several lines."""
    chemin.write_text(json.dumps({"items": list(objets), "total": len(objets)}, indent=2), encoding="utf-8")
    return chemin


def en_ndjson(chemin: Path, *objets: Any) -> Path:
    """One object a line."""
    lignes = [o if isinstance(o, str) else json.dumps(o, ensure_ascii=False) for o in objets]
    chemin.write_text("\n".join(lignes) + "\n", encoding="utf-8")
    return chemin


def en_csv(chemin: Path, *objets: dict[str, Any]) -> Path:
    """A CSV whose lists are JSON."""
    colonnes = sorted({cle for objet in objets for cle in objet})
    with chemin.open("w", encoding="utf-8", newline="") as flux:
        sortie = csv.DictWriter(flux, colonnes)
        sortie.writeheader()
        for objet in objets:
            sortie.writerow({c: json.dumps(v) if isinstance(v, list) else v for c, v in objet.items()})
    return chemin


FORMES = {"json": en_json, "page": en_page, "ndjson": en_ndjson, "csv": en_csv}
