"""FINESS: both forms of the file give the same directory, and what is broken is said, not guessed."""

import gzip
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from structures.imports import annulation, conduite
from structures.imports.fiche import FichierIllisible
from structures.imports.finess import importer_finess
from structures.imports.mots import Mots
from structures.models import Import, Organisme, Structure
from structures.operations import confirmer, corriger
from structures.territoires.geometrie import distance_km
from tests.fabriques import un_utilisateur
from tests.structures.conftest import ege, ligne_historique, point

Ecrire = Callable[..., Path]
CAEN_L93 = (453008.2, 6905495.5)


def test_historique_place_et_nomme(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    journal = importer_finess(fichier_historique(ligne_historique(), point("140002536", *CAEN_L93)))
    structure = Structure.objects.select_related("commune__bassin", "organisme").get()
    assert journal.genre == "finess-historique"
    assert structure.finess == "140002536"
    assert structure.nom == "SESSAD (APF) – Caen"
    assert structure.provenance["nom"]["brut"] == "SESSAD (APF) - CAEN"
    assert structure.type == "sessad"
    assert structure.adresse == "5 rue Kail Probst"
    assert structure.telephone == "02 31 46 82 40"
    assert structure.bassin == petite_normandie.bassin
    assert structure.organisme is not None
    assert structure.organisme.finess_juridique == "750719239"
    assert not structure.point_approche
    assert distance_km(structure.lat or 0, structure.lon or 0, 49.201461, -0.389688) < 0.002
    assert structure.alerte_commune == ""
    assert Structure.history.filter(id=structure.pk).count() == 1


def test_utf8_et_latin1_donnent_le_meme_nom(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    ligne = ligne_historique(nom="SESSAD DÉPARTEMENTAL DE L'ÉVRE")
    importer_finess(fichier_historique(ligne))
    premier = Structure.objects.get().nom
    journal = importer_finess(fichier_historique(ligne, codage="utf-8"))
    assert journal.compteurs["inchangees"] == 1
    assert Structure.objects.get().nom == premier
    assert "Évre" in premier


def test_les_deux_formats_se_valent(
    petite_normandie: SimpleNamespace, fichier_historique: Ecrire, fichier_journalier: Ecrire
) -> None:
    importer_finess(fichier_historique(ligne_historique(), point("140002536", *CAEN_L93)))
    journal = importer_finess(fichier_journalier(ege()))
    assert journal.genre == "finess-journalier"
    assert journal.compteurs["inchangees"] == 1
    assert journal.compteurs["modifiees"] == 0
    assert not journal.lignes.filter(action="modifiee").exists()


def test_json_sans_casse_et_codes_objets(petite_normandie: SimpleNamespace, fichier_journalier: Ecrire) -> None:
    """Keys in any case, codes as {code, system}, texts as numbers, contact as a list."""
    brut = ege()
    tordu: dict[str, Any] = {
        "INFORMATIONSGENERALESEGE": {"NumFinessEGE": "140002536", "nomegelong": "SESSAD (APF) - CAEN"},
        "EtatObjet": {"code": "A", "system": "https://exemple.test/etat"},
        "categorieEntiteGeographiqueExercice": {"code": "182", "system": "https://exemple.test/categorie"},
        "SIRET": "77568873209716",
        "Adresse": {k.upper(): v for k, v in brut["adresse"][0].items()},
        "contact": [
            {"typeContact": {"roleContact": "x"}, "telecom": {"telephone": "0231468240", "courriel": "a@b.fr"}}
        ],
    }
    tordu["Adresse"]["COORDONNEESGEOGRAPHIQUE"] = {"CoordonneeX": "453008.2", "CoordonneeY": "6905495,5"}
    importer_finess(fichier_journalier(tordu, nom="simple.json"))
    structure = Structure.objects.get()
    assert (structure.type, structure.siret, structure.courriel) == ("sessad", "77568873209716", "a@b.fr")
    assert structure.telephone == "02 31 46 82 40"
    assert not structure.point_approche


@pytest.mark.parametrize(
    ("x", "y"),
    [(453008.2, 6905495.5), (6905495.5, 453008.2), (-0.389688, 49.201461), (49.201461, -0.389688)],
    ids=["lambert 93", "lambert 93 inversé", "WGS84", "WGS84 inversé"],
)
def test_coordonnees_reconnues_a_leur_grandeur(
    petite_normandie: SimpleNamespace, fichier_journalier: Ecrire, x: float, y: float
) -> None:
    importer_finess(fichier_journalier(ege(x=x, y=y)))
    structure = Structure.objects.get()
    assert distance_km(structure.lat or 0, structure.lon or 0, 49.201461, -0.389688) < 0.002


@pytest.mark.parametrize(("x", "y"), [(2.3522, 48.8566), (0, 0), (999, 999), (None, None), ("", "n.c.")])
def test_coordonnees_ailleurs_la_commune_est_preferee(
    petite_normandie: SimpleNamespace, fichier_journalier: Ecrire, x: Any, y: Any
) -> None:
    """A point in Paris, or no point: the centre of the commune, and the sheet says it."""
    importer_finess(fichier_journalier(ege(x=x, y=y)))
    structure = Structure.objects.get()
    assert (structure.lat, structure.lon) == (petite_normandie.caen.lat, petite_normandie.caen.lon)
    assert structure.point_approche


def test_un_fichier_sans_point_ne_degrade_pas(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """cs1100502 has no geolocation, the historic form no e-mail: what they don't say erases nothing."""
    importer_finess(fichier_historique(ligne_historique(), point("140002536", *CAEN_L93)))
    Structure.objects.update(courriel="accueil@exemple.test")
    journal = importer_finess(fichier_historique(ligne_historique(), nom="cs1100502.csv"))
    structure = Structure.objects.get()
    assert journal.compteurs["inchangees"] == 1
    assert not structure.point_approche
    assert structure.courriel == "accueil@exemple.test"


def test_une_ligne_cassee_est_rejetee_les_autres_restent(
    petite_normandie: SimpleNamespace, fichier_historique: Ecrire
) -> None:
    bonne, casse = ligne_historique(), ligne_historique(finess="140000002")[:60]
    journal = importer_finess(
        fichier_historique(
            bonne,
            casse,
            ligne_historique(finess="14000"),
            ligne_historique(finess="140000004", commune="999"),
            ligne_historique(finess="140000005", nom=""),
            ligne_historique(),
            "charabia;x",
            ligne_historique(finess="140000008", categorie="355"),
        )
    )
    assert Structure.objects.count() == 1
    raisons = {ligne.numero: ligne.raison for ligne in journal.lignes.filter(action="rejetee")}
    assert set(raisons) == {3, 4, 5, 6, 7, 8}
    assert "champs au lieu de 32" in raisons[3]
    assert "FINESS mal formé" in raisons[4]
    assert "commune inconnue (code Insee «\u00a014999\u00a0», CAEN)" in raisons[5]
    assert "nom absent" in raisons[6]
    assert "déjà lu à la ligne 2" in raisons[7]
    assert "genre inconnu" in raisons[8]
    assert journal.compteurs["hors_perimetre"] == 1
    assert journal.compteurs["rejetees"] == 6


def test_json_un_etablissement_casse(petite_normandie: SimpleNamespace, fichier_journalier: Ecrire) -> None:
    sans_adresse = {**ege(finess="140000002"), "adresse": []}
    journal = importer_finess(
        fichier_journalier(ege(), "pas un objet", sans_adresse, ege(finess="140000004", etat="?"))
    )
    assert Structure.objects.count() == 1
    raisons = {ligne.numero: ligne.raison for ligne in journal.lignes.filter(action="rejetee")}
    assert "objet JSON" in raisons[2]
    assert "commune absente" in raisons[3]
    assert "état inconnu" in raisons[4]


def test_json_interrompu_garde_ce_qui_precede(
    petite_normandie: SimpleNamespace, fichier_journalier: Ecrire, tmp_path: Path
) -> None:
    """A download cut halfway: the first establishments are in, the journal says where it broke."""
    entier = fichier_journalier(ege(), ege(finess="140000002"), nom="entier.json").read_bytes()
    coupe = tmp_path / "coupe.json"
    coupe.write_bytes(entier[: entier.rindex(b"140000002")])
    journal = importer_finess(coupe)
    assert Structure.objects.count() == 1
    assert journal.etat == Import.Etat.ECHOUE
    assert "après l’établissement n° 1" in journal.erreur
    # Nothing is said to have disappeared when the end of the file is not known.
    assert journal.compteurs["disparues"] == 0
    # What it wrote can be undone, as for a whole file.
    assert conduite.dernier_applique(journal)
    conduite.demander_annulation(journal, un_utilisateur())
    annulation.annuler(Import.objects.get(pk=journal.pk))
    assert not Structure.objects.exists()


def test_gz_abime(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    chemin = tmp_path / "abime.json.gz"
    chemin.write_bytes(gzip.compress(b'{"pmej": [' + b" " * 100_000)[:60])
    with pytest.raises(FichierIllisible):
        importer_finess(chemin)
    assert Import.objects.get().etat == Import.Etat.ECHOUE


@pytest.mark.parametrize("contenu", [b"", b"nom;ville\nIME;Caen\n", b"\x00\x01\x02", b"<html></html>"])
def test_un_autre_fichier_est_refuse(petite_normandie: SimpleNamespace, tmp_path: Path, contenu: bytes) -> None:
    chemin = tmp_path / "autre.csv"
    chemin.write_bytes(contenu)
    with pytest.raises(FichierIllisible, match="ni l’extraction historique"):
        importer_finess(chemin)


def test_json_sans_etablissement(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    chemin = tmp_path / "vide.json"
    chemin.write_text('{"autre": []}')
    with pytest.raises(FichierIllisible, match="aucun établissement"):
        importer_finess(chemin)


def test_relancer_ne_change_rien(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    fichier = fichier_historique(ligne_historique(), point("140002536", *CAEN_L93))
    importer_finess(fichier)
    avant = Structure.objects.values().get()
    journal = importer_finess(fichier)
    assert journal.compteurs["inchangees"] == 1
    assert Structure.objects.values().get() == avant
    assert Structure.history.count() == 1
    assert Organisme.objects.count() == 1


def test_essai_n_ecrit_rien(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    journal = importer_finess(fichier_historique(ligne_historique()), essai=True)
    assert journal.compteurs["creees"] == 1
    assert not Structure.objects.exists()
    assert not Organisme.objects.exists()


def test_modifications_champ_par_champ(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    importer_finess(fichier_historique(ligne_historique(), point("140002536", *CAEN_L93)))
    journal = importer_finess(
        fichier_historique(
            ligne_historique(tel="0231000000", nom="SESSAD APF"), point("140002536", 453108.2, 6905495.5)
        )
    )
    modification = journal.lignes.get(action="modifiee")
    champs = {nom: (avant, apres) for nom, avant, apres in Mots([modification]).champs(modification)}
    assert champs["téléphone"] == ("02 31 46 82 40", "02 31 00 00 00")
    assert champs["nom"] == ("SESSAD (APF) – Caen", "SESSAD APF")
    assert "position" in champs
    assert Structure.objects.get().nom_recherche == "sessad apf"
    assert Structure.history.count() == 2


def test_ce_que_la_structure_a_corrige_reste(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """The difference is in the journal; the structure's word stays."""
    importer_finess(fichier_historique(ligne_historique(), point("140002536", *CAEN_L93)))
    structure = Structure.objects.get()
    corriger(structure, {"telephone": "02 31 99 99 99", "adresse": "7 rue Neuve"}, un_utilisateur())
    journal = importer_finess(fichier_historique(ligne_historique(siret=""), point("140002536", 453508.2, 6905495.5)))
    structure.refresh_from_db()
    assert (structure.telephone, structure.adresse) == ("02 31 99 99 99", "7 rue Neuve")
    assert journal.compteurs["inchangees"] == 1
    ecart = journal.lignes.get(action="ecart")
    assert {nom for nom, _, _ in Mots([ecart]).champs(ecart)} == {"téléphone", "adresse", "position"}


def test_saisie_jamais_remplacee(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """A structure typed in the portal: the file fills what is empty and replaces nothing."""
    Structure.objects.create(nom="Notre SESSAD", type="sessad", finess="140002536", commune=petite_normandie.caen)
    journal = importer_finess(fichier_historique(ligne_historique()))
    structure = Structure.objects.get()
    assert structure.nom == "Notre SESSAD"
    assert structure.telephone == "02 31 46 82 40"
    assert journal.compteurs["modifiees"] == 1
    assert journal.compteurs["ecarts"] == 1


def test_disparues_signalees_jamais_fermees(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    importer_finess(fichier_historique(ligne_historique(), ligne_historique(finess="140000002", nom="SAVS")))
    Structure.objects.create(nom="Mission locale", type="mission-locale", commune=petite_normandie.caen)
    journal = importer_finess(fichier_historique(ligne_historique()))
    assert [d.numero_cle for d in journal.lignes.filter(action="disparue")] == ["140000002"]
    assert Structure.objects.ouvertes().count() == 3


def test_fermeture_dans_le_flux(petite_normandie: SimpleNamespace, fichier_journalier: Ecrire) -> None:
    importer_finess(fichier_journalier(ege()))
    ferme = {**ege(etat="F"), "dateFermeture": "2026-03-31"}
    importer_finess(fichier_journalier(ferme))
    assert str(Structure.objects.get().fermee_le) == "2026-03-31"
    # Closed in the file and unknown here: nothing to keep.
    journal = importer_finess(fichier_journalier(ferme, ege(finess="140000002", etat="F")))
    assert Structure.objects.count() == 1
    assert journal.compteurs["fermees"] == 1
    assert journal.compteurs["modifiees"] == 0


def test_ancien_code_de_commune(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    importer_finess(fichier_historique(ligne_historique(commune="281", acheminement="14220 HAMARS")))
    structure = Structure.objects.get()
    assert structure.commune == petite_normandie.le_hom
    assert structure.alerte_commune == ""


def test_hors_territoire(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """Another département than ours, or a neighbour commune of no bassin: counted apart, not rejected."""
    journal = importer_finess(
        fichier_historique(
            ligne_historique(finess="750000001", dep="75", commune="101", acheminement="75001 PARIS"),
            ligne_historique(finess="280000001", dep="28", commune="085", acheminement="28000 CHARTRES"),
            ligne_historique(finess="970000001", dep="9D", commune="408", acheminement="97419 LA POSSESSION"),
        )
    )
    assert not Structure.objects.exists()
    assert journal.compteurs["hors_territoire"] == 3
    assert journal.compteurs["departements"] == {"75": 1, "28": 1, "974": 1}
    assert journal.compteurs["rejetees"] == 0


@pytest.mark.parametrize(
    ("dep", "commune", "acheminement", "alerte"),
    [
        ("27", "234", "27000 EVREUX", True),
        ("27", "234", "27000 EVREUX CEDEX 9", True),
        ("27", "234", "27930 FAUVILLE", False),
        ("27", "229", "27000 EVREUX CEDEX", False),
        ("50", "502", "50000 ST LO CEDE", False),
        ("14", "689", "14220 LE HOM", False),
        ("14", "689", "14220 THURY HARCOURT", False),
        ("14", "689", "14210 HAMARS", False),
        ("27", "234", "14000 CAEN", False),
        ("14", "118", "14000", False),
    ],
)
def test_alerte_quand_la_ville_est_une_autre_commune(
    petite_normandie: SimpleNamespace,
    fichier_historique: Ecrire,
    dep: str,
    commune: str,
    acheminement: str,
    alerte: bool,
) -> None:
    """Lost accents, ST, CEDEX, cut or old names say nothing; another commune of the département does."""
    importer_finess(fichier_historique(ligne_historique(dep=dep, commune=commune, acheminement=acheminement)))
    assert bool(Structure.objects.get().alerte_commune) is alerte


def test_l_alerte_confirmee_ne_revient_pas(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    fichier = fichier_historique(ligne_historique(dep="27", commune="234", acheminement="27000 EVREUX"))
    importer_finess(fichier)
    structure = Structure.objects.get()
    confirmer(structure, un_utilisateur())
    journal = importer_finess(fichier)
    structure.refresh_from_db()
    assert structure.alerte_commune == ""
    assert journal.compteurs["inchangees"] == 1
    assert not journal.lignes.filter(action="ecart").exists()


def test_champ_mal_forme_laisse_de_cote_et_dit(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    journal = importer_finess(fichier_historique(ligne_historique(siret="123", acheminement="CAEN")))
    assert Structure.objects.get().siret == ""
    assert "SIRET mal formé" in journal.lignes.get(action="remarque").raison


def test_siret_partage(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """Several establishments share a SIRET: the FINESS number is the key."""
    importer_finess(fichier_historique(ligne_historique(), ligne_historique(finess="140000002")))
    assert Structure.objects.count() == 2


def test_nom_de_l_organisme_quand_le_flux_le_donne(
    petite_normandie: SimpleNamespace, fichier_historique: Ecrire, fichier_journalier: Ecrire
) -> None:
    importer_finess(fichier_historique(ligne_historique()))
    assert Organisme.objects.get().nom == "Entité juridique FINESS 750719239"
    infos = {"numFinessPm": "750719239", "denominationPM": "APF FRANCE HANDICAP", "siren": "775688732"}
    importer_finess(fichier_journalier(ege(), infos=infos))
    assert Organisme.objects.get().nom == "APF France Handicap"


def test_plus_d_un_lot(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    """Progress between the lots, and the same result as in one."""
    lignes = [ligne_historique(finess=f"14{rang:07d}") for rang in range(1, 1202)]
    dits: list[tuple[int, int, str]] = []
    journal = importer_finess(fichier_historique(*lignes), progres=lambda *d: dits.append(d))
    assert Structure.objects.count() == 1201
    assert journal.compteurs["creees"] == 1201
    assert len(dits) == 4
    assert dits[-1][0] == dits[-1][1]


def test_commande(petite_normandie: SimpleNamespace, fichier_historique: Ecrire) -> None:
    sortie = StringIO()
    fichier = fichier_historique(ligne_historique(), ligne_historique(finess="x"))
    call_command("importer_finess", str(fichier), stdout=sortie)
    assert "1 importées\u00a0: 1 créées, 0 modifiées, 0 inchangées" in sortie.getvalue()
    assert "ligne 3 rejetée" in sortie.getvalue()
    with pytest.raises(CommandError, match="Impossible d’ouvrir"):
        call_command("importer_finess", "/nulle/part.csv", stdout=sortie)


def test_sans_communes(db: None, fichier_historique: Ecrire) -> None:
    with pytest.raises(FichierIllisible, match="charger_territoires"):
        importer_finess(fichier_historique(ligne_historique()))


@pytest.mark.parametrize("debut", [b"finess;etalab;\n", b'{"pmej": [{"ege": ["'])
def test_une_bombe_gzip_s_arrete(petite_normandie: SimpleNamespace, tmp_path: Path, debut: bytes) -> None:
    """A hundred kilobytes that hold a hundred megabytes: refused, and memory stays the same."""
    chemin = tmp_path / "bombe.gz"
    with gzip.open(chemin, "wb") as sortie:
        sortie.write(debut)
        for _ in range(100):
            sortie.write(b"0" * 1_048_576)
    with pytest.raises(FichierIllisible, match="bien au-delà"):
        importer_finess(chemin)


def test_une_ligne_sans_fin(petite_normandie: SimpleNamespace, tmp_path: Path) -> None:
    chemin = tmp_path / "sans-fin.csv"
    chemin.write_bytes(b"finess;etalab;\nstructureet;" + b"x" * 200_000)
    with pytest.raises(FichierIllisible, match="ligne 2 ne finit pas"):
        importer_finess(chemin)


def test_ni_caractere_nul_ni_moitie_de_caractere(
    petite_normandie: SimpleNamespace, fichier_historique: Ecrire, fichier_journalier: Ecrire
) -> None:
    """JSON and bytes can hold them, PostgreSQL and UTF-8 can't."""
    importer_finess(fichier_historique(ligne_historique(nom="IME\x00 LES PINS")))
    importer_finess(fichier_journalier(ege(finess="140000002", nom="IME\x00 LES\ud800 PINS")))
    noms = list(Structure.objects.values_list("nom", flat=True))
    assert len(noms) == 2
    assert all("\x00" not in nom and nom.encode() for nom in noms)
