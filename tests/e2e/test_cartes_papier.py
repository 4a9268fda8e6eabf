"""The pages of maps printed by the browser, as somebody takes them to a meeting: no background asked for."""

from io import BytesIO

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.test_axe import se_connecter
from tests.e2e.test_carte_bassin import DIRECTION
from tests.e2e.test_cartes import attendre_la_carte

MER, TERRE, MANQUE = (0xE3, 0xEE, 0xF5), (0xFF, 0xFD, 0xF8), (0xEB, 0xAE, 0x83)
REGION = "/cartes/?indicateur=ecart&service=suivi-apres-sortie"
SERVICE = "/cartes/services/suivi-apres-sortie/"
ENSEMBLE = "/cartes/ensemble/?famille=emploi"


def couleurs(page: Page) -> dict[tuple[int, int, int], int]:
    """Pixels of each colour of the first sheet, at 72 points per inch."""
    document = pypdfium2.PdfDocument(page.pdf(format="A4", print_background=False))
    feuille = document[0].render(scale=1).to_pil().convert("RGB")
    tampon = BytesIO()
    feuille.save(tampon, "PNG")
    compte = Image.open(tampon).getcolors(feuille.width * feuille.height) or []
    return {(c[0], c[1], c[2]): nombre for nombre, c in compte if isinstance(c, tuple)}


def presque(vues: dict[tuple[int, int, int], int], cherchee: tuple[int, int, int]) -> int:
    return sum(n for vue, n in vues.items() if all(abs(a - b) <= 3 for a, b in zip(vue, cherchee, strict=True)))


@pytest.mark.parametrize(
    ("adresse", "boutons"),
    [
        (REGION, (".carte-choix", ".carte-recherche", ".carte-sorties", ".carte-vers")),
        (SERVICE, (".carte-choix", "[data-outils]", ".carte-sorties")),
        (ENSEMBLE, (".carte-choix", ".carte-ensemble__suite", "label[for=famille-education]")),
    ],
)
def test_sur_papier_ce_qui_se_presse_reste_a_l_ecran(page: Page, adresse: str, boutons: tuple[str, ...]) -> None:
    se_connecter(page, DIRECTION)
    page.goto(adresse)
    attendre_la_carte(page)
    page.emulate_media(media="print")
    for bouton in (*boutons, ".leaflet-control-zoom"):
        expect(page.locator(bouton).first).to_be_hidden()
    expect(page.locator("#carte")).to_be_visible()


@pytest.mark.parametrize(
    ("adresse", "attendues"), [(REGION, (MER, MANQUE)), (SERVICE, (MER, MANQUE)), (ENSEMBLE, (MER, TERRE))]
)
def test_sur_papier_la_carte_garde_ses_couleurs(
    page: Page, adresse: str, attendues: tuple[tuple[int, int, int], ...]
) -> None:
    """Browsers print no background, and a canvas drawn for the sheet brings a white one that hid the land."""
    se_connecter(page, DIRECTION)
    page.goto(adresse)
    attendre_la_carte(page)
    vues = couleurs(page)
    for couleur in attendues:
        assert presque(vues, couleur) > 50, couleur


@pytest.mark.parametrize("adresse", [REGION, ENSEMBLE])
def test_sur_papier_toute_la_region_tient(page: Page, adresse: str) -> None:
    se_connecter(page, DIRECTION)
    page.goto(adresse)
    attendre_la_carte(page)
    avant = page.locator("#carte").bounding_box()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    carte = page.locator("#carte").bounding_box()
    assert carte
    assert carte["width"] <= 700
    for trace in page.locator(".leaflet-bassins-pane path").all():
        boite = trace.bounding_box()
        assert boite
        assert boite["x"] >= carte["x"]
        assert boite["x"] + boite["width"] <= carte["x"] + carte["width"]
        assert boite["y"] + boite["height"] <= carte["y"] + carte["height"]
    # Then the screen is as it was.
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#carte").bounding_box() == avant
