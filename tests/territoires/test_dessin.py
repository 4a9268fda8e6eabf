"""Maps drawn as SVG: well formed, without script nor style, readable."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from structures.territoires import croquis, dessin
from structures.territoires.models import Bassin, Commune, Contour

SVG = "{http://www.w3.org/2000/svg}"


def _arbre(svg: str) -> ElementTree.Element:
    arbre = ElementTree.fromstring(svg)  # noqa: S314 - our own output
    assert arbre.tag == f"{SVG}svg"
    assert not re.search(r"<script|<style| style=| on\w+=|href=|url\(", svg)
    return arbre


def _textes(arbre: ElementTree.Element) -> set[str]:
    return {t.text or "" for t in arbre.iter(f"{SVG}text")}


@pytest.mark.parametrize("forme", dessin.FORMES)
def test_neuf_formes(forme: str) -> None:
    arbre = _arbre(dessin.icone_svg(forme, "#1F78B4", 24))
    assert len(list(arbre.iter())) >= 2
    valeurs = [
        float(v)
        for v in re.findall(r'points="([^"]+)"', dessin.icone_svg(forme, "#000", 24))
        for v in re.split("[ ,]", v)
    ]
    assert all(0 <= valeur <= 24 for valeur in valeurs)


def test_neuf_formes_toutes_differentes() -> None:
    dessins = {dessin.forme_svg(forme, 10, 10, 12, "#000") for forme in dessin.FORMES}
    assert len(dessins) == 9


def test_forme_inconnue() -> None:
    with pytest.raises(ValueError, match="forme inconnue"):
        dessin.forme_svg("spirale", 0, 0, 10, "#000")


@given(st.text(max_size=40))
def test_textes_echappes(texte: str) -> None:
    propre = "".join(c for c in texte if c.isprintable())
    carre = dessin.Aire(shapely.box(0, 48, 1, 49), "#fff", propre)
    repere = dessin.Repere(48.5, 0.5, "cercle", '"><script>', propre)
    svg = dessin.carte_svg([carre], titre=propre + "<&>", reperes=[repere], lieux=[dessin.Lieu(propre, 48.2, 0.2)])
    racine = ElementTree.fromstring(svg)  # noqa: S314
    assert racine.tag.endswith("svg")
    assert "<script" not in svg


def test_carte_sans_rien_a_cadrer() -> None:
    with pytest.raises(ValueError, match="cadre"):
        dessin.carte_svg([], titre="vide")


def test_projection_garde_les_proportions() -> None:
    p = dessin.Projection((0.0, 49.0, 1.0, 50.0), 600)
    (x1, y1), (x2, y2) = p.xy(49.0, 0.0), p.xy(50.0, 1.0)
    # A degree of latitude is longer than a degree of longitude here, by 1 / cos(49.5°).
    assert (y1 - y2) / (x2 - x1) == pytest.approx(1.54, abs=0.01)


def test_teintes_voisines_differentes() -> None:
    damier = {f"{i}{j}": shapely.box(i, j, i + 1, j + 1) for i in range(6) for j in range(6)}
    couleurs = dessin.teinter(damier)
    assert couleurs == dessin.teinter(damier)
    for code, trace in damier.items():
        for autre, voisin in damier.items():
            if code < autre and trace.touches(voisin):
                assert couleurs[code] != couleurs[autre]


def test_couper_les_noms_longs() -> None:
    assert dessin.couper("Yvetot-Vallée du Commerce") == ["Yvetot-Vallée", "du Commerce"]
    assert dessin.couper("Caen") == ["Caen"]


@pytest.mark.usefixtures("normandie")
class TestCroquis:
    """The ready-made maps, on the real outlines."""

    def test_region(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):
            svg = croquis.carte_region(titre="La Normandie")
        arbre = _arbre(svg)
        assert len(svg) < 110_000
        noms = " ".join(sorted(_textes(arbre)))
        for nom in ("Caen", "Rouen", "Le Havre", "Évreux", "L’Aigle", "Commerce"):
            assert nom in noms
        titre = arbre.find(f"{SVG}title")
        assert titre is not None
        assert titre.text == "La Normandie"

    def test_region_coloree(self) -> None:
        svg = croquis.carte_region({"2808": "#123456"})
        assert svg.count('fill="#123456"') == 1

    def test_bassin(self, django_assert_num_queries: Any) -> None:
        bassin = Bassin.objects.get(pk="2808")
        reperes = [dessin.Repere(49.02, 1.15, "triangle", "#A86400", "Un collège")]
        for points in ([], reperes, reperes * 40):
            with django_assert_num_queries(3):
                svg = croquis.carte_bassin(bassin, points, largeur=500)
        arbre = _arbre(svg)
        assert "Évreux" in _textes(arbre)
        assert svg.count("Un collège") == 40
        assert len(svg) < 120_000

    def test_situation_avec_et_sans_bassin(self) -> None:
        repere = dessin.Repere(49.02, 1.15, "cercle", "#1F78B4", "ici")
        commune = Commune.objects.select_related("bassin").get(pk="27229")
        assert "ici" in croquis.carte_situation(commune, repere)
        commune.bassin = None
        assert "ici" in croquis.carte_situation(commune, repere)

    def test_sans_contour_la_carte_reste_possible(self) -> None:
        Contour.objects.filter(bassin__isnull=False).delete()
        assert _arbre(croquis.carte_region()).tag.endswith("svg")
        assert _arbre(croquis.carte_bassin(Bassin.objects.get(pk="2808"))).tag.endswith("svg")
        Contour.objects.all().delete()
        assert _arbre(croquis.carte_region()).tag.endswith("svg")


def test_le_nom_d_une_ville_s_ecarte_des_symboles_qui_l_entourent() -> None:
    """A main town keeps its name, and no symbol of the crowd around it is hidden under it."""
    p = dessin.Projection((0.0, 48.0, 2.0, 49.5), 900, None)
    x, y = p.xy(48.75, 1.0)
    etiquettes = dessin.Etiquettes(p)
    etiquettes.reperes = [
        (x + dx - 7, y + dy - 7, x + dx + 7, y + dy + 7) for dx in range(-28, 29, 14) for dy in range(-28, 29, 14)
    ]
    assert etiquettes.pres_de("Évreux", x, y, 12.0, exige=False) == ""
    assert "Évreux" in etiquettes.pres_de("Évreux", x, y, 12.0, exige=True)
    (g, h, d, b) = etiquettes.boites[0]
    assert all(d < g2 or g > d2 or b < h2 or h > b2 for g2, h2, d2, b2 in etiquettes.reperes)
