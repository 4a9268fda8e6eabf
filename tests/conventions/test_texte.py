"""The model text: variables, blocks, what is missing; nothing typed can become markup."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiches_action.conventions import contenu
from fiches_action.conventions.texte import ModeleMalForme, rendre

MODELE = (Path(contenu.MODELES) / "partenariat-1.txt").read_text(encoding="utf-8")


def test_variables_blocks_and_missing_ones() -> None:
    rendu = rendre(
        "# {{titre}}\n\n{{#parties}}\n- {{nom}} ({{role}})\n{{/parties}}\n\n{{^payante}}gratuite{{/payante}}.",
        {"titre": "T", "parties": [{"cle": "p:1", "nom": "A", "role": ""}, {"nom": "B", "role": "r"}]},
    )
    assert rendu.html == "<h1>T</h1>\n<ul><li>A (<mark>à compléter</mark>)</li><li>B (r)</li></ul>\n<p>gratuite.</p>"
    assert rendu.manquantes == ["p:1.role"]


def test_a_final_stop_is_not_doubled() -> None:
    assert rendre("{{a}}.", {"a": "Fin."}).html == "<p>Fin.</p>"


@pytest.mark.parametrize("modele", ["{{#a}}x", "x{{/a}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "{{#a}}" * 9])
def test_an_ill_formed_model_is_refused(modele: str) -> None:
    with pytest.raises(ModeleMalForme):
        rendre(modele, {"a": True, "b": True})


@given(st.text(min_size=1, max_size=60))
def test_nothing_typed_becomes_markup(saisie: str) -> None:
    rendu = rendre("{{a}}\n- {{a}}\n## {{a}}", {"a": saisie})
    assert set(re.findall(r"<(\w+)", rendu.html)) <= {"p", "br", "ul", "li", "h2", "mark"}
    assert "{{" not in rendu.html or "{{" in saisie


@pytest.mark.parametrize(
    "saisie", ["# titre", "- liste", "**gras**", "<b>x</b>", "{{conv.lieu}}", "a\n## b", "a\n- b", "\x1fx\x1f", "\x1e"]
)
def test_marks_typed_by_a_person_are_read_as_text(saisie: str) -> None:
    rendu = rendre("{{a}}", {"a": saisie, "conv": {"lieu": "ici"}}).html
    assert not re.search(r"<(h1|h2|ul|strong|b)\b", rendu)
    assert "ici" not in rendu
    for visible in ("titre", "liste", "gras", "x", "b"):
        if visible in saisie:
            assert visible in html.unescape(rendu)


def test_the_model_has_its_seventeen_articles_and_french_typography() -> None:
    articles = re.findall(r"^## Article\u00a0(\d+)\u00a0–", MODELE, re.MULTILINE)
    assert articles == [str(n) for n in range(1, 18)]
    assert not re.search(r"(?<![\u00a0{])[;:?!»]", re.sub(r"[{]{2}.*?[}]{2}", "\u00a0", MODELE))
    assert "'" not in MODELE


def test_every_variable_of_the_model_can_be_put_right_somewhere() -> None:
    rendu = rendre(MODELE, {"parties": [{"cle": "partie:1", **dict.fromkeys(contenu.LIBELLES_PARTIE, "")}]})
    connus = set(contenu.LIBELLES) | {f"partie:1.{nom}" for nom in contenu.LIBELLES_PARTIE}
    assert set(rendu.manquantes) - connus <= {
        "fiche.titre",
        "fiche.reference",
        "conv.reference",
        "conv.version",
        "conv.seuil_secret",
    }, "these five always have a value"


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [("Évreux", "d’Évreux"), ("Caen", "de Caen"), ("Le Havre", "du Havre"), ("Les Andelys", "des Andelys")],
)
def test_names_of_towns_take_their_article(nom: str, attendu: str) -> None:
    assert contenu.de(nom) == attendu
