"""Exploring a bassin in a real browser: the list follows the map, the address says everything, « back » undoes."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.test_axe import se_connecter
from tests.e2e.test_cartes import BASSIN, attendre_la_carte, lignes

DIRECTION = "Direction d’un IME (Évreux)"
COMPTE = re.compile(r"^(\d+)\sstructures? affichées?")


def ouvrir(page: Page, suite: str = "") -> None:
    page.goto(f"{BASSIN}{suite}")
    attendre_la_carte(page)


def noms(page: Page) -> list[str]:
    return page.locator("[data-structure]:visible .carte-ligne__nom").all_inner_texts()


def adresse(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def zoomer(page: Page, fois: int = 2) -> None:
    for _ in range(fois):
        echelle = page.locator(".leaflet-control-scale-line")
        avant = echelle.inner_text()
        page.locator(".leaflet-control-zoom-in").click()
        expect(echelle).not_to_have_text(avant)


# ------------------------------------------------------------------------- the list and the map


def test_la_liste_suit_la_carte_et_le_dit(page: Page) -> None:
    ouvrir(page)
    tout = lignes(page)
    compteur = page.locator("[data-compte]")
    page.locator("[data-liste]").evaluate("ul => ul.dataset.temoin = 'la même'")
    zoomer(page, 2)
    expect(compteur).to_have_text(re.compile(r"celles que montre la carte"))
    proches = lignes(page)
    assert 0 < proches < tout
    # Somebody who prefers the whole list keeps it, and the address remembers.
    page.get_by_label("La liste suit la carte").uncheck()
    assert lignes(page) == tout
    assert adresse(page)["libre"] == ["oui"]
    page.get_by_label("La liste suit la carte").check()
    expect(page.locator("[data-structure]:visible")).to_have_count(proches)
    page.get_by_role("button", name="Tout le bassin").click()
    expect(page.locator("[data-structure]:visible")).to_have_count(tout)
    assert page.locator("[data-liste]").get_attribute("data-temoin") == "la même"


def test_ouvrir_un_apercu_ne_fait_pas_sauter_la_liste(page: Page) -> None:
    """The card brings its structure closer: the list under the finger stays."""
    ouvrir(page)
    avant = noms(page)
    page.locator("[data-apercu]:visible").nth(3).click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    expect(page).to_have_url(re.compile("vue="))
    assert noms(page) == avant


@pytest.mark.parametrize(
    "question",
    ["q=cat", "q=evreux ime", "q=Saint-andré", "q=mission lo", "q=zzz", "famille=emploi&q=agence",
     "type=esat&type=savs", "famille=medico-social-adultes&type=savs", "offre=1", "besoin=1", "public=1",
     "repondu=oui"],
)  # fmt: skip
def test_le_navigateur_et_le_portail_filtrent_pareil(page: Page, question: str) -> None:
    """The same filters, set by hand in the page or read by the server from an address."""
    se_connecter(page, DIRECTION)
    ouvrir(page)
    tout = lignes(page)
    champs = parse_qs(question)
    for liste in ("offre", "besoin", "public"):
        if liste in champs:
            champs[liste] = [str(page.locator(f"#filtre-{liste} option").nth(1).get_attribute("value"))]
    if {"type", "offre", "besoin", "public", "repondu"} & set(champs):
        page.locator(".carte-types summary").click()
    for nom, valeurs in champs.items():
        for valeur in valeurs:
            champ = page.locator(f'#filtres [name="{nom}"]')
            if nom == "q":
                champ.fill(valeur)
            elif nom in ("offre", "besoin", "public"):
                champ.select_option(valeur)
            else:
                page.locator(f'#filtres [name="{nom}"][value="{valeur}"]').check()
    ici = noms(page)
    assert len(ici) < tout
    page.reload()
    # What the server kept, before any script touches it.
    recue = page.request.get(page.url).text()
    la_bas = re.findall(r'<li class="carte-ligne"([^>]*)>.*?carte-ligne__nom"[^>]*>(.*?)</a>', recue, re.S)
    assert ici == [nom.replace("&#x27;", "'") for attributs, nom in la_bas if "hidden" not in attributs]
    attendre_la_carte(page)
    assert noms(page) == ici


def test_les_filtres_en_cours_se_retirent_un_a_un(page: Page) -> None:
    ouvrir(page)
    tout = lignes(page)
    page.locator("#filtre-q").fill("evreux")
    page.get_by_label("Médico-social, adultes").check()
    puces = page.locator("[data-puces] button")
    expect(puces).to_have_text(
        ["Retirer le filtre\u00a0: «\u00a0evreux\u00a0» ×", re.compile("Médico-social, adultes")]
    )
    puces.first.click()
    expect(page.locator("#filtre-q")).to_have_value("")
    expect(page.locator("#liste")).to_be_focused()
    puces.first.click()
    expect(page.locator("[data-puces]")).to_be_hidden()
    assert lignes(page) == tout
    page.go_back()
    expect(puces).to_have_count(1)


# ----------------------------------------------------------------------- address and « back »


def test_revenir_en_arriere_defait_chaque_pas(page: Page) -> None:
    ouvrir(page)
    tout = lignes(page)
    page.get_by_label("Médico-social, adultes").check()
    filtrees = lignes(page)
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    titre = page.locator("#fiche-titre").inner_text()
    expect(page).to_have_url(re.compile("vue="))
    page.locator("#filtre-q").fill("zzz")
    expect(page.locator("[data-vide]")).to_be_visible()
    expect(page.locator("#fiche")).to_be_hidden()

    page.go_back()
    expect(page.locator("#filtre-q")).to_have_value("")
    expect(page.locator("#fiche-titre")).to_have_text(titre)
    page.go_back()
    expect(page.locator("#fiche")).to_be_hidden()
    expect(page.locator("[data-structure]:visible")).to_have_count(filtrees)
    page.go_back()
    expect(page.get_by_label("Médico-social, adultes")).not_to_be_checked()
    expect(page.locator("[data-structure]:visible")).to_have_count(tout)
    page.go_forward()
    expect(page.get_by_label("Médico-social, adultes")).to_be_checked()
    expect(page.locator("[data-structure]:visible")).to_have_count(filtrees)


def test_un_mot_frappe_est_un_seul_pas(page: Page) -> None:
    ouvrir(page)
    page.locator("#filtre-q").press_sequentially("esat")
    assert adresse(page)["q"] == ["esat"]
    page.go_back()
    expect(page.locator("#filtre-q")).to_have_value("")


def test_l_adresse_rend_la_meme_vue(page: Page, nouvelle_page: Callable[..., Page]) -> None:
    """Filters, position and open card, in another browser."""
    ouvrir(page)
    page.get_by_label("Emploi", exact=False).first.check()
    zoomer(page, 2)
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    expect(page).to_have_url(re.compile("vue=.*"))
    page.wait_for_timeout(500)
    autre = nouvelle_page()
    autre.goto(page.url)
    attendre_la_carte(autre)
    expect(autre.locator("#fiche-titre")).to_have_text(page.locator("#fiche-titre").inner_text())
    expect(autre.locator(".carte-repere--choisi")).to_have_count(1)
    assert adresse(autre)["vue"] == adresse(page)["vue"]
    echelle = ".leaflet-control-scale-line"
    assert autre.locator(echelle).inner_text() == page.locator(echelle).inner_text()


def test_les_filtres_suivent_chez_le_voisin(page: Page) -> None:
    ouvrir(page)
    page.locator("#filtre-q").fill("esat")
    page.get_by_role("link", name="Bernay").click()
    expect(page).to_have_url(re.compile(r"/cartes/bassins/2803/\?q=esat$"))
    attendre_la_carte(page)
    assert all("ESAT" in nom for nom in noms(page))


# ---------------------------------------------------------------- around, zone, cooperations


def test_autour_d_une_ville_trie_et_deborde(page: Page) -> None:
    ouvrir(page)
    page.locator("#filtre-autour").fill("Évreux")
    page.locator("#filtre-rayon").select_option("50")
    page.locator("#filtre-autour").press("Enter")
    expect(page.locator("path.carte-cercle")).to_have_count(1)
    expect(page.locator("[data-compte]")).to_have_text(re.compile("autres? bassins?"))
    metres = [
        int(m) for m in page.locator("[data-structure]:visible").evaluate_all("ls => ls.map(l => l.dataset.metres)")
    ]
    assert metres == sorted(metres)
    assert max(metres) <= 50_000
    assert adresse(page)["autour"] == ["Évreux"]
    page.reload()
    attendre_la_carte(page)
    assert lignes(page) == len(metres)
    page.get_by_role("link", name="Ne plus chercher autour").click()
    expect(page.locator("path.carte-cercle")).to_have_count(0)
    expect(page.locator("[data-dehors]")).to_have_count(0)
    page.go_back()
    expect(page.locator("path.carte-cercle")).to_have_count(1)
    expect(page.locator("[data-structure]:visible")).to_have_count(len(metres))


def test_autour_d_un_nom_partage_donne_le_choix(page: Page) -> None:
    ouvrir(page)
    page.locator("#filtre-autour").fill("Saint-Aubin")
    page.get_by_role("button", name="Voir", exact=True).click()
    choix = page.locator("[data-autour-reponse] li a")
    expect(choix.first).to_be_visible()
    choisi = choix.first.inner_text()
    choix.first.click()
    expect(page.locator("[data-autour-reponse] strong")).to_contain_text(choisi)


def test_autour_de_ma_position(navigateur: Browser, portail: str) -> None:
    contexte = navigateur.new_context(
        base_url=portail, geolocation={"latitude": 49.02412, "longitude": 1.15083}, permissions=["geolocation"]
    )
    try:
        page = contexte.new_page()
        ouvrir(page)
        page.get_by_role("button", name="Autour de ma position").click()
        expect(page.locator("path.carte-cercle")).to_have_count(1)
        # Rounded: who reads the address of the page does not learn the door.
        assert adresse(page)["autour"] == ["49.024,1.151"]
    finally:
        contexte.close()


def test_sans_position_on_ecrit_un_lieu(page: Page) -> None:
    ouvrir(page)
    page.evaluate("() => { navigator.geolocation.getCurrentPosition = (oui, non) => non({ code: 1 }); }")
    page.get_by_role("button", name="Autour de ma position").click()
    expect(page.locator("[data-autour-reponse]")).to_contain_text("Écrivez une commune")


def test_la_zone_d_une_offre_se_dessine_et_s_efface(page: Page) -> None:
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.locator("[data-offres] [data-apercu]").first.click()
    bouton = page.locator("[data-zone]").first
    bouton.click()
    expect(page.locator("path.carte-zone").first).to_be_visible()
    note = page.locator("[data-note]")
    expect(note).to_contain_text("Zone couverte par l’offre")
    expect(note).to_contain_text(re.compile(r"\d+\scommunes?"))
    # The card steps aside, and the focus goes to what opens it again.
    expect(page.get_by_role("button", name="Rouvrir l’aperçu")).to_be_focused()
    assert "zone" in adresse(page)
    page.reload()
    attendre_la_carte(page)
    expect(page.locator("path.carte-zone").first).to_be_visible()
    expect(page.locator("[data-zone][data-dessinee]")).to_have_count(1)
    page.get_by_role("button", name="Effacer la zone").last.click()
    expect(page.locator("path.carte-zone")).to_have_count(0)
    expect(note).to_be_hidden()
    page.go_back()
    expect(page.locator("path.carte-zone").first).to_be_visible()


def test_les_cooperations_se_tracent_et_se_listent(page: Page) -> None:
    se_connecter(page, DIRECTION)
    ouvrir(page)
    bouton = page.get_by_role("button", name="Coopérations")
    bouton.click()
    expect(page.locator("path.carte-lien-trace").first).to_be_visible()
    expect(bouton).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-cooperation]").first).to_be_visible()
    assert adresse(page)["liens"] == ["oui"]
    # Under the map, what each kind of line drawn says, and no other.
    expect(page.locator("[data-legende-liens] li:visible")).to_have_text(["Fiche-action", "Convention signée"])
    for genre, traces in (("fiche-action", True), ("convention", False), ("signee", True)):
        assert (page.locator(f"path.carte-lien-trace--{genre}").count() > 0) == traces
    page.go_back()
    expect(page.locator("path.carte-lien-trace")).to_have_count(0)
    expect(page.locator("[data-bloc-liens]")).to_be_hidden()
    expect(page.locator("[data-legende-liens]")).to_be_hidden()


# ------------------------------------------------------------------ when something is missing


def test_sans_javascript_les_filtres_et_les_lieux_marchent(navigateur: Browser, portail: str) -> None:
    contexte = navigateur.new_context(base_url=portail, java_script_enabled=False)
    try:
        page = contexte.new_page()
        page.goto(BASSIN)
        tout = lignes(page)
        expect(page.get_by_role("button", name="Plein écran")).to_be_hidden()
        page.locator("#filtre-q").fill("cat")
        page.get_by_role("button", name="Filtrer").click()
        assert [nom.split()[0] for nom in noms(page)] == ["ESAT"]
        # The server draws what the list shows, where the map would be.
        image = page.get_by_role("img", name=re.compile("Carte du bassin Évreux : 1 structure,"))
        expect(image).to_be_visible()
        recue = page.request.get(str(image.get_attribute("src")))
        assert recue.ok
        assert "« cat »" in recue.text().replace("\u00a0", " ")
        expect(page.locator("#carte")).to_be_hidden()
        page.goto(f"{BASSIN}?q=&autour=%C3%89vreux&rayon=50")
        assert lignes(page) > tout / 2
        expect(page.locator("[data-autour-reponse]")).to_contain_text("Évreux (27)")
    finally:
        contexte.close()


@pytest.mark.parametrize("panne", ["refus", "silence"])
def test_un_serveur_de_tuiles_mort_n_empeche_rien(page: Page, panne: str) -> None:
    """The tiles never come: our own ground, the symbols, the list and the card are there."""
    mortes: list[str] = []

    def avec_tuiles(route: Route) -> None:
        reponse = route.fetch()
        corps = reponse.text().replace('"tuiles": ""', '"tuiles": "https://tuiles.invalid/{z}/{x}/{y}.png"')
        politique = reponse.headers["content-security-policy"].replace("img-src", "img-src https://tuiles.invalid")
        route.fulfill(body=corps, headers={**reponse.headers, "content-security-policy": politique})

    def mourir(route: Route) -> None:
        mortes.append(route.request.url)
        if panne == "refus":
            route.abort()

    page.route(lambda url: urlsplit(url).path == BASSIN, avec_tuiles)
    page.route("https://tuiles.invalid/**", mourir)
    # Silent tiles keep the page « loading » for as long as they are awaited.
    page.goto(BASSIN, wait_until="domcontentloaded")
    attendre_la_carte(page)
    assert mortes
    assert page.locator("#carte path").count() > 10
    assert page.locator("#carte .carte-grappe, #carte .carte-repere").count() > 0
    # A bare number in the map says nothing to who hears the page: the list says it all.
    expect(page.locator("#carte .carte-grappe:not([aria-hidden='true'])")).to_have_count(0)
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    expect(page.locator(".carte-repere--choisi")).to_have_count(1)


@pytest.mark.parametrize("piece", ["autour", "liens", "zone"])
def test_une_reponse_perdue_se_dit(page: Page, piece: str) -> None:
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.route(f"**/{piece}/**", lambda route: route.abort())
    if piece == "autour":
        page.locator("#filtre-autour").fill("Vernon")
        page.get_by_role("button", name="Voir", exact=True).click()
        expect(page.locator("[data-autour-reponse]")).to_contain_text("n’a pas pu être cherché")
    elif piece == "liens":
        page.get_by_role("button", name="Coopérations").click()
        expect(page.locator("[data-liste-liens]")).to_contain_text("n’ont pas pu être lues")
        # Under the map too: the list is two screens lower.
        expect(page.locator("[data-liens-avis]")).to_contain_text("n’ont pas pu être lues")
        page.get_by_role("button", name="Coopérations").click()
        expect(page.locator("[data-liens-avis]")).to_be_hidden()
    else:
        page.locator("[data-offres] [data-apercu]").first.click()
        page.locator("[data-zone]").first.click()
        expect(page.locator("[data-note]")).to_contain_text("n’a pas pu être lue")


# ------------------------------------------------------------------------------ access, paper


@pytest.mark.parametrize("largeur", [1280, 390])
@pytest.mark.parametrize("etat", ["autour", "liens", "zone"])
def test_chaque_etat_est_accessible(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], etat: str, largeur: int
) -> None:
    page = nouvelle_page(largeur, 844)
    se_connecter(page, DIRECTION)
    ouvrir(page, {"autour": "?autour=Vernon&rayon=30", "liens": "?liens=oui", "zone": ""}[etat])
    if etat == "zone":
        page.locator("[data-offres] [data-apercu]").first.click()
        page.locator("[data-zone]").first.click()
        expect(page.locator("path.carte-zone").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    verifier_axe(page)


@pytest.mark.parametrize("genre", ["navigateur", "page"])
def test_le_plein_ecran_garde_la_carte_et_rend_le_focus(page: Page, genre: str) -> None:
    """By the browser, or by the page where the browser refuses: said by the name alone, left by Escape too."""
    if genre == "page":
        page.add_init_script("Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('refusé'))")
    ouvrir(page)
    bouton = page.locator("[data-plein-ecran]")
    assert bouton.get_attribute("aria-pressed") is None
    bouton.click()
    expect(bouton).to_have_text("Quitter le plein écran")
    boite = page.locator("#carte").bounding_box()
    assert boite is not None
    assert boite["width"] > 1200
    if genre == "page":
        # What lies under can't be reached by Tab.
        expect(page.locator("header").first).to_have_js_property("inert", True)
        page.keyboard.press("Escape")
    else:
        bouton.click()
    expect(bouton).to_have_text("Plein écran")
    expect(bouton).to_be_focused()
    assert bouton.get_attribute("aria-pressed") is None
    assert page.locator("[inert]").count() == 0


def test_echap_ferme_l_apercu_avant_le_plein_ecran(page: Page) -> None:
    page.add_init_script("Element.prototype.requestFullscreen = () => Promise.reject(new TypeError('refusé'))")
    ouvrir(page)
    numero = page.locator("[data-structure]").first.get_attribute("data-structure")
    ouvrir(page, f"?structure={numero}")
    bouton = page.locator("[data-plein-ecran]")
    bouton.click()
    page.locator("#fiche-titre").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#fiche")).to_be_hidden()
    expect(bouton).to_have_text("Quitter le plein écran")
    expect(bouton).to_be_focused()
    page.keyboard.press("Escape")
    expect(bouton).to_have_text("Plein écran")
    expect(bouton).to_be_focused()


def test_sur_papier_la_carte_et_la_liste_sans_les_boutons(page: Page) -> None:
    ouvrir(page, "?famille=medico-social-adultes")
    page.emulate_media(media="print")
    for cache in ("[data-outils]", "#filtres", ".leaflet-control-zoom"):
        expect(page.locator(cache)).to_be_hidden()
    expect(page.locator(".carte-legende-papier")).to_be_visible()
    expect(page.locator("#carte")).to_be_visible()
    assert lignes(page) > 0


# ------------------------------------------------------------------------------- taken away


@pytest.mark.parametrize("taille", [(1280, 900), (390, 844)])
def test_l_image_montre_ce_que_l_ecran_montre(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], taille: tuple[int, int]
) -> None:
    """The list follows the map: what it counts in view is what the image counts."""
    page = nouvelle_page(*taille)
    ouvrir(page)
    seulement = page.get_by_role("checkbox", name="Image et dessin")
    dessin = page.get_by_role("link", name="Dessin (SVG)")
    expect(seulement).to_be_hidden()
    tout = lignes(page)
    zoomer(page, 2)
    expect(page).to_have_url(re.compile("vue="))
    proches = lignes(page)
    assert 0 < proches < tout
    # The whole map, until told otherwise.
    dessin.focus()
    expect(dessin).not_to_have_attribute("href", re.compile("taille="))
    seulement.check()
    verifier_axe(page)
    with page.expect_download() as telechargement:
        dessin.click()
    texte = telechargement.value.path().read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"Partie de la carte vue à l’écran, {proches} structure" in texte
    assert f"sur {tout}." in texte
    # The sheet and the data are about the whole bassin; so are the images once the map is back where it started.
    feuille = page.get_by_role("link", name="Feuille à imprimer (PDF)")
    feuille.focus()
    expect(feuille).not_to_have_attribute("href", re.compile("taille="))
    page.get_by_role("button", name="Tout le bassin").click()
    expect(seulement).to_be_hidden()
    dessin.focus()
    expect(dessin).not_to_have_attribute("href", re.compile("taille="))
