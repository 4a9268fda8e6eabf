"""Exports of offers and needs, read by another program than the one that wrote them."""

import csv
import io
import re
import zipfile
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from structures.models import Public
from tests.offres import fabriques as f

# What a spreadsheet would compute, run or fetch.
FORMULES = (
    "=HYPERLINK(\"http://mechant.test\";\"cliquez\")",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\uff1d1+1",
)  # fmt: skip
COLONNES = ("service", "structure", "commune", "volume", "unite", "description")


@pytest.fixture
def lignes(scene: SimpleNamespace) -> SimpleNamespace:
    publics = list(Public.objects.all()[:2])
    for rang, formule in enumerate(FORMULES):
        f.besoin(scene.structure, volume=rang + 1, priorite="haute", description=formule, publics=publics)
        f.offre(scene.autre_structure, "ateliers-tre", volume=rang + 1, description=formule)
    f.besoin(
        scene.autre_structure, volume_inconnu=True, priorite="basse", description="Découverte « métiers » ; œuvre"
    )
    f.offre(scene.structure, volume=30, rayonnement="rayon", rayon_km=20)
    return scene


def octets(client: Client, adresse: str) -> bytes:
    reponse = client.get(adresse)
    assert reponse.status_code == 200
    assert "attachment" in reponse["Content-Disposition"]
    return b"".join(reponse.streaming_content)  # type: ignore[attr-defined]


def lire(client: Client, adresse: str, format_: str) -> list[list[Any]]:
    """The rows of the file, without its heading, every cell as text."""
    contenu = octets(client, f"{adresse}&format={format_}")
    if format_ == "csv":
        rangs: list[list[Any]] = list(csv.reader(io.StringIO(contenu.decode("utf-8-sig")), delimiter=";"))
    else:
        rangs = CalamineWorkbook.from_filelike(io.BytesIO(contenu)).get_sheet_by_index(0).to_python()
    return [[_texte(cellule) for cellule in rang] for rang in rangs[1:]]


def _texte(cellule: Any) -> str:
    return str(int(cellule)) if isinstance(cellule, float) and cellule.is_integer() else str(cellule)


def a_l_ecran(client: Client, adresse: str) -> list[Any]:
    lues: list[Any] = []
    while adresse:
        page = client.get(adresse)
        lues += [ligne for ligne, _ in page.context["lignes"]]
        adresse = page.context["suite"]
    return lues


@pytest.mark.parametrize("format_", ["csv", "xlsx", "ods"])
@pytest.mark.parametrize(
    ("genre", "filtres"),
    [
        ("besoins/", {}),
        ("besoins/", {"priorite": "haute"}),
        ("besoins/", {"q": "metiers oeuvre"}),
        ("besoins/", {"bassin": "2803"}),
        ("", {"service": "ateliers-tre"}),
        ("", {"pole": "pole-de-la-scene"}),
        ("", {"atteint": "Évreux (27229)"}),
        ("", {"q": "rien de tel"}),
    ],
)
def test_le_fichier_porte_les_lignes_de_l_ecran(
    connecte: Client, lignes: SimpleNamespace, genre: str, filtres: dict[str, str], format_: str
) -> None:
    requete = urlencode([*filtres.items(), *(("colonne", colonne) for colonne in COLONNES)])
    lues = lire(connecte, f"/offres/{genre}export/?{requete}", format_)
    vues = a_l_ecran(connecte, f"/offres/{genre}?{urlencode(filtres)}")
    attendues = [
        [
            ligne.libelle, ligne.structure.nom, ligne.structure.commune.nom,
            "" if ligne.volume is None else str(ligne.volume), ligne.unite,
        ]
        for ligne in vues
    ]  # fmt: skip
    assert sorted(rang[:5] for rang in lues) == sorted(attendues)


def test_un_csv_ne_calcule_rien(connecte: Client, lignes: SimpleNamespace) -> None:
    lues = lire(connecte, "/offres/besoins/export/?priorite=haute&colonne=description", "csv")
    assert {rang[0] for rang in lues} == {f"'{formule}" for formule in FORMULES}


@pytest.mark.parametrize("format_", ["xlsx", "ods"])
def test_un_classeur_garde_les_textes_tels_quels(connecte: Client, lignes: SimpleNamespace, format_: str) -> None:
    """A typed cell computes nothing: the words are those of the structure, and no cell is a formula."""
    adresse = "/offres/besoins/export/?priorite=haute&colonne=description&colonne=volume"
    assert {rang[1].strip() for rang in lire(connecte, adresse, format_)} == {formule.strip() for formule in FORMULES}
    contenu = octets(connecte, f"{adresse}&format={format_}")
    if format_ == "ods":
        import zipfile

        with zipfile.ZipFile(io.BytesIO(contenu)) as archive:
            assert b"table:formula" not in archive.read("content.xml")
        return
    feuille = openpyxl.load_workbook(io.BytesIO(contenu)).worksheets[0]
    assert {cellule.data_type for rang in feuille.iter_rows(min_row=2) for cellule in rang} == {"s", "n"}
    assert {cellule.data_type for (cellule,) in feuille.iter_rows(min_row=2, max_col=1)} == {"n"}


@pytest.mark.parametrize("format_", ["csv", "xlsx", "ods"])
def test_le_fichier_du_tableau(connecte: Client, lignes: SimpleNamespace, format_: str) -> None:
    """One row per service and bassin, the figures of the screen."""
    rangs = lire(connecte, "/offres/tableau/?bassin=tous", format_)
    page = connecte.get("/offres/tableau/?bassin=tous").context["rangees"]
    for rangee, *_ in page:
        siens = [rang for rang in rangs if rang[0] == rangee.libelle]
        assert sum(int(rang[3]) for rang in siens) == rangee.cellule.offert.lignes
        assert sum(int(rang[4]) for rang in siens) == rangee.cellule.offert.volume
        assert sum(int(rang[7]) for rang in siens) == rangee.cellule.demande.lignes
        assert sum(int(rang[9]) for rang in siens) == rangee.cellule.demande.reste
    assert sum(int(rang[3]) + int(rang[7]) for rang in rangs) == 2 * len(FORMULES) + 2


def test_les_dates_et_les_nombres_en_sont_et_se_lisent(connecte: Client, lignes: SimpleNamespace) -> None:
    """Opened in a spreadsheet, nothing shows as « ##### » and a column sorts as what it is."""
    colonnes = ("service", "structure", "volume", "restant", "accords", "publiee")

    def fichier(format_: str) -> bytes:
        reponse: Any = connecte.get("/offres/export/", {"format": format_, "colonne": colonnes})
        return b"".join(reponse.streaming_content)

    xlsx = fichier("xlsx")
    feuille: Any = openpyxl.load_workbook(io.BytesIO(xlsx)).worksheets[0]
    entetes = {cellule.value: cellule for cellule in feuille[1]}
    assert list(entetes) == [
        "Service", "Structure", "Volume", "dont encore à partager", "Coopérations en cours hors volume", "Publiée le",
    ]  # fmt: skip
    assert all(cellule.font.b for cellule in entetes.values())
    lue = {entete: feuille.cell(2, cellule.column) for entete, cellule in entetes.items()}
    assert [lue[nom].data_type for nom in entetes] == ["s", "s", "n", "n", "n", "d"]
    assert lue["Publiée le"].number_format == "dd/mm/yyyy"
    assert (lue["Publiée le"].value.hour, lue["Publiée le"].value.minute) == (0, 0)
    longueurs = [len(str(feuille.cell(rang, 1).value)) for rang in range(2, feuille.max_row + 1)]
    largeurs = {nom: feuille.column_dimensions[cellule.column_letter].width for nom, cellule in entetes.items()}
    assert largeurs["Service"] >= min(50, max(longueurs))
    assert largeurs["Publiée le"] >= 12
    contenu = zipfile.ZipFile(io.BytesIO(fichier("ods"))).read("content.xml").decode()
    assert contenu.count("<table:table-column ") == 6
    assert len(set(re.findall(r'style:column-width="([\d.]+)cm"', contenu))) > 2
    assert 'office:value-type="date"' in contenu
