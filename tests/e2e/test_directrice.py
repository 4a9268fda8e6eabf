"""An invited director, on a phone: from the e-mail to a corrected and confirmed sheet, in few gestures.

The test counts what a thumb does. A bound on gestures holds on any machine; a clock would not. The
human time is told from them, with the usual figures: 2 s to aim and tap, 0.4 s a typed sign on a
phone, 6 s to read a screen or go and read the mail.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.personnes import (
    ESAT,
    Surveillance,
    code_de,
    en_un_clic,
    lire_message,
    nombre_de_messages,
    par_code,
    suivre_lien,
    vu,
)

INVITEE = "claire.martin@exemple.test"
TOUCHERS_MAX, SAISIES_MAX, SECONDES_MAX = 7, 4, 120
NouveauTelephone = Callable[..., Page]


@dataclass
class Pouce:
    """A thumb: everything the person does passes here, and is counted."""

    page: Page
    touchers: int = 0
    saisies: int = 0
    signes: int = 0
    ecrans: int = 0

    def toucher(self, cible: Locator) -> None:
        self.touchers += 1
        cible.tap()

    def ecrire(self, champ: Locator, texte: str) -> None:
        self.saisies += 1
        self.signes += len(texte)
        champ.fill(texte)

    def lire(self, titre: str | re.Pattern[str]) -> None:
        self.ecrans += 1
        vu(self.page, titre)

    @property
    def secondes(self) -> float:
        """What a person would take."""
        return 2 * (self.touchers + self.saisies) + 0.4 * self.signes + 6 * self.ecrans


@pytest.fixture
def surveillance(portail: str) -> Iterator[Surveillance]:
    """Fails the test on a console error, a blocked content, a foreign request, a 5xx."""
    gardien = Surveillance(urlsplit(portail).netloc)
    yield gardien
    assert not gardien.plaintes, "\n".join(gardien.plaintes)


@pytest.fixture
def telephone(navigateur: Browser, portail: str, surveillance: Surveillance) -> Iterator[NouveauTelephone]:
    """``telephone()``: somebody's phone, 390 px wide, with a touch screen."""
    contextes = []

    def ouvrir(script: bool = True) -> Page:
        contexte = navigateur.new_context(
            base_url=portail,
            locale="fr-FR",
            viewport={"width": 390, "height": 844},
            has_touch=True,
            is_mobile=True,
            java_script_enabled=script,
        )
        contexte.set_default_timeout(15_000)
        contextes.append(contexte)
        return surveillance.suivre(contexte.new_page())

    yield ouvrir
    for contexte in contextes:
        contexte.close()


def inviter(page: Page, email: str) -> tuple[str, str]:
    """The coordination invites a direction to a structure that nobody keeps; its name and address."""
    en_un_clic(page, "Coordination du pôle de l’Eure")
    page.goto("/structures/?departement=27&type=savs")
    lien = page.locator(".annuaire a, .annuaire__nom").first
    nom = lien.inner_text()
    lien.click()
    vu(page, nom)
    adresse = urlsplit(page.url).path
    page.get_by_role("link", name="Équipe et invitations").click()
    page.get_by_label("Adresse électronique professionnelle").fill(email)
    page.get_by_label("Direction", exact=True).check()
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_text(email).first).to_be_visible()
    return nom, adresse


def test_la_directrice_invitee_corrige_sa_fiche_en_moins_de_deux_minutes(
    nouvelle_page: Callable[..., Page], telephone: NouveauTelephone, verifier_axe: Callable[[Page], None]
) -> None:
    nom, adresse = inviter(nouvelle_page(), INVITEE)
    page = telephone()
    pouce = Pouce(page)
    # The e-mail.
    suivre_lien(page, INVITEE, "vous invite à rejoindre")
    pouce.touchers += 1
    pouce.ecrans += 1
    # Who invites; who I am.
    pouce.lire(f"Invitation à rejoindre {nom}")
    verifier_axe(page)
    pouce.ecrire(page.get_by_label("Prénom"), "Claire")
    pouce.ecrire(page.get_by_label("Nom", exact=True), "Martin")
    deja = nombre_de_messages(page.context, INVITEE)
    pouce.toucher(page.get_by_role("button", name="Accepter et recevoir le code"))
    # The code.
    pouce.lire("Entrez le code reçu")
    code = code_de(lire_message(page.context, INVITEE, "Votre code de connexion", apres=deja))
    pouce.ecrans += 1
    pouce.ecrire(page.get_by_label("Code"), code)
    pouce.toucher(page.get_by_role("button", name="Se connecter", exact=True))
    # My structure's sheet: one thing to correct, in its place.
    pouce.lire(nom)
    assert urlsplit(page.url).path == adresse
    contact = page.locator("#contact")
    pouce.toucher(contact.get_by_role("link", name="Modifier"))
    expect(contact.get_by_label("Service ou fonction à contacter")).to_be_focused()
    verifier_axe(page)
    pouce.ecrire(contact.get_by_label("Téléphone"), "0232123456")
    pouce.toucher(contact.get_by_role("button", name="Enregistrer"))
    expect(contact.get_by_text("02 32 12 34 56")).to_be_visible()
    expect(contact.get_by_role("heading")).to_be_focused()
    expect(page.locator("#fiche-annonce")).to_contain_text("Enregistré")
    pouce.toucher(page.get_by_role("button", name="Ces informations sont toujours exactes"))
    expect(page.get_by_text(re.compile("notée comme exacte aujourd’hui"))).to_be_visible()
    vu(page, nom)
    verifier_axe(page)
    print(f"{pouce.touchers} touchers, {pouce.saisies} saisies, {pouce.signes} signes : {pouce.secondes:.0f} s")
    assert pouce.touchers <= TOUCHERS_MAX
    assert pouce.saisies <= SAISIES_MAX
    assert pouce.secondes < SECONDES_MAX
    # What everybody reads from now on: a function, never her name.
    visiteur = telephone()
    visiteur.goto(adresse)
    expect(visiteur.get_by_text("par la direction")).to_be_visible()
    expect(visiteur.get_by_role("link", name="02 32 12 34 56")).to_be_visible()
    assert "Claire" not in visiteur.content()


def test_l_erreur_se_dit_au_champ_et_le_clavier_suffit(page: Page) -> None:
    en_un_clic(page, "Direction d’un ESAT (Évreux)")
    page.goto("/")
    page.get_by_role("link", name=re.compile("^ESAT")).first.click()
    section = page.locator("#accueil")
    section.get_by_role("link", name="Modifier").focus()
    page.keyboard.press("Enter")
    capacite = section.get_by_label("Capacité")
    expect(capacite).to_be_focused()
    capacite.fill("-4")
    page.keyboard.press("Enter")
    expect(section.locator("#erreurs")).to_be_focused()
    erreur = section.locator("#id_capacite-erreur")
    expect(erreur).to_contain_text("supérieur")
    assert "id_capacite-erreur" in (capacite.get_attribute("aria-describedby") or "")
    section.get_by_role("link", name="Ne rien changer").click()
    expect(section.get_by_role("link", name="Modifier")).to_be_visible()
    expect(section.get_by_role("heading")).to_be_focused()


def test_deux_personnes_au_meme_moment_la_seconde_garde_sa_saisie(nouvelle_page: Callable[..., Page]) -> None:
    premiere, seconde = nouvelle_page(), nouvelle_page(390, 844)
    en_un_clic(premiere, "Direction d’un ESAT (Évreux)")
    en_un_clic(seconde, "Coordination du pôle de l’Eure")
    premiere.get_by_role("link", name=re.compile("^ESAT")).first.click()
    seconde.goto(urlsplit(premiere.url).path)
    for qui in (premiere, seconde):
        qui.locator("#contact").get_by_role("link", name="Modifier").click()
        expect(qui.get_by_label("Service ou fonction à contacter")).to_be_focused()
    for qui, texte in ((premiere, "Secrétariat"), (seconde, "Accueil du service")):
        qui.get_by_label("Service ou fonction à contacter").fill(texte)
        qui.locator("#contact").get_by_role("button", name="Enregistrer").click()
        expect(qui.locator("#contact dd", has_text=texte).or_(qui.locator("#erreurs")).first).to_be_visible()
    expect(seconde.locator("#erreurs")).to_be_focused()
    expect(seconde.locator(".fiche-ecarts")).to_contain_text("Secrétariat")
    expect(seconde.get_by_label("Service ou fonction à contacter")).to_have_value("Accueil du service")
    seconde.get_by_role("button", name="Enregistrer ma saisie").click()
    expect(seconde.locator("#contact dd", has_text="Accueil du service")).to_be_visible()


def test_la_session_finie_ne_fait_pas_perdre_la_saisie(page: Page) -> None:
    en_un_clic(page, "Direction d’un ESAT (Évreux)")
    page.get_by_role("link", name=re.compile("^ESAT")).first.click()
    page.locator("#contact").get_by_role("link", name="Modifier").click()
    champ = page.get_by_label("Service ou fonction à contacter")
    champ.fill("Accueil du matin")
    page.context.clear_cookies(name="sessionid")
    page.locator("#contact").get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#contact [role=alert]")).to_be_visible()
    expect(champ).to_have_value("Accueil du matin")


def test_sans_javascript_la_meme_correction(telephone: NouveauTelephone) -> None:
    page = telephone(script=False)
    par_code(page, ESAT)
    page.goto("/")
    page.get_by_role("link", name=re.compile("^ESAT")).first.click()
    page.locator("#lieu").get_by_role("link", name="Modifier").click()
    vu(page, re.compile("ESAT"))
    page.get_by_label("Code postal").fill("27")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#id_code_postal-erreur")).to_contain_text("cinq chiffres")
    page.get_by_label("Code postal").fill("27000")
    page.get_by_label("Au centre de la commune").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("le centre de la commune")).to_be_visible()


def test_les_pages_de_la_fiche_sont_accessibles(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None]
) -> None:
    page = nouvelle_page()
    en_un_clic(page, "Direction d’un ESAT (Évreux)")
    page.get_by_role("link", name=re.compile("^ESAT")).first.click()
    fiche = urlsplit(page.url).path
    siennes = [f"{fiche}{suite}" for suite in ("", "confirmer/", "historique/", "modifier/contact/", "modifier/lieu/")]
    coordination = nouvelle_page()
    en_un_clic(coordination, "Coordination du pôle de l’Eure")
    autres = ["/structures/a-verifier/", "/structures/nouvelle/", f"{fiche}ouverture/", f"{fiche}modifier/identite/"]
    for qui, adresses in ((page, [*siennes, "/structures/a-confirmer/"]), (coordination, autres)):
        for adresse in adresses:
            for largeur in (1280, 390):
                qui.set_viewport_size({"width": largeur, "height": 844})
                qui.goto(adresse)
                vu(qui, re.compile("."))
                verifier_axe(qui)
