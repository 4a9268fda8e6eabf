"""The questionnaire on a phone: the network goes, the session ends, somebody else writes; nothing is lost.

A director on 390 px loses the network mid-way, comes back on another device and sends; two people
write in the same answer at once.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.personnes import COORDINATION, ESAT, jusqu_a, vu
from tests.e2e.questionnaire import cooperations, decrire, envoyer, ouvrir_une_campagne

OuvrirPage = Callable[..., Page]
MOBILE = (390, 844)
ENREGISTRE = re.compile(r"Enregistré à \d{1,2}.h.\d\d")


def entrer(page: Page, compte: str) -> None:
    """Sign in with a demonstration account."""
    page.goto("/comptes/login/")
    page.locator(f'form:has(input[name="compte"][value="{compte}"]) button').first.click()
    expect(page.locator("form[action$='/logout/']").first).to_be_attached()


def enregistre(page: Page) -> None:
    expect(page.locator("#saisie-etat")).to_have_text(ENREGISTRE)


def ouvrir_le_questionnaire(nouvelle_page: OuvrirPage, campagne: str) -> tuple[Page, str]:
    """A campaign for the ESAT; the phone of a direction on its questionnaire, and its address."""
    coordination = nouvelle_page()
    entrer(coordination, COORDINATION)
    ouvrir_une_campagne(coordination, campagne, "ESAT")
    page = nouvelle_page(*MOBILE)
    entrer(page, ESAT)
    attente = page.locator(".accueil-attentes li", has_text=campagne)

    def invitee() -> bool:
        # The invitations go out in a job.
        page.goto("/")
        return attente.count() > 0

    jusqu_a(page, invitee, f"« {campagne} » n’attend personne")
    attente.first.get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Commencer")).to_be_visible()
    return page, page.url


def test_le_reseau_tombe_et_la_reponse_part_d_un_autre_appareil(
    nouvelle_page: OuvrirPage, verifier_axe: Callable[[Page], None]
) -> None:
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil du téléphone")
    page.get_by_role("link", name="Commencer").click()
    vu(page, "Votre structure")
    page.get_by_label("Combien de personnes accompagnez-vous").fill("45")
    page.get_by_label("Service ou fonction à contacter").fill("Service insertion")
    page.get_by_role("radio", name="Oui", exact=True).check()
    enregistre(page)
    verifier_axe(page)
    # The network goes: said, kept, and the page stays.
    page.context.set_offline(True)
    page.get_by_label("Téléphone professionnel").fill("02 32 45 45 45")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("alert").filter(has_text="Pas encore enregistré")).to_be_visible()
    vu(page, "Votre structure")
    expect(page.get_by_label("Téléphone professionnel")).to_have_value("02 32 45 45 45")
    # It comes back: sent by itself.
    page.context.set_offline(False)
    enregistre(page)
    expect(page.get_by_role("alert").filter(has_text="Pas encore enregistré")).to_have_count(0)
    # Lost again, and the phone is closed on it: offered at the next visit of this device.
    page.context.set_offline(True)
    page.get_by_label("Service ou fonction à contacter").fill("Service insertion et emploi")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="gardé sur cet appareil")).to_be_visible()
    contexte = page.context
    page.close()
    contexte.set_offline(False)
    page = contexte.new_page()
    page.goto(adresse)
    expect(page.get_by_text("Votre réponse n’est pas envoyée")).to_be_visible()
    page.locator("[data-saisies-gardees]").get_by_role("link").click()
    expect(page.get_by_text("jamais enregistré")).to_be_visible()
    page.get_by_role("button", name="Reprendre ce texte").click()
    enregistre(page)

    # The next day, at the office: everything that was saved is there, and it goes.
    bureau = nouvelle_page()
    entrer(bureau, ESAT)
    bureau.goto(adresse)
    expect(bureau.get_by_text("Votre réponse n’est pas envoyée")).to_be_visible()
    bureau.goto(adresse + "structure/")
    expect(bureau.get_by_label("Combien de personnes accompagnez-vous")).to_have_value("45")
    expect(bureau.get_by_label("Téléphone professionnel")).to_have_value("02 32 45 45 45")
    expect(bureau.get_by_label("Service ou fonction à contacter")).to_have_value("Service insertion et emploi")
    bureau.get_by_role("button", name="Enregistrer et continuer").click()
    vu(bureau, "Ce que vous pouvez partager")
    bureau.get_by_role("link", name=re.compile("Ajouter une")).click()
    decrire(bureau, "Accueil sur plateaux techniques", volume="8", zone="Évreux")
    bureau.get_by_role("button", name="Continuer", exact=True).click()
    vu(bureau, "Ce dont vous avez besoin")
    bureau.get_by_role("button", name="Continuer sans besoin").click()
    cooperations(bureau)
    envoyer(bureau, "Accueil sur plateaux techniques")


def test_deux_personnes_a_la_fois(nouvelle_page: OuvrirPage) -> None:
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil à deux")
    autre = nouvelle_page()
    entrer(autre, ESAT)
    for une in (page, autre):
        une.goto(adresse + "structure/")
    courriel = "Adresse électronique du service"
    # One writes: the other sees it without asking.
    autre.get_by_label(courriel).fill("insertion@exemple.test")
    autre.keyboard.press("Tab")
    enregistre(autre)
    expect(page.get_by_label(courriel)).to_have_value("insertion@exemple.test", timeout=20_000)
    # Both write at once: the second sees both, and keeps theirs.
    page.get_by_label(courriel).fill("seconde@exemple.test")
    autre.get_by_label(courriel).fill("premiere@exemple.test")
    autre.keyboard.press("Tab")
    enregistre(autre)
    page.keyboard.press("Tab")
    expect(page.locator(".offres-conflit")).to_contain_text("premiere@exemple.test")
    expect(page.get_by_label(courriel)).to_have_value("seconde@exemple.test")
    page.get_by_role("button", name="Garder ma version").click()
    enregistre(page)
    expect(autre.get_by_label(courriel)).to_have_value("seconde@exemple.test", timeout=20_000)


def test_la_session_finit_et_rien_n_est_a_retaper(nouvelle_page: OuvrirPage) -> None:
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil interrompu")
    page.goto(adresse + "structure/")
    page.context.clear_cookies()
    page.get_by_label("Téléphone professionnel").fill("02 32 46 46 46")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Se reconnecter et revenir ici").click()
    entrer(page, ESAT)
    page.goto(adresse + "structure/")
    enregistre(page)
    expect(page.get_by_label("Téléphone professionnel")).to_have_value("02 32 46 46 46")
    # Signed out: nothing stays on the device.
    page.locator("form[action$='/logout/']").first.evaluate("formulaire => formulaire.requestSubmit()")
    expect(page.locator("form[action$='/logout/']")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((cle) => cle.startsWith('pcti:'))") == []
