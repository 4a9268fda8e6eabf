"""Tables read again by readers that are not the writers."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from socle.tableaux import FORMATS, composer, ecrire_tableau, neutraliser, nom_de_fichier

ENTETES = ["Nom", "Téléphone", "Places", "Distance (km)", "Vérifiée le", "Suivie", "Vue le"]
LIGNE = [
    "ESAT de l’Œuvre ; « Évreux »\nannexe",
    "+33 2 32 31 30 29",
    -12,
    3.5,
    date(2026, 2, 1),
    True,
    datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
]
ATTAQUES = [
    "=1+1", "=HYPERLINK(\"http://exemple.test\")", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "＝1+1", "\ufeff=1+1",
]  # fmt: skip
ANODINES = [
    "+33 2 32 31 30 29",
    "+33232313029",
    "-12,5",
    "-",
    "—",
    "02 32 31 30 29",
    "ESAT - site",
    "a=b",
    "270000123",
]


def ecrit(lignes: Any, format: Any, entetes: Any = ENTETES, titre: str = "Structures de l’Eure") -> bytes:
    flux = io.BytesIO()
    composer(flux, lignes, entetes, format, titre=titre)
    return flux.getvalue()


def lu_csv(octets: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline=""), delimiter=";"))


def lu_calamine(octets: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(octets)).get_sheet_by_index(0).to_python()


def test_le_csv_se_relit() -> None:
    octets = ecrit([LIGNE], "csv")
    assert octets.startswith(b"\xef\xbb\xbfNom;T\xc3\xa9l")
    assert octets.endswith(b"\r\n")
    assert lu_csv(octets) == [
        ENTETES,
        [LIGNE[0], "+33 2 32 31 30 29", "-12", "3,5", "2026-02-01", "oui", "2026-07-01 10:30:00"],
    ]


@pytest.mark.parametrize("format", ["xlsx", "ods"])
def test_les_classeurs_gardent_les_types(format: str) -> None:
    lignes = lu_calamine(ecrit([LIGNE], format))
    assert lignes[0] == ENTETES
    assert lignes[1] == [*LIGNE[:5], "oui", datetime(2026, 7, 1, 10, 30)]
    assert [type(valeur) for valeur in lignes[1][2:5]] == [float, float, date]


def test_le_xlsx_se_relit_par_openpyxl() -> None:
    classeur = openpyxl.load_workbook(io.BytesIO(ecrit([LIGNE, [Decimal("1.5"), *[None] * 6]], "xlsx")))
    feuille = classeur.active
    assert feuille is not None
    assert classeur.properties.title == "Structures de l’Eure"
    assert feuille.title == "Structures de l’Eure"
    assert feuille["A1"].font.b
    assert feuille["D2"].value == 3.5
    assert feuille["A3"].value == 1.5
    assert feuille.freeze_panes == "A2"
    assert feuille.auto_filter.ref == "A1:G3"


def test_l_ods_est_un_conteneur_en_regle() -> None:
    from odfdo import Document

    octets = ecrit([LIGNE], "ods")
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        premiere = archive.infolist()[0]
        assert (premiere.filename, premiere.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == FORMATS["ods"][1].encode()
        assert archive.testzip() is None
    document = Document(io.BytesIO(octets))
    assert document.meta.title == "Structures de l’Eure"
    table = document.body.get_table(0)
    assert table is not None
    assert table.get_values()[1][:2] == [LIGNE[0], "+33 2 32 31 30 29"]


@pytest.mark.parametrize("attaque", ATTAQUES)
def test_aucun_texte_ne_se_calcule(attaque: str) -> None:
    assert neutraliser(attaque) == "'" + attaque
    assert lu_csv(ecrit([[attaque]], "csv", ["Nom"]))[1] == ["'" + attaque]
    feuille = openpyxl.load_workbook(io.BytesIO(ecrit([[attaque]], "xlsx", [attaque]))).active
    assert feuille is not None
    for case in ("A1", "A2"):
        assert feuille[case].data_type == "s"
    with zipfile.ZipFile(io.BytesIO(ecrit([[attaque]], "ods", [attaque]))) as archive:
        assert b"formula" not in archive.read("content.xml")


@pytest.mark.parametrize("texte", ANODINES)
def test_les_vraies_donnees_restent_ce_qu_elles_sont(texte: str) -> None:
    assert neutraliser(texte) == texte
    for format in ("xlsx", "ods"):
        assert lu_calamine(ecrit([[texte]], format, ["Nom"]))[1] == [texte]


def test_un_texte_qui_ressemble_a_une_formule_reste_entier_dans_un_classeur() -> None:
    for format in ("xlsx", "ods"):
        assert lu_calamine(ecrit([["=1+1"]], format, ["Nom"]))[1] == ["=1+1"]


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=5))
def test_tout_texte_s_ecrit(lignes: list[list[str]]) -> None:
    """Neither control characters nor halves of pairs stop a file; every row is there."""
    for format in FORMATS:
        octets = ecrit(lignes, format, ["Un", "Deux"])
        if format == "csv":
            assert len(lu_csv(octets)) == len(lignes) + 1
        else:
            lu_calamine(octets)


def test_les_nombres_impossibles_sont_des_cases_vides() -> None:
    for format in ("xlsx", "ods"):
        assert lu_calamine(ecrit([[float("nan"), float("inf"), 1]], format, ["a", "b", "c"]))[1] == ["", "", 1]


def test_une_ligne_trop_courte_se_dit() -> None:
    with pytest.raises(ValueError, match="2 cellules sous 3"):
        ecrit([["a", "b"]], "csv", ["a", "b", "c"])


def test_un_long_nom_de_fichier_finit_sur_un_mot() -> None:
    assert nom_de_fichier("Structures de l’Eure", "csv").startswith("structures-de-l-eure-2")
    titre = "Cartes des besoins et des offres de formation aux outils numériques en Normandie, semestre 2"
    coupe = nom_de_fichier(titre, "csv")
    assert coupe.startswith("cartes-des-besoins-et-des-offres-de-formation-aux-outils-numeriques-en-normandie-2")
    assert nom_de_fichier("x" * 200, "csv").startswith("x" * 80 + "-2")


def test_la_reponse_est_un_fichier_a_garder() -> None:
    reponse = ecrire_tableau([LIGNE], ENTETES, "xlsx", titre="Structures de l’Eure")
    contenu = b"".join(reponse.streaming_content)  # type: ignore[arg-type]
    assert reponse.headers["Content-Length"] == str(len(contenu))
    assert reponse.headers["Content-Type"] == FORMATS["xlsx"][1]
    assert nom_de_fichier("Structures de l’Eure", "xlsx") in reponse.headers["Content-Disposition"]
    assert reponse.headers["Cache-Control"] == "private, no-store"
    assert lu_calamine(contenu)[0] == ENTETES


@pytest.mark.django_db  # closing an answer looks at the connections that earlier tests left open
@pytest.mark.parametrize("format", list(FORMATS))
def test_la_memoire_est_bornee(format: Any) -> None:
    """Ten times the rows, the same memory: nothing holds the table whole."""

    def pic(nombre: int) -> int:
        def lignes() -> Iterator[list[Any]]:
            for rang in range(nombre):
                yield [f"Structure {rang}", "02 32 31 30 29", rang, rang / 7, None, False, None]

        tracemalloc.start()
        try:
            ecrire_tableau(lignes(), ENTETES, format, titre="Essai").close()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    pic(10)
    assert pic(20_000) < pic(2_000) + 4 * 1024 * 1024
