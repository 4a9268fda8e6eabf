"""Which sheets are proposed as duplicates, what is not, and what becomes of a proposal."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from socle.models import Travail
from socle.travaux import executer
from structures.doublons.detection import CHAMPS, Semblance, comparer, semblances, sujet
from structures.doublons.noms import memes, mots_du_nom, proches
from structures.doublons.registre import (
    DejaTranche,
    avertissement,
    distinguer,
    examiner,
    nombre_a_trancher,
    rechercher,
    reconsiderer,
    semblables,
    signaler,
)
from structures.doublons.travaux import demander_les_doublons, demander_si_besoin
from structures.models import DoublonPropose, Structure
from structures.referentiel import TYPE_DE_CATEGORIE

EVREUX = {"commune_id": "27229", "commune__nom": "Évreux", "lat": 49.0241, "lon": 1.1508}
BERNAY = {"commune_id": "27056", "commune__nom": "Bernay", "lat": 49.0886, "lon": 0.5983}


def un_sujet(pk: int, nom: str, type_: str = "esat", **autres: Any) -> Any:
    valeurs: dict[str, Any] = {
        "pk": pk, "nom": nom, "type": type_, "finess": None, "uai": None, "safir": None, "siret": "",
        "point_approche": False, "telephone": "", "courriel": "", "site_principal_id": None, "fictive": False,
        "precision": "", **EVREUX, **autres,
    }  # fmt: skip
    return sujet(tuple(valeurs[champ] for champ in CHAMPS))


def paire(un: tuple[Any, ...], autre: tuple[Any, ...], **autres: Any) -> Semblance | None:
    return comparer(un_sujet(1, *un), un_sujet(2, *autre, **autres))


@pytest.mark.parametrize(
    ("nom", "type_", "mots"),
    [
        ("ESAT « Les Papillons Blancs » de l’Eure", "esat", {"papillons", "blancs", "eure"}),
        ("S.A.V.S. d'Évreux", "savs", {"evreux"}),
        ("Mission Locale ST-LÔ", "mission-locale", {"saint", "lo"}),
        ("ENTREPRISE ADAPTEE APF EVREUX", "ea", {"apf", "evreux"}),
        ("Pôle emploi de Flers", "france-travail", {"flers"}),
        ("Collège Jean Moulin", "ulis", {"college", "jean", "moulin"}),
    ],
)
def test_les_mots_qui_comptent(nom: str, type_: str, mots: set[str]) -> None:
    assert mots_du_nom(nom, type_) == mots


def test_une_faute_de_frappe_se_pardonne_pas_un_numero() -> None:
    def m(nom: str) -> frozenset[str]:
        return mots_du_nom(nom, "esat")

    assert proches(m("ESAT les Papilons blancs"), m("Papillons Blancs"))
    assert memes(m("Papillonsblancs"), m("papillons blancs"))
    assert not proches(m("ESAT Atelier 1 du Cailly"), m("ESAT Atelier 2 du Cailly"))
    assert not proches(m("ESAT Rouen nord"), m("ESAT Rouen sud"))
    assert not memes(m("arc"), m("car"))


PROCHE = {"lat": 49.0244, "lon": 1.1509}
LOIN = {"lat": 49.0341, "lon": 1.1508}


@pytest.mark.parametrize(
    ("un", "autre", "autres", "raisons"),
    [
        # Same name, within 75 m; further but in the same commune.
        (("ESAT Les Tilleuls",), ("LES TILLEULS (ESAT)",), PROCHE, ("nom", "lieu")),
        (("ESAT Les Tilleuls",), ("esat tilleuls Évreux",), LOIN, ("nom", "commune")),
        (("ESAT d’Évreux",), ("ESAT Évreux",), LOIN, ("nom", "commune")),
        # Across a border of communes, 60 m apart.
        (("ESAT Les Tilleuls",), ("ESAT les tilleuls",), {**BERNAY, **PROCHE}, ("nom", "lieu")),
        (("ESAT Les Tilleuls",), ("ESAT Les Tileuls",), LOIN, ("nom-proche", "commune")),
        (("ESAT Les Tilleuls",), ("ESAT Les Tilleuls du Parc",), PROCHE, ("nom-inclus", "lieu")),
        (("Tilleuls", "autre"), ("ESAT Les Tilleuls",), PROCHE, ("nom", "lieu")),
        (("IMPro Tilleuls", "impro"), ("IME Tilleuls", "ime"), LOIN, ("nom", "commune")),
    ],
)  # fmt: skip
def test_ce_qui_est_propose(
    un: tuple[Any, ...], autre: tuple[Any, ...], autres: dict[str, Any], raisons: tuple[str, ...]
) -> None:
    trouvee = paire(un, autre, **autres)
    assert trouvee is not None
    assert trouvee.raisons == raisons


@pytest.mark.parametrize(
    ("un", "autre", "autres"),
    [
        # An ESAT and its SAVS, one name, one address.
        (("ESAT Les Tilleuls",), ("SAVS Les Tilleuls", "savs"), PROCHE),
        # The same name in another town.
        (("ESAT Les Tilleuls",), ("ESAT Les Tilleuls",), BERNAY),
        # Another name at the same address; a longer name elsewhere in town.
        (("ESAT Les Tilleuls",), ("ESAT Le Cailly",), PROCHE),
        (("ESAT Les Tilleuls",), ("ESAT Les Tilleuls du Parc",), LOIN),
        (("ESAT n° 1",), ("ESAT n° 2",), PROCHE),
        # A collège and a lycée.
        (("Jean Moulin", "ulis"), ("Jean Moulin", "ulis"), {"precision": "lycee", **PROCHE}),
        (("Tilleuls", "autre"), ("ESAT Les Tilleuls",), LOIN),
        # A sheet of the demonstration and a real one.
        (("ESAT Les Tilleuls",), ("ESAT Les Tilleuls",), {"fictive": True}),
        # Two sites of one structure.
        (("ESAT Les Tilleuls",), ("ESAT Les Tilleuls",), {"site_principal_id": 1}),
    ],
)  # fmt: skip
def test_ce_qui_ne_l_est_pas(un: tuple[Any, ...], autre: tuple[Any, ...], autres: dict[str, Any]) -> None:
    un_ = un_sujet(1, *un, **({"precision": "college"} if "precision" in autres else {}))
    assert comparer(un_, un_sujet(2, *autre, **autres)) is None


def test_un_siret_partage_n_est_pas_un_doublon_ailleurs() -> None:
    siege = un_sujet(1, "GEIQ BTP Normandie", "geiq", siret="39969770500032")
    antenne = un_sujet(2, "Antenne du Havre", "geiq", siret="39969770500032", **BERNAY)
    assert comparer(siege, antenne) is None
    meme_ville = un_sujet(3, "Antenne BTP", "geiq", siret="39969770500032", **LOIN)
    trouvee = comparer(siege, meme_ville)
    assert trouvee is not None
    assert "siret" in trouvee.raisons


def test_deux_numeros_officiels_demandent_davantage() -> None:
    """The register says two establishments: only the same place and the same name (or SIRET) is odd."""
    une = un_sujet(1, "EA APF", "ea", finess="270000107", siret="77568873203248")
    voisine = un_sujet(2, "EA Joliot-Curie APF", "ea", finess="140002536", siret="77568873203248", **PROCHE)
    loin = un_sujet(3, "EA APF", "ea", finess="140002544", **LOIN)
    assert comparer(une, voisine) is not None
    assert comparer(une, loin) is None


def test_les_blocs_trouvent_ce_que_la_comparaison_trouve() -> None:
    """Blocks only spare comparisons: nothing proposed two by two is missed."""
    from itertools import combinations

    noms = ["ESAT Les Tilleuls", "Tilleuls", "ESAT Tileuls", "ESAT d’Évreux", "Papillonsblancs", "Papillons blancs"]
    sujets = [
        un_sujet(rang, nom, **place)
        for rang, (nom, place) in enumerate((n, p) for n in noms for p in (PROCHE, LOIN, {**BERNAY, **PROCHE}))
    ]
    attendues = {(s.a, s.b) for un, autre in combinations(sujets, 2) if (s := comparer(un, autre))}
    trouvees = [(s.a, s.b) for s in semblances(sujets)]
    assert set(trouvees) == attendues
    assert len(trouvees) == len(set(trouvees))
    assert len(attendues) > 5


# --- the table ------------------------------------------------------------------------------------


def jumelles(scene: SimpleNamespace, nombre: int = 2, **champs: Any) -> list[Structure]:
    scene.doublon.delete()
    return [
        Structure.objects.create(nom="ESAT du Cailly", type="esat", commune=scene.commune, **champs)
        for _ in range(nombre)
    ]


def test_la_recherche_tient_la_table_a_jour(scene: SimpleNamespace) -> None:
    a, b = jumelles(scene)
    bilan = rechercher()
    assert (bilan.proposees, bilan.nouvelles) == (1, 1)
    propose = DoublonPropose.objects.get()
    assert (propose.a, propose.b, propose.raisons) == (a, b, ["nom", "commune"])
    # Twice: the same.
    assert rechercher().nouvelles == 0
    assert DoublonPropose.objects.get() == propose
    # No longer alike: no longer proposed.
    b.nom = "ESAT des Prés"
    b.save()
    assert rechercher().retirees == 1
    assert not DoublonPropose.objects.exists()


def test_distinctes_pour_toujours(scene: SimpleNamespace) -> None:
    a, b = jumelles(scene)
    rechercher()
    propose = DoublonPropose.objects.get()
    distinguer(propose, scene.personnes["coordination"], " deux agréments ")
    b.siret = a.siret = "77568873209716"
    a.save()
    b.save()
    rechercher()
    examiner(a)
    propose.refresh_from_db()
    assert (propose.etat, propose.motif) == ("distinct", "deux agréments")
    assert DoublonPropose.objects.count() == 1
    assert nombre_a_trancher(None) == 0
    with pytest.raises(DejaTranche):
        distinguer(propose, scene.personnes["coordination"], "encore")
    reconsiderer(propose)
    assert nombre_a_trancher([scene.pole.pk]) == 1
    with pytest.raises(DejaTranche):
        reconsiderer(propose)


def test_ce_qu_une_personne_signale_reste_propose(scene: SimpleNamespace) -> None:
    scene.doublon.delete()
    signaler(scene.structure_voisine, scene.structure)
    rechercher()
    examiner(scene.structure)
    propose = DoublonPropose.objects.get()
    assert (propose.a_id, propose.b_id) == tuple(sorted((scene.structure.pk, scene.structure_voisine.pk)))
    with pytest.raises(ValueError, match="deux structures"):
        signaler(scene.structure, scene.structure)


def test_une_structure_fermee_n_attend_plus_personne(scene: SimpleNamespace) -> None:
    _, b = jumelles(scene)
    rechercher()
    Structure.objects.filter(pk=b.pk).update(fermee_le="2026-01-01")
    assert nombre_a_trancher(None) == 0


def test_a_la_correction_l_avertissement_vient_aussitot(scene: SimpleNamespace) -> None:
    a, _ = jumelles(scene)
    membre, coordination = scene.personnes["membre"], scene.personnes["coordination"]
    assert avertissement(a, ["capacite"], coordination) == ""
    assert not DoublonPropose.objects.exists()
    assert "comparez les deux fiches" in avertissement(a, ["nom"], coordination)
    assert "la coordination de votre pôle en est avertie" in avertissement(a, ["nom"], membre)
    assert avertissement(scene.structure, ["nom"], coordination) == ""


def test_avant_d_ouvrir_une_fiche_on_montre_ses_semblables(
    scene: SimpleNamespace, django_assert_num_queries: Any
) -> None:
    a, b = jumelles(scene)
    nouvelle = Structure(nom="Cailly", type="esat", commune=scene.commune)
    nouvelle.preparer()
    with django_assert_num_queries(2):
        trouvees = semblables(nouvelle)
    assert [structure for structure, _ in trouvees] == [a, b]


def test_le_travail_cherche_et_dit_ou_il_en_est(scene: SimpleNamespace) -> None:
    jumelles(scene)
    travail = demander_les_doublons(scene.personnes["coordination"])
    assert demander_les_doublons(scene.personnes["coordination"]) == travail
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI
    assert travail.fait == travail.total == Structure.objects.ouvertes().count()
    assert "1\u00a0doublon possible" in travail.resultat["resume"]


def test_le_calendrier_ne_cherche_que_si_une_fiche_a_change(scene: SimpleNamespace) -> None:
    assert demander_si_besoin()
    travail = Travail.objects.get(genre="rechercher_doublons")
    executer(str(travail.pk))
    assert not demander_si_besoin()
    scene.structure.save()
    assert demander_si_besoin()


@pytest.mark.parametrize("nombre", [1, 12])
def test_examiner_une_fiche_ne_coute_pas_plus_avec_du_monde(
    scene: SimpleNamespace, nombre: int, django_assert_max_num_queries: Any
) -> None:
    fiches = jumelles(scene, nombre + 1)
    with django_assert_max_num_queries(12):
        assert len(examiner(fiches[0])) == nombre


def test_les_vraies_listes_donnent_peu_de_paires_et_de_bonnes(donnees_partagees: Path) -> None:
    """450 establishments of FINESS, 52 agencies, 21 GEIQ: a handful, each worth a look."""
    fiches: dict[int, str] = {}
    sujets = []

    def ajouter(nom: str, type_: str, commune: str, ville: str, lat: str = "", lon: str = "", **champs: Any) -> None:
        point = {"lat": float(lat), "lon": float(lon)} if lat else {"lat": None, "lon": None}
        fiches[len(fiches) + 1] = nom
        lieu = {"commune_id": commune, "commune__nom": ville, "point_approche": not lat}
        sujets.append(un_sujet(len(fiches), nom, type_, **{**lieu, **point, **champs}))

    for ligne in _lignes(donnees_partagees / "finess_esms_normandie_2021-01-08.csv"):
        if type_ := TYPE_DE_CATEGORIE.get(ligne["categorie"]):
            ajouter(
                ligne["nom"], type_, ligne["code_commune_derive"], ligne["nom_commune_derive"], ligne["latitude"],
                ligne["longitude"], finess=ligne["finess_et"], siret=ligne["siret"],
            )  # fmt: skip
    finess = len(fiches)
    for ligne in _lignes(donnees_partagees / "france_travail_normandie.csv"):
        ajouter(
            ligne["nom"], "france-travail", ligne["code_commune_derive"], ligne["ville"], ligne["latitude"],
            ligne["longitude"], safir=ligne["code_safir"],
        )  # fmt: skip
    for ligne in _lignes(donnees_partagees / "geiq_normandie.csv"):
        nom = ligne["nom"] if ligne["nature"] == "siege" else f"{ligne['nom_geiq']} {ligne['nom']}"
        ajouter(nom, "geiq", ligne["code_postal"], ligne["ville"], siret=ligne["siret"])
    paires = {frozenset((fiches[s.a], fiches[s.b])) for s in semblances(sujets)}
    assert finess == 450
    # One employer, one SIRET, one address, two numbers: worth a look.
    assert frozenset(("ENTREPRISE ADAPTEE APF EVREUX", "ENTREPRISE ADAPTEE J CURIE APF EVREUX")) in paires
    # Sites of one SIRET in several towns are not.
    assert not any("TRISOMIE" in nom for paire_ in paires for nom in paire_)
    assert 3 <= len(paires) <= 12, paires


def _lignes(chemin: Path) -> list[dict[str, str]]:
    with chemin.open(encoding="utf-8-sig", newline="") as fichier:
        return list(csv.DictReader(fichier))
