"""Readers of spreadsheets: whatever the program wrote, the same rows, at the line its user sees."""

import datetime
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from structures.imports.fiche import FichierIllisible
from structures.imports.tableur import paquet
from structures.imports.tableur.analyse import analyser
from structures.imports.tableur.fichier import CSV, ODS, XLSX, feuilles, format_du_tableau, rangees
from structures.imports.tableur.lecture_csv import codage, separateur
from structures.imports.tableur.rangees import CELLULE_MAX, Rangee
from tests.structures.tableurs import ecrire_csv, ecrire_ods, ecrire_ods_brut, ecrire_xlsx, ecrire_xlsx_partage


def lues(chemin: Path, feuille: str = "") -> list[Rangee]:
    return list(rangees(chemin, format_du_tableau(chemin), feuille))


def valeurs(chemin: Path, feuille: str = "") -> list[tuple[int, tuple[str, ...]]]:
    return [(r.numero, r.cellules) for r in lues(chemin, feuille)]


@pytest.mark.parametrize("nom", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("signe", [";", ",", "\t", "|"])
def test_csv_de_toutes_les_facons(tmp_path: Path, nom: str, signe: str) -> None:
    texte = signe.join(("Nom", "Ville")) + "\r\n" + signe.join(("Entreprise adaptée « Été »", "Évreux")) + "\r\n"
    chemin = ecrire_csv(tmp_path / "liste.csv", texte, nom)
    assert valeurs(chemin) == [(1, ("Nom", "Ville")), (2, ("Entreprise adaptée « Été »", "Évreux"))]


def test_codages_qui_se_ressemblent(tmp_path: Path) -> None:
    """The euro sign of Windows, a byte that Windows does not know, an accent cut by a block."""
    assert codage(ecrire_csv(tmp_path / "a.csv", "prix;10 €", "cp1252")) == "cp1252"
    (tmp_path / "b.csv").write_bytes(b"nom;\x81\xe9")
    assert codage(tmp_path / "b.csv") == "latin-1"
    assert codage(ecrire_csv(tmp_path / "c.csv", "a" * 65_535 + "é;b")) == "utf-8"


def test_separateur_parmi_les_phrases() -> None:
    """Commas inside sentences don't win over the semicolon that cuts every line."""
    assert separateur("nom;adresse\nEA, la première, du nom;1, rue A\nEA;2, rue B, Caen\n") == ";"
    assert separateur('nom,adresse\n"EA; SAS",x\nB,y\n') == ","
    assert separateur("sep=|\na|b\n") == "|"


def test_csv_lignes_du_tableur(tmp_path: Path) -> None:
    """A line break inside quotes and a blank line count as the program counts them."""
    texte = 'nom;adresse\n"EA ""Le Pré""";"1 rue A\nbâtiment B"\n\n;;\nEI;2 rue B\n'
    assert valeurs(ecrire_csv(tmp_path / "liste.csv", texte)) == [
        (1, ("nom", "adresse")),
        (2, ('EA "Le Pré"', "1 rue A\nbâtiment B")),
        (5, ("EI", "2 rue B")),
    ]


def test_csv_hostile(tmp_path: Path) -> None:
    """NUL, a cell of a megabyte, a quote never closed: the rest is read, the line says why it isn't."""
    texte = 'nom;ville\nE\x00A;Caen\n"' + "x" * 1_000_000 + '";Caen\nEI;Caen\n=1+1;="01400"\n#REF!;Caen\n'
    resultat = lues(ecrire_csv(tmp_path / "liste.csv", texte))
    assert resultat[1].cellules == ("EA", "Caen")
    assert "démesurée" in resultat[2].defaut
    assert [r.cellules for r in resultat[3:]] == [("EI", "Caen"), ("=1+1", "01400"), ("", "Caen")]
    ouvert = lues(ecrire_csv(tmp_path / "ouvert.csv", 'nom;ville\n"EA;Caen\n' + "EI;Caen\n" * 40_000))
    assert "guillemet" in ouvert[1].defaut
    assert ouvert[-1].cellules == ("EI", "Caen")
    sans_fin = lues(ecrire_csv(tmp_path / "sans-fin.csv", "nom;ville\n" + "y" * 9_000_000 + "\nEI;Caen\n"))
    assert sans_fin[-1].cellules == ("EI", "Caen")


@pytest.mark.parametrize("ecrire", [ecrire_xlsx, ecrire_ods])
def test_classeur(tmp_path: Path, ecrire: Any) -> None:
    """Dates, numbers written as numbers, empty rows: the rows and lines of the program."""
    chemin = tmp_path / "liste.bin"
    ecrire(
        chemin,
        [
            ["Liste au 1er juin"],
            [],
            ["Nom", "SIRET", "CP", "Ouvert le", "Latitude", "Oui"],
            ["EA <b>gras</b> & Cie", 39969770500032, 1400.0, datetime.date(2026, 6, 1), 49.27, True],
            ["Suite\nà la ligne", None, None, None, -0.5, False],
        ],
        Autre=[["Nom", "Ville"], ["EI", "Caen"]],
    )
    assert feuilles(chemin, format_du_tableau(chemin)) == ["Liste", "Autre"]
    assert valeurs(chemin) == [
        (1, ("Liste au 1er juin",)),
        (3, ("Nom", "SIRET", "CP", "Ouvert le", "Latitude", "Oui")),
        (4, ("EA <b>gras</b> & Cie", "39969770500032", "1400", "2026-06-01", "49.27", "oui")),
        (5, ("Suite\nà la ligne", "", "", "", "-0.5", "non")),
    ]
    assert valeurs(chemin, "Autre")[1] == (2, ("EI", "Caen"))
    with pytest.raises(FichierIllisible, match=r"« Absente ».*« Liste », « Autre »"):
        lues(chemin, "Absente")


def test_xlsx_des_vrais_tableurs(tmp_path: Path) -> None:
    """A format « 00000 », a formula and its last value, a hidden sheet first, columns far away, rich text."""
    classeur = openpyxl.Workbook()
    cachee, feuille = classeur.active, classeur.create_sheet("Vue")
    assert cachee is not None
    cachee.sheet_state = "hidden"
    feuille.append(["Nom", "CP", "Total"])
    feuille.append(["EA", 1400, "=1+1"])
    feuille["B2"].number_format = "00000"
    feuille.cell(3, 16_000, "loin")
    classeur.save(tmp_path / "liste.xlsx")
    assert feuilles(tmp_path / "liste.xlsx", XLSX) == ["Vue"]
    assert valeurs(tmp_path / "liste.xlsx") == [(1, ("Nom", "CP", "Total")), (2, ("EA", "01400"))]
    calcule = _remplacer(tmp_path / "liste.xlsx", "xl/worksheets/sheet2.xml", b"<f>1+1</f>", b"<v>2</v><f>1+1</f>")
    assert valeurs(calcule)[1][1][2] == "2"
    riche = b"<is><r><t>E</t></r><r><t>A</t></r><rPh sb='0' eb='1'><t>yomi</t></rPh></is>"
    inline = f'<c r="A2" t="inlineStr">{riche.decode()}</c>'.encode()
    chemin = _remplacer(
        tmp_path / "liste.xlsx", "xl/worksheets/sheet2.xml", b'<c r="A2" t="inlineStr"><is><t>EA</t></is></c>', inline
    )
    assert valeurs(chemin)[1][1][0] == "EA"


def _remplacer(chemin: Path, partie: str, avant: bytes, apres: bytes) -> Path:
    """The same archive with one part changed (the bytes must be there)."""
    neuf = chemin.with_name(f"neuf-{chemin.name}")
    with zipfile.ZipFile(chemin) as source, zipfile.ZipFile(neuf, "w", zipfile.ZIP_DEFLATED) as cible:
        for info in source.infolist():
            octets = source.read(info)
            if info.filename == partie:
                assert avant in octets, octets[:2000]
                octets = octets.replace(avant, apres)
            cible.writestr(info, octets)
    return neuf


def test_ods_cellules_repetees(tmp_path: Path) -> None:
    """Repeated cells and rows are unfolded, the million of empty ones that programs write is not."""
    corps = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string">'
        "<office:annotation><text:p>note</text:p></office:annotation><text:p>EA<text:s text:c='2'/>du Pré</text:p>"
        '</table:table-cell><table:table-cell table:number-columns-repeated="2" office:value-type="float" '
        'office:value="1400"><text:p>01400</text:p></table:table-cell></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row>"
    )
    attendu = ("EA  du Pré", "01400", "01400")
    assert valeurs(_ods(tmp_path, corps)) == [(1, attendu), (2, attendu)]
    trop = corps.replace('"1048000"', '"2000000"') + corps
    with pytest.raises(FichierIllisible, match="dépasse 1048576 lignes"):
        lues(_ods(tmp_path, trop))


def _ods(dossier: Path, corps: str, manifeste: str = "<manifest/>") -> Path:
    espaces = 'xmlns:table="t" xmlns:office="o" xmlns:text="x"'
    chemin = dossier / "brut.ods"
    with zipfile.ZipFile(chemin, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifeste)
        archive.writestr("content.xml", f'<doc {espaces}><table:table table:name="F">{corps}</table:table></doc>')
    return chemin


def test_classeurs_refuses(tmp_path: Path) -> None:
    """Locked, cut short, swollen, with entities, of another kind: one French sentence each."""
    bon = ecrire_xlsx(tmp_path / "bon.xlsx", [["Nom", "Ville"], ["EA", "Caen"]])
    chiffre = _ods(tmp_path, "", "<manifest><encryption-data/></manifest>")
    with pytest.raises(FichierIllisible, match="mot de passe"):
        lues(chiffre)
    verrouille = tmp_path / "verrouille.xlsx"
    verrouille.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(FichierIllisible, match="mot de passe"):
        lues(verrouille)
    coupe = tmp_path / "coupe.xlsx"
    coupe.write_bytes(bon.read_bytes()[:-200])
    with pytest.raises(FichierIllisible, match="abîmé"):
        lues(coupe)
    abime = _remplacer(bon, "xl/worksheets/sheet1.xml", b"</row>", b"</rwo>")
    with pytest.raises(FichierIllisible, match="abîmé"):
        lues(abime)
    entites = _remplacer(
        bon, "xl/worksheets/sheet1.xml", b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet'
    )
    with pytest.raises(FichierIllisible, match="déclaration"):
        lues(entites)
    for contenu, mots in (
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "abîmé"),
        (b"  \n ", "vide"),
        (b"<html><table>", "page web"),
        (bytes(range(32)) * 50, "n’est pas un tableau"),
    ):
        (tmp_path / "autre").write_bytes(contenu)
        with pytest.raises(FichierIllisible, match=mots):
            lues(tmp_path / "autre")
    (tmp_path / "archive.zip").write_bytes(_zip({"liste.csv": b"nom;ville"}))
    with pytest.raises(FichierIllisible, match="décompressez"):
        lues(tmp_path / "archive.zip")


def _zip(parties: dict[str, bytes]) -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, octets in parties.items():
            archive.writestr(nom, octets)
    return tampon.getvalue()


def test_bombe(tmp_path: Path) -> None:
    """A hundred megabytes of nothing in a hundred kilobytes: refused before anything is unfolded."""
    bombe = tmp_path / "bombe.xlsx"
    bombe.write_bytes(_zip({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b" " * (paquet.MARGE * 2)}))
    assert bombe.stat().st_size < 500_000
    with pytest.raises(FichierIllisible, match="décompresse"):
        format_du_tableau(bombe)


@pytest.mark.parametrize(
    ("avant", "apres", "lu"),
    [
        (b"<v>1400</v>", b"<v>NaN</v>", "NaN"),
        (b"<v>1400</v>", b"<v>1e999</v>", "1e999"),
        (b"<v>1400</v>", b"<v>-inf</v>", "-inf"),
        (b'r="B2" t="n"', b'r="B2" t="s"', ""),
        (b'<c r="B2" t="n"><v>1400</v>', b'<c r="B2" t="s"><v>' + b"9" * 6_000 + b"</v>", ""),
        (b'<c r="B2" t="n"><v>1400</v>', '<c r="B2" t="s"><v>²</v>'.encode(), ""),
        (b'r="B2" t="n"', b'r="B2" t="n" s="' + b"9" * 6_000 + b'"', "1400"),
        (b'r="B2" t="n"', 'r="B2" t="n" s="²"'.encode(), "1400"),
        (b'<row r="2"', b'<row r="' + b"9" * 6_000 + b'"', "1400"),
        (b'<row r="2"', b'<row r="99999999999999999999"', "1400"),
        (b'<row r="2"', '<row r="²"'.encode(), "1400"),
    ],
    ids=[
        "nan",
        "1e999",
        "inf",
        "partagé",
        "partagé long",
        "partagé ²",
        "style",
        "style ²",
        "ligne",
        "loin",
        "ligne ²",
    ],
)
def test_xlsx_aux_nombres_impossibles(tmp_path: Path, avant: bytes, apres: bytes, lu: str) -> None:
    """Numbers that no program writes: read as they can be, at a line that a database can hold."""
    ecrire_xlsx(tmp_path / "liste.xlsx", [["Nom", "CP"], ["EA", 1400]])
    chemin = _remplacer(tmp_path / "liste.xlsx", "xl/worksheets/sheet1.xml", avant, apres)
    derniere = lues(chemin)[-1]
    assert (derniere.numero, derniere.cellule(0), derniere.cellule(1)) == (2, "EA", lu)
    assert analyser(chemin).vues == 1


def test_xls_ancien(tmp_path: Path) -> None:
    """A broken XLS makes the library panic; the portal answers in words."""
    for taille in (512, 4096, 70_000):
        (tmp_path / "liste.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * taille)
        with pytest.raises(FichierIllisible, match="abîmé"):
            lues(tmp_path / "liste.xls")


def test_analyse_trouve_les_entetes(tmp_path: Path) -> None:
    """Titles are skipped, doubled and empty headers told apart; a row can be forced."""
    lignes: list[list[Any]] = [
        ["Réseau des SIAE de Normandie", None, "juin 2026"],
        [],
        ["Nom", "Téléphone", None, "Téléphone", "SIRET"],
        ["EI du Port", "0231000001", "x", "0231000002", "39969770500032"],
        ["EI du Quai", "0231000003"],
    ]
    analyse = analyser(ecrire_xlsx(tmp_path / "liste.xlsx", lignes))
    assert (analyse.ligne_entete, analyse.vues) == (3, 2)
    assert analyse.entetes == ["Nom", "Téléphone", "Colonne C", "Téléphone (2)", "SIRET"]
    assert analyse.colonnes[3].exemples == ["0231000002"]
    assert analyser(tmp_path / "liste.xlsx", ligne_entete=4).entetes[0] == "EI du Port"
    with pytest.raises(FichierIllisible, match="ligne 2 est vide"):
        analyser(tmp_path / "liste.xlsx", ligne_entete=2)


def test_analyse_refuse(tmp_path: Path) -> None:
    """Headers alone, one column, ten thousand columns."""
    with pytest.raises(FichierIllisible, match="aucune ligne sous ses en-têtes"):
        analyser(ecrire_csv(tmp_path / "a.csv", "nom;ville;siret\n"))
    with pytest.raises(FichierIllisible, match="qu’une colonne"):
        analyser(ecrire_csv(tmp_path / "b.csv", "nom\nEA\n"))
    large = ecrire_csv(tmp_path / "c.csv", ";".join(f"c{n}" for n in range(10_000)) + "\n" + ";".join("1" * 10_000))
    with pytest.raises(FichierIllisible, match="colonnes ou davantage"):
        analyser(large)


def test_cellule_demesuree_dans_un_classeur(tmp_path: Path) -> None:
    """What no program can hold is cut while it is read, and its row refused."""
    lignes = [["Nom", "Ville"], ["x" * 1_000_000, "Caen"], ["EA & Cie", "Caen"]]
    for chemin in (
        ecrire_xlsx_partage(tmp_path / "partage.xlsx", lignes),
        _remplacer(
            ecrire_xlsx(tmp_path / "dedans.xlsx", [["Nom", "Ville"], ["a", "Caen"], ["EA & Cie", "Caen"]]),
            "xl/worksheets/sheet1.xml",
            b"<t>a</t>",
            b"<t>" + b"x" * 1_000_000 + b"</t>",
        ),
    ):
        resultat = lues(chemin)
        assert str(CELLULE_MAX) in resultat[1].defaut
        assert resultat[2].cellules == ("EA & Cie", "Caen")


_MESURE = """
import re, sys
from pathlib import Path
import django
django.setup()
from structures.imports.tableur.fichier import format_du_tableau, rangees
chemin = Path(sys.argv[1])
n = sum(1 for _ in rangees(chemin, format_du_tableau(chemin)))
# Not ru_maxrss: a process inherits the peak of the one that started it.
print(n, re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def _pic(chemin: Path) -> tuple[int, int]:
    """(rows, peak of the memory in kilobytes), in a process of its own."""
    sortie = subprocess.run(
        [sys.executable, "-c", _MESURE, str(chemin)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.reglages"},
        cwd=Path(__file__).resolve().parent.parent.parent,
    ).stdout.split()
    return int(sortie[0]), int(sortie[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="le pic de mémoire se lit dans /proc (Linux)")
@pytest.mark.parametrize("forme", [CSV, XLSX, ODS])
def test_la_memoire_ne_grandit_pas(tmp_path: Path, forme: str) -> None:
    """Ten times the rows, at most six megabytes more (every text is different)."""

    def ecrire(nombre: int) -> Path:
        lignes = [["Nom", "SIRET", "Adresse", "CP", "Ville"]]
        lignes += [[f"EA {n}", f"{n:014d}", f"{n} rue de la Liberté", "14000", f"Caen {n}"] for n in range(nombre)]
        chemin = tmp_path / f"{nombre}.{forme}"
        if forme == CSV:
            return ecrire_csv(chemin, "\n".join(";".join(ligne) for ligne in lignes))
        if forme == XLSX:
            return ecrire_xlsx_partage(chemin, lignes)
        return ecrire_ods_brut(chemin, lignes)

    (peu, pic_peu), (dix, pic_dix) = _pic(ecrire(1_500)), _pic(ecrire(15_000))
    assert (peu, dix) == (1_501, 15_001)
    assert pic_dix - pic_peu < 6_000, f"{pic_peu} → {pic_dix} Ko"
