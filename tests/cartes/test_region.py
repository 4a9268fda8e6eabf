"""The région by indicator: classes true to the data, the same words on the map, the legend and the table."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartes.classes import AUCUNE_DONNEE, COULEURS, divergente, ruptures, sequentielle, taux
from cartes.indicateurs import INDICATEURS
from offres.models import Besoin, Campagne, Offre, Reponse
from structures.territoires.models import Bassin, Pole
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import connecter, texte

REGION = "/cartes/"
# The machine may be busy: what is drawn is small, how long it takes proves nothing.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
STYLES = Path(__file__).resolve().parents[2] / "static/cartes"


def rangees(page: str) -> dict[str, dict[str, str]]:
    """Name of the bassin → its data attributes."""
    lignes = re.findall(r"<tr (data-bassin.*?)>", page, re.S)
    attributs = [dict(re.findall(r'data-(\w+)="(.*?)"', ligne, re.S)) for ligne in lignes]
    return {a["nom"]: a for a in attributs}


@PATIENT
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=40), st.integers(1, 6))
def test_les_ruptures_gardent_tout_et_ne_separent_pas_les_egaux(valeurs: list[int], nombre: int) -> None:
    groupes = ruptures(valeurs, nombre)
    assert len(groupes) == min(nombre, len(set(valeurs)))
    assert [v for groupe in groupes for v in groupe] == sorted(set(valeurs))


def test_les_ruptures_sont_la_ou_les_valeurs_changent() -> None:
    assert ruptures([1, 2, 2, 3, 50, 51, 52, 200], 3) == [[1, 2, 3], [50, 51, 52], [200]]


@PATIENT
@given(st.lists(st.one_of(st.none(), st.integers(-3000, 3000)), max_size=30))
def test_chaque_ecart_a_sa_classe_du_bon_cote(valeurs: list[int | None]) -> None:
    legende = divergente(valeurs)
    for valeur in valeurs:
        cle = legende.classe(valeur).cle
        if valeur is None:
            assert cle == "nd"
        else:
            assert cle[0] == ("z" if valeur == 0 else "m" if valeur < 0 else "p")


@PATIENT
@given(st.lists(st.one_of(st.none(), st.integers(0, 300)), max_size=30))
def test_chaque_effectif_a_sa_classe(valeurs: list[int | None]) -> None:
    legende = sequentielle(valeurs)
    for valeur in valeurs:
        classe = legende.classe(valeur)
        assert (classe is AUCUNE_DONNEE) == (valeur is None)
        assert valeur is None or classe.debut <= valeur <= classe.fin
    assert {legende.classe(v) for v in valeurs} <= set(legende.montree(valeurs))


@pytest.mark.parametrize(
    ("valeur", "mots"),
    [
        (0.0, "0\u00a0%"),
        (24.99, "moins de 25\u00a0%"),
        (25.0, "de 25 à 50\u00a0%"),
        (75.0, "75\u00a0% et plus"),
        (100.0, "75\u00a0% et plus"),
        (None, "aucune donnée"),
    ],
)
def test_un_taux_par_quarts(valeur: float | None, mots: str) -> None:
    assert taux().classe(valeur).libelle == mots


def test_les_couleurs_de_la_feuille_sont_celles_du_serveur() -> None:
    feuille = (STYLES / "classes.css").read_text() + (STYLES / "cartes.css").read_text()
    for cle, couleur in COULEURS.items():
        if cle != "nd":
            assert f".carte-classe--{cle} {{ background: {couleur.lower()};" in feuille
            assert f"path.carte-bassin--{cle} {{ fill: {couleur.lower()};" in feuille


def test_sans_script_la_carte_est_dessinee_et_mene_aux_bassins(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, REGION)
    dessin = page[page.index("<svg") : page.index("</svg>") + 6]
    arbre = ElementTree.fromstring(dessin)  # noqa: S314 - ours
    liens = [lien for lien in arbre.iter() if lien.tag.endswith("}a")]
    assert {lien.get("href") for lien in liens} == {f"/cartes/bassins/{code}/" for code in ("2803", "2808", "2809")}
    assert all(lien.get("tabindex") == "-1" for lien in liens)
    assert {lien.get("aria-label") for lien in liens} >= {"Évreux\u00a0: 4\u00a0structures"}
    assert "style" not in dessin


def test_la_carte_la_legende_et_le_tableau_disent_la_meme_chose(client: Client, monde: SimpleNamespace) -> None:
    lignes = rangees(texte(client, REGION))
    assert lignes["Évreux"]["phrase"] == "4\u00a0structures"
    assert lignes["Flers"]["phrase"] == "aucune structure"
    assert lignes["Flers"]["classe"] == "0"


@pytest.mark.parametrize("slug", [slug for slug, i in INDICATEURS.items() if not i.public])
def test_un_visiteur_ne_voit_que_le_public(client: Client, monde: SimpleNamespace, slug: str) -> None:
    page = texte(client, REGION)
    assert f'value="{slug}"' not in page
    reponse = client.get(f"{REGION}?indicateur={slug}")
    assert reponse.status_code == 302
    assert reponse["Location"].startswith("/comptes/login/")
    assert client.get(f"/cartes/region.csv?indicateur={slug}").status_code == 302
    assert client.get(f"/cartes/region.geojson?indicateur={slug}").status_code == 302


def test_l_ecart_d_un_service(client: Client, monde: SimpleNamespace) -> None:
    """Évreux offers 7 and asks 3; Bernay asks 5; nobody speaks in Flers."""
    Besoin.objects.create(
        structure=monde.cap, service=monde.service, volume=5, unite=monde.service.unite_volume, publiee=True
    )
    Offre.objects.update(unite=monde.service.unite_volume)
    Besoin.objects.update(unite=monde.service.unite_volume)
    page = texte(connecter(client, monde), f"{REGION}?indicateur=ecart&service={monde.service.slug}&tri=valeur")
    lignes = rangees(page)
    assert (lignes["Évreux"]["valeur"], lignes["Évreux"]["classe"][0]) == ("+4", "p")
    assert (lignes["Bernay"]["valeur"], lignes["Bernay"]["classe"][0]) == ("−5", "m")
    assert (lignes["Flers"]["phrase"], lignes["Flers"]["classe"]) == ("rien de demandé", "nd")
    # What is missing first, bassins without data last.
    assert list(lignes) == ["Bernay", "Évreux", "Flers"]
    assert 'aria-sort="ascending"' in page
    assert monde.service.libelle in page


def test_l_ecart_demande_un_service(client: Client, monde: SimpleNamespace) -> None:
    page = texte(connecter(client, monde), f"{REGION}?indicateur=ecart")
    assert "Choisissez un service" in page
    # Nothing is said of needs before one is asked for.
    assert {ligne["phrase"] for ligne in rangees(page).values()} == {"aucun service choisi"}
    assert {ligne["classe"] for ligne in rangees(page).values()} == {"nd"}


def test_le_taux_de_reponse(client: Client, monde: SimpleNamespace) -> None:
    pole = Pole.objects.create(nom="Pôle")
    campagne = Campagne.objects.create(pole=pole, nom="Collecte", debut="2026-01-01", fin="2026-12-31")
    for rang, structure in enumerate(monde.imes):
        Reponse.objects.create(
            campagne=campagne, structure=structure, soumise_le="2026-02-01T00:00Z" if rang else None
        )
    lignes = rangees(texte(connecter(client, monde), f"{REGION}?indicateur=reponses"))
    assert (lignes["Évreux"]["valeur"], lignes["Évreux"]["classe"]) == ("50\u00a0%", "3")
    assert lignes["Bernay"]["classe"] == "nd"


@pytest.mark.parametrize(
    ("tri", "ordre"),
    [
        ("", ["Bernay", "Évreux", "Flers"]),
        ("-nom", ["Flers", "Évreux", "Bernay"]),
        ("-valeur", ["Évreux", "Bernay", "Flers"]),
        ("valeur", ["Flers", "Bernay", "Évreux"]),
        ("licorne", ["Bernay", "Évreux", "Flers"]),
    ],
)
def test_le_tableau_se_trie_sans_script(client: Client, monde: SimpleNamespace, tri: str, ordre: list[str]) -> None:
    assert list(rangees(texte(client, f"{REGION}?tri={tri}"))) == ordre


@pytest.mark.parametrize("slug", list(INDICATEURS))
def test_nombre_de_requetes_constant(
    client: Client, monde: SimpleNamespace, slug: str, django_assert_max_num_queries: Any
) -> None:
    connecter(client, monde)
    adresse = f"{REGION}?indicateur={slug}&service={monde.service.slug}"
    client.get(adresse)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as peu:
        client.get(adresse)
    for rang in range(12):
        Bassin.objects.create(code=f"99{rang:02}", nom=f"Bassin {rang}")
    for commune in (monde.evreux, monde.bernay, monde.flers):
        faire_structures(commune, 10, "geiq", "GEIQ")
    client.get(adresse)
    with CaptureQueriesContext(connection) as beaucoup:
        client.get(adresse)
    assert len(beaucoup) == len(peu), [q["sql"][:90] for q in beaucoup.captured_queries]
    assert len(peu) <= 14


def test_la_page_dit_au_visiteur_ce_qu_il_verrait_connecte(client: Client, monde: SimpleNamespace) -> None:
    """Every indicator kept for partners is named, with the way to them; to a partner, nothing of this is said."""
    page = texte(client, REGION)
    assert "Connectez-vous" in page
    assert f"/comptes/login/?next={REGION}" in page
    for indicateur in INDICATEURS.values():
        assert indicateur.public or indicateur.en_phrase in page
    assert "jamais de personnes" in page
    assert 'name="service"' not in page
    partenaire = texte(connecter(client, monde), REGION)
    assert "Connectez-vous" not in partenaire


def test_le_service_n_est_demande_qu_aux_indicateurs_qui_en_ont_un(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    assert re.search(r"data-choix-service\s+hidden", texte(client, REGION))
    for slug in ("offres", "besoins", "ecart"):
        assert not re.search(r"data-choix-service\s+hidden", texte(client, f"{REGION}?indicateur={slug}"))
    page = texte(client, f"{REGION}?indicateur=ecart")
    assert "l’écart se compte dans l’unité de chacun" in page


@pytest.mark.parametrize(
    ("slug", "phrase"),
    [
        ("reponses", "Aucune structure n’a encore été interrogée"),
        ("offres", "Aucune offre n’est encore publiée"),
        ("besoins", "Aucun besoin n’est encore publié"),
        ("fiches", "Aucune fiche-action n’est encore validée"),
        ("conventions", "Aucune convention n’est encore signée"),
    ],
)
def test_une_carte_qui_n_a_rien_a_montrer_le_dit(
    client: Client, monde: SimpleNamespace, slug: str, phrase: str
) -> None:
    """No map of nothing but zeros, or of nothing known, without a sentence; no class that no bassin has."""
    Besoin.objects.all().delete()
    Offre.objects.all().delete()
    Reponse.objects.all().delete()
    connecter(client, monde)
    page = texte(client, f"{REGION}?indicateur={slug}")
    assert phrase in page
    legende = page.split('class="carte-legende"')[1].split("</ul>")[0]
    assert re.findall(r"carte-classe--(\w+)", legende) == (["nd"] if slug == "reponses" else ["0"])


def test_un_ecart_dit_son_unite_et_ce_qu_il_laisse_a_part(client: Client, monde: SimpleNamespace) -> None:
    """Volumes of two units are never added: the other one is told beside."""
    Offre.objects.all().delete()
    Besoin.objects.all().delete()
    unite = monde.service.unite_volume
    autre = "sessions/an" if unite != "sessions/an" else "personnes/an"
    Besoin.objects.create(structure=monde.esat, service=monde.service, volume=5, unite=unite, publiee=True)
    Besoin.objects.create(structure=monde.savs, service=monde.service, volume=3, unite=autre, publiee=True)
    Offre.objects.create(structure=monde.savs, service=monde.service, publiee=True, rayonnement="region")
    connecter(client, monde)
    page = texte(client, f"{REGION}?indicateur=ecart&service={monde.service.slug}")
    evreux = rangees(page)["Évreux"]
    assert evreux["valeur"] == "−5"
    assert "besoins à part\u00a0: 3\u00a0" in evreux["phrase"]
    assert evreux["phrase"].endswith("\u00a0; 1\u00a0offre sans nombre)")
    assert re.search(r"Compté en \w+ par an", page)
    Besoin.objects.filter(unite=unite).delete()
    Offre.objects.all().delete()
    # Only what can't be compared: no number, and a sentence.
    page = texte(client, f"{REGION}?indicateur=ecart&service={monde.service.slug}")
    assert rangees(page)["Évreux"]["phrase"] == "rien à comparer"
    assert "il n’y a rien à comparer" in page


def test_aucun_bassin_connu(client: Client, db: None) -> None:
    assert "Aucun bassin d’emploi n’est encore connu" in texte(client, REGION)


def test_la_recherche_reste_a_cote_de_sa_reponse(client: Client, monde: SimpleNamespace) -> None:
    for requete in ("", "?q=licorne"):
        page = texte(client, f"{REGION}{requete}")
        assert page.count('id="recherche-commune"') == 1
    assert page.index('id="recherche-commune"') < page.index('id="recherche-reponse"') < page.index('id="carte"')
