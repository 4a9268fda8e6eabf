"""PDF documents: HTML of ours in, tagged and deterministic bytes out, nothing fetched from anywhere.

Measured reasons (docs of the project): the default fetcher of WeasyPrint embeds local files and
calls the network, so ours knows only bytes already in memory; sharing fonts and style sheets in a
process takes a quarter of the time away and stops a leak.
"""

import atexit
import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.cache import cache as cache_commun
from django.template.loader import get_template, render_to_string

Actifs = Mapping[str, tuple[str, bytes]]
# Page (from 0), then x1, y1, x2, y2 in points from the bottom left, as PDF counts.
Boite = tuple[int, float, float, float, float]

ARCHIVAGE = "pdf/a-3a"  # with the PDF/UA-1 claim added below
ACCESSIBLE = "pdf/ua-1"
FEUILLE_COMMUNE = "documents/commun.css"
_POLICES = ("Spectral-Regular.woff2", "Spectral-ExtraBold.woff2")
# Characters that Spectral lacks: another font would be embedded for them alone.
_SANS_GLYPHE = str.maketrans({"\u202f": "\u00a0", "\u2011": "-", "\u1d49": "e", "\u1d52": "o"})
# They tell every step at the INFO level.
for _bavard in ("weasyprint.progress", "fontTools"):
    logging.getLogger(_bavard).setLevel(logging.WARNING)
# One rendering at a time in a process: the font configuration is shared.
_VERROU = threading.Lock()


class RenduRefuse(Exception):
    """The document would be wrong: a forbidden or missing resource, a character without a glyph."""

    def __init__(self, message: str, signes: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        # Those that no font can draw.
        self.signes = signes


@dataclass(frozen=True)
class DocumentRendu:
    pdf: bytes
    pages: int
    # Where each element that has an id stands.
    ancres: dict[str, Boite]

    @property
    def empreinte(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()


def rendre_pdf(
    gabarit: str,
    contexte: dict[str, Any],
    *,
    titre: str,
    cree_le: datetime,
    actifs: Actifs | None = None,
    feuilles: Sequence[str] = (),
    auteur: str = "",
    variante: str = ACCESSIBLE,
    remplaces: frozenset[str] = frozenset(),
    garder: int = 0,
) -> DocumentRendu:
    """Render a template of ``templates/documents/`` to PDF.

    ``actifs`` maps a name to (type, bytes); the template shows it as ``<img src="doc:name" alt=…>``.
    ``feuilles`` are style sheets found as templates, after the common one. ``variante`` is
    ``ACCESSIBLE`` (tagged, PDF/UA-1) or ``ARCHIVAGE`` (PDF/A-3a and PDF/UA-1).
    A « ? » stands for each of the signs ``remplaces``.
    The same arguments give the same bytes: kept ``garder`` seconds, they are found again by what they
    are made of. Raises RenduRefuse.
    """
    html = str(render_to_string(gabarit, {**contexte, "titre_document": titre})).translate(
        dict.fromkeys(map(ord, remplaces), "?")
    )
    page = _habiller(html, titre, cree_le, auteur)
    if not garder or actifs:
        return rendre_html(page, actifs=actifs, feuilles=feuilles, variante=variante)
    cle = _empreinte_de(page, feuilles, variante)
    garde = cache_commun.get(cle)
    if not isinstance(garde, DocumentRendu):
        garde = rendre_html(page, feuilles=feuilles, variante=variante)
        cache_commun.set(cle, garde, garder)
    return garde


def _empreinte_de(page: str, feuilles: Sequence[str], variante: str) -> str:
    """What decides every byte: the page, the sheets, the variant, the program that draws."""
    from weasyprint import __version__

    morceaux = [__version__, variante, *(_texte(nom) for nom in (FEUILLE_COMMUNE, *feuilles)), page]
    return f"document-{hashlib.sha256(chr(0).join(morceaux).encode()).hexdigest()}"


def rendre_texte_saisi(gabarit: str, contexte: dict[str, Any], **options: Any) -> DocumentRendu:
    """`rendre_pdf` for what people typed: « ? » stands for a sign that no font draws (an emoji)."""
    try:
        return rendre_pdf(gabarit, contexte, **options)
    except RenduRefuse as refus:
        if not refus.signes:
            raise
        return rendre_pdf(gabarit, contexte, **options, remplaces=refus.signes)


def _habiller(html: str, titre: str, cree_le: datetime, auteur: str) -> str:
    """Put the body of a document in a page whose metadata are fixed."""
    from django.utils.html import escape

    date = cree_le.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    metas = {"dcterms.created": date, "dcterms.modified": date, "generator": "PCTI", "author": auteur}
    tete = "".join(f'<meta name="{nom}" content="{escape(valeur)}">' for nom, valeur in metas.items() if valeur)
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{escape(titre)}</title>{tete}</head>'
        f"<body>{html}</body></html>"
    )


def rendre_html(
    html: str, *, actifs: Actifs | None = None, feuilles: Sequence[str] = (), variante: str = ACCESSIBLE
) -> DocumentRendu:
    """Render a whole HTML page (escaped by its author). Raises RenduRefuse."""
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    html = html.translate(_SANS_GLYPHE)
    with _VERROU, _sans_reproche():
        polices, commune = _partages()
        styles = [commune, *(_feuille(nom) for nom in feuilles)]
        try:
            document = HTML(string=html, base_url="doc:", url_fetcher=_fetcher(actifs or {})).render(
                font_config=polices, stylesheets=styles, pdf_variant=variante or None
            )
            if variante == ARCHIVAGE:
                _declarer_ua1(document)
            pdf = document.write_pdf(
                pdf_variant=variante or None,
                pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
                finisher=_completer,
            )
        except FatalURLFetchingError as erreur:
            raise RenduRefuse(f"ressource refusée : {erreur}") from erreur
        return DocumentRendu(pdf=pdf, pages=len(document.pages), ancres=dict(_ancres(document)))


def _ancres(document: Any) -> Iterator[tuple[str, Boite]]:
    for rang, page in enumerate(document.pages):
        for nom, (x1, y1, x2, y2) in page.anchors.items():
            yield nom, (rang, x1 * 0.75, (page.height - y2) * 0.75, x2 * 0.75, (page.height - y1) * 0.75)


def _fetcher(actifs: Actifs) -> Any:
    """Only ``doc:`` names known in memory; anything else stops the rendering."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class FetcherFerme(URLFetcher):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(timeout=1, allowed_protocols=("doc",), allow_redirects=False, fail_on_errors=True)

        def fetch(self, url: str, headers: Any = None) -> Any:
            connus = {**_actifs_communs(), **{f"doc:{nom}": actif for nom, actif in actifs.items()}}
            if url not in connus:
                raise ValueError(f"refusé : {url[:80]}")
            genre, octets = connus[url]
            return URLFetcherResponse(url, octets, {"Content-Type": genre})

    return FetcherFerme()


@cache
def _actifs_communs() -> dict[str, tuple[str, bytes]]:
    """The fonts, read once: Spectral (OFL 1.1, TrueType), shipped by django-dsfr."""
    actifs = {}
    for nom in _POLICES:
        chemin = finders.find(f"dsfr/dist/fonts/{nom}")
        if not chemin:
            raise RenduRefuse(f"police introuvable : {nom}")
        actifs[f"doc:police/{nom}"] = ("font/woff2", Path(chemin).read_bytes())
    return actifs


@cache
def _partages() -> tuple[Any, Any]:
    """Font configuration and common style sheet of this process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    polices = FontConfiguration()
    commune = CSS(string=_texte(FEUILLE_COMMUNE), base_url="doc:", url_fetcher=_fetcher({}), font_config=polices)
    return polices, commune


# The configuration deletes its files when it dies: before the interpreter forgets how.
atexit.register(_partages.cache_clear)


@cache
def _feuille(nom: str) -> Any:
    from weasyprint import CSS

    return CSS(string=_texte(nom), base_url="doc:", url_fetcher=_fetcher({}), font_config=_partages()[0])


def _texte(nom: str) -> str:
    return Path(get_template(nom).template.origin.name).read_text(encoding="utf-8")  # type: ignore[attr-defined]


class _Reproches(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lus: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.ERROR or ".notdef" in message:
            self.lus.append(message)


@contextmanager
def _sans_reproche() -> Iterator[None]:
    """Turn into a failure what WeasyPrint only writes in its log (broken image, missing glyph)."""
    journal = logging.getLogger("weasyprint")
    reproches = _Reproches()
    journal.addHandler(reproches)
    try:
        yield
    finally:
        journal.removeHandler(reproches)
    if reproches.lus:
        codes = re.findall(r"U\+([0-9A-F]{4,6})", " ".join(m for m in reproches.lus if ".notdef" in m))
        raise RenduRefuse(" ; ".join(reproches.lus)[:500], frozenset(chr(int(code, 16)) for code in codes))


def _declarer_ua1(document: Any) -> None:
    """Claim PDF/UA-1 beside PDF/A-3a: WeasyPrint writes one claim only; PDF/A wants its schema described."""
    original = document.metadata.generate_rdf_metadata

    def avec_ua1(variant: str, version: int, conformance: str) -> bytes:
        rdf: bytes = original(variant, version, conformance)
        return rdf.replace(b"</rdf:RDF>", _XMP_UA1 + b"</rdf:RDF>")

    document.metadata.generate_rdf_metadata = avec_ua1


_XMP_UA1 = b"".join(
    (
        b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>',
        b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"',
        b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"',
        b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>',
        b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>',
        b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>",
        b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>",
        b'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>',
        b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>",
        b"<pdfaProperty:category>internal</pdfaProperty:category>",
        b"<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description></rdf:li>",
        b"</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>",
    )
)


def _completer(_document: Any, pdf: Any) -> None:
    """Give each header cell its scope: WeasyPrint links cells to headers but omits it."""
    for element in pdf.objects:
        if not isinstance(element, dict) or element.get("S") != "/TH" or "A" not in element:
            continue
        ligne = _parent(pdf, element)
        groupe = _parent(pdf, ligne)
        element["A"]["Scope"] = "/Column" if groupe.get("S") == "/THead" else "/Row"


def _parent(pdf: Any, element: Any) -> Any:
    reference = element.get("P")
    return pdf.objects[
        int(str(reference, "ascii").split()[0] if isinstance(reference, bytes) else reference.split()[0])
    ]
