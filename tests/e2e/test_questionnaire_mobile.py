"""The questionnaire on a phone: the network goes, the session ends, somebody else writes; nothing is lost.

A director on 390 px loses the network mid-way, comes back on another device and sends; two people
write in the same answer at once.
"""

import contextlib
import re
from collections.abc import Callable

from playwright.sync_api import Error, Locator, Page, expect

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
    # The battery dies: a page that is closed still has its last words, which may leave with the network.
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")
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


def test_deux_personnes_a_la_fois(nouvelle_page: OuvrirPage, verifier_axe: Callable[[Page], None]) -> None:
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
    verifier_axe(page)
    page.get_by_role("button", name="Garder ma version").click()
    enregistre(page)
    expect(autre.get_by_label(courriel)).to_have_value("seconde@exemple.test", timeout=20_000)
    # A zone is one choice with its details: what is shown to the other is never taken for theirs.
    page.goto(adresse + "offres/")
    page.get_by_role("button", name="Modifier").first.click()
    vu(page, "Combien, et pour qui ?")
    zone = page.url.replace("volume", "zone")
    for une in (page, autre):
        une.goto(zone)
    autre.get_by_role("radio", name="Toute la région").check()
    enregistre(autre)
    expect(page.get_by_role("radio", name="Toute la région")).to_be_checked(timeout=20_000)
    page.get_by_role("radio", name="Un rayon autour").check()
    page.get_by_label("Rayon, en kilomètres").fill("30")
    page.keyboard.press("Tab")
    enregistre(page)
    expect(autre.get_by_label("Rayon, en kilomètres")).to_have_value("30", timeout=20_000)
    expect(autre.locator(".offres-conflit")).to_have_count(0)
    verifier_axe(page)


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


GARDE = "Object.keys(localStorage).filter((cle) => cle.startsWith('pcti:'))"
SANS_MEMOIRE = """for (const nom of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, nom, { get() { throw new DOMException("refus", "SecurityError"); } });
}"""


def test_un_appareil_qui_ne_garde_rien_puis_deux_onglets(nouvelle_page: OuvrirPage) -> None:
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil sans mémoire")
    # Private browsing: it works, and says that the page must stay open.
    prive = nouvelle_page(*MOBILE)
    prive.context.add_init_script(SANS_MEMOIRE)
    entrer(prive, ESAT)
    prive.goto(adresse + "structure/")
    prive.context.set_offline(True)
    prive.get_by_label("Téléphone professionnel").fill("02 32 47 47 47")
    prive.keyboard.press("Tab")
    expect(prive.get_by_role("alert").filter(has_text="Ne fermez pas cette page")).to_be_visible()
    prive.context.set_offline(False)
    enregistre(prive)
    # Two tabs: what one could not send stays kept when the other saves.
    page.goto(adresse + "structure/")
    expect(page.get_by_label("Téléphone professionnel")).to_have_value("02 32 47 47 47")
    onglet = page.context.new_page()
    onglet.goto(adresse + "structure/")
    onglet.get_by_label("Service ou fonction à contacter").fill("Accueil")
    onglet.keyboard.press("Tab")
    enregistre(onglet)
    assert onglet.evaluate(GARDE) == [], "ce qui est enregistré ne reste pas sur l’appareil"
    expect(page.get_by_label("Service ou fonction à contacter")).to_have_value("Accueil", timeout=20_000)
    page.context.set_offline(True)
    page.get_by_label("Téléphone professionnel").fill("02 32 48 48 48")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="gardé sur cet appareil")).to_be_visible()
    # The other tab passes through the same field without touching it.
    onglet.get_by_label("Téléphone professionnel").focus()
    onglet.keyboard.press("Tab")
    assert len(onglet.evaluate(GARDE)) == 1
    page.context.set_offline(False)
    enregistre(page)
    assert page.evaluate(GARDE) == []


def test_on_n_envoie_pas_ce_qu_on_n_a_pas_relu(nouvelle_page: OuvrirPage) -> None:
    """A colleague changes another page while the director rereads: she is shown it before anything is sent."""
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil relu")
    page.goto(adresse + "structure/")
    page.get_by_label("Combien de personnes accompagnez-vous").fill("45")
    page.get_by_role("radio", name="Non", exact=True).check()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, "Relecture et envoi")
    bureau = nouvelle_page()
    entrer(bureau, ESAT)
    bureau.goto(adresse + "structure/")
    bureau.get_by_label("Combien de personnes accompagnez-vous").fill("54")
    bureau.keyboard.press("Tab")
    enregistre(bureau)
    # Her own words, saved meanwhile, don't make her have reread his.
    page.get_by_label("Un mot pour la coordination").fill("Rien cette année.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("a modifié la réponse depuis votre relecture")).to_be_visible()
    expect(page.get_by_text("54", exact=True)).to_be_visible()
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("Votre réponse est envoyée. Merci !")).to_be_visible()


def test_une_nouvelle_ligne_partie_sans_reponse_n_est_pas_perdue(nouvelle_page: OuvrirPage) -> None:
    """The portal answered just before; the network goes while the new offer itself is on its way."""
    page, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil dans le tunnel")
    nouvelle = adresse + "offres/ajouter/"
    page.goto(nouvelle)
    page.locator("label").get_by_text("Accueil sur plateaux techniques", exact=True).click()
    page.get_by_label("En quelques mots").fill("Deux ateliers, le mardi.")
    page.route(
        "**/offres/ajouter/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Enregistrer et continuer").click()
    page.unroute("**/offres/ajouter/")
    page.goto(adresse)
    page.locator("[data-saisies-gardees]").get_by_role("link").click()
    expect(page.get_by_text("sans réponse du portail")).to_be_visible()
    page.get_by_role("button", name="Reprendre", exact=True).click()
    expect(page.get_by_label("En quelques mots")).to_have_value("Deux ateliers, le mardi.")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, "Combien, et pour qui ?")
    assert page.evaluate(GARDE) == []


def test_d_un_seul_pouce(nouvelle_page: OuvrirPage, verifier_axe: Callable[[Page], None]) -> None:
    """From the invitation's link to « envoyée »: every tap counts, none is lost, nothing overflows."""
    _, adresse = ouvrir_le_questionnaire(nouvelle_page, "Recueil d’un pouce")
    page = nouvelle_page(*MOBILE)
    touches = 0

    def toucher(quoi: Locator) -> None:
        nonlocal touches
        touches += 1
        quoi.click()

    def arrive(titre: str) -> None:
        vu(page, titre)
        assert page.evaluate("document.documentElement.scrollWidth") <= MOBILE[0], page.url
        verifier_axe(page)

    def bouton(nom: str) -> Locator:
        return page.get_by_role("button", name=nom, exact=True)

    page.goto(adresse)
    toucher(page.locator(f'form:has(input[name="compte"][value="{ESAT}"]) button').first)
    toucher(page.get_by_role("link", name="Commencer"))
    arrive("Votre structure")
    toucher(page.get_by_role("radio", name="Oui", exact=True))
    toucher(bouton("Enregistrer et continuer"))
    arrive("Ce que vous pouvez partager")
    toucher(page.get_by_role("link", name=re.compile("Ajouter une")))
    toucher(page.locator("label").get_by_text("Accueil sur plateaux techniques", exact=True))
    toucher(bouton("Enregistrer et continuer"))
    arrive("Combien, et pour qui ?")
    page.get_by_role("textbox").first.press_sequentially("8")
    # Left by the very tap on the button: the page must not move under the thumb.
    toucher(bouton("Enregistrer et continuer"))
    arrive("Jusqu’où pouvez-vous intervenir ?")
    toucher(page.get_by_role("radio", name=re.compile("bassins d’emploi")))
    toucher(page.get_by_role("checkbox", name="(votre bassin)"))
    expect(page.locator("#apercu svg")).to_be_visible()
    toucher(bouton("Terminer cette offre"))
    arrive("Ce que vous pouvez partager")
    toucher(bouton("Continuer"))
    arrive("Ce dont vous avez besoin")
    toucher(page.get_by_role("link", name=re.compile("Ajouter un")))
    toucher(page.locator("label").get_by_text("Ateliers numériques", exact=True))
    toucher(bouton("Enregistrer et continuer"))
    vu(page, "Combien, et pour qui ?")
    toucher(page.get_by_role("checkbox", name="Je ne sais pas"))
    toucher(bouton("Terminer ce besoin"))
    vu(page, "Ce dont vous avez besoin")
    toucher(bouton("Continuer"))
    arrive("Vos coopérations actuelles")
    toucher(bouton("Enregistrer et continuer"))
    arrive("Relecture et envoi")
    toucher(bouton("Envoyer la réponse"))
    expect(page.get_by_text("Votre réponse est envoyée. Merci !")).to_be_visible()
    verifier_axe(page)
    assert page.evaluate(GARDE) == []
    assert touches <= 21
