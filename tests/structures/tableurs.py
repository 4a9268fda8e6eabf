"""Writers of small spreadsheets, as people's programs write them."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
from odfdo import Document, Table

Lignes = Iterable[Sequence[Any]]


def ecrire_xlsx(chemin: Path, lignes: Lignes, **autres: Lignes) -> Path:
    """A workbook of one sheet « Liste », then those of `autres`."""
    classeur = openpyxl.Workbook()
    for rang, (nom, rangees) in enumerate({"Liste": lignes, **autres}.items()):
        feuille = classeur.active if rang == 0 else classeur.create_sheet()
        assert feuille is not None
        feuille.title = nom
        for rangee in rangees:
            feuille.append(list(rangee))
    classeur.save(chemin)
    return chemin


_ESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def ecrire_xlsx_partage(chemin: Path, lignes: Iterable[Sequence[str]]) -> Path:
    """A workbook whose texts are in a shared table, as Excel writes them (openpyxl writes them in the cells)."""
    textes: dict[str, int] = {}
    with zipfile.ZipFile(chemin, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        feuille = f'<x:sheet name="Liste" sheetId="1" r:id="rId1" xmlns:r="{_RELATIONS}"/>'
        classeur = f'<x:workbook xmlns:x="{_ESPACE}"><x:sheets>{feuille}</x:sheets></x:workbook>'
        archive.writestr("xl/workbook.xml", classeur)
        lien = '<Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/>'
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{lien}</Relationships>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as flux:
            flux.write(b"<worksheet><sheetData>")
            for ligne in lignes:
                cellules = (f'<c t="s"><v>{textes.setdefault(texte, len(textes))}</v></c>' for texte in ligne)
                flux.write(f"<row>{''.join(cellules)}</row>".encode())
            flux.write(b"</sheetData></worksheet>")
        partages = "".join(f"<si><t>{escape(texte)}</t></si>" for texte in textes)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_ESPACE}">{partages}</sst>')
    return chemin


def ecrire_ods_brut(chemin: Path, lignes: Iterable[Sequence[str]]) -> Path:
    """A document of texts written row by row: as large as one wants."""
    ouverture = '<table:table-cell office:value-type="string"><text:p>'
    with zipfile.ZipFile(chemin, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        with archive.open("content.xml", "w", force_zip64=True) as flux:
            flux.write(b'<doc xmlns:table="t" xmlns:office="o" xmlns:text="x"><table:table table:name="Liste">')
            for ligne in lignes:
                cellules = "".join(f"{ouverture}{escape(texte)}</text:p></table:table-cell>" for texte in ligne)
                flux.write(f"<table:table-row>{cellules}</table:table-row>".encode())
            flux.write(b"</table:table></doc>")
    return chemin


def ecrire_ods(chemin: Path, lignes: Lignes, **autres: Lignes) -> Path:
    """A document of one sheet « Liste », then those of `autres`."""
    document = Document("spreadsheet")
    document.body.clear()
    for nom, rangees in {"Liste": lignes, **autres}.items():
        table = Table(nom)
        table.set_values([list(rangee) for rangee in rangees])
        document.body.append(table)
    document.save(str(chemin))
    return chemin


def ecrire_csv(chemin: Path, texte: str, codage: str = "utf-8") -> Path:
    """A CSV from its very text."""
    chemin.write_bytes(texte.encode(codage))
    return chemin


# The columns of the ministry's public list of SIAE; names, numbers and addresses are made up (numbers by their key).
SIAE: list[list[Any]] = [
    ["Type", "SIRET", "Raison sociale", "Adresse", "Code postal", "Commune"],
    ["EI", 11111111800019, "ATELIERS DU BESSIN", "2 rue des Prés", 14000, "CAEN"],
    ["Association intermédiaire (AI)", "22222222600011", "Coup de main 27", "1 place du Marché", "27000", "Évreux"],
    ["Atelier chantier d’insertion", 33333333400014, "Les Jardins de Fauville", "Route de Paris", 27930.0, "FAUVILLE"],
    ["ETTI", "44444444200016", "Intérim solidaire", "3 quai Vendeuvre", "14 000", "Caen Cedex 4"],
    ["Entreprise d’insertion", "55555555600011", "Recyclerie", "", "28000", "Chartres"],
]
EA: list[list[Any]] = [
    ["Liste des entreprises adaptées de Normandie"],
    ["Arrêtée au 1er juin 2026"],
    [],
    ["Nom de l'entreprise", "N° SIRET", "Adresse 1", "Adresse 2", "CP", "Ville", "Téléphone", "Mail", "Places"],
    ["EA du Bocage", 66666666400014, "ZA Nord", "Bât. B", 14000, "Caen", 231000001, "ea@bocage.test", "25 places"],
    ["Adapt’Services", "77777777200016", "5 rue Haute", "", 27000, "EVREUX", "02.32.00.00.02", "pas de mail", 12],
]  # fmt: skip
CAP_EMPLOI: list[list[Any]] = [
    ["Structure", "Dépt", "CP", "Commune", "Tél. accueil", "Site internet", "Latitude", "Longitude"],
    ["Cap emploi 14", "14", "14000", "Caen", "+33 2 31 00 00 03", "capemploi.test", "49,1850", "-0,3700"],
    ["Cap emploi 27", "27", "27000", "Evreux", "02 32 00 00 04", "https://capemploi.test/27", "49,0210", "1,1430"],
]
