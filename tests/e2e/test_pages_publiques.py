"""Pages that anybody may open: they answer, fit the screen and break no accessibility rule that axe sees."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

PAGES = ["/", "/cartes/", "/structures/", "/verifier/", "/accessibilite/", "/mentions-legales/", "/aide/"]


@pytest.mark.parametrize("chemin", PAGES)
@pytest.mark.parametrize("largeur", [1280, 390])
def test_une_page_publique_est_accessible(
    chemin: str, largeur: int, nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None]
) -> None:
    page = nouvelle_page(largeur)
    reponse = page.goto(chemin)
    assert reponse is not None
    assert reponse.status == 200
    assert page.locator("h1").count() == 1
    deborde = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert deborde <= 0, f"{chemin} déborde de {deborde} px à {largeur} px"
    verifier_axe(page)
