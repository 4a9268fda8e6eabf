"""The directory in a browser: results follow what is typed without losing the focus; filters unfold; axe agrees."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("largeur", [1280, 390])
def test_chercher_filtrer_situer(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], largeur: int
) -> None:
    page = nouvelle_page(largeur, 844)
    page.goto("/structures/")
    page.get_by_role("searchbox", name="Rechercher").focus()
    page.keyboard.type("esat evreu")
    page.wait_for_url(re.compile(r"\?q=esat"))
    assert page.evaluate("document.activeElement.id") == "annuaire-q"
    expect(page.locator("#annuaire-annonce")).to_have_text(page.locator("#resultats").inner_text())

    if largeur < 768:
        expect(page.locator("summary", has_text="Famille et type")).to_be_hidden()
        page.locator("summary", has_text="Filtres").click()
    page.locator("summary", has_text="Famille et type").focus()
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Médico-social, adultes").check()
    page.wait_for_url(re.compile("famille=medico-social-adultes"))
    expect(page.locator("#annuaire-compte-famille")).to_contain_text("(1")
    verifier_axe(page)

    # Proposals while a place is typed; the exact one is a commune of ours.
    page.get_by_label("Autour de").press_sequentially("vern")
    expect(page.locator("#annuaire-lieux option[value='Vernon (27681)']")).to_have_count(1)
    page.get_by_label("Autour de").fill("Vernon (27681)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("lieu=Vernon"))
    expect(page.locator("#annuaire-resultats")).to_contain_text("à vol d’oiseau depuis Vernon (27)")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    # The way back shows the former results, and the form that goes with them.
    page.go_back()
    expect(page.get_by_label("Autour de")).to_have_value("")
    page.goto("/structures/?lieu=saint-aubin&q=zzzz")
    verifier_axe(page)
    page.goto("/structures/export/?q=esat")
    verifier_axe(page)
