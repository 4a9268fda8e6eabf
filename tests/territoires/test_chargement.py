"""The territories of the repository, loaded."""

import csv
from io import StringIO

import pytest
import shapely
from django.core.management import call_command
from shapely.geometry.base import BaseGeometry

from structures.territoires import chargement, contours
from structures.territoires.models import Bassin, CodePostal, Commune, CommuneAncienne, Contour, Departement, Epci

pytestmark = pytest.mark.usefixtures("normandie")


def _traces_bassins() -> list[BaseGeometry]:
    return [contours.depuis_geojson(b.contour or "") for b in Bassin.objects.actifs().select_related("trace")]


def test_comptes() -> None:
    assert Commune.objects.count() == 5050
    assert Commune.objects.de_la_region().count() == 2644
    assert Bassin.objects.actifs().count() == Bassin.objects.normands().count() == 23
    assert Commune.objects.filter(bassin__isnull=False).count() == 2644
    assert not Commune.objects.exclude(departement__region_id="28").filter(bassin__isnull=False).exists()
    assert len(chargement.lire_csv("bassins.csv")) == 71
    assert Epci.objects.filter(communes__departement__region_id="28").distinct().count() == 71
    assert set(Bassin.objects.values_list("origine", flat=True)) == {"epci"}


def test_les_codes_restent_du_texte() -> None:
    assert Bassin.objects.get(pk="0057").nom == "Dreux"
    assert Commune.objects.filter(code__regex=r"^\d{5}$").count() == 5050
    assert Departement.objects.de_la_region().count() == 5


def test_noms_avec_article_et_apostrophe_typographique() -> None:
    assert Commune.objects.get(pk="76351").nom == "Le Havre"
    assert Commune.objects.get(pk="61214").nom == "L’Aigle"
    assert not Commune.objects.filter(nom__contains="'").exists()


def test_couverture_des_bassins_sans_recouvrement_ni_trou() -> None:
    traces = _traces_bassins()
    assert len(traces) == 23
    assert contours.couverture_valide(traces)
    union = shapely.coverage_union_all(traces)
    assert [len(partie.interiors) for partie in shapely.get_parts(union) if partie.interiors] == []


def test_couverture_des_communes() -> None:
    traces = chargement.traces_communes()
    assert len(traces) == 5050
    assert contours.couverture_valide(list(traces.values()))
    union = shapely.coverage_union_all([traces[c.code] for c in Commune.objects.de_la_region()])
    assert not any(partie.interiors for partie in shapely.get_parts(union))


def test_communes_fusionnees_retrouvent_leur_etendue() -> None:
    # Aurseulles has no outline in the source; the four others had that of before their merger.
    km2 = {
        code: contours.depuis_geojson(Commune.objects.get(pk=code).contour or "").area * 111.32**2 * 0.655
        for code in ("14581", "14408", "61275", "14743", "76455")
    }
    assert 40 < km2["14581"] < 55
    assert km2["14408"] > 10
    assert km2["61275"] > 60
    assert km2["14743"] > 5
    assert km2["76455"] > 15


def test_centre_dans_la_commune_et_cadre_du_bassin() -> None:
    traces = chargement.traces_communes()
    dehors = [
        c.code for c in Commune.objects.all() if shapely.distance(traces[c.code], shapely.Point(c.lon, c.lat)) > 1e-4
    ]
    assert dehors == []
    for bassin in Bassin.objects.actifs().select_related("trace"):
        assert bassin.cadre == pytest.approx(contours.depuis_geojson(bassin.contour or "").bounds)


def test_simplifier_garde_la_topologie() -> None:
    traces = dict(enumerate(_traces_bassins()))
    simples = contours.simplifier({str(cle): trace for cle, trace in traces.items()}, 0.01)
    assert contours.couverture_valide(list(simples.values()))
    assert shapely.get_num_coordinates(list(simples.values())).sum() < 3000


def test_idempotence() -> None:
    for nom, compte in chargement.charger_territoires().items():
        assert (compte.creees, compte.modifiees) == (0, 0), nom
    assert chargement.regrouper_par_epci() == chargement.Compte(0, 0, 23)
    assert chargement.recalculer_contours_bassins() == chargement.Compte(0, 0, 23)


def test_rechargement_repare_ce_qui_a_change() -> None:
    Commune.objects.filter(pk="27229").update(nom="Autre nom", bassin=None)
    Contour.objects.filter(commune_id="27229").delete()
    CodePostal.objects.filter(commune_id="27229").delete()
    sortie = StringIO()
    call_command("charger_territoires", stdout=sortie)
    commune = Commune.objects.get(pk="27229")
    assert (commune.nom, commune.bassin_id) == ("Évreux", "2808")
    assert commune.contour
    assert list(commune.codes_postaux.values_list("code", flat=True)) == ["27000"]
    assert "communes : 0 créées, 1 modifiées, 5049 inchangées" in sortie.getvalue()
    assert "23 bassins, 2644 communes placées" in sortie.getvalue()


def test_si_vide_ne_touche_a_rien() -> None:
    Commune.objects.filter(pk="27229").update(nom="Autre nom")
    sortie = StringIO()
    call_command("charger_territoires", "--si-vide", stdout=sortie)
    assert Commune.objects.get(pk="27229").nom == "Autre nom"
    assert "déjà chargés" in sortie.getvalue()


def test_si_vide_reprend_un_chargement_interrompu() -> None:
    Bassin.objects.filter(pk="2808").update(nord=None)
    call_command("charger_territoires", "--si-vide", stdout=StringIO())
    assert Bassin.objects.get(pk="2808").cadre is not None


def test_anciens_codes() -> None:
    assert CommuneAncienne.objects.count() == 629
    # Beaufour is an associated commune of Beaufour-Druval.
    assert Commune.objects.resoudre("14051") == Commune.objects.get(pk="14231")
    assert Commune.objects.resoudre("14231") == Commune.objects.get(pk="14231")
    assert Commune.objects.resoudre("99999") is None


def test_fichiers_du_depot_sans_ligne_en_double() -> None:
    for nom in ("communes.csv", "communes-anciennes.csv", "epci.csv"):
        with (chargement.DONNEES / nom).open(encoding="utf-8", newline="") as flux:
            codes = [ligne["code"] for ligne in csv.DictReader(flux)]
        assert codes == sorted(set(codes)), nom


def test_une_region_sans_donnees_le_dit(settings: object) -> None:
    settings.PCTI_REGION = "53"  # type: ignore[attr-defined]
    erreurs = StringIO()
    call_command("charger_territoires", stdout=StringIO(), stderr=erreurs)
    assert "extraire_territoires" in erreurs.getvalue()
