"""Maps in a real browser: nothing external, filters, card by keyboard, list without JavaScript, phone."""

import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import OuvrirPage
from tests.e2e.test_axe import se_connecter

BASSIN = "/cartes/bassins/2808/"


def attendre_la_carte(page: Page) -> None:
    page.wait_for_selector("#carte[data-prete]")


def total_sur_la_carte(page: Page) -> int:
    """Structures that the map shows: single markers, plus the numbers written on the clusters."""
    return int(
        page.evaluate(
            """() => document.querySelectorAll("#carte img.carte-repere").length
              + [...document.querySelectorAll("#carte .carte-grappe")]
                  .reduce((somme, grappe) => somme + Number(grappe.textContent), 0)"""
        )
    )


def lignes(page: Page) -> int:
    return page.locator("[data-structure]:visible").count()


@pytest.mark.parametrize("chemin", ["/cartes/", BASSIN])
def test_rien_ne_vient_d_ailleurs(page: Page, portail: str, chemin: str) -> None:
    """No request leaves the portal and none fails (the page fixture watches the CSP)."""
    ailleurs, echecs = [], []
    notre = urlsplit(portail).netloc
    page.on("request", lambda r: ailleurs.append(r.url) if urlsplit(r.url).netloc not in ("", notre) else None)
    page.on("response", lambda r: echecs.append(r.url) if r.status >= 400 else None)
    page.goto(chemin)
    attendre_la_carte(page)
    assert (ailleurs, echecs) == ([], [])
    assert page.locator("#carte path").count() > 10


def test_la_carte_de_la_region_mene_a_un_bassin(page: Page) -> None:
    page.goto("/cartes/")
    attendre_la_carte(page)
    expect(page.locator(".carte-nom__nombre")).to_have_count(page.locator("tr[data-bassin]").count())
    ligne = page.locator('tr[data-bassin="2808"]')
    ligne.get_by_role("link").focus()
    expect(page.locator("path.carte-bassin--survole")).to_have_count(1)
    ligne.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/cartes/bassins/2808/$"))


def test_chercher_une_commune_mene_a_son_bassin(page: Page) -> None:
    page.goto("/cartes/")
    page.get_by_label("Trouver un bassin").fill("Évreux")
    page.get_by_role("button", name="Chercher").click()
    expect(page).to_have_url(re.compile(r"/cartes/bassins/2808/\?commune=27229$"))


def test_un_filtre_change_la_carte_et_la_liste_ensemble(page: Page) -> None:
    page.goto(BASSIN)
    attendre_la_carte(page)
    tout = lignes(page)
    assert tout > 3
    assert total_sur_la_carte(page) == tout
    demandes: list[str] = []
    page.on("request", lambda r: demandes.append(r.url) if r.resource_type in ("document", "fetch") else None)
    page.get_by_label("Médico-social, adultes").check()
    compteur = page.locator("[data-compte]")
    expect(compteur).to_have_text(re.compile(rf"affichées? sur {tout}$"))
    filtre = lignes(page)
    assert 0 < filtre < tout
    assert total_sur_la_carte(page) == filtre
    assert page.locator('[data-structure]:visible:not([data-famille="medico-social-adultes"])').count() == 0
    # The address keeps the choice, nothing was reloaded, and the server gives the same answer.
    assert page.url.endswith("?famille=medico-social-adultes")
    assert demandes == []
    page.reload()
    attendre_la_carte(page)
    assert lignes(page) == filtre
    assert total_sur_la_carte(page) == filtre
    page.locator("#filtres [data-tout-montrer]").click()
    expect(compteur).to_have_text(re.compile(rf"^{tout}\sstructures affichées$"))
    assert total_sur_la_carte(page) == tout


def test_l_apercu_s_ouvre_et_se_ferme_au_clavier(page: Page) -> None:
    page.goto(BASSIN)
    attendre_la_carte(page)
    bouton = page.locator("[data-apercu]:visible").nth(2)
    nom = page.locator(".carte-ligne:visible .carte-ligne__nom").nth(2).inner_text()
    bouton.focus()
    page.keyboard.press("Enter")
    titre = page.locator("#fiche-titre")
    expect(titre).to_have_text(nom)
    expect(titre).to_be_focused()
    expect(bouton).to_have_attribute("aria-expanded", "true")
    expect(page.locator("img.carte-repere--choisi")).to_have_count(1)
    assert "structure=" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#fiche")).to_be_hidden()
    expect(bouton).to_be_focused()
    expect(bouton).to_have_attribute("aria-expanded", "false")


def test_un_repere_ouvre_l_apercu(page: Page) -> None:
    noms: list[str] = []

    def garder_une_seule(route: Route) -> None:
        """Alone, so that no cluster hides it."""
        donnees = route.fetch().json()
        donnees["features"] = donnees["features"][:1]
        noms.append(donnees["features"][0]["properties"]["nom"])
        route.fulfill(json=donnees)

    page.route("**/structures.geojson", garder_une_seule)
    page.goto(BASSIN)
    attendre_la_carte(page)
    page.locator("#carte img.carte-repere").click()
    expect(page.locator("#fiche-titre")).to_have_text(noms[0])
    expect(page.locator(".carte-ligne--choisie")).to_have_count(1)


@pytest.mark.parametrize("mouvement", ["no-preference", "reduce"])
def test_des_structures_a_la_meme_adresse_se_deplient(
    page: Page, mouvement: Literal["no-preference", "reduce"]
) -> None:
    """Four structures at one point: each can be seen, with and without animations."""

    def rassembler(route: Route) -> None:
        donnees = route.fetch().json()
        for trace in donnees["features"][:4]:
            trace["geometry"]["coordinates"] = [1.15, 49.02]
        route.fulfill(json=donnees)

    page.emulate_media(reduced_motion=mouvement)
    page.route("**/structures.geojson", rassembler)
    page.goto(BASSIN)
    attendre_la_carte(page)
    for rang in (0, 1):
        page.locator("[data-apercu]:visible").nth(rang).click()
        expect(page.locator("#fiche-titre")).to_be_focused()
        expect(page.locator("img.carte-repere--choisi")).to_be_visible()


def test_un_lien_ouvre_l_apercu_sans_prendre_le_focus(page: Page) -> None:
    page.goto(BASSIN)
    numero = page.locator("[data-structure]").first.get_attribute("data-structure")
    page.goto(f"{BASSIN}?structure={numero}")
    expect(page.locator("#fiche-titre")).to_be_visible()
    expect(page.locator("#fiche-titre")).not_to_be_focused()


def test_la_carte_reste_hors_du_clavier_jusqu_a_ce_qu_on_y_entre(page: Page) -> None:
    page.goto(BASSIN)
    attendre_la_carte(page)
    carte = page.locator("#carte")
    expect(carte).to_have_attribute("aria-hidden", "true")
    bouton = page.get_by_role("button", name="Parcourir la carte au clavier")
    bouton.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Tout le bassin")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(bouton).to_be_focused()
    page.keyboard.press("Enter")
    expect(carte).to_be_focused()
    assert carte.get_attribute("aria-hidden") is None
    echelle = page.locator(".leaflet-control-scale-line")
    avant = echelle.inner_text()
    page.keyboard.press("+")
    expect(echelle).not_to_have_text(avant)
    page.keyboard.press("Escape")
    expect(bouton).to_be_focused()
    expect(carte).to_have_attribute("aria-hidden", "true")


def test_un_bouton_de_zoom_marche_au_clavier(page: Page) -> None:
    page.goto(BASSIN)
    attendre_la_carte(page)
    page.get_by_role("button", name="Parcourir la carte au clavier").press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Zoomer", exact=True)).to_be_focused()


def test_la_liste_marche_sans_javascript(navigateur: Browser, portail: str) -> None:
    contexte = navigateur.new_context(base_url=portail, java_script_enabled=False)
    try:
        page = contexte.new_page()
        page.goto(BASSIN)
        tout = lignes(page)
        assert tout > 3
        expect(page.locator("[data-apercu]:visible")).to_have_count(0)
        page.get_by_label("Médico-social, adultes").check()
        page.get_by_role("button", name="Filtrer").click()
        expect(page).to_have_url(re.compile(r"[?&]famille=medico-social-adultes"))
        assert 0 < lignes(page) < tout
        page.locator(".carte-ligne__nom:visible").first.click()
        expect(page).to_have_url(re.compile(r"/structures/\d+/$"))
    finally:
        contexte.close()


@pytest.mark.parametrize("largeur", [1280, 390])
@pytest.mark.parametrize("chemin", ["/cartes/", BASSIN, "/cartes/?q=saint-martin"])
def test_accessible_et_sans_debordement(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], chemin: str, largeur: int
) -> None:
    page = nouvelle_page(largeur, 844)
    page.goto(chemin)
    attendre_la_carte(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    verifier_axe(page)


@pytest.mark.parametrize("largeur", [1280, 390])
def test_l_apercu_ouvert_est_accessible(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], largeur: int
) -> None:
    page = nouvelle_page(largeur, 844)
    page.goto(BASSIN)
    attendre_la_carte(page)
    page.get_by_text("Plus de filtres").click()
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    boite = page.locator("#fiche").bounding_box()
    assert boite is not None
    # On a phone: a sheet at the bottom, the whole width, that leaves the top of the page in view.
    if largeur == 390:
        assert (boite["x"], boite["width"]) == (0, 390)
        assert boite["y"] > 150
    verifier_axe(page)


def test_des_donnees_illisibles_laissent_la_liste(page: Page) -> None:
    """The map can fail: the list, its filters and its cards still work."""
    page.route("**/structures.geojson", lambda route: route.fulfill(status=500))
    page.goto(BASSIN)
    page.get_by_label("Médico-social, adultes").check()
    expect(page.locator("[data-compte]")).to_have_text(re.compile("sur"))
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()


@pytest.mark.parametrize("indicateur", ["ecart&service=suivi-apres-sortie", "reponses"])
def test_sur_un_telephone_aucun_nom_de_bassin_n_est_coupe_entre_deux_lettres(
    page_mobile: Page, indicateur: str
) -> None:
    """« Argenta-n » can't be read; nor may the table push the page sideways."""
    se_connecter(page_mobile, "Coordination du pôle de l’Eure")
    page_mobile.goto(f"/cartes/?indicateur={indicateur}")
    attendre_la_carte(page_mobile)
    for nom in ("Argentan", "Avranches", "Coutances", "Granville", "Alençon"):
        ligne = page_mobile.locator("#liste-bassins").get_by_role("link", name=nom, exact=True)
        assert ligne.evaluate("lien => lien.getClientRects().length") == 1, nom
    assert page_mobile.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "adresse", ["/cartes/?indicateur=reponses", "/cartes/services/appui-diagnostic-situation/", BASSIN]
)
def test_une_page_agrandie_quatre_fois_ne_defile_que_dans_un_sens(nouvelle_page: OuvrirPage, adresse: str) -> None:
    """1280 pixels magnified four times are 320."""
    page = nouvelle_page(320, 640)
    se_connecter(page, "Coordination du pôle de l’Eure")
    page.goto(adresse)
    attendre_la_carte(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
