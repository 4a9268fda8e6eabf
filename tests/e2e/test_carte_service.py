"""The map of a service in a real browser: layers, cards, communes out of reach, keyboard, phone, without script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.personnes import en_un_clic
from tests.e2e.test_cartes import attendre_la_carte

ROLE = "Coordination du pôle de l’Eure"
# Offered, needed, and out of reach somewhere (demonstration data).
SERVICE = "/cartes/services/appui-diagnostic-situation/"


def ouvrir(page: Page, suite: str = "") -> Page:
    en_un_clic(page, ROLE)
    page.goto(f"{SERVICE}{suite}")
    attendre_la_carte(page)
    return page


def sur_la_carte(page: Page, signe: str) -> int:
    """Offers or needs on the map: single signs, plus the numbers beside them in the groups."""
    return int(
        page.evaluate(
            """(signe) => document.querySelectorAll(`#carte img.carte-repere[src*="/${signe}."]`).length
              + [...document.querySelectorAll(`#carte .carte-pastille img[src*="/${signe}."]`)]
                  .reduce((somme, image) => somme + Number(image.nextElementSibling.textContent), 0)""",
            signe,
        )
    )


def dans_la_liste(page: Page, genre: str) -> int:
    return page.locator(f'[data-point^="{genre}-"]:visible').count()


def test_les_couches_la_carte_et_les_listes_disent_la_meme_chose(page: Page) -> None:
    ouvrir(page)
    for genre in ("offre", "besoin"):
        assert sur_la_carte(page, genre) == dans_la_liste(page, genre) > 0
    ombres = page.locator("path.carte-hors")
    assert ombres.count() > 0
    page.get_by_role("checkbox", name="Besoins").uncheck(force=True)
    expect(page).to_have_url(re.compile(r"\?montrer=offres&montrer=hors$"))
    expect(page.locator("[data-annonce]")).to_contain_text("Sur la carte\u00a0:")
    assert (sur_la_carte(page, "besoin"), dans_la_liste(page, "besoin")) == (0, 0)
    page.get_by_role("checkbox", name="Communes hors d’atteinte").uncheck(force=True)
    expect(ombres).to_have_count(0)
    expect(page.get_by_role("heading", name="Les communes hors d’atteinte")).to_be_hidden()
    page.go_back()
    expect(ombres).not_to_have_count(0)
    # The address alone gives the same map again.
    page.reload()
    attendre_la_carte(page)
    assert sur_la_carte(page, "besoin") == 0
    assert sur_la_carte(page, "offre") == dans_la_liste(page, "offre") > 0


def test_un_signe_ouvre_la_carte_de_visite_et_l_adresse_la_garde(page: Page) -> None:
    ouvrir(page)
    page.locator("#carte img.carte-repere").first.click()
    titre = page.locator("#fiche-titre")
    expect(titre).to_be_focused()
    nom = titre.inner_text()
    expect(page).to_have_url(re.compile(r"[?&]point=(offre|besoin)-\d+"))
    page.reload()
    attendre_la_carte(page)
    expect(titre).to_have_text(nom)
    page.keyboard.press("Escape")
    expect(page.locator("#fiche")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("point="))


def test_l_apercu_s_ouvre_depuis_la_liste_au_clavier(page: Page) -> None:
    ouvrir(page)
    bouton = page.locator('[data-point^="offre-"] [data-apercu]').first
    bouton.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fiche-titre")).to_be_focused()
    expect(page.locator("#fiche")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(bouton).to_be_focused()


def test_un_bassin_s_ouvre_filtre_sur_le_service(page: Page) -> None:
    ouvrir(page)
    ligne = page.locator("tr[data-bassin]", has=page.locator('a[href*="?offre="]')).first
    ligne.get_by_role("link").first.focus()
    expect(page.locator("path.carte-bassin--survole")).to_have_count(1)
    ligne.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/cartes/bassins/\w+/\?offre=appui-diagnostic-situation$"))
    attendre_la_carte(page)
    assert page.locator("[data-structure]:visible").count() > 0


def test_la_carte_reste_hors_du_clavier_jusqu_a_ce_qu_on_y_entre(page: Page) -> None:
    ouvrir(page)
    assert page.locator("#carte [tabindex='0'], #carte a:not([tabindex='-1'])").count() == 0
    entrer = page.locator("[data-carte-entrer]")
    entrer.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#carte")).to_be_focused()
    page.keyboard.press("Escape")
    expect(entrer).to_be_focused()


def test_des_communes_illisibles_laissent_le_reste(page: Page) -> None:
    def refuser(route: Route) -> None:
        route.fulfill(status=404, body="")

    page.route("**/cartes/communes.geojson*", refuser)
    ouvrir(page)
    expect(page.locator("[data-note]")).to_contain_text("n’ont pas pu être dessinées")
    assert sur_la_carte(page, "offre") == dans_la_liste(page, "offre") > 0


@pytest.mark.parametrize("largeur", [1280, 390])
def test_accessible_et_sans_debordement(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], largeur: int
) -> None:
    page = ouvrir(nouvelle_page(largeur, 844))
    debordement = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(debordement) <= 0
    verifier_axe(page)
    page.locator("#carte img.carte-repere").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    assert page.evaluate(debordement) <= 0
    verifier_axe(page)


def test_sans_javascript_le_dessin_et_les_couches_marchent(navigateur: Browser, portail: str, page: Page) -> None:
    en_un_clic(page, ROLE)
    contexte = navigateur.new_context(base_url=portail, java_script_enabled=False)
    contexte.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    try:
        sans = contexte.new_page()
        sans.goto(SERVICE)
        expect(sans.locator("#carte svg")).to_be_visible()
        sans.get_by_role("checkbox", name="Besoins").uncheck(force=True)
        sans.get_by_role("button", name="Montrer").click()
        expect(sans).to_have_url(re.compile(r"\?montrer=offres&montrer=hors$"))
        assert dans_la_liste(sans, "besoin") == 0
        assert dans_la_liste(sans, "offre") > 0
    finally:
        contexte.close()


def test_sur_une_colonne_les_listes_viennent_avant_le_tableau(nouvelle_page: Callable[..., Page]) -> None:
    page = ouvrir(nouvelle_page(390, 844))

    def listes_d_abord() -> bool:
        haut = "(un) => un.getBoundingClientRect().top"
        return bool(page.locator("#qui-offre").evaluate(haut) < page.locator("#liste-bassins").evaluate(haut))

    assert listes_d_abord()
    bouton = page.locator('[data-point^="offre-"] [data-apercu]').first
    bouton.focus()
    # Beside the map there is room for the table; what had the focus keeps it.
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(bouton).to_be_focused()
    assert not listes_d_abord()


def test_les_images_suivent_les_couches(page: Page) -> None:
    ouvrir(page)
    page.get_by_role("checkbox", name="Besoins").uncheck(force=True)
    lien = page.get_by_role("link", name="Dessin (SVG)")
    lien.focus()
    expect(lien).to_have_attribute("href", re.compile(r"carte\.svg\?montrer=offres&montrer=hors$"))


def test_la_zone_dessinee_part_avec_l_image(page: Page) -> None:
    ouvrir(page)
    page.locator('[data-point^="offre-"] [data-apercu]').first.click()
    page.locator("[data-zone]").first.click()
    expect(page.locator("path.carte-zone").first).to_be_visible()
    with page.expect_download() as telechargement:
        page.get_by_role("link", name="Dessin (SVG)").click()
    assert "zone couverte par l’offre" in telechargement.value.path().read_text(encoding="utf-8")


def test_un_groupe_choisi_n_a_qu_un_anneau(page: Page) -> None:
    ouvrir(page)
    # Chosen in the list while its sign is inside a group.
    choisi = page.locator(".carte-pastille.carte-repere--choisi")
    for bouton in page.locator("[data-point] [data-apercu]:visible").all():
        bouton.click()
        page.wait_for_timeout(400)
        if choisi.count():
            break
    expect(choisi).to_have_css("box-shadow", "none")
    expect(choisi.locator("> span")).not_to_have_css("box-shadow", "none")
