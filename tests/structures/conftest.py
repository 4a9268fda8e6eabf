"""A small Normandie for the tests of this room, and writers of small FINESS files."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from socle.models import Courriel
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import DemandeAdhesion
from structures.territoires.models import Bassin, CodePostal, Commune, CommuneAncienne, Departement, Region
from tests.fabriques import avec_second_facteur
from tests.scene import construire_scene
from tests.structures.fichiers_education import annuaire  # noqa: F401 (a fixture)

MODELE = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def scene(db: None) -> SimpleNamespace:
    """The scene of the matrix, without its invitation, its requests to join nor its list."""
    scene = construire_scene()
    scene.invitation.delete()
    DemandeAdhesion.objects.all().delete()
    scene.lot.delete()
    scene.structure_voisine.adhesions.all().delete()
    Courriel.objects.all().delete()
    return scene


@pytest.fixture
def client_de() -> Callable[[Utilisateur], Client]:
    """A client signed in as somebody."""

    def entrer(personne: Utilisateur) -> Client:
        client = Client()
        client.force_login(personne, backend=MODELE)
        return client

    return entrer


def _commune(
    code: str,
    nom: str,
    bassin: Bassin | None,
    lat: float,
    lon: float,
    postaux: tuple[str, ...] = (),
    habitants: int = 0,
) -> Commune:
    commune = Commune.objects.create(
        code=code, nom=nom, departement_id=code[:2], bassin=bassin, lat=lat, lon=lon, population=habitants
    )
    CodePostal.objects.bulk_create(CodePostal(code=p, commune=commune) for p in postaux)
    return commune


@pytest.fixture
def petite_normandie(db: None) -> SimpleNamespace:
    """A few communes with what makes them hard: accents, « Saint », merged ones, a neighbour région."""
    normandie = Region.objects.create(code="28", nom="Normandie")
    autre = Region.objects.create(code="24", nom="Centre-Val de Loire")
    for code, nom in (("14", "Calvados"), ("27", "Eure"), ("50", "Manche"), ("76", "Seine-Maritime")):
        Departement.objects.create(code=code, nom=nom, region=normandie)
    Departement.objects.create(code="28", nom="Eure-et-Loir", region=autre)
    caen = Bassin.objects.create(code="2804", nom="Caen")
    evreux = Bassin.objects.create(code="2808", nom="Évreux")
    scene = SimpleNamespace(bassin=caen, autre_bassin=evreux)
    scene.caen = _commune("14118", "Caen", caen, 49.1846, -0.3722, ("14000",), 105_000)
    scene.evreux = _commune("27229", "Évreux", evreux, 49.0201, 1.1426, ("27000",), 47_000)
    scene.fauville = _commune("27234", "Fauville", evreux, 49.0295, 1.1935, ("27930",), 300)
    scene.saint_lo = _commune("50502", "Saint-Lô", None, 49.1100, -1.0800, ("50000",), 19_000)
    scene.le_hom = _commune("14689", "Thury-Harcourt-le-Hom", caen, 48.9850, -0.4800, ("14220",), 2_000)
    scene.chartres = _commune("28085", "Chartres", None, 48.4500, 1.4800, ("28000",), 38_000)
    CommuneAncienne.objects.create(code="14281", nom="Hamars", commune=scene.le_hom)
    return scene


LIGNE = {
    "finess": "140002536", "ej": "750719239", "nom": "SESSAD (APF) - CAEN", "numero": "5", "type_voie": "R",
    "voie": "KAIL PROBST", "lieu_dit": "", "commune": "118", "dep": "14", "acheminement": "14000 CAEN",
    "tel": "0231468240", "categorie": "182", "siret": "77568873209716",
}  # fmt: skip


def ligne_historique(**champs: str) -> str:
    """A `structureet` line of 32 fields."""
    v = {**LIGNE, **champs}
    cases = [
        "structureet", v["finess"], v["ej"], v["nom"], v["nom"], "", "", v["numero"], v["type_voie"], v["voie"], "",
        v["lieu_dit"], v["commune"], v["dep"], "", v["acheminement"], v["tel"], "", v["categorie"], "libellé", "4106",
        "agrégat", v["siret"], "", "", "", "", "", "", "", "2017-04-21", "",
    ]  # fmt: skip
    return ";".join(cases)


def point(finess: str, x: float | str, y: float | str) -> str:
    """A `geolocalisation` line."""
    return f"geolocalisation;{finess};{x};{y};1,ATLASANTE,100,IGN,BD_ADRESSE,V2.1,LAMBERT_93;2021-01-08"


@pytest.fixture
def fichier_historique(tmp_path: Path) -> Callable[..., Path]:
    """Write a historic file (Latin-1 unless said) from its lines."""

    def ecrire(*lignes: str, codage: str = "latin-1", nom: str = "finess.csv") -> Path:
        chemin = tmp_path / nom
        chemin.write_bytes("\n".join(("finess;etalab;1690;2021-01-08", *lignes, "")).encode(codage))
        return chemin

    return ecrire


def ege(**champs: Any) -> dict[str, Any]:
    """One establishment of the daily flow, the same as `ligne_historique` with the same words."""
    v = {**LIGNE, "x": 453008.1931, "y": 6905495.5358, "cog": "", **champs}
    postal, _, ville = str(v["acheminement"]).partition(" ")
    return {
        "informationsGeneralesEGE": {
            "numFinessEge": v["finess"], "nomEgeLong": v["nom"], "nomEgeCourt": v["nom"], "siret": v["siret"] or None,
        },
        "etatObjet": v.get("etat", "A"),
        "categorieentiteGeographiqueExercice": v["categorie"],
        "adresse": [
            {
                "numeroVoie": v["numero"], "typeVoie": v["type_voie"], "libelleVoie": v["voie"],
                "lieuDit": v["lieu_dit"], "codePostal": postal, "cogCommune": v["cog"] or v["dep"] + v["commune"],
                "libelleCommune": ville,
                "coordonneesGeographique": {"coordonneeX": v["x"], "coordonneeY": v["y"]},
            }
        ],
        "contact": {"telephone": v["tel"]},
    }  # fmt: skip


@pytest.fixture
def fichier_journalier(tmp_path: Path) -> Callable[..., Path]:
    """Write a daily file, gzipped or not, from its establishments."""

    def ecrire(*eges: dict[str, Any], nom: str = "finess.json.gz", infos: dict[str, Any] | None = None) -> Path:
        personne = infos or {"numFinessPm": LIGNE["ej"]}
        texte = json.dumps({"pmej": [{"informationsGeneralesPMEJ": personne, "ege": list(eges)}]}).encode()
        chemin = tmp_path / nom
        chemin.write_bytes(gzip.compress(texte) if nom.endswith(".gz") else texte)
        return chemin

    return ecrire


@pytest.fixture
def admin_du_portail(db: None) -> Utilisateur:
    """Somebody of the administration."""
    personne = Utilisateur.objects.create_user("administration@exemple.test")
    Habilitation.objects.create(utilisateur=personne, role=Habilitation.Role.ADMINISTRATION)
    return avec_second_facteur(personne)
