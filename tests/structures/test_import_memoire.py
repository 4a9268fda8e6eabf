"""The daily flow weighs hundreds of megabytes: memory must not grow with it."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from structures.imports import lecture_journalier
from structures.imports.fiche import Avancer, Fiche, Lue, Rejet, SourceImport
from structures.imports.moteur import importer
from structures.models import Structure
from tests.structures.conftest import ege


def _ecrire(chemin: Path, nombre: int, par_personne: int) -> Path:
    """A flow of `nombre` establishments, written by pieces; description of the legal person first or last."""
    with chemin.open("w", encoding="utf-8") as sortie:
        sortie.write('{"pmej": [')
        for debut in range(0, nombre, par_personne):
            eges = ",".join(
                json.dumps(ege(finess=f"14{rang:07d}")) for rang in range(debut, min(debut + par_personne, nombre))
            )
            virgule = "," if debut else ""
            infos = '"informationsGeneralesPMEJ": {"numFinessPm": "750719239"}'
            sortie.write(f'{virgule}{{{infos}, "ege": [{eges}]}}')
        sortie.write("]}")
    return chemin


def _pic(lues: Iterator[object]) -> tuple[int, int]:
    tracemalloc.start()
    nombre = sum(isinstance(lue, Fiche) for lue in lues)
    _, pic = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return nombre, pic


@pytest.mark.parametrize("par_personne", [4, 100_000], ids=["beaucoup de personnes", "une seule personne"])
def test_la_memoire_ne_grandit_pas(tmp_path: Path, par_personne: int) -> None:
    """Ten times the file, the same peak (within 20 %), whether in many legal persons or in a single one."""
    un, pic_un = _pic(lecture_journalier.lire(_ecrire(tmp_path / "un.json", 1_000, par_personne)))
    dix, pic_dix = _pic(lecture_journalier.lire(_ecrire(tmp_path / "dix.json", 10_000, par_personne)))
    assert (un, dix) == (1_000, 10_000)
    assert (tmp_path / "dix.json").stat().st_size > 5_000_000
    assert pic_dix < 1.2 * pic_un + 200_000, f"{pic_un} → {pic_dix} octets"


def _liste(nombre: int) -> SourceImport:
    """`nombre` lines never seen, one in ten broken: everything an import could be tempted to keep."""

    def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        for rang in range(1, nombre + 1):
            if rang % 10 == 0:
                yield Rejet(rang, "ligne cassée")
            else:
                yield Fiche(ligne=rang, nom=f"SAVS {rang}", type="savs", code_commune="14118", cle_source=str(rang))

    return SourceImport(
        genre="essai", libelle="Liste", source=Structure.Source.TABLEUR, lire=lire, liste="essai", complet=True
    )


def test_un_import_ne_garde_pas_les_lignes_en_memoire(petite_normandie: object, tmp_path: Path) -> None:
    """Five times the lines, the same peak: what was seen lies on disk, the journal goes with each lot."""
    fichier = tmp_path / "liste.csv"
    fichier.write_text("x")

    def pic(nombre: int) -> int:
        tracemalloc.start()
        journal = importer(fichier, _liste(nombre), essai=True)
        _, le_pic = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert journal.lignes.count() == nombre
        return le_pic

    pic(600)  # fills the caches, which have a bound
    un, cinq = pic(1_000), pic(5_000)
    assert cinq < 1.2 * un + 500_000, f"{un} → {cinq} octets"
