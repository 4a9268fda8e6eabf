"""Two directions, each on a phone: one proposes, the other answers, both are told, a sheet begins with both."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.personnes import (
    COORDINATION,
    en_un_clic,
    jusqu_a,
    lire_message,
    nombre_de_messages,
    par_code,
    vu,
)
from tests.e2e.test_questionnaire_mobile import MOBILE, entrer

OuvrirPage = Callable[..., Page]
# A structure whose needs no other test of the session answers again.
MDPH, ELLE = "direction.252@demo.invalid", "MDPH – Eure"
SERVICE = "Découverte réciproque des structures"
MESSAGE = "Une demi-journée dans nos murs, au printemps, pour nos six collègues."
LIEN = re.compile(r"https?://\S+(/offres/rapprochements/\d+/)")


def proposer(page: Page) -> str:
    """The MDPH finds who answers its need and writes to them; the structure it wrote to."""
    page.goto("/offres/rapprochements/")
    vu(page, "Qui peut répondre aux besoins ?")
    page.locator(".offres-carte", has_text=SERVICE).get_by_role("link", name=SERVICE).last.click()
    vu(page, SERVICE)
    libre = page.locator(".offres-candidat").filter(has=page.get_by_role("link", name="Proposer une coopération"))
    structure = libre.first.get_by_role("heading", level=3).inner_text()
    # Why this one: in words, before asking anything.
    expect(libre.first.locator(".offres-raisons")).to_contain_text("Couvre votre commune, Évreux")
    libre.first.get_by_role("link", name="Proposer une coopération").click()
    vu(page, re.compile("Proposer une coopération à"))
    page.get_by_role("button", name="Envoyer la proposition").click()
    # Sent back: nothing was written.
    expect(page.get_by_label("Votre message")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Votre message").fill(MESSAGE)
    page.get_by_role("button", name="Envoyer la proposition").click()
    vu(page, SERVICE)
    expect(page.locator("main")).to_contain_text("Votre proposition est envoyée")
    expect(page.locator("main")).to_contain_text("n’a pas encore répondu")
    return structure


def destinataire(page: Page) -> str:
    """Whom the portal wrote to about the proposal."""
    recus = page.locator("main .pcti-courriels > li", has_text="vous propose une coopération")

    def arrive() -> bool:
        page.goto("/demo/courriels/")
        return recus.count() > 0

    jusqu_a(page, arrive, "personne n’est prévenu de la proposition")
    adresse = re.search(r"Pour (\S+@\S+),", recus.first.inner_text())
    assert adresse
    return adresse[1]


def test_deux_directions_se_proposent_et_commencent_une_fiche(
    nouvelle_page: OuvrirPage, verifier_axe: Callable[[Page], None]
) -> None:
    demandeuse = nouvelle_page(*MOBILE)
    par_code(demandeuse, MDPH)
    structure = proposer(demandeuse)
    verifier_axe(demandeuse)
    adresse = demandeuse.url
    # The other side is told by an e-mail that names nobody, and answers from its own phone.
    sollicitee = nouvelle_page(*MOBILE)
    compte = destinataire(sollicitee)
    message = lire_message(sollicitee.context, compte, "vous propose une coopération")
    # Its paragraphs stand apart, as in a mail program.
    sollicitee.goto("/demo/courriels/")
    sollicitee.get_by_role("link", name="vous propose une coopération").first.click()
    paragraphes = sollicitee.locator(".pcti-courriel > p")
    assert paragraphes.nth(1).evaluate("(p) => parseFloat(getComputedStyle(p).marginTop)") >= 12
    assert MESSAGE in message
    assert MDPH not in message
    lien = LIEN.search(message)
    assert lien, message
    assert adresse.endswith(lien[1])
    par_code(sollicitee, compte)
    sollicitee.goto("/")
    expect(sollicitee.locator(".accueil-attentes")).to_contain_text(
        f"Répondre à la proposition de coopération de la {ELLE}"
    )
    sollicitee.goto(lien[1])
    vu(sollicitee, SERVICE)
    expect(sollicitee.locator(".offres-message")).to_contain_text(MESSAGE)
    expect(sollicitee.locator("main")).not_to_contain_text(MDPH)
    verifier_axe(sollicitee)
    deja = nombre_de_messages(demandeuse.context, MDPH)
    sollicitee.get_by_label("Un mot pour l’autre structure").fill("Avec plaisir, appelez-moi jeudi.")
    sollicitee.get_by_role("button", name="Accepter", exact=True).click()
    # Agreed: each reads who the other is, and is told by an e-mail that one can answer.
    expect(sollicitee.locator("main")).to_contain_text("Vous pouvez maintenant vous joindre")
    expect(sollicitee.get_by_role("link", name=MDPH)).to_be_visible()
    reponse = lire_message(demandeuse.context, MDPH, "a accepté la coopération", apres=deja)
    assert "Avec plaisir, appelez-moi jeudi." in reponse
    assert compte in reponse
    demandeuse.reload()
    expect(demandeuse.get_by_role("link", name=compte)).to_be_visible()
    commencer_la_fiche(demandeuse, structure)
    verifier_axe(demandeuse)
    # The coordination follows it in the funnel of its pôle.
    coordination = nouvelle_page()
    entrer(coordination, COORDINATION)
    coordination.goto("/offres/rapprochements/suivi/")
    vu(coordination, re.compile("Suivi des coopérations"))
    carte = coordination.locator(".offres-carte", has_text=f"↔ {structure}").filter(has_text=SERVICE)
    expect(carte.first).to_contain_text("Fiche-action commencée")


def commencer_la_fiche(page: Page, structure: str) -> None:
    """The sheet is filled with what both have said; asked again, the same one opens."""
    cooperation = page.url
    page.get_by_role("button", name="Commencer une fiche-action").click()
    page.wait_for_url("**/fiches/**")
    fiche = page.url
    expect(page.locator("main")).to_contain_text(SERVICE)
    expect(page.locator("main")).to_contain_text(structure)
    expect(page.locator("main")).to_contain_text(ELLE)
    page.goto(cooperation)
    page.get_by_role("link", name="Ouvrir la fiche-action").click()
    expect(page).to_have_url(fiche)


def test_decliner_demande_une_raison_et_la_dit(nouvelle_page: OuvrirPage) -> None:
    """The proposal that the demonstration left to the ESAT is declined, with a reason, from the home page."""
    page = nouvelle_page(*MOBILE)
    en_un_clic(page, "Direction d’un ESAT (Évreux)")
    page.locator(".accueil-attentes").get_by_role("link", name=re.compile("^Répondre à ")).first.click()
    page.locator("details.offres-geste", has_text="Décliner").locator("summary").click()
    page.get_by_role("button", name="Décliner").click()
    # Sent back without a reason: the form is open on its error.
    champ = page.get_by_role("textbox", name="Pourquoi")
    expect(champ).to_be_visible()
    expect(champ).to_have_attribute("aria-invalid", "true")
    champ.fill("Nos ateliers sont complets jusqu’à l’été.")
    page.get_by_role("button", name="Décliner").click()
    expect(page.locator("main")).to_contain_text("Déclinée")
    expect(page.locator("main")).to_contain_text("Nos ateliers sont complets")
    expect(page.locator("main")).not_to_contain_text("À qui parler")
