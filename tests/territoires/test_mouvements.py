"""A commune moves to another bassin: on its day, once, and no reload of the composition undoes it."""

import json
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from structures.imports.fiche import Fiche
from structures.imports.rapprochement import Placeur
from structures.tasks import appliquer_mouvements
from structures.territoires import chargement, contours, mouvements
from structures.territoires.models import Bassin, Commune, MouvementCommune
from tests.fabriques import un_utilisateur, une_structure

pytestmark = pytest.mark.usefixtures("normandie")


def _a_la_frontiere() -> tuple[Commune, Bassin]:
    """A commune and a bassin that it touches."""
    for commune in Commune.objects.du_bassin("2808").select_related("bassin").order_by("code"):
        voisins = mouvements.bassins_voisins(commune)
        if voisins:
            return commune, voisins[0]
    raise AssertionError("aucune commune d’Évreux ne touche un autre bassin")


def _contour(code: str) -> BaseGeometry:
    return contours.depuis_geojson(Bassin.objects.get(pk=code).contour or "")


def test_changer_tout_de_suite_redessine_les_deux_bassins() -> None:
    commune, bassin = _a_la_frontiere()
    quitte = str(commune.bassin_id)
    surface, cadre = _contour(quitte).area, Bassin.objects.get(pk=bassin.pk).cadre
    personne = un_utilisateur()
    fait = mouvements.rattacher(commune, bassin, timezone.localdate(), " Décision du comité ", personne)
    commune.refresh_from_db()
    assert commune.bassin == bassin
    assert (fait.de_id, fait.vers, fait.par, fait.motif) == (quitte, bassin, personne, "Décision du comité")
    assert fait.applique_le is not None
    sienne = contours.depuis_geojson(commune.contour or "")
    assert _contour(quitte).area == pytest.approx(surface - sienne.area, rel=1e-3)
    assert _contour(bassin.pk).buffer(2e-4).covers(sienne)
    nouveau = Bassin.objects.get(pk=bassin.pk).cadre
    assert nouveau is not None
    ouest, sud, est, nord = sienne.bounds
    assert nouveau[0] <= ouest + 2e-4
    assert nouveau[1] <= sud + 2e-4
    assert nouveau[2] >= est - 2e-4
    assert nouveau[3] >= nord - 2e-4
    assert cadre is not None
    assert contours.couverture_valide([contours.depuis_geojson(b.contour or "") for b in Bassin.objects.actifs()])


def test_un_changement_futur_attend_son_jour_et_ne_se_fait_qu_une_fois() -> None:
    commune, bassin = _a_la_frontiere()
    quitte, demain = commune.bassin_id, timezone.localdate() + timedelta(days=1)
    prevu = mouvements.rattacher(commune, bassin, demain, "au premier janvier")
    commune.refresh_from_db()
    assert commune.bassin_id == quitte
    assert appliquer_mouvements() == 0
    assert mouvements.appliquer_echus(demain) == 1
    prevu.refresh_from_db()
    quand = prevu.applique_le
    assert quand is not None
    assert mouvements.appliquer_echus(demain) == 0
    prevu.refresh_from_db()
    assert prevu.applique_le == quand
    assert Commune.objects.get(pk=commune.pk).bassin == bassin


def test_un_processus_qui_meurt_en_route_ne_laisse_rien_a_moitie(monkeypatch: pytest.MonkeyPatch) -> None:
    commune, bassin = _a_la_frontiere()
    quitte, demain = commune.bassin_id, timezone.localdate() + timedelta(days=1)
    prevu = mouvements.rattacher(commune, bassin, demain, "motif")

    def mourir() -> None:
        raise SystemExit

    with monkeypatch.context() as contexte:
        contexte.setattr(chargement, "recalculer_contours_bassins", mourir)
        with pytest.raises(SystemExit):
            mouvements.appliquer_echus(demain)
    prevu.refresh_from_db()
    assert prevu.applique_le is None
    assert Commune.objects.get(pk=commune.pk).bassin_id == quitte
    assert mouvements.appliquer_echus(demain) == 1


def test_annuler_un_changement_a_venir() -> None:
    commune, bassin = _a_la_frontiere()
    demain, personne = timezone.localdate() + timedelta(days=1), un_utilisateur()
    prevu = mouvements.rattacher(commune, bassin, demain, "motif")
    mouvements.annuler(prevu, personne)
    assert mouvements.appliquer_echus(demain) == 0
    prevu.refresh_from_db()
    assert prevu.etat == "annulé"
    assert prevu.annule_par == personne
    with pytest.raises(mouvements.MouvementRefuse, match="déjà appliqué ou annulé"):
        mouvements.annuler(prevu)
    # The day is free again.
    mouvements.rattacher(commune, bassin, demain, "cette fois")


def test_refus() -> None:
    commune, bassin = _a_la_frontiere()
    jour = timezone.localdate()
    with pytest.raises(mouvements.MouvementRefuse, match="pourquoi"):
        mouvements.rattacher(commune, bassin, jour, "  ")
    assert commune.bassin is not None
    with pytest.raises(mouvements.MouvementRefuse, match="déjà dans le bassin"):
        mouvements.rattacher(commune, commune.bassin, jour, "motif")
    quitte = commune.bassin
    mouvements.rattacher(commune, bassin, jour, "motif")
    with pytest.raises(mouvements.MouvementRefuse, match="déjà décidé pour ce jour"):
        mouvements.rattacher(commune, quitte, jour, "retour")
    with pytest.raises(mouvements.MouvementRefuse, match="plus récent"):
        mouvements.rattacher(commune, quitte, jour - timedelta(days=3), "retour")
    demain = jour + timedelta(days=1)
    mouvements.rattacher(commune, quitte, demain, "retour")
    with pytest.raises(mouvements.MouvementRefuse, match="déjà dans le bassin"):
        mouvements.rattacher(commune, quitte, demain + timedelta(days=1), "encore")
    Bassin.objects.filter(pk="2803").update(actif=False)
    with pytest.raises(mouvements.MouvementRefuse, match="plus en vigueur"):
        mouvements.rattacher(commune, Bassin.objects.get(pk="2803"), demain + timedelta(days=2), "motif")


def test_effacer_remet_chaque_commune_ou_elle_etait() -> None:
    """What the demonstration does when it starts afresh."""
    commune, bassin = _a_la_frontiere()
    quitte, jour = commune.bassin, timezone.localdate()
    autre = Bassin.objects.actifs().exclude(pk__in=[bassin.pk, commune.bassin_id])[0]
    trace = Bassin.objects.get(pk=bassin.pk).contour
    mouvements.rattacher(commune, bassin, jour - timedelta(days=1), "un", un_utilisateur())
    mouvements.rattacher(commune, autre, jour, "deux")
    mouvements.rattacher(commune, bassin, jour + timedelta(days=1), "trois")
    mouvements.effacer()
    assert not MouvementCommune.objects.exists()
    assert Commune.objects.get(pk=commune.pk).bassin == quitte
    assert Bassin.objects.get(pk=bassin.pk).contour == trace


def test_la_base_refuse_deux_decisions_pour_un_jour() -> None:
    commune, bassin = _a_la_frontiere()
    jour = timezone.localdate() + timedelta(days=5)
    MouvementCommune.objects.create(commune=commune, vers=bassin, le=jour, motif="un")
    with pytest.raises(IntegrityError), transaction.atomic():
        MouvementCommune.objects.create(commune=commune, vers=bassin, le=jour, motif="deux")


def test_la_derniere_commune_d_un_bassin_y_reste() -> None:
    commune, bassin = _a_la_frontiere()
    Commune.objects.du_bassin("2808").exclude(pk=commune.pk).update(bassin=bassin)
    with pytest.raises(mouvements.MouvementRefuse, match="dernière commune"):
        mouvements.rattacher(commune, bassin, timezone.localdate(), "motif")


def test_deux_departs_prevus_ne_vident_pas_un_bassin() -> None:
    commune, bassin = _a_la_frontiere()
    autre = Commune.objects.du_bassin("2808").exclude(pk=commune.pk).order_by("code")[0]
    Commune.objects.du_bassin("2808").exclude(pk__in=(commune.pk, autre.pk)).update(bassin=bassin)
    demain = timezone.localdate() + timedelta(days=1)
    mouvements.rattacher(commune, bassin, demain, "motif")
    with pytest.raises(mouvements.MouvementRefuse, match="dernière commune"):
        mouvements.rattacher(autre, bassin, demain + timedelta(days=1), "motif")


def test_un_bassin_disparu_entre_temps_annule_le_changement() -> None:
    commune, bassin = _a_la_frontiere()
    quitte, demain = commune.bassin_id, timezone.localdate() + timedelta(days=1)
    prevu = mouvements.rattacher(commune, bassin, demain, "motif")
    Bassin.objects.filter(pk=bassin.pk).update(actif=False)
    assert mouvements.appliquer_echus(demain) == 0
    prevu.refresh_from_db()
    assert prevu.annule_le is not None
    assert prevu.annule_par is None
    assert Commune.objects.get(pk=commune.pk).bassin_id == quitte


def test_le_rechargement_des_epci_garde_la_decision_et_le_dit() -> None:
    commune, bassin = _a_la_frontiere()
    mouvements.rattacher(commune, bassin, timezone.localdate(), "motif")
    sortie = StringIO()
    call_command("charger_territoires", stdout=sortie)
    assert Commune.objects.get(pk=commune.pk).bassin == bassin
    assert f"{commune.nom} ({commune.pk}) reste dans le bassin {bassin.pk}, décidé à la main" in sortie.getvalue()
    encore = StringIO()
    call_command("charger_territoires", stdout=encore)
    assert "0 créées, 0 modifiées" in encore.getvalue().split("bassins (regroupement")[1]


def test_les_zones_officielles_gardent_la_decision_et_le_disent(donnees_partagees: Path) -> None:
    fichier = donnees_partagees / "ze2020_normandie.csv"
    call_command("importer_zones_emploi", str(fichier), stdout=StringIO())
    commune, bassin = _a_la_frontiere()
    officiel = commune.bassin_id
    mouvements.rattacher(commune, bassin, timezone.localdate(), "motif")
    for options in ((), ("--partiel",)):
        sortie = StringIO()
        call_command("importer_zones_emploi", str(fichier), *options, stdout=sortie)
        assert Commune.objects.get(pk=commune.pk).bassin == bassin
        attendu = (
            f"{commune.nom} ({commune.pk}) reste dans le bassin {bassin.pk}, décidé à la main\u00a0; le fichier dit"
        )
        assert f"{attendu} {officiel}" in sortie.getvalue()
        assert "0 modifiées, 3199 inchangées" in sortie.getvalue()


def test_une_decision_vers_un_bassin_retire_est_dite_et_cede(tmp_path: Path) -> None:
    """A composition without the decided bassin: the commune goes with the file, and it is said."""
    commune, bassin = _a_la_frontiere()
    mouvements.rattacher(commune, bassin, timezone.localdate(), "motif")
    chemin = tmp_path / "zones.csv"
    lignes = [
        f"{code},x,9999,Région entière,00" for code in Commune.objects.de_la_region().values_list("pk", flat=True)
    ]
    chemin.write_text("\n".join(("code_commune,nom_commune,code_ze,nom_ze,dep", *lignes)), encoding="utf-8")
    sortie = StringIO()
    call_command("importer_zones_emploi", str(chemin), stdout=sortie)
    assert Commune.objects.get(pk=commune.pk).bassin_id == "9999"
    assert "n’existe plus" in sortie.getvalue()


@pytest.mark.parametrize(
    ("ancien", "nom", "actuel"),
    [
        ("50173", "Équeurdreville-Hainneville", "50129"),
        ("50602", "tourlaville", "50129"),
        ("14011", "Anctoville", "14581"),
    ],
)
def test_les_anciens_codes_et_noms_menent_a_la_commune_d_aujourd_hui(ancien: str, nom: str, actuel: str) -> None:
    commune = Commune.objects.resoudre(ancien)
    assert commune is not None
    assert commune.pk == actuel
    # By name, and by the code itself.
    assert Commune.objects.rechercher(nom)[0].pk == actuel
    assert [c.pk for c in Commune.objects.rechercher(ancien)] == [actuel]
    assert Commune.objects.resoudre("99999") is None
    # A file that still bears the old code, or the old name with its postal code.
    postal = commune.codes_postaux.values_list("code", flat=True)[0]
    assert Placeur().commune(Fiche(2, "Collège", "ulis", code_commune=ancien)).pk == actuel
    assert Placeur().commune(Fiche(2, "Collège", "ulis", code_postal=postal, ville=nom.upper())).pk == actuel


def test_l_annuaire_trouve_par_le_nom_d_avant_la_fusion(client: Client) -> None:
    structure = une_structure(Commune.objects.get(pk="50129"), nom="ESAT du Cotentin")
    ailleurs = une_structure(Commune.objects.get(pk="27229"), nom="ESAT de l’Iton")
    page = client.get("/structures/", {"q": "esat tourlaville"}).content.decode()
    assert structure.nom in page
    assert ailleurs.nom not in page


def test_la_carte_comprend_les_anciens_noms_et_codes(client: Client) -> None:
    bassin = Commune.objects.get(pk="50129").bassin_id
    reponse = client.get("/cartes/", {"q": "Tourlaville"})
    assert reponse.status_code == 302
    assert reponse["Location"] == f"/cartes/bassins/{bassin}/?commune=50129"
    page = client.get(f"/cartes/bassins/{bassin}/", {"commune": "50602"})
    assert page.context["cherchee"].nom == "Cherbourg-en-Cotentin"


def test_les_caches_de_la_carte_suivent(client: Client) -> None:
    """Outlines, list of communes, neighbours and the drawing of a structure: all change with the move."""
    commune, bassin = _a_la_frontiere()
    quitte = str(commune.bassin_id)
    autre = Commune.objects.du_bassin(quitte).exclude(pk=commune.pk)[0]
    structure = une_structure(autre)
    adresses = [
        "/cartes/bassins.geojson",
        f"/cartes/bassins/{quitte}/fond.geojson",
        f"/cartes/bassins/{bassin.pk}/fond.geojson",
        f"/structures/{structure.pk}/situation.svg",
    ]  # fmt: skip
    avant = {adresse: client.get(adresse) for adresse in adresses}
    voisins_avant = client.get(f"/cartes/bassins/{quitte}/").context["voisins"]
    mouvements.rattacher(commune, bassin, timezone.localdate(), "motif")
    for adresse, reponse in avant.items():
        apres = client.get(adresse, headers={"If-None-Match": reponse["ETag"]})
        assert apres.status_code == 200, adresse
        assert apres["ETag"] != reponse["ETag"], adresse
    fond = json.loads(client.get(f"/cartes/bassins/{bassin.pk}/fond.geojson").content)
    assert commune.pk in {element["id"] for element in fond["features"]}
    assert bassin in voisins_avant


def test_les_voisins_d_un_bassin_suivent_meme_sans_changer_de_cadre(client: Client) -> None:
    """Every commune of a neighbour goes elsewhere but one: they no longer touch."""
    page = client.get("/cartes/bassins/2808/")
    voisin = page.context["voisins"][0]
    lointain = Bassin.objects.actifs().exclude(pk__in=["2808", *(b.pk for b in page.context["voisins"])])[0]
    limitrophes = [c for c in Commune.objects.du_bassin(voisin.pk) if "2808" in _codes(mouvements.bassins_voisins(c))]
    for commune in limitrophes:
        mouvements.rattacher(commune, lointain, timezone.localdate(), "motif")
    apres = _codes(client.get("/cartes/bassins/2808/").context["voisins"])
    assert voisin.pk not in apres
    assert lointain.pk in apres


def _codes(bassins: Iterable[Bassin]) -> set[str]:
    return {bassin.pk for bassin in bassins}
