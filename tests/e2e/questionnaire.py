"""The campaign and the questionnaire as people fill them, with or without JavaScript."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.personnes import vu


def ouvrir_une_campagne(page: Page, nom: str, *types: str) -> None:
    """Asks the structures of these types, until thirty days from now."""
    page.goto("/offres/campagnes/")
    page.get_by_role("link", name="Ouvrir une campagne").click()
    vu(page, "Ouvrir une campagne")
    aujourdhui = date.today()
    page.get_by_label("Nom de la campagne").fill(nom)
    page.get_by_label("Ouverte le").fill(aujourdhui.isoformat())
    page.get_by_label("Dernier jour pour répondre").fill((aujourdhui + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Choisir les structures attendues").click()
    vu(page, "Structures attendues")
    for type_ in types:
        page.get_by_role("group", name="Types de structures").get_by_role("checkbox", name=re.compile(type_)).check()
    page.get_by_role("button", name="Mettre la liste à jour").click()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, "Courriels et lettre")
    page.get_by_role("link", name="Continuer").click()
    vu(page, "Aides du questionnaire")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, f"Ouvrir « {nom} » ?")
    page.get_by_role("button", name="Ouvrir et inviter").click()
    vu(page, nom)


def votre_structure(page: Page, effectif: str) -> None:
    vu(page, "Votre structure")
    expect(page.get_by_text("Étape 1 sur 5, il reste environ")).to_be_visible()
    page.get_by_label("Combien de personnes accompagnez-vous").fill(effectif)
    page.get_by_label("Service ou fonction à contacter").fill("Service insertion")
    page.get_by_role("radio", name="Oui", exact=True).check()
    page.get_by_role("button", name="Enregistrer et continuer").click()


def decrire(page: Page, service: str, *, volume: str, zone: str = "") -> None:
    """The five short pages of an offer or a need."""
    page.locator("label").get_by_text(service, exact=True).click()
    expect(page.get_by_role("radio", name=service)).to_be_checked()
    page.get_by_label("En quelques mots").fill("Deux demi-journées par mois, encadrées par un moniteur.")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, "Combien, et pour qui ?")
    page.get_by_role("textbox", name=re.compile("Combien de personnes")).first.fill(volume)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page_de_la_ligne(page, 3)
    if zone:
        page.get_by_role("radio", name=re.compile("bassins d’emploi", re.IGNORECASE)).check()
        page.get_by_role("checkbox", name="Évreux").check()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page_de_la_ligne(page, 4)
    page.get_by_label("Profession").first.fill("Moniteur d’atelier")
    page.get_by_label("Temps (ETP)").first.fill("0,5")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    vu(page, "Comment et quand ?")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text(f"« {service} » est enregistré.")).to_be_visible()


def page_de_la_ligne(page: Page, rang: int) -> None:
    """Arrived: with script, the fields are saved before the page changes."""
    expect(page.locator(".offres-volet__rang")).to_contain_text(f"page {rang} sur 5")


def cooperations(page: Page) -> None:
    vu(page, "Vos coopérations actuelles")
    page.get_by_role("radio", name="Non", exact=True).first.check()
    page.get_by_role("button", name="Enregistrer et continuer").click()


def envoyer(page: Page, *libelles: str) -> None:
    vu(page, "Relecture et envoi")
    for libelle in libelles:
        expect(page.get_by_role("heading", name=libelle)).to_be_visible()
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("Votre réponse est envoyée. Merci !")).to_be_visible()
    # What is sent once stays sent: no second door.
    expect(page.get_by_role("link", name="Reprendre")).to_have_count(0)
