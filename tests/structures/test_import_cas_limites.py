"""What makes imports lose or mix things: runs that break, numbers in conflict, half-corrected places, late undoing."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from structures.doublons.fusion import fusionner
from structures.imports import annulation, moteur
from structures.imports.annulation import annuler
from structures.imports.fiche import Rejet
from structures.imports.moteur import importer
from structures.models import Import, LigneImport, Structure
from structures.operations import corriger
from structures.territoires.models import Commune
from tests.fabriques import un_utilisateur
from tests.structures.test_import_moteur import une_fiche, une_liste

FINESS, AUTRE_FINESS, UAI, AUTRE_UAI = "140002536", "270000102", "0140006F", "0140007G"


@pytest.fixture
def fichier(tmp_path: Path, petite_normandie: SimpleNamespace) -> Path:
    chemin = tmp_path / "liste.csv"
    chemin.write_text("x")
    return chemin


def annule(journal: Import) -> Import:
    """Undo it as the worker does."""
    Import.objects.filter(pk=journal.pk).update(etat=Import.Etat.ANNULATION)
    journal.refresh_from_db()
    return annuler(journal)


def test_un_lot_qui_casse_ne_compte_pas(fichier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lot that was rolled back is counted once, when the run is taken up again."""
    monkeypatch.setattr(moteur, "LOT", 2)
    liste = une_liste(*(une_fiche(rang, cle_source=f"A{rang}", nom=f"Mission {rang}") for rang in range(2, 8)))
    pointer, lots = moteur._pointer, []

    def casser(*recus: Any) -> Any:
        lots.append(recus)
        if len(lots) == 2:
            raise RuntimeError("panne")
        return pointer(*recus)

    monkeypatch.setattr(moteur, "_pointer", casser)
    with pytest.raises(RuntimeError):
        importer(fichier, liste, journal=Import(fichier="liste.csv"))
    journal = Import.objects.get()
    assert (journal.position, journal.compteurs["lues"], journal.compteurs["creees"]) == (2, 2, 2)
    journal = importer(fichier, liste, journal=journal)
    assert (journal.compteurs["lues"], journal.compteurs["creees"], Structure.objects.count()) == (6, 6, 6)


@pytest.mark.parametrize("lot", [1, 500])
def test_deux_finess_d_un_uai_sont_deux_structures(
    fichier: Path,
    monkeypatch: pytest.MonkeyPatch,
    lot: int,
) -> None:
    """Whatever the lots: the weaker number doesn't make one structure take the other's stronger one."""
    monkeypatch.setattr(moteur, "LOT", lot)
    liste = une_liste(une_fiche(2, finess=FINESS, uai=UAI, nom="Une"), une_fiche(3, finess=AUTRE_FINESS, uai=UAI))
    importer(fichier, liste)
    assert dict(Structure.objects.values_list("finess", "uai")) == {FINESS: UAI, AUTRE_FINESS: None}
    assert importer(fichier, liste).compteurs["inchangees"] == 2


@pytest.mark.parametrize("lot", [1, 500])
def test_la_premiere_ligne_d_une_structure_compte(
    fichier: Path,
    monkeypatch: pytest.MonkeyPatch,
    lot: int,
) -> None:
    """Two lines of one structure don't take turns at each import, whatever the lots."""
    monkeypatch.setattr(moteur, "LOT", lot)
    importer(fichier, une_liste(une_fiche(2, finess=FINESS, uai=UAI, nom="Une")))
    journal = importer(
        fichier, une_liste(une_fiche(2, finess=FINESS, uai=UAI, nom="Une"), une_fiche(3, uai=UAI, nom="Deux"))
    )
    assert (journal.compteurs["modifiees"], Structure.objects.get().nom) == (0, "Une")


def test_la_commune_corrigee_garde_son_point(fichier: Path) -> None:
    """A list may not put back the point, the postal code or the street of the town that a person left."""
    dite = une_fiche(finess=FINESS, code_postal="14000", lat=49.19, lon=-0.36)
    importer(fichier, une_liste(dite))
    structure = Structure.objects.get()
    corriger(structure, {"commune": Commune.objects.get(pk="27229"), "code_postal": "27000"}, un_utilisateur())
    journal = importer(fichier, une_liste(dite))
    structure.refresh_from_db()
    assert (structure.commune_id, structure.lat, structure.lon) == ("27229", 49.0201, 1.1426)
    assert journal.compteurs["ecarts"] == 1


def test_le_type_corrige_garde_sa_nature(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(uai=UAI, type="ulis")))
    structure = Structure.objects.get()
    corriger(structure, {"type": "ime"}, un_utilisateur())
    importer(fichier, une_liste(une_fiche(uai=UAI, type="ulis", precision="college")))
    structure.refresh_from_db()
    assert (structure.type, structure.precision) == ("ime", "")


def test_annuler_laisse_un_numero_repris_par_une_autre(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(finess=FINESS, uai=UAI, telephone="0231000000")))
    journal = importer(fichier, une_liste(une_fiche(finess=FINESS, uai=AUTRE_UAI, telephone="0231000001")))
    Structure.objects.create(nom="Lycée", type="autre", commune_id="14118", uai=UAI)
    annule(journal)
    structure = Structure.objects.get(finess=FINESS)
    assert (structure.uai, structure.telephone) == (AUTRE_UAI, "02 31 00 00 00")
    ligne = journal.lignes.get(action=LigneImport.Action.MODIFIEE)
    assert ligne.suite == LigneImport.Suite.GARDEE
    assert "UAI" in ligne.raison


def test_annuler_ne_rouvre_pas_une_fiche_fusionnee(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(finess=FINESS)))
    journal = importer(fichier, une_liste(une_fiche(finess=FINESS, fermee=True, fermee_le="2026-01-01")))
    gardee = Structure.objects.create(nom="Mission locale", type="mission-locale", commune_id="14118")
    fusionner(gardee, Structure.objects.get(finess=FINESS), None)
    assert annule(journal).etat == Import.Etat.ANNULE
    assert Structure.objects.get(fusionnee_dans=gardee).fermee_le is not None
    assert "fusionnée" in journal.lignes.get(action=LigneImport.Action.MODIFIEE).raison


@pytest.mark.parametrize("cle", ["finess", "cle_source"])
def test_une_ligne_rejetee_n_a_pas_disparu(fichier: Path, cle: str) -> None:
    """Its structure is in the file: proposing to close it would be false, rejected by the engine or the reader."""
    dites = [une_fiche(rang, nom=f"Mission {rang}", **{cle: n}) for rang, n in enumerate((FINESS, AUTRE_FINESS), 2)]
    partie = une_fiche(4, nom="Partie", cle_source="Z-9")
    importer(fichier, une_liste(*dites, partie, complet=True))
    encore = une_fiche(5, nom="Encore", cle_source="Z-8")
    sans_nom = une_fiche(2, nom=" ", **{cle: FINESS})
    journal = importer(fichier, une_liste(sans_nom, Rejet(3, "abîmée", AUTRE_FINESS), encore, complet=True))
    assert journal.compteurs["rejetees"] == 2
    assert [ligne.nom for ligne in journal.lignes.filter(action=LigneImport.Action.DISPARUE)] == ["Partie"]


def test_deux_annulations_a_la_fois_ne_se_prennent_pas_pour_des_changements(
    fichier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another worker has just given back is not « changed since »."""
    importer(fichier, une_liste(une_fiche(finess=FINESS, telephone="0231000000")))
    journal = importer(fichier, une_liste(une_fiche(finess=FINESS, telephone="0231000001")))
    battre, fois = annulation._battre, []

    def devance(lui: Import) -> None:
        fois.append(lui)
        if len(fois) == 1:
            annulation._annuler_lot(lui, list(lui.lignes.all()))
        battre(lui)

    monkeypatch.setattr(annulation, "_battre", devance)
    assert annule(journal).compteurs["annulation"] == {"rendues": 1, "laissees": 0}
    assert Structure.objects.get().telephone == "02 31 00 00 00"
