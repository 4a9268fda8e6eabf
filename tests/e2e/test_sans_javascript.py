"""What people come for works with JavaScript disabled: questionnaire, sheet, directory, map, check."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.personnes import en_un_clic, suivre_lien, vu
from tests.e2e.questionnaire import cooperations, decrire, envoyer, ouvrir_une_campagne, votre_structure

IME, DIRECTION_IME = "direction.ime@demo.invalid", "Direction d’un IME (Évreux)"
OFFRE = "Accueil sur plateaux techniques"
NouvellePersonne = Callable[[], Page]


@pytest.fixture
def personne(navigateur: Browser, portail: str) -> Iterator[NouvellePersonne]:
    """``personne()``: somebody's browser, on a phone, without JavaScript."""
    contextes = []

    def ouvrir() -> Page:
        contexte = navigateur.new_context(
            base_url=portail, locale="fr-FR", java_script_enabled=False, viewport={"width": 390, "height": 844}
        )
        contexte.set_default_timeout(15_000)
        contextes.append(contexte)
        return contexte.new_page()

    yield ouvrir
    for contexte in contextes:
        contexte.close()


def test_tout_marche_sans_javascript(personne: NouvellePersonne, tmp_path: Path) -> None:
    coordination, direction = personne(), personne()
    en_un_clic(coordination, "Coordination du pôle de l’Eure")
    ouvrir_une_campagne(coordination, "Recueil sans script", "Institut médico-éducatif")

    en_un_clic(direction, DIRECTION_IME)
    suivre_lien(direction, IME, "Vos offres et vos besoins")
    direction.get_by_role("link", name="Commencer").click()
    votre_structure(direction, "60")
    direction.get_by_role("link", name="Ajouter une offre").click()
    decrire(direction, OFFRE, volume="6", zone="bassins")
    direction.get_by_role("button", name="Continuer", exact=True).click()
    direction.get_by_role("button", name="Continuer sans besoin").click()
    cooperations(direction)
    envoyer(direction, OFFRE)

    reference = _ecrire_une_fiche(direction)
    fiche = direction.request.get(f"/fiches/{reference}/export.pdf").body()
    _verifier(direction, tmp_path / "fiche.pdf", fiche)
    _annuaire_et_carte(direction)


def _ecrire_une_fiche(page: Page) -> str:
    """A new sheet, then one of its fields, its errors said at the field; its reference."""
    page.goto("/fiches/nouvelle/")
    page.get_by_label("Titre").fill("Visiter les ateliers ensemble")
    page.get_by_label("Objet, en une phrase").fill("L’IME et ses partenaires visitent leurs ateliers.")
    page.get_by_role("button", name=re.compile("Ouvrir|Créer|Commencer")).click()
    vu(page, "Visiter les ateliers ensemble")
    page.locator("#enjeux").get_by_role("link", name="Modifier").click()
    page.locator("main textarea").first.fill("Les jeunes ne connaissent pas ces métiers.")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator("#enjeux")).to_contain_text("Les jeunes ne connaissent pas ces métiers.")
    reference = re.search(r"FA-\d{4}-\d{4}", page.url)
    assert reference, page.url
    return reference[0]


def _verifier(page: Page, chemin: Path, octets: bytes) -> None:
    """An unsigned PDF is not said authentic."""
    chemin.write_bytes(octets)
    page.goto("/verifier/")
    page.get_by_label("Fichier PDF").set_input_files(chemin)
    page.get_by_role("button", name="Vérifier ce fichier").click()
    expect(page.locator("#verdict")).to_contain_text(chemin.name)
    expect(page.locator("#verdict")).not_to_contain_text("Authentique")


def _annuaire_et_carte(page: Page) -> None:
    page.goto("/structures/?q=glycines")
    expect(page.get_by_role("link", name="ESAT Les Glycines")).to_be_visible()
    page.goto("/cartes/bassins/2808/")
    page.get_by_role("checkbox", name=re.compile("Médico-social, adultes")).check()
    page.get_by_role("button", name="Filtrer").click()
    affichees = page.locator("[data-structure]:visible").count()
    assert 0 < affichees < page.locator("[data-structure]").count()
    page.locator("[data-structure]:visible").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="À qui s’adresser")).to_be_visible()
