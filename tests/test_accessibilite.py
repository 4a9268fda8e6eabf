"""What can be measured without a browser: contrasts of the palette, structure of the frame, no Marianne."""

import re
from pathlib import Path

import pytest
from django.test import Client

RACINE = Path(__file__).resolve().parent.parent
PALETTE = (RACINE / "static/socle/palette.css").read_text()
FEUILLE = (RACINE / "static/socle/portail.css").read_text()


def couleur(nom: str) -> str:
    trouve = re.search(rf"--pcti-{nom}: (#[0-9a-f]{{6}});", PALETTE)
    assert trouve, nom
    return trouve[1]


def luminance(hexa: str) -> float:
    """Relative luminance, WCAG 2."""
    canaux = [int(hexa[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, v, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in canaux)
    return 0.2126 * r + 0.7152 * v + 0.0722 * b


def contraste(a: str, b: str) -> float:
    clair, sombre = sorted((luminance(a), luminance(b)), reverse=True)
    return (clair + 0.05) / (sombre + 0.05)


@pytest.mark.parametrize("nom", ["encre", "action", "corail", "texte", "second", "succes", "alerte", "erreur"])
@pytest.mark.parametrize("fond", ["#ffffff", "creme", "sable"])
def test_les_textes_se_lisent(nom: str, fond: str) -> None:
    fond = fond if fond.startswith("#") else couleur(fond)
    assert contraste(couleur(nom), fond) >= 4.5, f"{nom} sur {fond}"


ETIQUETTES = [
    (nom, fond[1], encre[1])
    for nom, regles in re.findall(r"\.(pcti-[\w-]+) {([^}]*)}", FEUILLE)
    if (fond := re.search(r"background: (#[0-9a-f]{6})", regles))
    and (encre := re.search(r"(?<!-)color: (#[0-9a-f]{6})", regles))
]


@pytest.mark.parametrize(("nom", "fond", "encre"), ETIQUETTES)
def test_les_etiquettes_se_lisent(nom: str, fond: str, encre: str) -> None:
    assert contraste(fond, encre) >= 4.5, nom


@pytest.mark.parametrize(
    "forme", ["cercle", "carre", "losange", "triangle", "hexagone", "pentagone", "etoile", "croix", "anneau"]
)
def test_les_formes_des_familles_se_distinguent_du_fond(forme: str) -> None:
    assert contraste(couleur(forme), "#ffffff") >= 3
    assert f".pcti-forme--{forme} " in FEUILLE
    assert f'id="{forme}"' in (RACINE / "static/socle/familles.svg").read_text()


def test_les_couleurs_des_familles_sont_celles_du_referentiel() -> None:
    from structures.referentiel import FAMILLES

    for famille in FAMILLES.values():
        assert couleur(famille.forme) == famille.couleur.lower()


def test_aucune_police_de_l_etat_n_est_demandee() -> None:
    """DSFR names Marianne on « body », « input, select, textarea »: all are overridden."""
    assert "Marianne" not in FEUILLE
    regle = re.search(r"body,\ninput,\nselect,\ntextarea,\nbutton {\n  font-family: var\(--pcti-police\)", FEUILLE)
    assert regle
    for feuille in (RACINE / "static").rglob("*.css"):
        assert "marianne" not in re.sub(r"--red-marianne[\w-]*", "", feuille.read_text().lower()), feuille


@pytest.mark.django_db
def test_le_cadre_de_la_page(client: Client) -> None:
    page = client.get("/aide/").content.decode()
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert '<html lang="fr"' in page
    for cible in re.findall(r'<a class="fr-link" href="#(\w+)">', page):
        assert f'id="{cible}"' in page
    identifiants = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiants) == len(set(identifiants))
    assert page.count("<main") == page.count("<h1") == 1
    assert "République" not in page
    assert "maximum-scale" not in page
