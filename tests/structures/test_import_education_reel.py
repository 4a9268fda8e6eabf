"""The real lists of the Éducation nationale and of Onisep, when they are beside the project."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from structures.imports.education import SOURCES, est_annuaire, est_onisep, lire_annuaire
from structures.imports.fiche import HorsPerimetre
from structures.imports.moteur import importer
from structures.models import Structure
from tests.structures.fichiers_education import ENTETES, LYCEE_PRO


@pytest.mark.parametrize("millesime", ["2023", "2026"])
def test_entetes_reels_de_l_annuaire(donnees_partagees: Path, millesime: str) -> None:
    """The real headers are recognised and every column we read is there, under one name or the other."""
    chemin = donnees_partagees / f"annuaire_education_format_{millesime}.csv"
    assert est_annuaire(chemin, chemin.read_bytes())
    assert list(lire_annuaire(chemin)) == [HorsPerimetre(2, "sans ULIS"), HorsPerimetre(3, "sans ULIS")]
    reels = chemin.read_text(encoding="utf-8-sig").splitlines()[0].split(";")
    assert set(ENTETES[millesime]) <= set(reels)


@pytest.mark.usefixtures("normandie")
def test_onisep(donnees_partagees: Path, tmp_path: Path) -> None:
    chemin = donnees_partagees / "ulis_colleges_normandie_2026-06.csv"
    assert est_onisep(chemin, chemin.read_bytes())
    call_command("importer_zones_emploi", str(donnees_partagees / "ze2020_normandie.csv"), stdout=StringIO())
    sortie = StringIO()
    call_command("importer_education", str(chemin), stdout=sortie)
    assert "258 importées : 258 créées" in sortie.getvalue()
    assert "0 hors territoire, 0 rejetées" in sortie.getvalue()
    assert set(Structure.objects.values_list("precision", flat=True)) == {"college"}
    with chemin.open(encoding="utf-8", newline="") as flux:
        attendues = {ligne["uai"]: ligne["code_ze"] for ligne in csv.DictReader(flux)}
    assert dict(Structure.objects.values_list("uai", "commune__bassin_id")) == attendues
    # Told better by their address than by the commune that the list derived from their point.
    moulin = Structure.objects.get(uai="0141596J")
    assert (moulin.commune.nom, moulin.point_approche, moulin.alerte_commune) == ("Caen", False, "")
    encore = StringIO()
    call_command("importer_education", str(chemin), stdout=encore)
    assert "0 créées, 0 modifiées, 258 inchangées ; 0 disparues" in encore.getvalue()


@pytest.mark.usefixtures("normandie")
def test_les_deux_listes_parlent_des_memes_colleges(donnees_partagees: Path, annuaire: Callable[..., Path]) -> None:
    """One UAI, one structure; the list that spoke first keeps its words, and lycées don't disappear."""
    call_command(
        "importer_education", str(donnees_partagees / "ulis_colleges_normandie_2026-06.csv"), stdout=StringIO()
    )
    letot = Structure.objects.get(uai="0140006F")
    memes = {
        "Identifiant_de_l_etablissement": "0140006F", "Nom_etablissement": "COLLEGE CHARLES LETOT",
        "Code_commune": "14047", "Nom_commune": "Bayeux", "Code_postal": "14400", "Telephone": "0231000000",
    }  # fmt: skip
    journal = importer(annuaire(memes, LYCEE_PRO), SOURCES["education-annuaire"])
    assert (journal.compteurs["creees"], journal.compteurs["disparues"]) == (1, 0)
    letot.refresh_from_db()
    assert letot.nom == "Collège Charles Letot"
    assert letot.siret == "19140000100019"
    journal = importer(donnees_partagees / "ulis_colleges_normandie_2026-06.csv", SOURCES["education-onisep"])
    assert (journal.compteurs["inchangees"], journal.compteurs["disparues"]) == (258, 0)
