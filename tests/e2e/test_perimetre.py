"""A pôle's perimeter drawn in Chromium: by clicking on the map, by the list, and by the keyboard alone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.test_axe import se_connecter


def test_dessiner_le_perimetre_sur_la_carte_puis_annuler(nouvelle_page: Callable[..., Page]) -> None:
    page = nouvelle_page()
    se_connecter(page, "Pilotage régional (PRITH)")
    page.goto("/structures/poles/eure/bassins/2817/")
    compte = page.locator("#perimetre-compte")
    expect(compte).to_have_text("100")
    # The map and the list say the same thing.
    expect(page.locator(".perimetre__legende")).to_be_visible()
    page.locator(".perimetre__fond .leaflet-overlay-pane path").first.click()
    expect(compte).to_have_text("99")
    decochees = page.locator('[name="communes"]:not(:checked)')
    expect(decochees).to_have_count(1)
    page.get_by_label("Trouver une commune").fill("saint el")
    expect(page.get_by_label("Bézu-Saint-Éloi")).to_be_visible()
    expect(page.get_by_label("Aigleville")).to_be_hidden()
    page.get_by_label("Pourquoi ce changement").fill("Essai dans le navigateur")
    page.get_by_role("button", name="Enregistrer le périmètre").click()
    expect(page.get_by_text("1 commune retirée. Le")).to_be_visible()
    expect(page.get_by_text("Essai dans le navigateur")).to_be_visible()
    page.get_by_role("button", name="Annuler").first.click()
    expect(page.get_by_text("1 commune ajoutée. Le")).to_be_visible()
    expect(page.get_by_text("Toutes (100)")).to_be_visible()
