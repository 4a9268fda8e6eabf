"""Maps in a partner's frame: framed where the operator says, by nobody else, without cookie or script."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from pcti.integration import sites_qui_encadrent
from tests.cartes.conftest import faire_structures

INTEGREES = ["/cartes/integrer/", "/cartes/integrer/?indicateur=densite", "/cartes/integrer/bassins/2808/"]


@pytest.mark.parametrize("adresse", INTEGREES)
def test_seuls_les_sites_nommes_l_encadrent(
    client: Client, monde: SimpleNamespace, adresse: str, settings: Any
) -> None:
    reponse = client.get(adresse)
    assert "X-Frame-Options" not in reponse
    assert "frame-ancestors 'self'" in reponse["Content-Security-Policy"]
    settings.PCTI_INTEGRATION = ["https://partenaire.fr"]
    politique = client.get(adresse)["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://partenaire.fr" in politique
    assert "default-src 'none'" in politique
    assert "script-src 'none'" in politique


@pytest.mark.parametrize(
    "texte",
    [
        "*",
        "https://a.fr; script-src *",
        "https://a.fr https://b.fr",
        "'unsafe-inline'",
        "https://a.fr/page",
        "https://*",
        "javascript:alert(1)",
        "https://a.fr\nSet-Cookie: x=1",
        "partenaire.fr",
    ],
)
def test_un_site_qui_n_en_est_pas_un_arrete_le_demarrage(texte: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PCTI_INTEGRATION"):
        sites_qui_encadrent(f"https://partenaire.fr,{texte}")


def test_les_sites_s_ecrivent_separes_par_des_virgules() -> None:
    assert sites_qui_encadrent("") == []
    assert sites_qui_encadrent(" https://a.fr/ , https://*.b.fr,http://localhost:8000,") == [
        "https://a.fr", "https://*.b.fr", "http://localhost:8000",
    ]  # fmt: skip


@pytest.mark.parametrize("adresse", ["/", "/cartes/", "/cartes/bassins/2808/", "/structures/", "/comptes/login/"])
def test_tout_le_reste_ne_s_encadre_pas(client: Client, monde: SimpleNamespace, adresse: str, settings: Any) -> None:
    settings.PCTI_INTEGRATION = ["https://partenaire.fr"]
    reponse = client.get(adresse)
    assert reponse["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in reponse["Content-Security-Policy"]


@pytest.mark.parametrize("adresse", INTEGREES)
def test_ni_temoin_ni_script_et_la_meme_page_pour_tous(client: Client, monde: SimpleNamespace, adresse: str) -> None:
    visiteur = client.get(adresse)
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    partenaire = client.get(adresse)
    assert visiteur.content == partenaire.content
    assert not partenaire.cookies
    assert partenaire["Vary"] == "Accept-Encoding"
    page = visiteur.content.decode()
    assert not re.search(r"<script|\son\w+=|<style|\sstyle=", page)
    # Every link opens elsewhere than in the partner's frame.
    assert all('target="_blank"' in lien for lien in re.findall(r"<a .*?>", page))
    assert client.get(adresse, headers={"If-None-Match": visiteur["ETag"]}).status_code == 304


def test_rien_que_du_public(client: Client, monde: SimpleNamespace) -> None:
    """An indicator of partners is not drawn: the public map is."""
    client.force_login(monde.partenaire, backend="django.contrib.auth.backends.ModelBackend")
    assert "Structures, par bassin" in client.get("/cartes/integrer/?indicateur=offres").content.decode()
    page = client.get("/cartes/integrer/bassins/2808/").content.decode()
    for secret in ("Jeanne", monde.offre.libelle, "personnes/an"):
        assert secret not in page


def test_les_filtres_et_les_modifications(client: Client, monde: SimpleNamespace) -> None:
    page = client.get("/cartes/integrer/bassins/2808/?type=esat").content.decode()
    assert "ESAT Évreux 0" in page
    assert "SAVS" not in page
    monde.esat.nom = "ESAT rebaptisé"
    monde.esat.save()
    assert "ESAT rebaptisé" in client.get("/cartes/integrer/bassins/2808/?type=esat").content.decode()
    assert client.get("/cartes/integrer/bassins/2808/?type=licorne").status_code == 400
    assert client.get("/cartes/integrer/bassins/9999/").status_code == 404


def test_nombre_de_requetes(client: Client, monde: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    faire_structures(monde.evreux, 30, "geiq", "GEIQ")
    with django_assert_max_num_queries(12):
        client.get("/cartes/integrer/bassins/2808/")
    with django_assert_max_num_queries(2):
        client.get("/cartes/integrer/bassins/2808/")
    client.get("/cartes/integrer/")
    with django_assert_max_num_queries(1):
        client.get("/cartes/integrer/")


@pytest.mark.django_db
@pytest.mark.parametrize("mots", ["famille=", "q=+++", "rayon=50", "type=", "public=&q=%20", "autour=+&rayon=piege"])
def test_ce_qui_ne_filtre_rien_ne_reste_pas_dans_le_cadre_des_autres(
    client: Client, monde: SimpleNamespace, mots: str
) -> None:
    """The frame is kept for everybody: what one reader wrote in the address must not come back to the next."""
    client.get(f"/cartes/integrer/bassins/2808/?{mots}")
    suivant = client.get("/cartes/integrer/bassins/2808/").content.decode()
    assert "/cartes/bassins/2808/?" not in suivant


def test_l_ordre_demande_par_un_lecteur_n_est_pas_celui_des_autres(client: Client, monde: SimpleNamespace) -> None:
    client.get("/cartes/integrer/?tri=-nom")
    page = client.get("/cartes/integrer/").content.decode()
    liste = page[page.index("<details>") :]
    assert liste.index("Bernay") < liste.index("Évreux") < liste.index("Flers")


def dans_le_cadre(reponse: Any) -> str:
    """The page, once sure that a partner's site may show it."""
    assert "X-Frame-Options" not in reponse
    assert "frame-ancestors 'self' https://partenaire.fr" in reponse["Content-Security-Policy"]
    assert reponse["Content-Type"].startswith("text/html")
    page: str = reponse.content.decode()
    assert not re.search(r"<script|\son\w+=|<style|\sstyle=", page)
    return page


def test_les_mots_d_un_visiteur_sont_comptes_comme_pour_une_image(
    client: Client, monde: SimpleNamespace, settings: Any
) -> None:
    """The first ones are drawn, the next ones told to wait in the frame itself; what is written is sent to anybody."""
    settings.PCTI_INTEGRATION = ["https://partenaire.fr"]
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "image_de_carte": "2/m/ip"}
    adresse = "/cartes/integrer/bassins/2808/"
    for mots in ("q=un", "q=deux", "q=un"):
        assert client.get(f"{adresse}?{mots}").status_code == 200
    refusee = client.get(f"{adresse}?q=trois&autour=Bernay")
    assert (refusee.status_code, refusee["Retry-After"], refusee["Cache-Control"]) == (429, "10", "no-store")
    page = dans_le_cadre(refusee)
    assert "Beaucoup de cartes se dessinent en ce moment" in page
    # The link of the footer opens the same search on the portal.
    assert f'href="{settings.PCTI_URL}/cartes/bassins/2808/?q=trois&amp;autour=Bernay"' in page
    assert not refusee.cookies
    # Neither what is already drawn nor the map that everybody shares waits.
    assert client.get(f"{adresse}?q=deux").status_code == 200
    assert client.get(adresse).status_code == 200
    assert client.get(f"{adresse}?q=trois", REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize(
    ("suite", "statut", "mots"),
    [
        ("bassins/9999/", 404, "n’est plus suivi par le portail"),
        ("bassins/2808/?type=licorne", 400, "Famille ou type inconnu\u00a0: licorne."),
        ("bassins/2808/?type=<script>alert(1)</script>", 400, "&lt;script&gt;"),
    ],
)
def test_un_refus_se_lit_dans_le_cadre(
    client: Client, monde: SimpleNamespace, settings: Any, suite: str, statut: int, mots: str
) -> None:
    settings.PCTI_INTEGRATION = ["https://partenaire.fr"]
    reponse = client.get(f"/cartes/integrer/{suite}")
    assert reponse.status_code == statut
    assert mots in dans_le_cadre(reponse)
