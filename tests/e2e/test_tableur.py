"""A spreadsheet from its upload to its structures, by a coordination, with its eyes on the preview."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_axe import se_connecter
from tests.structures.tableurs import ecrire_xlsx

LISTE: list[list[Any]] = [
    ["Cap emploi de Normandie"],
    ["Structure", "CP", "Ville", "Tél."],
    ["Cap emploi d’essai", 27000, "EVREUX", 232000004],
    ["Cap emploi du Bocage d’essai", 14500, "VIRE", "02 31 00 00 03"],
]


def _attendre_la_fin(page: Page, signe: Locator) -> None:
    """The job may have ended before its page was shown: its sign, or the link that its progress ends with."""
    lien = page.get_by_role("link", name="Voir le résultat")
    expect(lien.or_(signe).first).to_be_visible(timeout=90_000)
    if lien.is_visible():
        lien.click()
    expect(signe).to_be_visible()


@pytest.mark.parametrize("largeur", [1280, 390])
def test_un_tableau_jusqu_a_l_annuaire(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], tmp_path: Path, largeur: int
) -> None:
    """Columns guessed, one changed: the preview follows; the dry run starts once; applied, the list is remembered."""
    page = nouvelle_page(largeur, 900)
    se_connecter(page, "Coordination du pôle de l’Eure")
    lignes = [[f"{c} {largeur}" if "essai" in str(c) else c for c in ligne] for ligne in LISTE]
    fichier = ecrire_xlsx(tmp_path / f"essai {largeur}.xlsx", lignes)
    page.goto("/structures/imports/")
    page.set_input_files("input[type=file]", str(fichier))
    page.get_by_role("button", name="Voir ce qui changerait").click()
    page.wait_for_url("**/colonnes/")
    bilan = page.locator("#bilan-apercu")
    expect(bilan).to_contain_text("2 à importer")
    verifier_axe(page)
    # By the keyboard: the town is left aside, the preview says what is missing and the focus stays.
    ville = page.get_by_label("Ville", exact=False).first
    ville.focus()
    page.keyboard.press("Home")
    expect(bilan).to_contain_text("Il manque encore")
    assert page.evaluate("document.activeElement.id") == ville.get_attribute("id")
    ville.select_option("ville")
    expect(bilan).to_contain_text("2 à importer")
    page.get_by_label("Nom de cette liste").fill(f"Cap emploi {largeur}")
    page.get_by_role("button", name="Essayer l’import").click()
    page.wait_for_url(re.compile(r"/structures/imports/\d+/$"))
    expect(page.get_by_text("n’attend pas d’aperçu")).to_have_count(0)
    appliquer = page.get_by_role("button", name="Appliquer cet import")
    _attendre_la_fin(page, appliquer)
    appliquer.click()
    _attendre_la_fin(page, page.get_by_text("Appliqué", exact=True))
    page.goto("/structures/imports/listes/")
    verifier_axe(page)
    page.get_by_role("link", name=f"Cap emploi {largeur}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Cap emploi {largeur}")
    verifier_axe(page)
