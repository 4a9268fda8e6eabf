"""The real public files: the answer key of the imports (skipped where they are absent)."""

import csv
from pathlib import Path

from structures.imports.finess import importer_finess
from structures.models import Structure
from structures.territoires import zones_emploi
from structures.territoires.geometrie import distance_km

ATTENDUS = {"esat": 82, "ime": 84, "sessad": 87, "savs": 68, "ea": 51, "ditep": 34, "samsah": 25}
ALERTES = {"140025073", "760782805", "760781138", "270009269"}


def test_fichiers_officiels(normandie: None, donnees_partagees: Path) -> None:
    """450 imported, 395 out of scope, none rejected; every zone and point as the answer key; four alerts."""
    zones_emploi.importer(zones_emploi.lire(donnees_partagees / "ze2020_normandie.csv"))
    journal = importer_finess(donnees_partagees / "etalab-cs1100507-normandie.csv")
    comptes = journal.compteurs
    assert (comptes["creees"], comptes["hors_perimetre"], comptes["rejetees"]) == (450, 395, 0)
    assert {slug: comptes["types"][slug] for slug in ATTENDUS} == ATTENDUS
    assert journal.hors_perimetre["195"] == 6
    _comparer_au_corrige(donnees_partagees / "finess_esms_normandie_2021-01-08.csv")
    assert set(Structure.objects.exclude(alerte_commune="").values_list("finess", flat=True)) == ALERTES
    for fichier in ("etalab-cs1100507-normandie.csv", "finess-structures-journalier-normandie.json.gz"):
        journal = importer_finess(donnees_partagees / fichier)
        assert journal.compteurs["inchangees"] == 450, list(journal.lignes.filter(action="modifiee")[:3])
        assert journal.compteurs["hors_perimetre"] == 395
    # The last extraction, UTF-8 and without geolocation: three hospitals out of scope, and it is read.
    journal = importer_finess(donnees_partagees / "finess_cs1100502_format_2026-05-12.csv", essai=True)
    assert (journal.compteurs["lues"], journal.compteurs["rejetees"]) == (3, 0)


def _comparer_au_corrige(chemin: Path) -> None:
    with chemin.open(encoding="utf-8", newline="") as flux:
        corrige = {ligne["finess_et"]: ligne for ligne in csv.DictReader(flux)}
    for structure in Structure.objects.select_related("commune"):
        attendu = corrige[structure.finess or ""]
        assert structure.commune.bassin_id == attendu["code_ze"], structure.finess
        ecart = distance_km(
            structure.lat or 0, structure.lon or 0, float(attendu["latitude"]), float(attendu["longitude"])
        )
        assert ecart < 0.002, f"{structure.finess} : {ecart} km"
