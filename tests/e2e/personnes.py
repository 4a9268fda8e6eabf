"""What people do on every page: sign in, read their mail, be told when a page breaks."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect

COORDINATION = "coordination.eure@demo.invalid"
ESAT = "direction.esat@demo.invalid"
CAP_EMPLOI = "direction.capemploi@demo.invalid"
PILOTAGE = "pilotage@demo.invalid"
CODE = re.compile(r"^\s*([0-9A-Z]{3,4}[- \u00a0\u202f]?[0-9A-Z]{3,4})\s*$", re.MULTILINE)


@dataclass
class Surveillance:
    """Complaints of a browser: console errors, blocked content, requests that leave, answers 5xx."""

    hote: str
    plaintes: list[str] = field(default_factory=list)

    def suivre(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", lambda erreur: self.plaintes.append(f"{page.url} : {erreur}"))
        page.on("request", self._requete)
        page.on("response", self._reponse)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        # A form sent back with its errors is a 422 on purpose; the browser calls it an error.
        if message.type == "error" and "status of 422" not in message.text:
            self.plaintes.append(f"{message.location.get('url')} : {message.text}")

    def _requete(self, requete: Request) -> None:
        adresse = urlsplit(requete.url)
        if adresse.scheme in ("http", "https") and adresse.netloc != self.hote:
            self.plaintes.append(f"requête vers {requete.url}")

    def _reponse(self, reponse: Response) -> None:
        if reponse.status >= 500:
            self.plaintes.append(f"{reponse.status} {reponse.url}")


def vu(page: Page, titre: str | re.Pattern[str]) -> None:
    """The page is the one expected, has one title, and fits the screen."""
    expect(page.get_by_role("heading", level=1)).to_have_text(titre)
    deborde = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert deborde <= 0, f"{page.url} déborde de {deborde} px"


def en_un_clic(page: Page, role: str) -> None:
    page.goto("/comptes/login/")
    page.get_by_role("button", name=role, exact=True).click()
    connecte(page)


def connecte(page: Page) -> None:
    """Signed in: the door out is there (inside the menu on a phone)."""
    expect(page.locator("form[action$='/logout/']").first).to_be_attached()


def par_code(page: Page, adresse: str) -> None:
    """Sign in with the code read in the mailbox. The sign-in page is already open, or is opened."""
    if "/comptes/login/" not in page.url:
        page.goto("/comptes/login/")
    deja = nombre_de_messages(page.context, adresse)
    page.get_by_label("Adresse électronique professionnelle").first.fill(adresse)
    page.get_by_role("button", name="Recevoir un code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrez le code reçu")
    texte = lire_message(page.context, adresse, "Votre code de connexion", apres=deja)
    page.get_by_label("Code").fill(code_de(texte))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    connecte(page)


def code_de(texte: str) -> str:
    trouve = CODE.search(texte)
    assert trouve, texte
    return trouve[1]


def nombre_de_messages(contexte: BrowserContext, adresse: str) -> int:
    """How many messages wait for this person in the demonstration's mailbox (30 at most are counted)."""
    boite = contexte.new_page()
    boite.goto(f"/demo/courriels/?a={adresse}")
    nombre = boite.locator("main .pcti-courriels > li").count()
    boite.close()
    return nombre


def lire_message(contexte: BrowserContext, adresse: str, sujet: str, *, apres: int = 0) -> str:
    """Text of the newest message with this subject, once there are more than ``apres`` messages."""
    boite = contexte.new_page()
    try:
        _attendre_message(boite, adresse, sujet, apres)
        return boite.locator("main").inner_text()
    finally:
        boite.close()


def suivre_lien(page: Page, adresse: str, sujet: str, *, apres: int = 0) -> None:
    """Open the newest message with this subject, and follow its link."""
    _attendre_message(page, adresse, sujet, apres)
    page.locator("main .fr-callout a").first.click()


def _attendre_message(page: Page, adresse: str, sujet: str, apres: int) -> None:
    """The mailbox, asked again until the worker has delivered; then the message, open."""
    lignes = page.locator("main .pcti-courriels > li")

    def arrive() -> bool:
        page.goto(f"/demo/courriels/?a={adresse}")
        return lignes.count() > apres and lignes.filter(has_text=sujet).count() > 0

    jusqu_a(page, arrive, f"pas de message « {sujet} » pour {adresse}")
    lignes.filter(has_text=sujet).first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(sujet)


def jusqu_a(page: Page, condition: Callable[[], bool], sinon: str, essais: int = 80) -> None:
    """Try until true, at most about twenty seconds. Raises AssertionError with ``sinon``."""
    for _ in range(essais):
        if condition():
            return
        page.wait_for_timeout(250)
    raise AssertionError(sinon)
