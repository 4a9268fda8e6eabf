"""The official composition of the employment zones."""

import csv
import json
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
import shapely
from django.core.management import CommandError, call_command

from structures.territoires import chargement, contours
from structures.territoires.models import Bassin, Commune, Pole

pytestmark = pytest.mark.usefixtures("normandie")

ENTETE = "code_commune,nom_commune,code_ze,nom_ze,dep"


def _importer(fichier: Path, *options: str) -> str:
    sortie = StringIO()
    call_command("importer_zones_emploi", str(fichier), *options, stdout=sortie)
    return sortie.getvalue()


def _ecrire(dossier: Path, *lignes: str, entete: str = ENTETE) -> Path:
    chemin = dossier / "zones.csv"
    chemin.write_text("\n".join((entete, *lignes)) + "\n", encoding="utf-8")
    return chemin


def test_import_officiel(donnees_partagees: Path) -> None:
    fichier = donnees_partagees / "ze2020_normandie.csv"
    sortie = _importer(fichier)
    assert "3199 lignes lues, 0 rejetées" in sortie
    assert "zones : 1 créées, 23 modifiées, 0 inchangées" in sortie
    assert Bassin.objects.actifs().count() == Bassin.objects.normands().count() == 24
    with fichier.open(encoding="utf-8", newline="") as flux:
        attendu = {ligne["code_commune"]: ligne["code_ze"] for ligne in csv.DictReader(flux)}
    place = dict(Commune.objects.filter(bassin__isnull=False).values_list("code", "bassin_id"))
    assert place == attendu
    assert len(place) == 3199
    assert set(Bassin.objects.actifs().values_list("origine", flat=True)) == {"zone-emploi"}


def test_import_officiel_idempotent_et_conserve_au_rechargement(donnees_partagees: Path) -> None:
    fichier = donnees_partagees / "ze2020_normandie.csv"
    _importer(fichier)
    sortie = _importer(fichier)
    assert "zones : 0 créées, 0 modifiées, 24 inchangées" in sortie
    assert "0 modifiées, 3199 inchangées" in sortie
    rechargement = StringIO()
    call_command("charger_territoires", stdout=rechargement)
    assert "24 bassins, 3199 communes placées" in rechargement.getvalue()
    retour = StringIO()
    call_command("charger_territoires", "--regroupement-epci", stdout=retour)
    assert "23 bassins, 2644 communes placées" in retour.getvalue()
    assert not Bassin.objects.get(pk="0054").actif


def test_contours_officiels_pres_de_la_reference(donnees_partagees: Path) -> None:
    _importer(donnees_partagees / "ze2020_normandie.csv")
    reference = json.loads((donnees_partagees / "ze2020_normandie_light.geojson").read_text(encoding="utf-8"))
    assert len(reference["features"]) == 24
    traces = []
    for element in reference["features"]:
        code = element["properties"]["code_ze"]
        attendu = shapely.make_valid(shapely.from_geojson(json.dumps(element["geometry"])))
        calcule = contours.depuis_geojson(Bassin.objects.get(pk=code).contour or "")
        commun = shapely.intersection(attendu, calcule).area / shapely.union(attendu, calcule).area
        assert commun > 0.95, (code, commun)
        traces.append(calcule)
    assert contours.couverture_valide(traces)


@pytest.mark.parametrize("nombres", [False, True], ids=["codes-texte", "codes-nombres"])
def test_classeur_de_l_insee(donnees_partagees: Path, tmp_path: Path, nombres: bool) -> None:
    """Two sheets, five title rows; the communes' sheet names no zone; codes may have lost their zeros."""
    with (donnees_partagees / "ze2020_normandie.csv").open(encoding="utf-8", newline="") as flux:
        lignes = list(csv.DictReader(flux))
    classeur = openpyxl.Workbook()
    zones = classeur.active
    assert zones is not None
    communes = classeur.create_sheet("Composition_communale")
    for feuille in (zones, communes):
        for _ in range(5):
            feuille.append(["Zones d’emploi 2020"])
    zones.append(["ZE2020", "LIBZE2020", "NB_COM"])
    communes.append(["CODGEO", "LIBGEO", "ZE2020", "DEP", "REG"])
    for code, nom in sorted({(ligne["code_ze"], ligne["nom_ze"]) for ligne in lignes}):
        zones.append([int(code) if nombres else code, nom, 1])
    for ligne in lignes:
        code, zone = ligne["code_commune"], ligne["code_ze"]
        valeurs = [int(code), int(zone)] if nombres else [code, zone]
        communes.append([valeurs[0], ligne["nom_commune"], valeurs[1], ligne["dep"], "28"])
    chemin = tmp_path / "ZE2020.xlsx"
    classeur.save(chemin)
    sortie = _importer(chemin)
    assert "3199 lignes lues, 0 rejetées" in sortie
    assert "3199 placées" in sortie
    assert Bassin.objects.get(pk="0057").nom == "Dreux"
    assert Bassin.objects.actifs().count() == 24


def test_lignes_fautives_rejetees_le_reste_garde(tmp_path: Path) -> None:
    fichier = _ecrire(
        tmp_path,
        "27229,Évreux,2815,Rouen,27",
        "27999,Nulle-Part,2815,Rouen,27",
        "2722,Tronqué,2815,Rouen,27",
        "27056,Bernay,57,Dreux,27",
        "27229,Évreux,2803,Bernay,27",
        "",
        "27701,Val-de-Reuil",
        "13055,Marseille,9312,Marseille,13",
        "50129,Cherbourg-en-Cotentin,2805,Cherbourg-en-Cotentin,50",
    )
    sortie = _importer(fichier, "--partiel")
    assert "8 lignes lues, 5 rejetées" in sortie
    assert "ligne 3 rejetée : commune inconnue : 27999" in sortie
    assert "ligne 4 rejetée : code de commune illisible : « 2722 »" in sortie
    assert "ligne 5 rejetée : code de zone illisible : « 57 »" in sortie
    assert "ligne 6 rejetée : commune 27229 déjà placée dans la zone 2815, et ici dans 2803" in sortie
    assert "ligne 8 rejetée : code de zone illisible" in sortie
    assert "hors des zones de la région : 1 communes" in sortie
    assert Commune.objects.get(pk="27229").bassin_id == "2815"
    assert Commune.objects.get(pk="50129").bassin_id == "2805"
    # Rejected lines guess nothing: these communes stay where they were.
    assert Commune.objects.get(pk="27056").bassin_id == "2803"
    assert Commune.objects.filter(bassin__isnull=False).count() == 2644


def test_autre_forme_point_virgule_latin1_et_ancien_code(tmp_path: Path) -> None:
    chemin = tmp_path / "zones.csv"
    texte = (
        "CODGEO;LIBGEO;ZE2020;LIBZE2020;DEP;REG\n14051;Beaufour;2814;Lisieux;14;28\n27229;Évreux;2808;Évreux;27;28\n"
    )
    chemin.write_bytes(texte.encode("iso-8859-1"))
    sortie = _importer(chemin, "--partiel")
    assert "ancien code 14051 : placé avec la commune actuelle 14231" in sortie
    assert Commune.objects.get(pk="14231").bassin_id == "2814"
    assert Bassin.objects.get(pk="2808").nom == "Évreux"


def test_code_actuel_prime_sur_l_ancien(tmp_path: Path) -> None:
    fichier = _ecrire(tmp_path, "14051,Beaufour,2804,Caen,14", "14231,Beaufour-Druval,2814,Lisieux,14")
    sortie = _importer(fichier, "--partiel")
    assert Commune.objects.get(pk="14231").bassin_id == "2814"
    assert "ligne 2 rejetée : commune 14231 déjà placée dans la zone 2814" in sortie


def test_essai_n_ecrit_rien(tmp_path: Path) -> None:
    fichier = _ecrire(tmp_path, "27229,Évreux,9999,Zone neuve,27")
    sortie = _importer(fichier, "--partiel", "--essai")
    assert "rien n’a été écrit" in sortie
    assert "zones : 1 créées" in sortie
    assert Commune.objects.get(pk="27229").bassin_id == "2808"
    assert not Bassin.objects.filter(pk="9999").exists()


def test_fichier_partiel_refuse_par_defaut(tmp_path: Path) -> None:
    fichier = _ecrire(tmp_path, "27229,Évreux,2815,Rouen,27")
    with pytest.raises(CommandError, match="ne place que 1 des 2644 communes"):
        _importer(fichier)
    assert Commune.objects.get(pk="27229").bassin_id == "2808"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"a,b,c\n1,2,3\n", "colonnes attendues absentes"),
        (b"", "colonnes attendues absentes"),
        (b"PK\x03\x04 faux classeur", "classeur"),
    ],
)
def test_fichier_illisible(tmp_path: Path, octets: bytes, message: str) -> None:
    chemin = tmp_path / "zones.xlsx"
    chemin.write_bytes(octets)
    with pytest.raises(CommandError, match=message):
        _importer(chemin)


def test_fichier_absent(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="introuvable"):
        _importer(tmp_path / "rien.csv")


def test_bassin_vide_retire_sans_casser_ce_qui_le_nomme(tmp_path: Path) -> None:
    """Every commune of Vire goes to Flers: the bassin is out of force, the pôle that names it stays."""
    vire = Bassin.objects.get(pk="2818")
    pole = Pole.objects.create(nom="Pôle du Bocage")
    pole.bassins.add(vire)
    fichier = _ecrire(tmp_path, *(f"{c.code},x,2809,Flers,14" for c in vire.communes.all()))
    sortie = _importer(fichier, "--partiel")
    assert "bassins retirés : 2818" in sortie
    vire.refresh_from_db()
    assert not vire.actif
    assert vire.contour is None
    assert list(pole.bassins.all()) == [vire]
    assert b'"id":"2818"' not in Bassin.objects.actifs().en_geojson()
    chargement.regrouper_par_epci()
    vire.refresh_from_db()
    assert vire.actif
    assert vire.communes.exists()


def test_commune_absente_du_fichier_complet_perd_son_bassin(tmp_path: Path) -> None:
    lignes = [
        f"{code},x,{bassin},Zone,00"
        for code, bassin in Commune.objects.de_la_region().values_list("code", "bassin_id")
    ]
    fichier = _ecrire(tmp_path, *(ligne for ligne in lignes if not ligne.startswith("27229,")))
    sortie = _importer(fichier)
    assert "communes de la région sans zone (1) : 27229" in sortie
    assert Commune.objects.get(pk="27229").bassin_id is None
