"""Every public list, one after the other in an empty directory, then all of them once more."""

from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from structures.models import Import, Structure

CAP_EMPLOI = (
    ("Raison sociale", "SIRET", "Adresse", "CP", "Commune", "Téléphone"),
    ("Cap emploi 27", "", "12 rue de la Harpe", "27000", "Évreux", "0232000000"),
    ("Cap emploi 50 – site de Saint-Lô", "", "5 rue du Mouton", "50000", "St Lo", "0233000000"),
    ("Cap emploi 76", "", "1 place de la Gare", "76600", "LE HAVRE CEDEX", "0235000000"),
)


def _classeur(dossier: Path) -> Path:
    classeur = openpyxl.Workbook()
    feuille = classeur.active
    assert feuille is not None
    for ligne in CAP_EMPLOI:
        feuille.append(ligne)
    chemin = dossier / "cap-emploi.xlsx"
    classeur.save(chemin)
    return chemin


def _importer_tout(donnees: Path, cap_emploi: Path) -> list[Import]:
    """One journal per list."""
    debut = Import.objects.count()
    call_command("importer_finess", donnees / "etalab-cs1100507-normandie.csv")
    call_command("importer_finess", donnees / "finess-structures-journalier-normandie.json.gz")
    call_command("importer_education", donnees / "ulis_colleges_normandie_2026-06.csv")
    for millesime in ("2023", "2026"):
        call_command("importer_education", donnees / f"annuaire_education_format_{millesime}.csv")
    call_command("importer_tableur", donnees / "france_travail_normandie.csv")
    call_command("importer_tableur", donnees / "geiq_normandie.csv", type="geiq")
    call_command("importer_tableur", donnees / "service_public_locaux_normandie_2016-02.csv")
    call_command("importer_tableur", cap_emploi, type="cap-emploi")
    return list(Import.objects.order_by("pk")[debut:])


@pytest.mark.usefixtures("normandie")
def test_toutes_les_listes_deux_fois(donnees_partagees: Path, tmp_path: Path) -> None:
    call_command("importer_zones_emploi", donnees_partagees / "ze2020_normandie.csv")
    cap_emploi = _classeur(tmp_path)
    premiers = _importer_tout(donnees_partagees, cap_emploi)
    assert [journal.erreur for journal in premiers if journal.erreur] == []
    assert sum(journal.compteurs["creees"] for journal in premiers) == Structure.objects.count()
    sur_la_carte = Structure.objects.pour_carte()
    assert sur_la_carte.count() == Structure.objects.count() >= 880
    familles = {structure.famille.slug for structure in sur_la_carte}
    assert {"medico-social-enfants", "medico-social-adultes", "emploi", "education", "emploi-adapte"} <= familles
    assert not sur_la_carte.filter(commune__bassin__isnull=True).exists()

    for journal in _importer_tout(donnees_partagees, cap_emploi):
        comptes = journal.compteurs
        assert (comptes["creees"], comptes["modifiees"]) == (0, 0), f"{journal.fichier} : {comptes}"
        assert comptes["inchangees"] == comptes["importees"]
