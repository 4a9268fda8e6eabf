"""Every page that a person reaches by links, on a wide and a narrow screen: axe finds nothing, nothing overflows."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

COMPTES = {
    "visiteur": "",
    "direction": "Direction d’un ESAT (Évreux)",
    "porteur": "Direction d’un Cap emploi, porteur de projet",
    "coordination": "Coordination du pôle de l’Eure",
    "pilotage": "Pilotage régional (PRITH)",
    "administration": "Administration du portail",
}
# Leaves the portal, or is no page of ours.
EXCLUES = {"account_logout", "admin"}
PAGES_MAX = 120
# What a person sees written in the State's typeface, which is not ours to use. What the browser fetches says
# less: it may ask for a font of a style sheet while the next one, which sets it aside, is still on its way.
EN_MARIANNE = """() => [...document.querySelectorAll("body, body *")]
    .filter((e) => /marianne/i.test(getComputedStyle(e).fontFamily) && e.checkVisibility())
    .filter((e) => e.matches("input, select") || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => `${e.tagName} ${e.textContent.trim().slice(0, 40)}`)"""


def nom_de(chemin: str) -> str | None:
    """Name of the address, None when it is not a page to visit."""
    try:
        trouve = resolve(chemin)
    except Resolver404:
        return None
    if (
        trouve.view_name in EXCLUES
        or "admin" in trouve.namespaces
        or chemin.endswith((".pdf", ".docx", ".json", ".geojson", ".svg", ".png", ".csv"))
    ):
        return None
    return str(trouve.view_name)


def liens(page: Page) -> Iterator[str]:
    """Paths of the page's own links, without their query, in order."""
    hote = urlsplit(page.url).netloc
    for adresse in page.eval_on_selector_all(
        "a[href]", "liens => liens.map(lien => new URL(lien.getAttribute('href'), document.baseURI).href)"
    ):
        morceaux = urlsplit(adresse)
        if morceaux.netloc == hote and morceaux.path:
            yield morceaux.path


def se_connecter(page: Page, compte: str) -> None:
    page.goto("/comptes/login/")
    page.get_by_role("button", name=compte, exact=True).click()
    page.wait_for_url("**/")


def parcourir(page: Page, depart: str, controler: Callable[[Page, str, int], None]) -> set[str]:
    """Visit one page of each name, from link to link. The names visited."""
    vus: set[str] = set()
    file = [depart]
    while file and len(vus) < PAGES_MAX:
        chemin = file.pop(0)
        nom = nom_de(chemin)
        if nom is None or nom in vus:
            continue
        vus.add(nom)
        try:
            reponse = page.goto(chemin)
        except Error as erreur:
            # A file to keep, no page.
            if "Download is starting" not in str(erreur):
                raise
            continue
        assert reponse is not None
        if "text/html" not in reponse.headers.get("content-type", ""):
            continue
        controler(page, nom, reponse.status)
        file += list(liens(page))
    assert len(vus) < PAGES_MAX, "des pages n’ont pas été vues"
    return vus


@pytest.mark.parametrize("role", COMPTES)
def test_chaque_page_atteinte_est_accessible(
    role: str, nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None]
) -> None:
    page = nouvelle_page()
    if COMPTES[role]:
        se_connecter(page, COMPTES[role])
    defauts: list[str] = []

    def controler(page: Page, nom: str, statut: int) -> None:
        if statut != 200:
            defauts.append(f"{page.url} répond {statut}")
            return
        for largeur in (1280, 390):
            page.set_viewport_size({"width": largeur, "height": 900})
            if page.locator("h1").count() != 1:
                defauts.append(f"{nom} : {page.locator('h1').count()} titres h1")
            exces = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if exces > 0:
                defauts.append(f"{nom} déborde de {exces} px à {largeur} px")
            ecrits = page.evaluate(EN_MARIANNE)
            if ecrits:
                defauts.append(f"{nom} à {largeur} px est écrit en Marianne : {ecrits[:5]}")
            try:
                verifier_axe(page)
            except AssertionError as erreur:
                defauts.append(f"{nom} à {largeur} px : {erreur}")

    vus = parcourir(page, "/", controler)
    assert {"accueil:accueil", "cartes:region", "structures:liste", "accueil:aide"} <= vus
    assert not defauts, f"{len(vus)} pages vues\n" + "\n".join(defauts)
    print(f"{role} : {len(vus)} pages, {sorted(vus)}")


def test_la_police_de_l_etat_serait_vue(nouvelle_page: Callable[..., Page]) -> None:
    """Without the portal's own sheets, the check above finds the typeface of the components."""
    page = nouvelle_page()
    page.route("**/socle/*.css", lambda route: route.abort())
    page.goto("/aide/")
    assert any(ecrit.startswith("H1 ") for ecrit in page.evaluate(EN_MARIANNE))


def test_le_menu_mobile_marche_au_clavier(nouvelle_page: Callable[..., Page]) -> None:
    page = nouvelle_page(390, 844)
    page.goto("/aide/")
    menu = page.locator("#menu")
    bouton = page.locator("#bouton-menu")
    bouton.focus()
    page.keyboard.press("Enter")
    menu.get_by_role("link", name="Cartes").wait_for(state="visible")
    assert menu.get_by_role("link", name="Se connecter").is_visible()
    page.keyboard.press("Escape")
    menu.get_by_role("link", name="Cartes").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == "bouton-menu"


def test_les_liens_d_evitement(page: Page) -> None:
    page.goto("/aide/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
