"""The whole chain as four people live it: the map, the questionnaire, the match, the sheet, the agreement.

Each person has a browser of their own. Nothing is prepared but the demonstration data, nothing is read
behind the pages: codes and links are those of the e-mails, verdicts are what pages and PDF readers say.
"""

import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
import pytest
from playwright.sync_api import Page, expect
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from tests.e2e.personnes import (
    CAP_EMPLOI,
    COORDINATION,
    ESAT,
    PILOTAGE,
    Surveillance,
    code_de,
    lire_message,
    par_code,
    suivre_lien,
    vu,
)
from tests.e2e.questionnaire import cooperations, decrire, envoyer, ouvrir_une_campagne, votre_structure

CAMPAGNE = "Recueil de la chaîne"
OFFRE, BESOIN = "Accueil sur plateaux techniques", "Relation aux entreprises et appui au recrutement"
OuvrirPage = Callable[..., Page]


@pytest.fixture
def surveiller(portail: str) -> Iterator[Callable[[Page], Page]]:
    """``surveiller(page)``: the test fails on a console error, a blocked content, a foreign request, a 5xx."""
    surveillance = Surveillance(urlsplit(portail).netloc)
    yield surveillance.suivre
    assert not surveillance.plaintes, "\n".join(surveillance.plaintes)


# --- 4. the map ---------------------------------------------------------------------------------------


def parcourir_la_carte(page: Page) -> None:
    """From the front door to the card of a structure, by the map and by the list."""
    page.goto("/")
    page.get_by_role("link", name="Évreux", exact=True).first.click()
    vu(page, re.compile("Évreux"))
    page.wait_for_selector("#carte[data-prete]")
    page.get_by_role("checkbox", name=re.compile("Médico-social, adultes")).check()
    ligne = page.locator("[data-structure]:visible").filter(has_text="ESAT").first
    nom = ligne.get_by_role("link").inner_text()
    ligne.get_by_role("button", name=re.compile("Aperçu")).click()
    carte = page.locator("#fiche")
    expect(carte.get_by_role("heading", name=nom)).to_be_visible()
    expect(carte).to_contain_text("Les offres et les besoins se lisent une fois connecté")
    carte.get_by_role("link", name="Voir la page de la structure").click()
    vu(page, re.compile(re.escape(nom)))


# --- 5. the campaign and the questionnaire -------------------------------------------------------------


def inviter(page: Page) -> None:
    """The coordination asks the ESAT and the Cap emploi of its pôle, and sees the invitations leave."""
    par_code(page, COORDINATION)
    ouvrir_une_campagne(page, CAMPAGNE, "ESAT", "Cap emploi")
    expect(page.get_by_text("structures sont invitées")).to_be_visible(timeout=40_000)


def repondre_au_telephone(page: Page) -> None:
    """The director of the ESAT, on a phone: an offer and a need, five steps, sent."""
    suivre_lien(page, ESAT, "Vos offres et vos besoins")
    par_code(page, ESAT)
    vu(page, re.compile(r"^Offres et besoins de l’ESAT"))
    page.get_by_role("link", name="Commencer").click()
    votre_structure(page, "45")
    page.get_by_role("link", name="Ajouter une offre").click()
    decrire(page, OFFRE, volume="8", zone="Bassins d’emploi")
    page.get_by_role("button", name="Continuer", exact=True).click()
    vu(page, "Ce dont vous avez besoin")
    page.get_by_role("link", name="Ajouter un besoin").click()
    decrire(page, BESOIN, volume="5")
    page.get_by_role("button", name="Continuer", exact=True).click()
    cooperations(page)
    envoyer(page, OFFRE, BESOIN)


def repondre_au_bureau(page: Page) -> None:
    """The director of the Cap emploi: a need that the ESAT's offer answers, and nothing to offer."""
    suivre_lien(page, CAP_EMPLOI, "Vos offres et vos besoins")
    par_code(page, CAP_EMPLOI)
    page.get_by_role("link", name="Commencer").click()
    votre_structure(page, "320")
    page.get_by_role("button", name="Continuer sans offre").click()
    page.get_by_role("link", name="Ajouter un besoin").click()
    decrire(page, OFFRE, volume="12")
    page.get_by_role("button", name="Continuer", exact=True).click()
    cooperations(page)
    envoyer(page, OFFRE)


# --- 6. the match --------------------------------------------------------------------------------------


def rapprocher(page: Page) -> str:
    """The need of the Cap emploi meets the ESAT's offer; reference of the sheet that starts."""
    page.get_by_role("link", name="Voir avec qui coopérer").click()
    vu(page, "Qui peut répondre aux besoins ?")
    page.get_by_role("link", name=OFFRE).first.click()
    vu(page, OFFRE)
    candidat = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="ESAT Les Glycines"))
    raisons = candidat.get_by_role("list", name="Pourquoi")
    expect(raisons).to_contain_text(re.compile("bassin d’Évreux|Évreux"))
    expect(candidat.get_by_role("list", name="Ce qui manque")).to_contain_text("4")
    candidat.get_by_role("button", name="Commencer une fiche-action ensemble").click()
    reference = re.search(r"FA-\d{4}-\d{4}", page.url)
    assert reference, page.url
    vu(page, re.compile("Organiser ensemble.: accueil sur plateaux techniques"))
    expect(page.get_by_text("rubriques remplies sur 9")).to_be_visible()
    return reference[0]


# --- 7. the action sheet -------------------------------------------------------------------------------


def completer_la_fiche(page: Page, reference: str) -> None:
    """The porteur writes what is missing of the nine fields, and proposes the sheet."""
    _ecrire(
        page, reference, "enjeux", "Enjeux et problématique", "Les personnes suivies découvrent trop tard les métiers."
    )
    _ouvrir_section(page, reference, "beneficiaires", "Bénéficiaires")
    page.get_by_role("checkbox", name=re.compile("Personnes inscrites à France Travail")).check()
    _enregistrer(page, reference)
    _ecrire(
        page, reference, "partage", "Modalités de partage", "Une fiche de suivi, avec l’accord écrit de la personne."
    )
    _ajouter_acteur(page, reference)
    _ajouter_etape(page, reference)
    _ajouter_indicateur(page, reference)
    page.goto(f"/fiches/{reference}/")
    expect(page.get_by_text("9 rubriques remplies sur 9")).to_be_visible()
    vu(page, re.compile("Organiser ensemble"))
    page.get_by_role("link", name="Proposer la fiche").click()
    vu(page, "Proposer la fiche")
    page.get_by_role("button", name="Proposer la fiche").click()
    expect(page.get_by_text("la fiche est maintenant « Proposée »")).to_be_visible()


def _ouvrir_section(page: Page, reference: str, cle: str, titre: str) -> None:
    page.goto(f"/fiches/{reference}/")
    page.locator(f"#{cle}").get_by_role("link", name="Modifier").first.click()
    vu(page, re.compile(titre))


def _enregistrer(page: Page, reference: str) -> None:
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.wait_for_url(f"**/fiches/{reference}/*")


def _ecrire(page: Page, reference: str, cle: str, titre: str, texte: str) -> None:
    _ouvrir_section(page, reference, cle, titre)
    page.locator("main textarea").first.fill(texte)
    _enregistrer(page, reference)
    expect(page.locator(f"#{cle}")).to_contain_text(texte)


def _ajouter_acteur(page: Page, reference: str) -> None:
    _ouvrir_section(page, reference, "acteurs", "Acteurs")
    page.get_by_role("link", name="Ajouter une structure").click()
    page.get_by_label("Nom, commune ou type de la structure").fill("mission locale évreux")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("radio", name=re.compile("Mission locale d’Évreux")).check()
    page.get_by_label("Rôle").select_option(label="Informé")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_text("Mission locale d’Évreux").first).to_be_visible()
    vu(page, re.compile("Acteurs"))


def _ajouter_etape(page: Page, reference: str) -> None:
    _ouvrir_section(page, reference, "planning", "Planning")
    page.get_by_role("link", name="Ajouter une étape").click()
    page.get_by_label("Étape").fill("Première visite des ateliers")
    page.get_by_label("Début").fill("2027-01-11")
    page.get_by_label("Fin").fill("2027-02-26")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_text("Première visite des ateliers").first).to_be_visible()


def _ajouter_indicateur(page: Page, reference: str) -> None:
    _ouvrir_section(page, reference, "indicateurs", "Indicateurs")
    page.get_by_role("link", name="Ajouter un indicateur").click()
    vu(page, "Ajouter un indicateur")
    page.get_by_label("Indicateur", exact=True).fill("Personnes accueillies en atelier")
    page.get_by_label("Valeur de référence").fill("0")
    page.get_by_label("Relevée, ou à relever, le").fill("2026-11-02")
    page.get_by_label("Cible").fill("12")
    page.get_by_label("À atteindre le").fill("2027-12-31")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_text("Personnes accueillies en atelier").first).to_be_visible()


def participer(page: Page, reference: str) -> None:
    """A structure of the sheet agrees to take part, from what awaits it at the front door."""
    page.goto("/")
    vu(page, re.compile("."))
    page.locator(f"main a[href*='{reference}']").first.click()
    expect(page.get_by_role("heading", name="Votre structure est citée dans cette fiche")).to_be_visible()
    page.get_by_role("button", name="Oui, nous participons").click()
    expect(page.get_by_text("C’est noté")).to_be_visible()


def valider_la_fiche(page: Page, reference: str) -> None:
    """The coordination records the decision of the committee."""
    page.goto("/")
    page.locator(f"main a[href*='{reference}']").first.click()
    page.get_by_role("link", name="Valider la fiche").click()
    vu(page, "Valider la fiche")
    page.get_by_role("button", name="Valider la fiche").click()
    expect(page.get_by_text("la fiche est maintenant « Validée »")).to_be_visible()
    vu(page, re.compile("Organiser ensemble"))


def imprimer_la_fiche(page: Page, reference: str) -> None:
    """The printed sheet: two pages, tagged, carrying its reference and what was written."""
    reponse = page.request.get(f"/fiches/{reference}/export.pdf")
    assert reponse.headers["content-type"] == "application/pdf"
    octets = reponse.body()
    assert octets.startswith(b"%PDF-")
    with pikepdf.open(BytesIO(octets)) as pdf:
        assert len(pdf.pages) == 2
        assert pdf.Root.MarkInfo.Marked
    texte = lire_pdf(octets)
    for attendu in (
        reference,
        "ESAT Les Glycines",
        "Première visite des ateliers",
        "Personnes accueillies en atelier",
    ):
        assert attendu in texte, attendu


def lire_pdf(octets: bytes) -> str:
    """What a reader sees, line breaks undone."""
    fait = subprocess.run(["pdftotext", "-", "-"], input=octets, capture_output=True, check=True)
    return " ".join(fait.stdout.decode().split())


# --- 8. the agreement ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signataire:
    partie: str
    nom: str
    email: str


SIGNATAIRES = (
    Signataire("Cap emploi – Eure (fictif)", "Maxime Sorbier", CAP_EMPLOI),
    Signataire("ESAT Les Glycines", "Claude Tilleul", ESAT),
)


def preparer_la_convention(page: Page, fiche: str) -> str:
    """Parties, signatories, conditions, frozen text, invitation sent; reference of the agreement."""
    page.goto(f"/fiches/{fiche}/")
    page.get_by_role("button", name="Préparer une convention").click()
    expect(page.get_by_text("La convention est préparée")).to_be_visible()
    expect(page.get_by_role("heading", name="Il reste à compléter")).to_be_visible()
    vu(page, re.compile("Organiser ensemble"))
    reference = page.url.rstrip("/").rsplit("/", 1)[1]
    for signataire in SIGNATAIRES:
        _completer_la_partie(page, reference, signataire)
    page.get_by_role("link", name="Fixer les conditions").click()
    vu(page, "Conditions de la convention")
    page.get_by_label("Prend effet le").fill("2027-01-04")
    for champ, valeur in (("Ressort du tribunal compétent", "Évreux"), ("Fait à", "Évreux")):
        page.get_by_label(champ).fill(valeur)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Le texte est complet")).to_be_visible()
    page.get_by_role("link", name="Lire le texte").click()
    expect(page.get_by_role("article")).to_contain_text("Claude Tilleul")
    expect(page.get_by_text("Les passages surlignés restent à compléter")).to_have_count(0)
    page.goto(f"/conventions/{reference}/")
    page.get_by_role("button", name="Figer le texte").click()
    expect(page.get_by_role("heading", name="La version 1 est figée")).to_be_visible(timeout=40_000)
    page.get_by_role("button", name="Envoyer à la signature").click()
    expect(page.get_by_text("L’invitation à signer est partie au premier signataire.")).to_be_visible()
    vu(page, re.compile("Organiser ensemble"))
    return reference


def _completer_la_partie(page: Page, reference: str, signataire: Signataire) -> None:
    page.goto(f"/conventions/{reference}/")
    page.get_by_role("link", name=f"Compléter {signataire.partie}").click()
    vu(page, re.compile("Cap emploi|ESAT"))
    for champ, valeur in (
        ("Adresse du siège", "1 rue des Essais, 27000 Évreux"),
        ("Numéro SIRET ou FINESS", "SIRET 123 456 789 00012"),
        ("Engagements", "accueillir deux personnes par mois\ndésigner un référent"),
        ("Fonction du référent", "Responsable de l’insertion"),
        ("Nom du signataire", signataire.nom),
        ("Fonction du signataire", "Directeur"),
        ("Adresse électronique du signataire", signataire.email),
    ):
        page.get_by_label(champ).fill(valeur)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("La partie est enregistrée.")).to_be_visible()


def signer(page: Page, signataire: Signataire, reference: str) -> None:
    """With no account: the link of the e-mail, the code, the document, the consent, the signature."""
    suivre_lien(page, signataire.email, f"À signer : la convention {reference}")
    vu(page, re.compile("Organiser ensemble|convention"))
    page.get_by_role("button", name="Recevoir un code").click()
    texte = lire_message(page.context, signataire.email, f"est votre code pour signer la convention {reference}")
    page.get_by_label("Code reçu par courriel").fill(code_de(texte))
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Lisez le document")).to_be_visible()
    lien = page.get_by_role("link", name="Ouvrir le document").get_attribute("href")
    assert lien
    assert page.request.get(lien).body().startswith(b"%PDF-")
    # Without the consent, nothing is signed and the page says why.
    page.get_by_role("button", name="Signer la convention").click()
    expect(page.get_by_text("Cochez votre accord pour signer.").first).to_be_visible()
    page.get_by_role("checkbox").first.check()
    vu(page, re.compile("Organiser ensemble|convention"))
    page.get_by_role("button", name="Signer la convention").click()
    expect(page.get_by_role("button", name="Signer la convention")).to_have_count(0)


def attendre_le_sceau(page: Page, reference: str, fige: bytes) -> bytes:
    """The worker seals while the page follows; the sealed document begins with the frozen one."""
    page.goto(f"/conventions/{reference}/")
    expect(page.get_by_role("heading", name="Le document est signé et scellé")).to_be_visible(timeout=60_000)
    vu(page, re.compile("Organiser ensemble"))
    with page.expect_download() as attendu:
        page.get_by_role("link", name="Télécharger le document scellé").click()
    scelle = Path(attendu.value.path()).read_bytes()
    assert scelle.startswith(fige), "les premiers octets sont ceux de la version signée"
    assert len(scelle) > len(fige)
    return scelle


def verifier_le_sceau(scelle: bytes, chemin: Path) -> None:
    """pyHanko and poppler, independently."""
    lecteur = PdfFileReader(BytesIO(scelle))
    sans_reseau = ValidationContext(allow_fetching=False)
    cachet = validate_pdf_signature(lecteur.embedded_regular_signatures[0], sans_reseau)
    horodatage = validate_pdf_timestamp(lecteur.embedded_timestamp_signatures[-1], sans_reseau)
    # Nobody outside trusts the local authority: what is proved here is that nothing changed.
    for statut in (cachet, horodatage):
        assert statut.intact
        assert statut.valid
    # After the seal, only what keeps it verifiable was added.
    assert cachet.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    assert cachet.docmdp_ok
    chemin.write_bytes(scelle)
    dit = subprocess.run(["pdfsig", str(chemin)], capture_output=True, text=True, check=False).stdout
    assert "Signature Validation: Signature is Valid." in dit, dit


def verifier_en_ligne(page: Page, chemin: Path) -> None:
    """Anybody checks the file: accepted as it is, refused with one byte changed."""
    page.goto("/")
    page.get_by_role("link", name="Vérifier un document").first.click()
    vu(page, "Vérifier un document")
    _deposer(page, chemin)
    expect(page.locator("#verdict")).to_contain_text("Authentique")
    vu(page, "Vérifier un document")
    octets = bytearray(chemin.read_bytes())
    octets[len(octets) // 3] ^= 1
    faux = chemin.with_name("change.pdf")
    faux.write_bytes(octets)
    _deposer(page, faux)
    expect(page.locator("#verdict")).to_contain_text("Modifié")
    expect(page.locator("#verdict")).not_to_contain_text("Authentique")
    vu(page, "Vérifier un document")


def _deposer(page: Page, chemin: Path) -> None:
    page.get_by_label("Fichier PDF").set_input_files(chemin)
    page.get_by_role("button", name="Vérifier ce fichier").click()
    expect(page.locator("#verdict")).to_contain_text(chemin.name)


# --- 9. steering ---------------------------------------------------------------------------------------


def lire_le_pilotage(page: Page) -> dict[str, int]:
    """The figures of the bassin of Évreux: words → number."""
    page.goto("/pilotage/bassins/2808/")
    vu(page, re.compile(r"Bassin d.\s?Évreux"))
    lignes = page.locator("dl.pilotage-chiffres > div")
    return {
        ligne.locator("dt").inner_text(): int(re.sub(r"\D", "", ligne.locator("dd").inner_text()) or 0)
        for ligne in lignes.all()
    }


# --- the chain -----------------------------------------------------------------------------------------


def test_la_chaine_entiere_comme_quatre_personnes(
    nouvelle_page: OuvrirPage, surveiller: Callable[[Page], Page], tmp_path: Path
) -> None:
    visiteur, coordinatrice, bureau = (surveiller(nouvelle_page()) for _ in range(3))
    telephone, prith = surveiller(nouvelle_page(390, 844)), surveiller(nouvelle_page())
    par_code(prith, PILOTAGE)
    avant = lire_le_pilotage(prith)

    parcourir_la_carte(visiteur)
    inviter(coordinatrice)
    repondre_au_telephone(telephone)
    repondre_au_bureau(bureau)
    fiche = rapprocher(bureau)
    completer_la_fiche(bureau, fiche)
    participer(telephone, fiche)
    valider_la_fiche(coordinatrice, fiche)
    imprimer_la_fiche(bureau, fiche)

    convention = preparer_la_convention(bureau, fiche)
    fige = bureau.request.get(f"/conventions/{convention}/document.pdf").body()
    for signataire in SIGNATAIRES:
        # The link is followed where nobody is signed in.
        signer(surveiller(nouvelle_page(390, 844)), signataire, convention)
    scelle = attendre_le_sceau(bureau, convention, fige)
    with ThreadPoolExecutor(1) as fil:  # pyHanko wants an event loop; this thread has Playwright's
        fil.submit(verifier_le_sceau, scelle, tmp_path / "scelle.pdf").result()
    verifier_en_ligne(visiteur, tmp_path / "scelle.pdf")

    apres = lire_le_pilotage(prith)
    # Both structures' answers replace what they had published: the figures move, up or down.
    assert (apres["Offres"], apres["Besoins"]) != (avant["Offres"], avant["Besoins"])
    assert apres["Fiches-action"] == avant["Fiches-action"] + 1
    assert apres["Conventions"] == avant["Conventions"] + 1
