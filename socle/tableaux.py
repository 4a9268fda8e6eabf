"""Tables as files: CSV, XLSX, ODS, written row by row into a temporary file.

Memory stays bounded whatever the number of rows: the file is written on disk beyond a few megabytes,
then sent; an error in a row is an error of the page, never half a file.

Formula injection. XLSX and ODS carry typed cells: a text that begins with « = » is a text, and
stays as it was typed. A CSV has no types: a text that a spreadsheet would compute receives an
apostrophe before it, unless it is a telephone (« +33 2 32… ») or a number, which compute nothing.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Literal, cast
from xml.sax.saxutils import escape

from django.http import FileResponse
from django.utils import timezone
from django.utils.text import slugify

Format = Literal["csv", "xlsx", "ods"]
FORMATS: dict[str, tuple[str, str]] = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("Excel (XLSX)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ods": ("LibreOffice (ODS)", "application/vnd.oasis.opendocument.spreadsheet"),
}
# Beyond, the file lies on disk.
EN_MEMOIRE = 2 * 1024 * 1024
# A cell of a spreadsheet holds no more.
CELLULE_MAX = 32_767
# Letters of a file name, before its date.
NOM_MAX = 80
# Excel refuses a sheet with more.
LIGNES_MAX = 1_048_575
# Columns, in characters: wide enough for what the first rows hold, never for a whole description.
LARGEUR_MIN, LARGEUR_MAX, LIGNES_MESUREES = 12, 50, 200
CM_PAR_CARACTERE = 0.2

_DANGEREUX = re.compile(r"^[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_SANS_DANGER = re.compile(r"(\+?[\d\u00a0 .()/-]{6,24}|[+-]?\d+([.,]\d+)?|-+)")
# What XML forbids, and halves of pairs that no encoding can write.
_INTERDITS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Valeur = str | int | float | Decimal | bool | date | datetime | None


def valeur_de_cellule(valeur: Any) -> Valeur:
    """What a cell holds: numbers, dates and texts as they are, « oui » or « non », local time, words."""
    if valeur is None or valeur == "":
        return None
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        local = timezone.localtime(valeur) if timezone.is_aware(valeur) else valeur
        return local.replace(tzinfo=None, microsecond=0)
    if isinstance(valeur, float):
        # Neither « nan » nor « inf » is a number for a spreadsheet.
        return valeur if valeur - valeur == 0 else None
    if isinstance(valeur, int | Decimal | date):
        return valeur
    return _INTERDITS.sub("", str(valeur))[:CELLULE_MAX]


def neutraliser(texte: str) -> str:
    """A text of a CSV that no spreadsheet will compute.

    >>> neutraliser("=1+1"), neutraliser("+33 2 32 31 30 29"), neutraliser("-12,5")
    ("'=1+1", '+33 2 32 31 30 29', '-12,5')
    """
    if _DANGEREUX.match(texte) and not _SANS_DANGER.fullmatch(texte):
        return "'" + texte
    return texte


def composer(
    flux: IO[bytes],
    lignes: Iterable[Sequence[Any]],
    entetes: Sequence[str],
    format: Format,
    *,
    titre: str,
) -> int:
    """Write the table into an open binary file; the number of rows. Raises KeyError for another format."""
    ecrire = {"csv": _csv, "xlsx": _xlsx, "ods": _ods}[format]
    compteur = _Compteur(lignes, len(entetes), sans_limite=format == "csv")
    ecrire(flux, compteur, [str(entete) for entete in entetes], titre)
    return compteur.nombre


def nom_de_fichier(titre: str, format: str) -> str:
    """« Structures de l’Eure » → « structures-de-l-eure-2026-11-22.csv », a long one cut between two words."""
    mots = slugify(titre.replace("’", " "))
    if len(mots) > NOM_MAX:
        mots = mots[: NOM_MAX + 1].rpartition("-")[0] or mots[:NOM_MAX]
    return f"{mots or 'tableau'}-{timezone.localdate():%Y-%m-%d}.{format}"


def ecrire_tableau(
    lignes: Iterable[Sequence[Any]],
    entetes: Sequence[str],
    format: Format,
    *,
    titre: str,
) -> FileResponse:
    """The table as a file to keep. `titre` names the file, the sheet and the document."""
    tampon = cast(IO[bytes], SpooledTemporaryFile(max_size=EN_MEMOIRE))  # noqa: SIM115 (the response closes it)
    try:
        composer(tampon, lignes, entetes, format, titre=titre)
        taille = tampon.tell()
        tampon.seek(0)
    except BaseException:
        tampon.close()
        raise
    reponse = FileResponse(
        tampon, as_attachment=True, filename=nom_de_fichier(titre, format), content_type=FORMATS[format][1]
    )
    reponse.headers["Content-Length"] = str(taille)
    # Made for one person, at one moment.
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse


class _Compteur:
    """The rows, their values made ready, counted as they go by."""

    def __init__(self, lignes: Iterable[Sequence[Any]], largeur: int, *, sans_limite: bool) -> None:
        self._lignes, self._largeur, self._sans_limite = lignes, largeur, sans_limite
        self.nombre = 0

    def __iter__(self) -> Iterator[list[Valeur]]:
        for ligne in self._lignes:
            if len(ligne) != self._largeur:
                raise ValueError(f"ligne de {len(ligne)} cellules sous {self._largeur} en-têtes")
            if not self._sans_limite and self.nombre >= LIGNES_MAX:
                raise ValueError(f"un classeur ne tient pas plus de {LIGNES_MAX} lignes")
            self.nombre += 1
            yield [valeur_de_cellule(valeur) for valeur in ligne]


def _texte_csv(valeur: Valeur) -> str:
    if valeur is None:
        return ""
    if isinstance(valeur, datetime):
        return valeur.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, float | Decimal):
        # A French spreadsheet reads « 12,5 » as a number and « 12.5 » as a text, or as a date.
        return format(valeur, "f" if isinstance(valeur, Decimal) else "").replace(".", ",")
    return neutraliser(valeur) if isinstance(valeur, str) else str(valeur)


def _csv(flux: IO[bytes], lignes: Iterable[list[Valeur]], entetes: list[str], titre: str) -> None:
    texte = io.TextIOWrapper(flux, encoding="utf-8", newline="", write_through=True)
    # The mark tells Excel that the accents are in UTF-8.
    texte.write("\ufeff")
    tableau = csv.writer(texte, delimiter=";", lineterminator="\r\n")
    tableau.writerow([neutraliser(entete) for entete in entetes])
    tableau.writerows([_texte_csv(valeur) for valeur in ligne] for ligne in lignes)
    texte.flush()
    texte.detach()


def _mesurer(entetes: Sequence[str], lignes: Iterable[list[Valeur]]) -> tuple[list[int], Iterator[list[Valeur]]]:
    """How wide each column is, in characters, by its first rows; and all the rows, these included."""
    toutes = iter(lignes)
    premieres = list(islice(toutes, LIGNES_MESUREES))
    largeurs = []
    for rang, entete in enumerate(entetes):
        longueurs = [_longueur(ligne[rang]) for ligne in premieres]
        # The button of the filter hides the end of a header.
        largeurs.append(min(LARGEUR_MAX, max([LARGEUR_MIN, len(entete) + 4, *(n + 2 for n in longueurs)])))
    return largeurs, chain(premieres, toutes)


def _longueur(valeur: Valeur) -> int:
    """The characters a cell shows on one line."""
    if isinstance(valeur, datetime):
        return 16
    if isinstance(valeur, date):
        return 10
    return 0 if valeur is None else max(len(morceau) for morceau in str(valeur).split("\n"))


def _nom_de_feuille(titre: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", titre)[:31].strip() or "Tableau"


def _xlsx(flux: IO[bytes], lignes: Iterable[list[Valeur]], entetes: list[str], titre: str) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    classeur = Workbook(write_only=True)
    classeur.properties.title = titre
    classeur.properties.language = "fr-FR"
    feuille: Any = classeur.create_sheet(_nom_de_feuille(titre))
    feuille.freeze_panes = "A2"
    largeurs, lignes = _mesurer(entetes, lignes)
    for rang, largeur in enumerate(largeurs, start=1):
        feuille.column_dimensions[get_column_letter(rang)].width = largeur

    def cellule(valeur: Valeur) -> Any:
        if isinstance(valeur, date):
            jour: Any = WriteOnlyCell(feuille)
            jour.value = valeur
            jour.number_format = "dd/mm/yyyy hh:mm" if isinstance(valeur, datetime) else "dd/mm/yyyy"
            return jour
        if isinstance(valeur, str) and valeur[:1] == "=":
            # Else openpyxl takes it for a formula; the quote keeps it a text when it is edited.
            texte = WriteOnlyCell(feuille, value="")
            texte.value, texte.data_type, texte.quotePrefix = valeur, "s", True
            return texte
        return valeur

    titres = []
    for entete in entetes:
        gras = WriteOnlyCell(feuille, value=entete)
        gras.data_type, gras.font = "s", Font(bold=True)
        titres.append(gras)
    feuille.append(titres)
    nombre = 0
    for nombre, ligne in enumerate(lignes, start=1):  # noqa: B007 (used after the loop)
        feuille.append([cellule(valeur) for valeur in ligne])
    feuille.auto_filter.ref = f"A1:{get_column_letter(max(1, len(entetes)))}{nombre + 1}"
    classeur.save(flux)


# content.xml of a spreadsheet (OpenDocument 1.3): the two styles of dates, the style of headers, one table.
_ODS_DEBUT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
    ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3">'
    "<office:automatic-styles>"
    '<number:date-style style:name="N1"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    "</number:date-style>"
    '<number:date-style style:name="N2"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/></number:date-style>'
    '<style:style style:name="jour" style:family="table-cell" style:data-style-name="N1"/>'
    '<style:style style:name="heure" style:family="table-cell" style:data-style-name="N2"/>'
    '<style:style style:name="entete" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
)
_ODS_CORPS = "</office:automatic-styles><office:body><office:spreadsheet>"
_ODS_FIN = "</table:table></office:spreadsheet></office:body></office:document-content>"


def _ods(flux: IO[bytes], lignes: Iterable[list[Valeur]], entetes: list[str], titre: str) -> None:
    """The container and its metadata are odfdo's; the content is written as it comes, not held as a tree."""
    from odfdo import Document

    modele = Document("spreadsheet")
    modele.meta.title = titre
    modele.meta.language = "fr-FR"
    modele.meta.creator = "Portail PCTI"
    coque = io.BytesIO()
    modele.save(coque)
    with (
        zipfile.ZipFile(coque) as source,
        zipfile.ZipFile(flux, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive,
    ):
        for partie in source.infolist():
            if partie.filename != "content.xml":
                archive.writestr(partie, source.read(partie))
                continue
            with archive.open("content.xml", "w", force_zip64=True) as contenu:
                _contenu_ods(contenu.write, lignes, entetes, titre)


def _contenu_ods(
    ecrire: Callable[[bytes], Any], lignes: Iterable[list[Valeur]], entetes: list[str], titre: str
) -> None:
    nom = escape(_nom_de_feuille(titre), {'"': "&quot;"})
    largeurs, lignes = _mesurer(entetes, lignes)
    styles = "".join(
        f'<style:style style:name="co{rang}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{largeur * CM_PAR_CARACTERE:.2f}cm"/></style:style>'
        for rang, largeur in enumerate(largeurs or [LARGEUR_MIN])
    )
    colonnes = "".join(f'<table:table-column table:style-name="co{rang}"/>' for rang in range(max(1, len(entetes))))
    ecrire(f'{_ODS_DEBUT}{styles}{_ODS_CORPS}<table:table table:name="{nom}">{colonnes}'.encode())
    titres = "".join(_cellule_ods(valeur_de_cellule(entete), ' table:style-name="entete"') for entete in entetes)
    ecrire(f"<table:table-header-rows><table:table-row>{titres}</table:table-row></table:table-header-rows>".encode())
    for ligne in lignes:
        cellules = "".join([_cellule_ods(valeur) for valeur in ligne])
        ecrire(f"<table:table-row>{cellules}</table:table-row>".encode())
    ecrire(_ODS_FIN.encode())


def _cellule_ods(valeur: Valeur, style: str = "") -> str:
    if valeur is None:
        return "<table:table-cell/>"
    if isinstance(valeur, str):
        # Several blanks, tabs and lines are elements in OpenDocument: one paragraph a line is enough here.
        paragraphes = "".join(f"<text:p>{escape(morceau)}</text:p>" for morceau in valeur.split("\n"))
        return f'<table:table-cell{style} office:value-type="string">{paragraphes}</table:table-cell>'
    if isinstance(valeur, datetime):
        return (
            f'<table:table-cell table:style-name="heure" office:value-type="date" '
            f'office:date-value="{valeur.isoformat()}"><text:p>{valeur:%d/%m/%Y %H:%M}</text:p></table:table-cell>'
        )
    if isinstance(valeur, date):
        return (
            f'<table:table-cell table:style-name="jour" office:value-type="date" '
            f'office:date-value="{valeur.isoformat()}"><text:p>{valeur:%d/%m/%Y}</text:p></table:table-cell>'
        )
    return (
        f'<table:table-cell office:value-type="float" office:value="{valeur}">'
        f"<text:p>{str(valeur).replace('.', ',')}</text:p></table:table-cell>"
    )
