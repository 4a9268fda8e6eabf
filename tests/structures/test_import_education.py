"""Schools with an ULIS: both vintages of the directory, and Onisep's list."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from structures.imports.education import SOURCES, lire_annuaire, nature
from structures.imports.fiche import Fiche, FichierIllisible, HorsPerimetre
from structures.imports.moteur import importer
from structures.imports.sources import reconnaitre
from structures.models import Import, LigneImport, Structure
from tests.structures.fichiers_education import COLLEGE, ECOLE, ENTETES, LYCEE_PRO


def _importer(chemin: Path, *, essai: bool = False) -> Import:
    return importer(chemin, SOURCES["education-annuaire"], essai=essai)


@pytest.mark.parametrize("millesime", ["2023", "2026"])
def test_ecoles_colleges_lycees(
    petite_normandie: SimpleNamespace, annuaire: Callable[..., Path], millesime: str
) -> None:
    chemin = annuaire({}, ECOLE, LYCEE_PRO, millesime=millesime)
    assert reconnaitre(chemin).genre == "education-annuaire"
    journal = _importer(chemin)
    assert journal.compteurs["creees"] == 3
    assert not journal.lignes.filter(action__in=("rejetee", "remarque")).exists()
    college = Structure.objects.get(uai="0141234R")
    assert college.type_libelle == "Établissement scolaire avec ULIS (collège)"
    assert college.type_court == "ULIS collège"
    assert college.commune == petite_normandie.caen
    assert (college.adresse, college.code_postal) == ("12 rue de Bayeux", "14000")
    assert college.telephone == "02 31 00 00 00"
    assert college.site_web == "https://prevert.college.exemple.fr"
    assert college.siret == "19140000100019"
    assert college.source == Structure.Source.EDUCATION
    assert college.provenance["precision"]["source"] == "education"
    assert Structure.objects.get(uai="0270001E").precision == "ecole"
    assert Structure.objects.get(uai="0270001E").point_approche
    assert Structure.objects.get(uai="0500002F").precision_libelle == "lycée professionnel"
    # The second time, and in the other vintage, nothing changes.
    autre = "2026" if millesime == "2023" else "2023"
    for memes in (chemin, annuaire({}, ECOLE, LYCEE_PRO, millesime=autre, nom="autre.csv")):
        encore = _importer(memes)
        assert encore.compteurs["inchangees"] == 3
        assert encore.compteurs["creees"] + encore.compteurs["modifiees"] + encore.compteurs["disparues"] == 0


def test_pieges(petite_normandie: SimpleNamespace, annuaire: Callable[..., Path]) -> None:
    chemin = annuaire(
        {},
        {"Identifiant_de_l_etablissement": "0140002B", "ULIS": ""},
        {"Identifiant_de_l_etablissement": "0140003C", "ULIS": "0"},
        {"Identifiant_de_l_etablissement": "0140004D", "ULIS": "oui"},
        {"Identifiant_de_l_etablissement": "0140005E", "etat": "FERME"},
        {"Identifiant_de_l_etablissement": "0140006F", "etat": "A OUVRIR"},
        {"Identifiant_de_l_etablissement": "", "Nom_etablissement": "Sans numéro"},
        # The same establishment, said by the file to have several lines; then one that isn't said so.
        {"multi_uai": "1", "Type_etablissement": "Lycée"},
        {"Identifiant_de_l_etablissement": "0140007G", "Nom_etablissement": "Collège Deux"},
        {"Identifiant_de_l_etablissement": "0140007G", "Nom_etablissement": "Collège Deux"},
        # Elsewhere, and in the neighbour région whose département we hold.
        {"Identifiant_de_l_etablissement": "0750001U", "Code_commune": "75056", "Code_departement": "075"},
        {"Identifiant_de_l_etablissement": "0280001Z", "Code_commune": "28085", "Nom_commune": "Chartres"},
        # An old commune, and a commune that doesn't exist.
        {"Identifiant_de_l_etablissement": "0140008H", "Code_commune": "14281", "Nom_commune": "Hamars"},
        {"Identifiant_de_l_etablissement": "0140009J", "Code_commune": "14999", "Nom_commune": "Nulle-Part"},
        {"Identifiant_de_l_etablissement": "0140010K", "Type_etablissement": "Autre", "code_nature": "999"},
    )
    journal = _importer(chemin)
    assert journal.hors_perimetre == {
        "sans ULIS": 2, "pas encore ouvert": 1, "autre ligne du même établissement": 1,
    }  # fmt: skip
    assert journal.compteurs["hors_territoire"] == 2
    assert journal.compteurs["fermees"] == 1
    rejets = dict(journal.lignes.filter(action="rejetee").values_list("numero", "raison"))
    assert rejets[5] == "colonne ULIS illisible (« oui », 0 ou 1 attendu)"
    assert rejets[8] == "numéro UAI absent"
    assert "déjà lu à la ligne 10" in rejets[11]
    assert "commune inconnue" in rejets[15]
    assert len(rejets) == 4
    assert Structure.objects.get(uai="0140008H").commune == petite_normandie.le_hom
    remarque = journal.lignes.get(action="remarque")
    assert remarque.raison == "nature d’établissement inconnue (« Autre »)"
    assert Structure.objects.count() == 4


def test_coordonnees_dans_le_systeme_d_origine(
    petite_normandie: SimpleNamespace, annuaire: Callable[..., Path]
) -> None:
    """No degrees, Lambert 93 metres: the same place, to ten metres."""
    chemin = annuaire(
        {"latitude": "", "longitude": "", "position": "", "coordX_origine": "454251.1", "coordY_origine": "6902735.3"}
    )
    _importer(chemin)
    college = Structure.objects.get()
    assert not college.point_approche
    assert college.lat == pytest.approx(49.182, abs=0.01)
    assert college.lon == pytest.approx(-0.372, abs=0.01)


def test_une_ulis_qui_ferme_ou_disparait(petite_normandie: SimpleNamespace, annuaire: Callable[..., Path]) -> None:
    autre = {"Identifiant_de_l_etablissement": "0140002B", "Nom_etablissement": "Collège Deux"}
    _importer(annuaire({}, autre))
    journal = _importer(annuaire(autre))
    absente = journal.lignes.get(action=LigneImport.Action.DISPARUE)
    assert absente.structure is not None
    assert absente.structure.uai == "0141234R"
    assert absente.structure.fermee_le is None
    _importer(annuaire({}, {**autre, "etat": "FERME"}))
    assert Structure.objects.get(uai="0140002B").fermee_le is not None


def test_essai_n_ecrit_rien(petite_normandie: SimpleNamespace, annuaire: Callable[..., Path]) -> None:
    journal = _importer(annuaire({}), essai=True)
    assert journal.compteurs["creees"] == 1
    assert not Structure.objects.exists()


def test_la_structure_garde_ce_qu_elle_a_corrige(
    petite_normandie: SimpleNamespace, annuaire: Callable[..., Path]
) -> None:
    _importer(annuaire({}))
    college = Structure.objects.get()
    college.precision, college.nom = "lycee", "Cité scolaire Prévert"
    college.provenance |= {champ: {"source": "structure"} for champ in ("precision", "nom")}
    college.save()
    journal = _importer(annuaire({}))
    college.refresh_from_db()
    assert (college.precision, college.nom) == ("lycee", "Cité scolaire Prévert")
    assert journal.compteurs["ecarts"] == 1


@pytest.mark.parametrize(
    ("type_", "code", "libelle", "nom", "attendue"),
    [
        ("Ecole", "151", "ECOLE DE NIVEAU ELEMENTAIRE", "École Jean Jaurès", "ecole"),
        ("Collège", "340", "COLLEGE", "Collège Allain", "college"),
        ("Lycée", "302", "LYCEE ENSEIGNT GENERAL ET TECHNOLOGIQUE", "Lycée Malherbe", "lycee"),
        ("Lycée", "306", "LYCEE POLYVALENT", "Lycée Dumont", "lycee"),
        ("Lycée", "320", "LYCEE PROFESSIONNEL", "Lycée Victor Lépine", "lycee-professionnel"),
        ("Lycée", "", "", "LP Cassin", "lycee-professionnel"),
        ("EREA", "370", "ETABLISSEMENT REGIONAL D'ENSEIGNT ADAPTE", "EREA Vallée", "erea"),
        ("Médico-social", "390", "ETABLISSEMENT MEDICO-SOCIAL", "IME", ""),
    ],
)
def test_nature(type_: str, code: str, libelle: str, nom: str, attendue: str) -> None:
    assert nature(type_, code, libelle, nom) == attendue


def test_colonnes_absentes(tmp_path: Path) -> None:
    chemin = tmp_path / "a.csv"
    chemin.write_text("Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;ULIS\n", encoding="utf-8")
    with pytest.raises(FichierIllisible, match="etat, code_commune, nom_commune"):
        list(lire_annuaire(chemin))


def test_grand_fichier_en_memoire_bornee(tmp_path: Path) -> None:
    """70,000 lines as the national file: read as a stream."""
    tampon = io.StringIO()
    sortie = csv.DictWriter(tampon, ENTETES["2026"], delimiter=";", extrasaction="ignore")
    sortie.writerow(COLLEGE)
    ligne = tampon.getvalue()
    chemin = tmp_path / "national.csv"
    with chemin.open("w", encoding="utf-8-sig", newline="") as flux:
        csv.DictWriter(flux, ENTETES["2026"], delimiter=";").writeheader()
        for rang in range(70_000):
            flux.write(ligne.replace("0141234R", f"{rang:07d}K").replace(";1;", ";1;" if rang % 20 == 0 else ";0;", 1))
    tracemalloc.start()
    comptes = {Fiche: 0, HorsPerimetre: 0}
    for lue in lire_annuaire(chemin):
        comptes[type(lue)] += 1
    pointe = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert comptes == {Fiche: 3_500, HorsPerimetre: 66_500}
    assert pointe < 12 * 1024 * 1024


@pytest.mark.usefixtures("petite_normandie")
def test_commande_refuse_un_autre_fichier(tmp_path: Path) -> None:
    chemin = tmp_path / "finess.csv"
    chemin.write_bytes(b"finess;etalab;1690;2021-01-08\nstructureet;140002536\n")
    with pytest.raises(CommandError, match="cette commande attend : Annuaire de l’éducation"):
        call_command("importer_education", str(chemin))
