"""The map of a bassin under a thumb, and what its filters and names do to each other."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from tests.e2e.test_axe import se_connecter
from tests.e2e.test_carte_bassin import DIRECTION, adresse, noms, ouvrir
from tests.e2e.test_carte_service import SERVICE
from tests.e2e.test_cartes import BASSIN, attendre_la_carte, lignes

ECHELLE = ".leaflet-control-scale-line"


@pytest.fixture
def telephone(navigateur: Browser, portail: str) -> Iterator[Page]:
    """A phone: touch, a small screen, no mouse."""
    contexte = navigateur.new_context(
        base_url=portail, locale="fr-FR", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    contexte.set_default_timeout(15_000)
    yield contexte.new_page()
    contexte.close()


def toucher(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def glisser(page: Page, depart: tuple[float, float], ecart: tuple[float, float]) -> None:
    """One finger, slowly enough to be read as a drag."""
    doigt, pas = toucher(page), 12
    (x, y), (dx, dy) = depart, ecart
    doigt.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for rang in range(1, pas + 1):
        point = {"x": x + dx * rang / pas, "y": y + dy * rang / pas}
        doigt.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(16)
    doigt.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def milieu(page: Page, selecteur: str) -> tuple[float, float]:
    boite = page.locator(selecteur).bounding_box()
    assert boite is not None
    return boite["x"] + boite["width"] / 2, boite["y"] + boite["height"] / 2


def attendre_le_defilement(page: Page, bas: float) -> None:
    """Until the page has scrolled by so much (a strict policy forbids `wait_for_function`)."""
    for _ in range(60):
        if page.evaluate("scrollY") > bas:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"la page est restée à {page.evaluate('scrollY')}")


# --------------------------------------------------------------------------------------- phone


def test_un_doigt_fait_defiler_la_page_par_dessus_la_carte(telephone: Page) -> None:
    ouvrir(telephone)
    telephone.locator("#carte").scroll_into_view_if_needed()
    avant = telephone.evaluate("scrollY")
    glisser(telephone, milieu(telephone, "#carte"), (0, -250))
    attendre_le_defilement(telephone, avant + 150)
    assert "vue" not in adresse(telephone)


@pytest.mark.parametrize("chemin", ["/cartes/", "/cartes/ensemble/", SERVICE])
def test_aucune_carte_ne_retient_le_doigt(telephone: Page, chemin: str) -> None:
    se_connecter(telephone, DIRECTION)
    telephone.goto(chemin)
    attendre_la_carte(telephone)
    telephone.locator("#carte").scroll_into_view_if_needed()
    avant = telephone.evaluate("scrollY")
    glisser(telephone, milieu(telephone, "#carte"), (0, -250))
    attendre_le_defilement(telephone, avant + 150)
    glisser(telephone, milieu(telephone, "#carte"), (-120, 0))
    expect(telephone.locator(".carte-doigts")).to_be_visible()


def test_un_doigt_de_cote_dit_comment_deplacer_la_carte(telephone: Page) -> None:
    ouvrir(telephone)
    glisser(telephone, milieu(telephone, "#carte"), (-120, 0))
    expect(telephone.locator(".carte-doigts")).to_be_visible()
    assert "vue" not in adresse(telephone)
    expect(telephone.locator(".carte-doigts")).to_be_hidden()


def test_deux_doigts_zooment_et_le_plein_ecran_rend_le_doigt(telephone: Page) -> None:
    ouvrir(telephone)
    telephone.locator("#carte").scroll_into_view_if_needed()
    echelle = telephone.locator(ECHELLE).inner_text()
    x, y = milieu(telephone, "#carte")
    toucher(telephone).send(
        "Input.synthesizePinchGesture", {"x": x, "y": y, "scaleFactor": 2.5, "gestureSourceType": "touch"}
    )
    expect(telephone.locator(ECHELLE)).not_to_have_text(echelle)
    # The map zoomed, not the page.
    assert telephone.evaluate("visualViewport.scale") == 1
    telephone.locator("[data-plein-ecran]").tap()
    expect(telephone.locator("[data-plein-ecran]")).to_have_text("Quitter le plein écran")
    expect(telephone).to_have_url(re.compile("vue="))
    telephone.wait_for_timeout(400)
    avant = telephone.url
    glisser(telephone, milieu(telephone, "#carte"), (-120, -60))
    expect(telephone).not_to_have_url(avant)


def etat(page: Page) -> str:
    classes = page.locator("#fiche").get_attribute("class") or ""
    return "reduite" if "--reduite" in classes else "haute" if "--haute" in classes else "normale"


def test_la_feuille_a_trois_hauteurs_au_doigt(telephone: Page) -> None:
    ouvrir(telephone)
    telephone.locator("[data-apercu]:visible").first.tap()
    expect(telephone.locator("#fiche")).to_be_visible()
    assert etat(telephone) == "normale"
    glisser(telephone, milieu(telephone, "[data-poignee]"), (0, -120))
    assert etat(telephone) == "haute"
    # Never the whole screen.
    boite = telephone.locator("#fiche").bounding_box()
    assert boite is not None
    assert boite["y"] >= 60
    glisser(telephone, milieu(telephone, "[data-poignee]"), (0, 120))
    glisser(telephone, milieu(telephone, "[data-poignee]"), (0, 120))
    assert etat(telephone) == "reduite"
    glisser(telephone, milieu(telephone, "[data-poignee]"), (0, 90))
    expect(telephone.locator("#fiche")).to_be_hidden()
    expect(telephone.locator(".carte-barre")).to_be_visible()


def test_la_feuille_se_conduit_au_clavier(page_mobile: Page) -> None:
    page = page_mobile
    ouvrir(page)
    page.locator("[data-apercu]:visible").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fiche-titre")).to_be_focused()
    page.get_by_role("button", name="Agrandir l’aperçu").press("Enter")
    assert etat(page) == "haute"
    page.get_by_role("button", name="Réduire l’aperçu").press("Enter")
    assert etat(page) == "normale"
    page.get_by_role("button", name="Voir la carte").press("Enter")
    assert etat(page) == "reduite"
    expect(page.locator("#carte")).to_be_in_viewport()
    rouvrir = page.get_by_role("button", name="Rouvrir l’aperçu")
    expect(rouvrir).to_be_focused()
    rouvrir.press("Enter")
    assert etat(page) == "normale"
    page.keyboard.press("Escape")
    expect(page.locator("#fiche")).to_be_hidden()


def test_une_directrice_pressee_trouve_un_partenaire(telephone: Page) -> None:
    """From the map to the form that proposes, without scrolling: « Filtres », a service, my position, « Liste », a
    card, « Proposer une coopération »."""
    page = telephone
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 49.02412, "longitude": 1.15083})
    se_connecter(page, "Direction d’un ESAT (Évreux)")
    ouvrir(page)
    page.locator(".carte-barre a", has_text="Filtres").tap()
    expect(page.locator("#filtre-offre")).to_be_in_viewport()
    page.locator("#filtre-offre").select_option("decouverte-reciproque")
    page.get_by_role("button", name="Autour de ma position").tap()
    expect(page.locator("path.carte-cercle")).to_have_count(1)
    page.locator(".carte-barre a", has_text="Liste").tap()
    apercus = page.locator("[data-apercu]:visible")
    expect(apercus.first).to_be_in_viewport()
    proposer = page.locator("#fiche").get_by_role("link", name="Proposer une coopération")
    for rang in range(apercus.count()):
        apercus.nth(rang).tap()
        expect(page.locator("#fiche-titre")).to_be_focused()
        if proposer.count():
            proposer.first.tap()
            expect(page).to_have_url(re.compile(r"/rapprochements/\d+/proposer/$"))
            return
        page.locator("[data-fermer]").tap()
        expect(page.locator("#fiche")).to_be_hidden()
    pytest.fail("aucune coopération à proposer depuis la carte")


def test_la_barre_du_pouce_mene_et_compte(telephone: Page) -> None:
    ouvrir(telephone)
    barre = telephone.locator(".carte-barre a")
    expect(barre).to_have_text(["Carte", "Filtres", f"Liste ({lignes(telephone)})"])
    barre.nth(1).tap()
    telephone.locator(".carte-familles input").first.tap()
    expect(barre).to_have_text(["Carte", "Filtres (1)", f"Liste ({lignes(telephone)})"])
    barre.nth(2).tap()
    expect(telephone.locator("#liste")).to_be_in_viewport()
    barre.nth(0).tap()
    expect(telephone.locator("#carte")).to_be_in_viewport()
    # A way, not a step: one « back » undoes the filter.
    telephone.go_back()
    expect(barre.nth(1)).to_have_text("Filtres")


@pytest.mark.parametrize("hauteur", ["reduite", "haute"])
def test_la_feuille_est_accessible_a_chaque_hauteur(
    nouvelle_page: Callable[..., Page], verifier_axe: Callable[[Page], None], hauteur: str
) -> None:
    page = nouvelle_page(390, 844)
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.locator("[data-offres] [data-apercu]").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    page.locator("[data-replier]" if hauteur == "reduite" else "[data-poignee]").click()
    assert etat(page) == hauteur
    verifier_axe(page)


# ---------------------------------------------------------------------- filters and cooperations


def test_un_partenaire_masque_reste_dit_et_montre(page: Page) -> None:
    se_connecter(page, DIRECTION)
    ouvrir(page, "?liens=oui")
    visibles = page.locator("[data-cooperation]:visible")
    expect(visibles.first).to_be_visible()
    tout, traits = visibles.count(), page.locator("path.carte-lien-trace").count()
    assert page.locator("path.carte-bout--masque").count() == 0
    # Those of the médico-social for children stay; their partners are of other families.
    page.get_by_label("Médico-social, enfants").check()
    expect(page.locator("path.carte-bout--masque").first).to_be_visible()
    expect(page.locator(".carte-partie--grisee").first).to_contain_text("(masquée par les filtres)")
    assert page.locator("path.carte-lien-trace").count() < traits
    # The server, asked the same address, greys the same ones.
    ici = page.locator(".carte-partie--grisee").all_text_contents()
    recue = page.request.get(page.url).text()
    la_bas = re.findall(r'class="carte-partie--grisee">([^<]*)<', recue)
    assert [nom.split(" (masquée")[0] for nom in ici] == [nom.replace("&#x27;", "'") for nom in la_bas]
    page.locator("#filtre-q").fill("zzzz")
    expect(visibles).to_have_count(0)
    expect(page.locator("[data-liens-caches]")).to_contain_text(f"{tout}\u00a0autres coopérations")
    expect(page.locator("path.carte-lien-trace")).to_have_count(0)
    page.locator("#filtres [data-tout-montrer]").click()
    expect(visibles).to_have_count(tout)
    expect(page.locator("[data-liens-caches]")).to_be_hidden()
    expect(page.locator("path.carte-lien-trace")).to_have_count(traits)


def test_une_structure_fermee_n_est_pas_tracee_ouverte(page: Page) -> None:
    def fermer(route: Route) -> None:
        donnees = route.fetch().json()
        donnees["liens"][0]["traits"][0][1].update(id=987_654_321, fermee=True)
        route.fulfill(json=donnees)

    se_connecter(page, DIRECTION)
    page.route("**/liens/", fermer)
    ouvrir(page, "?liens=oui")
    expect(page.locator("path.carte-bout--ferme")).to_have_count(1)
    expect(page.locator("path.carte-lien-trace--fermee")).to_have_count(1)
    page.locator("path.carte-bout--ferme").dispatch_event("mouseover", {"bubbles": True})
    expect(page.locator(".leaflet-tooltip").last).to_contain_text("(fermée)")


def test_un_service_ecrit_dans_la_recherche_se_propose(page: Page) -> None:
    """Names of structures don't say « ateliers »: the filter of services does, one press away."""
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.locator("#filtre-q").fill("NUMERIQ")
    suggestion = page.locator("[data-suggestions]")
    expect(suggestion).to_contain_text("Service Ateliers numériques")
    suggestion.get_by_role("button", name=re.compile("qui le propose")).click()
    expect(page.locator("#filtre-offre")).to_be_focused()
    assert adresse(page)["offre"] == ["ateliers-numerique"]
    assert "q" not in adresse(page)
    expect(suggestion).to_be_empty()


def test_une_liste_vide_donne_des_issues(page: Page) -> None:
    se_connecter(page, DIRECTION)
    ouvrir(page)
    page.locator("#filtre-q").fill("Bernay")
    page.get_by_role("button", name=re.compile("Chercher plutôt autour de")).click()
    expect(page.locator("path.carte-cercle")).to_have_count(1)
    expect(page.locator("[data-compte]")).to_contain_text("toutes d’autres bassins")
    assert (adresse(page)["autour"], "q" in adresse(page)) == (["Bernay"], False)
    page.locator("#filtre-offre").select_option("compensation-poste")
    page.locator("#filtre-q").fill("zzzz")
    page.get_by_role("link", name="Voir ce service dans toute la région").click()
    expect(page).to_have_url(re.compile(r"/cartes/services/compensation-poste/$"))


def test_un_filtre_apres_un_apercu_regarde_tout_ce_qu_on_voyait(page: Page) -> None:
    """The card came closer by itself: the next filter must not count from there."""
    ouvrir(page)
    page.get_by_label("Médico-social, enfants").check()
    attendues = noms(page)
    assert len(attendues) > 1
    page.get_by_label("Médico-social, enfants").uncheck()
    page.locator("[data-apercu]:visible").first.click()
    expect(page).to_have_url(re.compile("vue="))
    page.keyboard.press("Escape")
    page.get_by_label("Médico-social, enfants").check()
    assert noms(page) == attendues


# ------------------------------------------------------------------------------------- names

CHEVAUCHEMENTS = """() => {
  const boites = (s) => [...document.querySelectorAll(s)].map((e) => [e.textContent, e.getBoundingClientRect()]);
  const symboles = boites("#carte .carte-grappe, #carte img.carte-repere");
  return boites("#carte .fond-lieu > span").flatMap(([nom, n]) => symboles
    .filter(([, s]) => n.right > s.left + 1 && n.left < s.right - 1 && n.bottom > s.top + 1 && n.top < s.bottom - 1)
    .map(([texte]) => `${nom} sous ${texte || "un repère"}`));
}"""


def test_aucun_nom_de_commune_sous_un_symbole(page: Page) -> None:
    ouvrir(page)
    communes = page.locator("#carte .fond-lieu")
    for geste in (None, "zoom", "zoom", "filtre"):
        if geste == "zoom":
            echelle = page.locator(ECHELLE).inner_text()
            page.locator(".leaflet-control-zoom-in").click()
            expect(page.locator(ECHELLE)).not_to_have_text(echelle)
        elif geste == "filtre":
            page.get_by_role("button", name="Tout le bassin").click()
            page.get_by_label("Emploi", exact=False).first.check()
        page.wait_for_timeout(500)
        assert communes.count() > 0
        assert page.evaluate(CHEVAUCHEMENTS) == []


# The map of all structures draws on a canvas: what is painted under a name is a symbol.
PEINT_SOUS_UN_NOM = """() => {
  const toile = document.querySelector("#carte canvas.carte-points");
  const cadre = toile.getBoundingClientRect();
  const finesse = toile.width / cadre.width;
  const pinceau = toile.getContext("2d");
  return [...document.querySelectorAll("#carte .fond-lieu > span")].filter((nom) => {
    const { left, top, width, height } = nom.getBoundingClientRect();
    const coin = [left - cadre.left + 2, top - cadre.top + 2].map((n) => n * finesse);
    const { data } = pinceau.getImageData(...coin, (width - 4) * finesse, (height - 4) * finesse);
    return data.some((valeur, rang) => rang % 4 === 3 && valeur > 0);
  }).map((nom) => nom.textContent);
}"""


def test_aucun_nom_sur_un_groupe_de_la_carte_d_ensemble(page: Page) -> None:
    page.goto("/cartes/ensemble/")
    page.locator("#carte[data-prete]").wait_for()
    for geste in (None, "zoom", "filtre"):
        if geste == "zoom":
            echelle = page.locator(ECHELLE).inner_text()
            page.locator(".leaflet-control-zoom-in").click()
            expect(page.locator(ECHELLE)).not_to_have_text(echelle)
        elif geste == "filtre":
            page.get_by_label("Emploi", exact=False).first.check()
        page.wait_for_timeout(500)
        assert page.locator("#carte .fond-lieu").count() > 5
        assert page.evaluate(PEINT_SOUS_UN_NOM) == []


# ------------------------------------------------------------------------------ without script


def test_sans_javascript_l_adresse_ouvre_la_fiche(navigateur: Browser, portail: str) -> None:
    contexte = navigateur.new_context(base_url=portail, java_script_enabled=False)
    try:
        page = contexte.new_page()
        page.goto(BASSIN)
        numero = page.locator("[data-structure]").first.get_attribute("data-structure")
        nom = page.locator(".carte-ligne__nom").first.inner_text()
        page.goto(f"{BASSIN}?famille=emploi&structure={numero}")
        expect(page.locator("#fiche-titre")).to_have_text(nom)
        # No button that would do nothing.
        expect(page.locator("#fiche button:visible")).to_have_count(0)
        page.get_by_role("link", name="Fermer l’aperçu").click()
        expect(page).to_have_url(re.compile(r"\?famille=emploi$"))
        expect(page.locator("#fiche")).to_be_hidden()
    finally:
        contexte.close()


def test_la_fiche_recue_avec_la_page_n_est_pas_redemandee(page: Page) -> None:
    ouvrir(page)
    numero = page.locator("[data-structure]").first.get_attribute("data-structure")
    demandes: list[str] = []
    page.on("request", lambda r: demandes.append(r.url) if "/carte/" in r.url else None)
    ouvrir(page, f"?structure={numero}")
    expect(page.locator(".carte-ligne--choisie")).to_have_count(1)
    expect(page.locator("#fiche-titre")).to_be_visible()
    assert demandes == []
    page.keyboard.press("Escape")
    expect(page.locator("#fiche")).to_be_hidden()
    page.locator("[data-apercu]:visible").first.click()
    expect(page.locator("#fiche-titre")).to_be_focused()
    assert len(demandes) == 1


@pytest.mark.parametrize(
    "suite", ["?vue=,,", "?vue=NaN,NaN,NaN", "?vue=1e999,0,3", "?structure=zzz&zone=NaN", "?vue=0,0,99"]
)
def test_une_adresse_absurde_montre_la_carte(page: Page, suite: str) -> None:
    ouvrir(page, suite)
    assert page.locator("#carte path").count() > 10
    assert lignes(page) > 0 or page.locator("[data-hors-vue]").is_visible()
    attendre_la_carte(page)


def test_le_nom_tient_entre_le_signe_et_la_croix(telephone: Page) -> None:
    """On a phone too, and a long name as well: the head of the card is one line under its handle."""
    ouvrir(telephone)
    telephone.locator("[data-structure] [data-apercu]:visible").first.click()
    titre = telephone.locator("#fiche-titre")
    expect(titre).to_be_visible()
    titre.evaluate("(h2) => { h2.textContent = 'Service d’accompagnement médico-social pour adultes handicapés'; }")
    hauts = telephone.eval_on_selector_all(
        ".carte-fiche__tete > :not(.carte-fiche__poignee)",
        "(tous) => tous.map((un) => un.getBoundingClientRect().top)",
    )
    assert max(hauts) - min(hauts) < 12


def test_en_couleurs_imposees_boutons_et_signe_choisi_se_voient(page: Page) -> None:
    """The shadows that outline them are not drawn there."""
    page.emulate_media(forced_colors="active")
    ouvrir(page)
    apercu = page.locator("[data-structure] [data-apercu]:visible").first
    for bouton in (page.locator("[data-plein-ecran]"), apercu):
        expect(bouton).to_have_css("border-top-style", "solid")
    apercu.click()
    expect(page.locator("#carte .carte-repere--choisi").first).to_have_css("outline-style", "solid")
