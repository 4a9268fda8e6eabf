"""A real Chromium in front of the real portal, with the demonstration data.

- ``portail``: the address of a portal started for the whole session;
- ``page``: somebody's browser; ``nouvelle_page()``: somebody else's (its own cookies);
- ``verifier_axe(page)``: fails on any accessibility violation that axe-core sees.

A page fails its test when a script of ours raises, or when the Content-Security-Policy blocks something.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from tests.portail_reel import PortailReel

# Playwright's synchronous interface runs an event loop in this thread; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
DRAPEAUX = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LARGEUR_BUREAU, LARGEUR_MOBILE = 1280, 390


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for test in items:
        if Path(__file__).parent in test.path.parents:
            test.add_marker("e2e")


@pytest.fixture(scope="session")
def portail_reel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortailReel]:
    """The portal of the session, prepared once with the demonstration data."""
    portail = PortailReel(tmp_path_factory.mktemp("portail") / "var")
    try:
        portail.demarrer()
        yield portail
    finally:
        portail.arreter()


@pytest.fixture(scope="session")
def portail(portail_reel: PortailReel) -> str:
    return portail_reel.url


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Browser]:
    chemin = os.environ.get("PCTI_CHROMIUM") or shutil.which("chromium")
    if chemin is None:
        pytest.skip("Chromium n’est pas installé")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chemin, args=DRAPEAUX)
        yield chromium
        chromium.close()


OuvrirPage = Callable[..., Page]


@pytest.fixture
def nouvelle_page(navigateur: Browser, portail: str) -> Iterator[OuvrirPage]:
    """``nouvelle_page(largeur=1280)``: a browser of its own, closed at the end of the test."""
    plaintes: list[str] = []
    contextes = []

    def noter_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            plaintes.append(message.text)

    def noter_erreur(erreur: Error) -> None:
        plaintes.append(f"{erreur.name}: {erreur.message}")

    def ouvrir(largeur: int = LARGEUR_BUREAU, hauteur: int = 900) -> Page:
        contexte = navigateur.new_context(
            base_url=portail,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": largeur, "height": hauteur},
        )
        contexte.set_default_timeout(15_000)
        contextes.append(contexte)
        page = contexte.new_page()
        page.on("console", noter_console)
        page.on("pageerror", noter_erreur)
        return page

    yield ouvrir
    for contexte in contextes:
        contexte.close()
    assert not plaintes, "\n".join(plaintes)


@pytest.fixture
def page(nouvelle_page: OuvrirPage) -> Page:
    return nouvelle_page()


@pytest.fixture
def page_mobile(nouvelle_page: OuvrirPage) -> Page:
    return nouvelle_page(LARGEUR_MOBILE, 844)


@pytest.fixture(scope="session")
def verifier_axe() -> Callable[[Page], None]:
    moteur = Axe()

    def verifier(page: Page) -> None:
        resultat = moteur.run(page)
        assert resultat.violations_count == 0, f"{page.url}\n{resultat.generate_report()}"

    return verifier
