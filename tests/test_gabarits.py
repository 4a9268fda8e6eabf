"""Templates: nothing inline that the strict policy would block, none that nobody uses, French typography."""

import ast
import re
from pathlib import Path

import pytest
from django.test import Client

RACINE = Path(__file__).resolve().parent.parent
GABARITS = RACINE / "templates"
PIECES = ("pcti", "cartes", "fiches_action", "offres", "structures", "socle")
# Shown by Django, allauth or the e-mail engine by their own name; documents are not web pages.
APPELES_AILLEURS = (
    "account/", "mfa/", "socialaccount/", "allauth/", "400", "403", "404", "429", "500", "courriels/", "admin/",
    "django/",
)  # fmt: skip
HORS_PAGE = ("courriels/", "documents/")
BALISES = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.S)


def pages() -> list[Path]:
    return sorted(GABARITS.rglob("*.html"))


def nom(chemin: Path) -> str:
    return chemin.relative_to(GABARITS).as_posix()


@pytest.mark.parametrize("chemin", [p for p in pages() if not nom(p).startswith(HORS_PAGE)], ids=nom)
def test_rien_en_ligne(chemin: Path) -> None:
    texte = BALISES.sub("", chemin.read_text())
    assert not re.search(r"<style\b", texte), "feuille de style en ligne"
    assert not re.search(r"\sstyle\s*=", texte), "attribut style"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", texte), "gestionnaire d’événement en ligne"
    assert "javascript:" not in texte
    for ouverture, contenu in re.findall(r"<script\b([^>]*)>(.*?)</script>", texte, re.S):
        assert "src=" in ouverture, "script en ligne"
        assert not contenu.strip(), "script en ligne"
    assert not re.search(r"(?:src|href)\s*=\s*[\"']https?://[^\"']+\.(?:js|css|woff2?|png|svg)", texte), (
        "venu d’ailleurs"
    )


def test_aucun_gabarit_sans_usage() -> None:
    cites = set()
    for piece in PIECES:
        for fichier in (RACINE / piece).rglob("*.py"):
            for noeud in ast.walk(ast.parse(fichier.read_text())):
                if isinstance(noeud, ast.Constant) and isinstance(noeud.value, str):
                    cites.add(noeud.value)
                elif isinstance(noeud, ast.JoinedStr):
                    # f"cartes/{nom}.html": any template of that shape is used.
                    cites.add("".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in noeud.values))
    for fichier in GABARITS.rglob("*"):
        if fichier.is_file():
            cites.update(re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", fichier.read_text()))
    motifs = [re.compile(re.escape(cite).replace(r"\*", ".+")) for cite in cites if "*" in cite and "/" in cite]
    inutiles = [
        nom(page)
        for page in pages()
        if nom(page) not in cites
        and not nom(page).startswith(APPELES_AILLEURS)
        and not any(motif.fullmatch(nom(page)) for motif in motifs)
    ]
    assert inutiles == []


@pytest.mark.parametrize("chemin", sorted((GABARITS / "composants").glob("*.html")), ids=nom)
def test_un_composant_dit_comment_s_en_servir(chemin: Path) -> None:
    debut = "\n".join(chemin.read_text().splitlines()[:3])
    assert "{#" in debut or "{% comment %}" in debut


@pytest.mark.parametrize(
    "chemin",
    [
        *(p for p in pages() if not nom(p).startswith("courriels/cadre")),
        *sorted((GABARITS / "courriels").rglob("*.txt")),
    ],
    ids=nom,
)
def test_espaces_insecables(chemin: Path) -> None:
    """Before « : ; ? ! » and inside « » the space does not break."""
    texte = BALISES.sub("", chemin.read_text())
    fautes = re.findall(r".{0,30}[\wéèà’] [?!;:](?=[\s<]|$).{0,10}|.{0,20}« .{0,20}|.{0,20} ».{0,10}", texte)
    assert fautes == []


@pytest.mark.django_db
@pytest.mark.parametrize("chemin", ["/", "/comptes/login/", "/aide/", "/cartes/", "/nulle-part/"])
def test_la_politique_de_contenu_est_stricte(client: Client, chemin: str) -> None:
    politique = client.get(chemin).headers["Content-Security-Policy"]
    regles = dict(regle.strip().partition(" ")[::2] for regle in politique.split(";"))
    assert regles["default-src"] == "'none'"
    assert regles["style-src"] == "'self'"
    assert regles["base-uri"] == "'none'"
    assert regles["frame-ancestors"] == "'none'"
    assert regles["form-action"] == "'self'"
    assert "unsafe" not in politique
    assert "http:" not in politique
    assert "*" not in politique


@pytest.mark.django_db
def test_entetes_de_prudence(client: Client) -> None:
    entetes = client.get("/aide/").headers
    assert entetes["X-Frame-Options"] == "DENY"
    assert entetes["X-Content-Type-Options"] == "nosniff"
    assert entetes["Referrer-Policy"] == "same-origin"
