"""`?structure=` on the page of a bassin: the card in the page, or why it isn't there; nothing that an address can hold
breaks the page."""

import re
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.test import Client

from structures.models import Structure
from tests.cartes.conftest import faire_structures
from tests.cartes.test_apercu import carte_de, entrer
from tests.cartes.test_pages import BASSIN, connecter, texte
from tests.offres.fabriques import besoin, membre

INCONNUE = "La structure que demande ce lien n’existe pas, ou n’est plus dans l’annuaire."


def fiche_de(page: str) -> str:
    """The content of the section of the card; empty when it is hidden."""
    trouvee = re.search(r'<section class="carte-fiche"(.*?)>(.*?)</section>', page, re.S)
    assert trouvee is not None
    return "" if "hidden" in trouvee[1] else trouvee[2]


def avis(page: str) -> str:
    trouve = re.search(r"data-avis>(.*?)</div>", page, re.S)
    return " ".join(re.sub(r"<[^>]*>", "", trouve[1]).replace("&#x27;", "'").split()) if trouve else ""


def sans_blancs(html: str) -> str:
    return " ".join(html.split())


@pytest.mark.parametrize("qui", ["visiteur", "partenaire", "direction"])
def test_la_fiche_est_dans_la_page_et_dit_ce_que_dit_le_fragment(
    client: Client, monde: SimpleNamespace, qui: str
) -> None:
    """The same words for the same person: a visitor learns no more from the page than from the fragment."""
    if qui == "partenaire":
        connecter(client, monde)
    elif qui == "direction":
        besoin(monde.imes[0], monde.service.slug)
        entrer(client, membre(monde.imes[0], "direction@ime.test"))
    page = texte(client, f"{BASSIN}?structure={monde.esat.pk}")
    fiche = fiche_de(page)
    assert sans_blancs(texte(client, carte_de(monde.esat))) in sans_blancs(fiche)
    assert ("Ce qu’elle propose" in fiche) == (qui != "visiteur")
    assert ("Proposer une coopération" in fiche) == (qui == "direction")
    assert "Jeanne Exemple" not in texte(Client(), f"{BASSIN}?structure={monde.esat.pk}")


def test_la_page_sans_demande_n_ouvre_rien(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, BASSIN)
    assert (fiche_de(page), avis(page)) == ("", "")


def test_la_fiche_se_ferme_sans_script_et_garde_les_filtres(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?type=esat&structure={monde.esat.pk}")
    assert re.search(rf'<noscript>.*?href="{BASSIN}\?type=esat">Fermer l’aperçu', fiche_de(page), re.S)


def test_une_structure_d_un_autre_bassin_mene_a_sa_carte(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?structure={monde.cap.pk}")
    assert avis(page) == "Cap emploi Bernay 0 est dans le bassin Bernay. La voir sur la carte de ce bassin"
    assert f'href="/cartes/bassins/2803/?structure={monde.cap.pk}"' in page
    assert fiche_de(page) == ""
    # Near the place asked for, the list holds it: so does the page.
    proche = texte(client, f"{BASSIN}?autour=Évreux&rayon=50&structure={monde.cap.pk}")
    assert "Cap emploi Bernay 0" in fiche_de(proche)


def test_une_structure_fermee_se_dit(client: Client, monde: SimpleNamespace) -> None:
    Structure.objects.filter(pk=monde.esat.pk).update(fermee_le="2026-01-01")
    page = texte(client, f"{BASSIN}?structure={monde.esat.pk}")
    assert avis(page) == "ESAT Évreux 0 a fermé\u00a0: la carte ne la montre plus. Voir sa page".replace("\u00a0", " ")
    assert fiche_de(page) == ""
    assert client.get(carte_de(monde.esat)).status_code == 404


def test_une_structure_absorbee_mene_a_celle_qui_reste(client: Client, monde: SimpleNamespace) -> None:
    Structure.objects.filter(pk=monde.imes[1].pk).update(fermee_le="2026-01-01", fusionnee_dans=monde.imes[0])
    page = texte(client, f"{BASSIN}?structure={monde.imes[1].pk}")
    assert avis(page) == "IME Évreux 1 a été réunie avec IME Évreux 0. Voir IME Évreux 0"
    assert f'href="{BASSIN}?structure={monde.imes[0].pk}"' in page
    Structure.objects.filter(pk=monde.imes[0].pk).update(fermee_le="2026-02-01")
    assert "qui a fermé depuis" in avis(texte(client, f"{BASSIN}?structure={monde.imes[1].pk}"))


def test_une_structure_sans_bassin_a_sa_page(client: Client, monde: SimpleNamespace) -> None:
    monde.flers.bassin = None
    monde.flers.save()
    seule = faire_structures(monde.flers, 1)[0]
    assert "n’est dans aucun bassin du portail" in avis(texte(client, f"{BASSIN}?structure={seule.pk}"))


@pytest.mark.parametrize(
    "valeur",
    ["0", "-1", "999999999", "9" * 40, "1e3", "NaN", "١٢", "1 OR 1=1", "<script>alert(1)</script>"],
)
def test_une_demande_absurde_se_dit(client: Client, monde: SimpleNamespace, valeur: str) -> None:
    page = texte(client, f"{BASSIN}?structure={quote(valeur)}")
    assert avis(page) == INCONNUE
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "suite",
    [
        "q=" + "é" * 10_000, "q=" + quote("<script>alert(1)</script>"), "autour=" + "x" * 10_000,
        "autour=NaN,NaN", "autour=1e400,0", "autour=999,999", "autour=Évreux&rayon=1e9", "autour=Évreux&rayon=-5",
        "autour=Évreux&rayon=NaN", "vue=NaN,NaN,NaN", "zone=" + "9" * 40, "famille=x&type=<b>&public=" + "9" * 40,
        "offre=x&besoin=x&repondu=x", "commune=" + "9" * 5_000, "liens=x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("connecte", [False, True])
def test_aucune_adresse_ne_casse_la_page(client: Client, monde: SimpleNamespace, suite: str, connecte: bool) -> None:
    if connecte:
        connecter(client, monde)
    page = texte(client, f"{BASSIN}?{suite}")
    assert "<script>alert" not in page
    # What was typed is cut, not sent back whole.
    assert len(page) < 200_000
    assert client.get(f"{BASSIN}autour/?{suite}").status_code == 200


@pytest.mark.parametrize("suite", ["q=%00", "structure=1%00", "autour=%00", "famille=%00"])
def test_un_caractere_nul_est_refuse_en_francais(client: Client, monde: SimpleNamespace, suite: str) -> None:
    for adresse in (BASSIN, f"{BASSIN}autour/"):
        reponse = client.get(f"{adresse}?{suite}")
        assert reponse.status_code == 400
        assert "Cette demande n’est pas lisible" in reponse.content.decode()


@pytest.mark.parametrize("pk", ["0", "9" * 12, "9" * 40])
def test_un_fragment_absurde_n_existe_pas(client: Client, monde: SimpleNamespace, pk: str) -> None:
    connecter(client, monde)
    assert client.get(f"/cartes/structures/{pk}/carte/").status_code == 404
    assert client.get(f"/cartes/offres/{pk}/zone/").status_code == 404


def test_un_nom_ecrit_comme_du_html_reste_un_nom(client: Client, monde: SimpleNamespace) -> None:
    nom = '<img src=x onerror="alert(1)">'
    Structure.objects.filter(pk=monde.esat.pk).update(nom=nom)
    connecter(client, monde)
    for adresse in (
        BASSIN,
        f"{BASSIN}?structure={monde.esat.pk}",
        carte_de(monde.esat),
        f"{BASSIN}autour/?autour=Bernay",
    ):
        assert "<img src=x" not in texte(client, adresse)
    Structure.objects.filter(pk=monde.esat.pk).update(fermee_le="2026-01-01")
    assert "&lt;img src=x" in texte(client, f"{BASSIN}?structure={monde.esat.pk}")
