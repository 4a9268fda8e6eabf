"""The pictures of a sheet: where bars stand, what a trajectory may show, the zone's map."""

from datetime import date

import pytest

from fiches_action.carte import carte_de_la_zone
from fiches_action.models import Etape, FicheAction, Indicateur
from fiches_action.planning import LARGEUR, frise
from fiches_action.trajectoires import trajectoire
from structures.models import Structure
from structures.territoires.models import Contour
from tests.fiches_action.fabriques import decor, fiche_vide


def etape(debut: date, fin: date) -> Etape:
    return Etape(intitule="x", debut=debut, fin=fin)


def test_sans_etape_pas_de_frise() -> None:
    assert frise([]) is None


def test_les_barres_sont_a_l_echelle_du_calendrier() -> None:
    dessin = frise([etape(date(2026, 1, 1), date(2026, 6, 30)), etape(date(2026, 7, 1), date(2026, 12, 31))])
    assert dessin is not None
    premiere, seconde = dessin.barres
    assert premiere.x == 0
    assert premiere.largeur == pytest.approx(181 / 365 * LARGEUR, abs=0.2)
    assert seconde.x == pytest.approx(premiere.largeur, abs=0.2)
    assert seconde.x + seconde.largeur == pytest.approx(LARGEUR, abs=0.2)
    assert dessin.resume == "2\u00a0étapes, de janvier 2026 à décembre 2026"


@pytest.mark.parametrize("mois", [1, 3, 9, 14, 30, 70, 150])
def test_l_echelle_ne_se_couvre_pas_de_mots(mois: int) -> None:
    fin = date(2026 + (mois // 12), mois % 12 + 1, 1)
    dessin = frise([etape(date(2026, 1, 1), fin)])
    assert dessin is not None
    assert 1 <= len(dessin.reperes) <= 9
    assert dessin.reperes[0].mot.endswith("2026")
    assert all(b.x - a.x >= 38 for a, b in zip(dessin.reperes, dessin.reperes[1:], strict=False))
    assert all(repere.x + 5 * len(repere.mot) <= LARGEUR for repere in dessin.reperes)


def test_un_jalon_reste_dans_le_cadre() -> None:
    dessin = frise([etape(date(2026, 1, 1), date(2026, 1, 1)), etape(date(2026, 12, 31), date(2026, 12, 31))])
    assert dessin is not None
    for barre in dessin.barres:
        abscisses = [float(point.split(",")[0]) for point in barre.losange.split()]
        assert min(abscisses) >= 0
        assert max(abscisses) <= LARGEUR


@pytest.mark.parametrize(
    ("reference", "cible", "effectif", "mots", "dessinee"),
    [
        (10, 20, True, "10", True),
        (3, 20, True, "moins de 5", False),
        (3, 20, False, "3", True),
        (0, 8, True, "0", True),
        (1250, 2000, True, "1\u00a0250", True),
        (None, 8, True, "—", False),
        (12, None, True, "12", False),
        (0, 0, False, "0", False),
    ],
)
def test_la_trajectoire_ne_montre_que_ce_qui_se_montre(
    reference: float | None, cible: float | None, effectif: bool, mots: str, dessinee: bool
) -> None:
    t = trajectoire(Indicateur(intitule="x", reference=reference, cible=cible, effectif=effectif))
    assert t.reference == mots
    assert t.se_dessine is dessinee


@pytest.mark.django_db
def test_la_carte_montre_les_bassins_et_les_acteurs() -> None:
    scene = decor()
    fiche = fiche_vide(scene, bassins=[scene.bassin])
    relue = FicheAction.objects.completes().get(pk=fiche.pk)
    assert carte_de_la_zone(relue) is None
    carre = '{"type":"Polygon","coordinates":[[[0.9,48.8],[1.4,48.8],[1.4,49.2],[0.9,49.2],[0.9,48.8]]]}'
    Contour.objects.create(bassin=scene.bassin, geojson=carre)
    Structure.objects.filter(pk=scene.structure.pk).update(lat=49.02, lon=1.15)
    Structure.objects.filter(pk=scene.structure_voisine.pk).update(lat=49.02, lon=1.15)
    dessin = carte_de_la_zone(FicheAction.objects.completes().get(pk=fiche.pk))
    assert dessin is not None
    assert "IME Les Tilleuls" in dessin
    assert "Mission locale du Pays" in dessin
    assert "Évreux" in dessin
