"""The map of a bassin when things come late, twice, or from people: names, races, focus, what covers what."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_axe import se_connecter
from tests.e2e.test_carte_bassin import DIRECTION, adresse, ouvrir
from tests.e2e.test_cartes import attendre_la_carte

# Points of the sheet, as parts of its box, that must answer as the sheet.
GRILLE = """(section) => {
  const { left, top, width, height } = section.getBoundingClientRect();
  const parts = [0.05, 0.25, 0.5, 0.75, 0.95];
  return parts.flatMap((x) => parts.map((y) => document.elementFromPoint(left + x * width, top + y * height)))
    .filter((touche) => !section.contains(touche)).map((touche) => touche?.outerHTML.slice(0, 80));
}"""


def test_un_nom_n_est_jamais_lu_comme_du_html(page: Page) -> None:
    """Names of structures and titles of sheets are written by people; a tooltip shows them as they are."""

    def pieger(route: Route) -> None:
        donnees: dict[str, Any] = route.fetch().json()
        for lien in donnees["liens"]:
            lien["nom"] = '<b class="piege">Fiche</b>'
            for bout in (bout for trait in lien["traits"] for bout in trait):
                bout["nom"] = '<b class="piege">ESAT</b>'
        route.fulfill(json=donnees)

    se_connecter(page, DIRECTION)
    page.route("**/liens/", pieger)
    ouvrir(page)
    page.get_by_role("button", name="Coopérations").click()
    trait = page.locator("path.carte-lien-trace").first
    expect(trait).to_be_visible()
    trait.dispatch_event("mouseover", {"bubbles": True, "clientX": 400, "clientY": 400})
    expect(page.locator(".leaflet-tooltip").last).to_contain_text('<b class="piege">ESAT</b>')
    assert page.locator(".piege").count() == 0


def test_un_apercu_ferme_avant_d_arriver_ne_s_ouvre_pas(page: Page) -> None:
    ouvrir(page)
    retenues: list[Route] = []
    page.route("**/structures/*/carte/", lambda route: retenues.append(route))
    page.locator("[data-apercu]:visible").first.click()
    expect(page).to_have_url(re.compile("structure="))
    page.go_back()
    expect(page).not_to_have_url(re.compile("structure="))
    with page.expect_response("**/structures/*/carte/"):
        retenues[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#fiche")).to_be_hidden()
    assert "structure" not in adresse(page)
    expect(page.locator(".carte-ligne--choisie")).to_have_count(0)


def test_deux_retours_plus_vite_que_les_reponses(page: Page) -> None:
    """What the first « back » was still asking must not be shown over the second."""
    ouvrir(page)
    page.locator("#filtre-autour").fill("Évreux")
    page.locator("#filtre-autour").press("Enter")
    expect(page.locator("path.carte-cercle")).to_have_count(1)
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Ne plus chercher autour").click()
    expect(page.locator("path.carte-cercle")).to_have_count(0)
    retenues: list[Route] = []
    page.route("**/autour/**", lambda route: retenues.append(route))
    # Four steps: the place, the card, the card closed, no place any more.
    page.evaluate("history.go(-2)")
    expect(page).to_have_url(re.compile("structure="))
    page.evaluate("history.go(-2)")
    expect(page).not_to_have_url(re.compile("autour="))
    for retenue in retenues:
        retenue.continue_()
    page.wait_for_timeout(500)
    expect(page.locator("#fiche")).to_be_hidden()
    expect(page.locator("path.carte-cercle")).to_have_count(0)


def test_le_focus_ne_se_perd_pas(page: Page) -> None:
    """Escape when the line has left the list; « Effacer » that goes away with its note."""
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.locator("[data-offres] [data-apercu]").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    page.locator("[data-zone]").first.click()
    effacer = page.locator("[data-note] [data-effacer]")
    effacer.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rouvrir l’aperçu")).to_be_focused()
    page.locator(".carte-ligne--choisie").evaluate("li => { li.hidden = true; }")
    page.keyboard.press("Escape")
    expect(page.locator("#liste")).to_be_focused()


def test_sur_un_telephone_rien_ne_passe_par_dessus_l_apercu(page_mobile: Page) -> None:
    ouvrir(page_mobile)
    page_mobile.locator("[data-apercu]:visible").first.click()
    fiche = page_mobile.locator("#fiche")
    expect(page_mobile.locator("#fiche-titre")).to_be_focused()
    familles = page_mobile.locator(".carte-familles")
    familles.evaluate("ul => window.scrollBy(0, ul.getBoundingClientRect().top - innerHeight * 0.6)")
    assert fiche.evaluate(GRILLE) == []
    # As high as it goes, at the top of the page: the portal's name lay over the name of the structure.
    page_mobile.locator("[data-poignee]").click()
    expect(fiche).to_have_class(re.compile("carte-fiche--haute"))
    page_mobile.evaluate("window.scrollTo(0, 0)")
    assert fiche.evaluate(GRILLE) == []


def test_sur_un_telephone_un_lieu_introuvable_se_dit_sous_les_yeux(page_mobile: Page) -> None:
    """The words were under the bar of the page: nothing seemed to happen."""
    ouvrir(page_mobile)
    champ = page_mobile.locator("#filtre-autour")
    # As low as a thumb may have left it.
    champ.evaluate("une => window.scrollBy(0, une.getBoundingClientRect().bottom - innerHeight + 80)")
    champ.fill("xyzzy")
    champ.press("Enter")
    reponse = page_mobile.get_by_text("Nous ne trouvons pas «\u00a0xyzzy\u00a0»")
    expect(reponse).to_be_visible()
    assert reponse.evaluate("p => p.getBoundingClientRect().bottom") <= page_mobile.locator(".carte-barre").evaluate(
        "barre => barre.getBoundingClientRect().top"
    )
    # Tied to its field, for who hears the page.
    expect(champ).to_have_accessible_description(re.compile("Nous ne trouvons pas"))


def test_aucun_nom_de_ville_sous_l_echelle(page_mobile: Page) -> None:
    ouvrir(page_mobile, "?vue=49.0201,1.1415,9.5")
    noms = page_mobile.locator(".fond-lieu span")
    expect(noms.first).to_be_visible()
    coins = [coin.bounding_box() for coin in page_mobile.locator(".leaflet-control:visible").all()]
    for nom in noms.all():
        boite = nom.bounding_box()
        assert boite
        for coin in coins:
            assert coin
            cote = boite["x"] < coin["x"] + coin["width"] and boite["x"] + boite["width"] > coin["x"]
            haut = boite["y"] < coin["y"] + coin["height"] and boite["y"] + boite["height"] > coin["y"]
            assert not (cote and haut), nom.inner_text()


@pytest.mark.parametrize("adresse_", ["/cartes/", "/cartes/services/suivi-apres-sortie/"])
def test_sans_les_contours_le_dessin_du_portail_reste(page: Page, adresse_: str) -> None:
    """The server's drawing was there at once: nothing takes it away without putting something in its place."""
    se_connecter(page, DIRECTION)
    page.route("**/bassins.geojson*", lambda route: route.abort())
    with page.expect_console_message(lambda dit: "n’a pas pu être dessinée" in dit.text):
        page.goto(adresse_)
    expect(page.locator("[data-dessin] svg")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_la_carte_d_ensemble_d_un_portail_vide(page: Page) -> None:
    """A portal just installed knows no structure, hence no family."""

    def sans_familles(route: Route) -> None:
        reponse = route.fetch()
        corps = re.sub(r'<ul class="carte-familles">.*?</ul>', "", reponse.text(), flags=re.S)
        route.fulfill(response=reponse, body=corps)

    page.route("**/cartes/ensemble/", sans_familles)
    page.goto("/cartes/ensemble/")
    attendre_la_carte(page)


def test_la_carte_d_ensemble_revient_ou_elle_etait(page: Page) -> None:
    page.goto("/cartes/ensemble/")
    attendre_la_carte(page)
    echelle = page.locator(".leaflet-control-scale-line")
    avant = echelle.inner_text()
    page.locator("[name=famille]").first.check()
    page.locator(".leaflet-control-zoom-in").click()
    page.locator(".leaflet-control-zoom-in").click()
    expect(page).to_have_url(re.compile("vue="))
    page.go_back()
    expect(page.locator("[name=famille]").first).not_to_be_checked()
    expect(echelle).to_have_text(avant)


def test_l_apercu_de_la_carte_d_ensemble_est_dans_l_adresse(page: Page) -> None:
    ouvrir(page)
    numero = page.locator("[data-structure]").first.get_attribute("data-structure")
    page.goto(f"/cartes/ensemble/?structure={numero}")
    attendre_la_carte(page)
    expect(page.locator("#fiche-titre")).to_be_visible()
    page.locator("[data-fermer]").click()
    expect(page.locator("#fiche")).to_be_hidden()
    assert "structure" not in adresse(page)
    page.go_back()
    expect(page.locator("#fiche-titre")).to_be_visible()
