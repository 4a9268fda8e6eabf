"""The real lists as any spreadsheet, with nothing said by anybody (skipped where they are absent)."""

import csv
from pathlib import Path

import pytest
from django.core.management import call_command

from structures.models import Identifiant, Import, Structure
from structures.territoires import zones_emploi
from tests.structures.tableurs import ecrire_ods, ecrire_xlsx

# (file, form it is rewritten in, created, out of scope, column that names the line)
LISTES = [
    ("france_travail_normandie.csv", "csv", 52, 0, "code_safir"),
    ("geiq_normandie.csv", "csv", 21, 0, ""),
    ("service_public_locaux_normandie_2016-02.csv", "csv", 125, 28, "id"),
    ("ulis_colleges_normandie_2026-06.csv", "csv", 258, 0, "uai"),
    ("finess_esms_normandie_2021-01-08.csv", "csv", 450, 395, ""),
    ("france_travail_normandie.csv", "ods", 52, 0, "code_safir"),
    ("ulis_colleges_normandie_2026-06.csv", "xlsx", 258, 0, "uai"),
]


@pytest.mark.parametrize(("nom", "forme", "creees", "hors", "cle"), LISTES)
def test_liste_reelle(
    normandie: None, donnees_partagees: Path, tmp_path: Path, nom: str, forme: str, creees: int, hors: int, cle: str,
) -> None:  # fmt: skip
    """As CSV, then rewritten by a program as XLSX and ODS: everything placed in its bassin; twice, all the same."""
    zones_emploi.importer(zones_emploi.lire(donnees_partagees / "ze2020_normandie.csv"))
    with (donnees_partagees / nom).open(encoding="utf-8", newline="") as flux:
        lignes = list(csv.reader(flux))
    fichier = donnees_partagees / nom
    if forme != "csv":
        # Numbers as a program turns them: leading zeros and long digits at risk.
        ecrire = ecrire_xlsx if forme == "xlsx" else ecrire_ods
        fichier = ecrire(
            tmp_path / f"{Path(nom).stem}.{forme}", [lignes[0], *([_nombre(c) for c in r] for r in lignes[1:])]
        )
    call_command("importer_tableur", str(fichier))
    journal = Import.objects.latest("pk")
    c = journal.compteurs
    assert (c["creees"], c["hors_perimetre"], c["rejetees"], c["hors_territoire"]) == (creees, hors, 0, 0), list(
        journal.lignes.filter(action="rejetee").values_list("numero", "raison")
    )
    if cle:
        assert _bassins(lignes, cle) == (creees, set())
    assert Structure.objects.filter(commune__bassin__isnull=True).count() == 0
    call_command("importer_tableur", str(fichier))
    c = Import.objects.latest("pk").compteurs
    assert (c["inchangees"], c["creees"], c["modifiees"]) == (creees, 0, 0)


def _nombre(texte: str) -> str | int | float:
    if texte.isdigit() and not (texte.startswith("0") and len(texte) > 1):
        return int(texte)
    try:
        return float(texte) if "." in texte and texte.count(".") == 1 else texte
    except ValueError:
        return texte


def _bassins(lignes: list[list[str]], cle: str) -> tuple[int, set[str]]:
    """(lines compared, those whose bassin is not the expected zone)."""
    entetes = lignes[0]
    attendus = {r[entetes.index(cle)]: r[entetes.index("code_ze")] for r in lignes[1:]}
    if cle == "id":
        trouvees = dict(Identifiant.objects.values_list("valeur", "structure__commune__bassin_id"))
    else:
        champ = {"code_safir": "safir"}.get(cle, cle)
        trouvees = dict(Structure.objects.values_list(champ, "commune__bassin_id"))
    return len(trouvees), {numero for numero, bassin in trouvees.items() if bassin != attendus[numero]}


def test_geiq_sans_coordonnees(normandie: None, donnees_partagees: Path) -> None:
    """A CEDEX, an old name, two columns for a name, a SIRET for several sites."""
    call_command("importer_tableur", str(donnees_partagees / "geiq_normandie.csv"))
    noms = dict(Structure.objects.values_list("nom", "commune__nom"))
    assert noms["GEIQ BTP Normandie – Antenne de Cherbourg"] == "Cherbourg-en-Cotentin"
    assert noms["GEIQ Multisectoriel Orne-Manche"] == "Alençon"
    assert noms["GEIQ Transport Normandie"] == "Rouen"
    assert Structure.objects.filter(siret="39969770500032").count() == 3
    assert all(Structure.objects.values_list("point_approche", flat=True))


def test_sans_coordonnees_ni_code_insee(normandie: None, donnees_partagees: Path) -> None:
    """By postal code and town alone, every bassin is the expected one; what is unsure is refused."""
    zones_emploi.importer(zones_emploi.lire(donnees_partagees / "ze2020_normandie.csv"))
    fautes, refusees, placees = 0, 0, 0
    for nom, cle in (("france_travail_normandie.csv", "code_safir"), ("ulis_colleges_normandie_2026-06.csv", "uai")):
        with (donnees_partagees / nom).open(encoding="utf-8", newline="") as flux:
            lignes = list(csv.reader(flux))
        call_command(
            "importer_tableur", str(donnees_partagees / nom), "--colonne", "ignorer=latitude", "--colonne",
            "ignorer=longitude", "--colonne", "ignorer=code_commune_derive", "--liste", nom,
        )  # fmt: skip
        refusees += Import.objects.latest("pk").compteurs["rejetees"]
        trouvees, mauvaises = _bassins(lignes, cle) if cle != "uai" else _uai(lignes)
        placees += trouvees
        fautes += len(mauvaises)
    assert (placees, fautes) == (310 - refusees, 0)
    # « Le Havre » at 76000, « Verneuil sur Avre » merged since, an article too many…
    assert refusees <= 7


def _uai(lignes: list[list[str]]) -> tuple[int, set[str]]:
    attendus = {r[0]: r[lignes[0].index("code_ze")] for r in lignes[1:]}
    trouvees = dict(Structure.objects.filter(uai__isnull=False).values_list("uai", "commune__bassin_id"))
    return len(trouvees), {uai for uai, bassin in trouvees.items() if uai and bassin != attendus[uai]}
