"""Second factors in a real browser: a passkey (virtual authenticator), an application of codes."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import CDPSession, Page, expect

from tests.e2e.personnes import code_de, connecte, lire_message, nombre_de_messages, par_code, vu

# Nobody else's test signs in by code as these people; one each, for codes are limited to three a minute.
AVEC_CLE, AVEC_APPLICATION = "direction.ime@demo.invalid", "membre.esat@demo.invalid"


@pytest.fixture
def origine(portail: str) -> str:
    """Passkeys are tied to a name: the portal under the name that browsers trust without https."""
    return f"http://localhost:{urlsplit(portail).port}"


@pytest.fixture
def page_nommee(nouvelle_page: Callable[..., Page], origine: str, portail: str) -> Page:
    page = nouvelle_page()
    page.goto(f"{origine}/comptes/login/")
    return page


@pytest.fixture
def authentificateur(page_nommee: Page) -> Iterator[CDPSession]:
    """What a telephone does: keeps keys, recognises its owner."""
    cdp = page_nommee.context.new_cdp_session(page_nommee)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield cdp
    cdp.detach()


def sortir(page: Page, origine: str) -> None:
    page.goto(f"{origine}/comptes/logout/")
    page.locator("main").get_by_role("button", name="Se déconnecter").click()
    expect(page.locator("form[action$='/logout/']")).to_have_count(0)


def entrer_par_code(page: Page, origine: str, adresse: str) -> None:
    """The mailbox is read under the other name of the same portal."""
    page.goto(f"{origine}/comptes/login/")
    par_code(page, adresse)


def arrive(page: Page) -> None:
    """The home page, signed in: the page of the second factor has a way out too, and is not yet the door."""
    expect(page).to_have_url(re.compile(r"//[^/]+/$"))
    connecte(page)


def test_une_cle_d_acces_s_ajoute_ouvre_et_se_retire(
    page_nommee: Page, authentificateur: CDPSession, origine: str, verifier_axe: Callable[[Page], None]
) -> None:
    page = page_nommee
    entrer_par_code(page, origine, AVEC_CLE)
    page.goto(f"{origine}/comptes/second-facteur/")
    verifier_axe(page)
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    vu(page, "Ajouter une clé d’accès")
    verifier_axe(page)
    page.get_by_label("Nom de la clé").fill("Téléphone")
    page.get_by_role("button", name="Créer la clé sur cet appareil").click()
    vu(page, "Vos codes de secours")
    assert page.locator(".comptes-codes code").count() == 10
    verifier_axe(page)

    sortir(page, origine)
    page.goto(f"{origine}/comptes/login/")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    arrive(page)
    page.goto(f"{origine}/comptes/securite/")
    expect(page.locator("main")).to_contain_text("Téléphone")
    verifier_axe(page)

    # By code: the key is asked for as the second factor.
    sortir(page, origine)
    page.goto(f"{origine}/comptes/login/")
    par_code_puis(page, AVEC_CLE, "Une dernière étape")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    arrive(page)

    page.goto(f"{origine}/comptes/securite/")
    page.get_by_role("link", name="Retirer Téléphone").click()
    if page.get_by_role("button", name="Utiliser ma clé d’accès").is_visible():
        page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    elif page.get_by_role("link", name="Avec ma clé d’accès").is_visible():
        page.get_by_role("link", name="Avec ma clé d’accès").click()
        page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.get_by_role("button", name="Retirer la clé").click()
    expect(page.locator("main")).to_contain_text("Aucune clé d’accès")


def par_code_puis(page: Page, adresse: str, titre: str) -> None:
    """Sign in by code as far as the second factor's page."""
    deja = nombre_de_messages(page.context, adresse)
    page.get_by_label("Adresse électronique professionnelle").first.fill(adresse)
    page.get_by_role("button", name="Recevoir un code").click()
    texte = lire_message(page.context, adresse, "Votre code de connexion", apres=deja)
    page.get_by_label("Code").fill(code_de(texte))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    vu(page, titre)


def code_totp(secret: str, decalage: int) -> str:
    compteur = list(yield_hotp_counters_from_time())[1]
    return str(format_hotp_value(hotp_value(secret, compteur + decalage)))


def test_une_application_de_codes_s_ajoute_ouvre_et_se_retire(
    page_nommee: Page, origine: str, verifier_axe: Callable[[Page], None]
) -> None:
    page = page_nommee
    entrer_par_code(page, origine, AVEC_APPLICATION)
    page.goto(f"{origine}/comptes/securite/application/ajouter/")
    verifier_axe(page)
    dessin = page.locator(".comptes-qr")
    assert dessin.evaluate("image => image.complete && image.naturalWidth > 0"), "le code QR ne s’affiche pas"
    secret = re.sub(r"\s", "", page.locator(".comptes-secret").inner_text())
    page.get_by_label("Code affiché par l’application").fill(code_totp(secret, -1))
    page.get_by_role("button", name="Enregistrer l’application").click()
    vu(page, "Vos codes de secours")
    with page.expect_download() as telechargement:
        page.get_by_role("link", name="Télécharger les codes").click()
    assert telechargement.value.suggested_filename == "codes-de-secours-pcti.txt"

    sortir(page, origine)
    page.goto(f"{origine}/comptes/login/")
    par_code_puis(page, AVEC_APPLICATION, "Une dernière étape")
    verifier_axe(page)
    page.get_by_label("Code de votre application").fill(code_totp(secret, 0))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    arrive(page)

    page.goto(f"{origine}/comptes/securite/application/retirer/")
    if page.get_by_label("Code de votre application").is_visible():
        page.get_by_label("Code de votre application").fill(code_totp(secret, 1))
        page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Retirer l’application").click()
    expect(page.locator("main")).to_contain_text("Aucune application")
