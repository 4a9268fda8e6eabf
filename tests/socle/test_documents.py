"""Documents: closed to the outside, the same bytes twice, refused when they would be wrong."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from pdfua import validate

from socle import documents

PAGE = (
    '<!DOCTYPE html><html lang="fr"><head><title>Essai</title>'
    '<meta name="dcterms.created" content="2026-01-02T03:04:05Z">'
    '<meta name="dcterms.modified" content="2026-01-02T03:04:05Z"></head><body>'
    '<h1 id="ici">Œuvre : 1\u202f000 €</h1><table><thead><tr><th>Année</th></tr></thead>'
    '<tbody><tr><th scope="row">Rang</th></tr></tbody></table>%s</body></html>'
)


def rendre(morceau: str = "", **options: object) -> documents.DocumentRendu:
    return documents.rendre_html(PAGE % morceau, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "morceau",
    [
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="doc:inconnu" alt="x">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        '<style>@import url("file:///etc/passwd");</style>',
        "<style>@font-face{font-family:x;src:url(http://127.0.0.1:9/f.woff)} p{font-family:x}</style><p>x</p>",
        '<p style="background:url(http://127.0.0.1:9/x.png)">x</p>',
        '<ul style="list-style-image:url(file:///etc/passwd)"><li>x</li></ul>',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">x</a>',
        '<object data="http://127.0.0.1:9/x.svg"></object>',
        '<embed src="http://127.0.0.1:9/x.svg">',
        '<base href="http://127.0.0.1:9/"><img src="x.png" alt="x">',
    ],
)
def test_nothing_is_fetched_from_outside(morceau: str) -> None:
    with pytest.raises(documents.RenduRefuse):
        rendre(morceau)


def test_a_character_without_a_glyph_is_refused() -> None:
    with pytest.raises(documents.RenduRefuse, match="notdef"):
        rendre("<p>\ue123</p>")


def test_a_broken_image_or_one_without_words_is_refused() -> None:
    with pytest.raises(documents.RenduRefuse):
        rendre('<img src="doc:logo" alt="x">', actifs={"logo": ("image/png", b"rien")})
    carre = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    with pytest.raises(documents.RenduRefuse, match="alt"):
        rendre('<img src="doc:logo">', actifs={"logo": ("image/svg+xml", carre)})
    assert rendre('<img src="doc:logo" alt="Carré">', actifs={"logo": ("image/svg+xml", carre)}).pages == 1


def test_the_same_document_has_the_same_bytes_in_another_process() -> None:
    programme = (
        "import sys, django; django.setup()\n"
        "from socle import documents\n"
        "sys.stdout.write(documents.rendre_html(sys.stdin.read(), variante=documents.ARCHIVAGE).empreinte)"
    )
    autres = [
        subprocess.run(
            [sys.executable, "-c", programme],
            input=PAGE % "",
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(documents.__file__).parent.parent,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "pcti.settings", "PYTHONHASHSEED": graine, "TZ": fuseau},
        ).stdout
        for graine, fuseau in (("1", "Asia/Tokyo"), ("77", "UTC"))
    ]
    rendre()  # whatever was rendered before must not matter
    assert autres == [rendre(variante=documents.ARCHIVAGE).empreinte] * 2


def test_archive_claims_fonts_and_headers(tmp_path: Path) -> None:
    rendu = rendre("<p>Texte</p>", variante=documents.ARCHIVAGE)
    fichier = tmp_path / "essai.pdf"
    fichier.write_bytes(rendu.pdf)
    assert list(validate(str(fichier)).findings) == []
    with pikepdf.open(io.BytesIO(rendu.pdf)) as pdf:
        xmp = bytes(pdf.Root.Metadata.read_bytes()).decode()
        assert re.search(r'pdfaid:part="3"', xmp)
        assert re.search(r'pdfaid:conformance="A"', xmp)
        assert 'pdfuaid:part="1"' in xmp
        assert "http://www.aiim.org/pdfa/ns/extension/" in xmp
        assert "/Version" not in pdf.Root
        assert str(pdf.Root.Lang) == "fr"
        polices = {
            str(o.BaseFont).split("+")[-1]
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o
        }
        assert polices == {"Spectral", "Spectral-Bold"}
        portees = [str(o.A.Scope) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/TH"]
        assert sorted(portees) == ["/Column", "/Row"]


def test_anchors_are_in_points_from_the_bottom() -> None:
    page, x1, y1, x2, y2 = rendre().ancres["ici"]
    assert page == 0
    assert 0 < x1 < x2 < 595.3
    assert 700 < y1 < y2 < 842
