"""The filters of the map of a bassin, « autour de » and what is said of it: the list alone, as without JavaScript."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from offres.models import Besoin, Offre, Reponse, Service
from structures.models import Public
from structures.territoires.models import Pole
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import BASSIN, connecter, texte, visibles
from tests.offres.fabriques import campagne, soumise


@pytest.mark.parametrize(
    ("mots", "attendus"),
    [
        ("esat", {"ESAT Évreux 0"}),
        ("EVREUX 0", {"ESAT Évreux 0", "IME Évreux 0", "SAVS Évreux 0"}),
        # The beginning of a word, whatever its accents.
        ("evr ime", {"IME Évreux 0", "IME Évreux 1"}),
        # What people call a type.
        ("cat", {"ESAT Évreux 0"}),
        ("institut médico-éducatif de", {"IME Évreux 0", "IME Évreux 1"}),
        ("licorne", set()),
    ],
)
def test_les_mots(client: Client, monde: SimpleNamespace, mots: str, attendus: set[str]) -> None:
    reponse = client.get(BASSIN, {"q": mots})
    page = reponse.content.decode()
    assert set(visibles(page)) == attendus
    assert f'value="{mots}"' in page


def test_un_public(client: Client, monde: SimpleNamespace) -> None:
    public = monde.esat.publics.get()
    assert visibles(texte(client, f"{BASSIN}?public={public.slug}")) == ["ESAT Évreux 0"]
    autre = Public.objects.exclude(pk=public.pk).first() or Public.objects.create(slug="a", libelle="A", groupe="G")
    assert visibles(texte(client, f"{BASSIN}?public={autre.slug}")) == []
    assert len(visibles(texte(client, f"{BASSIN}?public={autre.slug}&public={public.slug}"))) == 1


@pytest.mark.parametrize("sens", ["offre", "besoin"])
def test_un_service_offert_ou_demande(client: Client, monde: SimpleNamespace, sens: str) -> None:
    connecter(client, monde)
    assert visibles(texte(client, f"{BASSIN}?{sens}={monde.service.slug}")) == ["ESAT Évreux 0"]
    autre = Service.objects.exclude(pk=monde.service.pk).first()
    assert autre is not None
    assert visibles(texte(client, f"{BASSIN}?{sens}={autre.slug}")) == []


def test_un_service_en_brouillon_ou_retire_ne_filtre_rien(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    Offre.objects.update(publiee=False)
    Besoin.objects.update(publiee=False, retiree_le=timezone.now())
    for sens in ("offre", "besoin"):
        assert visibles(texte(client, f"{BASSIN}?{sens}={monde.service.slug}")) == []


def test_a_repondu_cette_annee(client: Client, monde: SimpleNamespace) -> None:
    recueil = campagne(Pole.objects.create(nom="Pôle", departement=monde.eure))
    soumise(recueil, monde.savs)
    soumise(recueil, monde.esat)
    Reponse.objects.filter(structure=monde.esat).update(soumise_le=timezone.now() - timedelta(days=400))
    assert len(visibles(texte(client, f"{BASSIN}?repondu=oui"))) == 4
    connecter(client, monde)
    assert visibles(texte(client, f"{BASSIN}?repondu=oui")) == ["SAVS Évreux 0"]


def test_un_visiteur_ne_filtre_ni_par_offre_ni_par_besoin(client: Client, monde: SimpleNamespace) -> None:
    """Else the filter itself would tell who offers what."""
    for question in (f"offre={monde.service.slug}", f"besoin={monde.service.slug}", "repondu=oui"):
        page = texte(client, f"{BASSIN}?{question}")
        assert len(visibles(page)) == 4
        for secret in (
            'name="offre"',
            'name="besoin"',
            'name="repondu"',
            "data-offres",
            "data-besoins",
            "data-repondu",
        ):
            assert secret not in page


def test_les_filtres_se_cumulent_et_se_disent(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    page = texte(client, f"{BASSIN}?famille=medico-social-adultes&q=evreux&type=esat&offre={monde.service.slug}")
    assert visibles(page) == ["ESAT Évreux 0"]
    # The type only: services are always in view.
    assert re.search(r"Plus de filtres<span data-precis>\s*\(1\)", page)
    assert f'<option value="{monde.service.slug}" selected>' in re.sub(r"\s+", " ", page)
    page = texte(client, f"{BASSIN}?famille=medico-social-enfants&offre={monde.service.slug}")
    assert visibles(page) == []


def test_autour_trie_par_distance_et_deborde_du_bassin(client: Client, monde: SimpleNamespace) -> None:
    """Bernay is 36 km west of Évreux: its Cap emploi comes in at 50 km, after ours."""
    page = texte(client, f"{BASSIN}?autour=Évreux&rayon=20")
    assert visibles(page) == ["ESAT Évreux 0", "IME Évreux 0", "SAVS Évreux 0", "IME Évreux 1"]
    assert "Cap emploi Bernay 0" not in page
    page = texte(client, f"{BASSIN}?autour=Évreux&rayon=50")
    assert visibles(page)[-1] == "Cap emploi Bernay 0"
    assert "à\u00a036\u00a0km" in page
    assert "dont 1 d’un autre bassin" in page


def test_autour_d_une_commune_d_un_autre_bassin_y_mene(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?q=cap&autour=Bernay&rayon=5")
    assert visibles(page) == ["Cap emploi Bernay 0"]
    assert 'href="/cartes/bassins/2803/?q=cap&amp;rayon=5&amp;autour=Bernay%20%2827056%29"' in page


@pytest.mark.parametrize(
    ("autour", "phrase"), [("Nulle-Part-sur-Mer", "Nous ne trouvons pas"), ("49.25,1.25", "ce point de la carte")]
)
def test_un_lieu_inconnu_ou_une_position(client: Client, monde: SimpleNamespace, autour: str, phrase: str) -> None:
    page = client.get(BASSIN, {"autour": autour, "rayon": "5"}).content.decode()
    assert phrase in page
    # Nothing is near a place that is not known: nothing is hidden either.
    assert len(visibles(page)) == 4


def test_autour_sans_recharger(client: Client, monde: SimpleNamespace) -> None:
    """The same answer in pieces: words, circle, distances, lines of the bassins around."""
    reponse = client.get("/cartes/bassins/2808/autour/", {"autour": "Évreux", "rayon": "50"})
    assert "no-store" in reponse["Cache-Control"]
    recue = reponse.json()
    assert recue["cercle"] == {"nom": "Évreux (27)", "lat": 49.25, "lon": 1.25, "km": 50}
    assert recue["distances"][str(monde.imes[1].pk)][0] == 111
    assert set(recue["distances"]) == {str(s.pk) for s in (*monde.imes, monde.esat, monde.savs)}
    assert "Cap emploi Bernay 0" in recue["lignes"]
    assert recue["lignes"].count("<li ") == 1
    assert client.get("/cartes/bassins/2808/autour/", {"autour": ""}).json()["cercle"] is None


def test_un_rayon_hors_de_la_liste_vaut_le_rayon_usuel(client: Client, monde: SimpleNamespace) -> None:
    for rayon in ("", "300", "-5", "abc", "1e9"):
        recue = client.get("/cartes/bassins/2808/autour/", {"autour": "Évreux", "rayon": rayon}).json()
        assert recue["cercle"]["km"] == 20


def test_les_filtres_suivent_chez_les_voisins(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, f"{BASSIN}?famille=emploi&structure={monde.esat.pk}&vue=49,1,9&commune=27229")
    assert 'href="/cartes/bassins/2803/?famille=emploi"' in page


def test_autour_compte_ses_requetes(client: Client, monde: SimpleNamespace) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    connecter(client, monde)
    adresse = f"{BASSIN}?autour=Évreux&rayon=50&liens=oui"
    texte(client, adresse)
    with CaptureQueriesContext(connection) as une:
        texte(client, adresse)
    for commune in (monde.evreux, monde.bernay):
        faire_structures(commune, 15, "geiq", "GEIQ")
    with CaptureQueriesContext(connection) as plusieurs:
        texte(client, adresse)
    assert len(plusieurs) == len(une)
