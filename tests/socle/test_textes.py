"""Small pieces of the ground: masking, search text, typography, files."""

import errno
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from socle import fichiers
from socle.recherche import normaliser
from socle.secret_statistique import masquer, masquer_ventilation
from socle.templatetags import typographie


@pytest.mark.parametrize(
    ("effectif", "attendu"),
    [(None, "—"), (0, "0"), (1, "moins de 5"), (4, "moins de 5"), (5, "5"), (1250, "1\u00a0250")],
)
def test_masquer(effectif: int | None, attendu: str) -> None:
    assert masquer(effectif) == attendu


def test_un_seul_chiffre_masque_ne_se_retrouve_pas_par_soustraction() -> None:
    assert masquer_ventilation({"27": 3, "50": 12, "14": 40}) == {"27": "moins de 5", "50": "masqué", "14": "40"}
    assert masquer_ventilation({"27": 3, "50": 2, "14": 40})["14"] == "40"
    assert masquer_ventilation({"27": 0, "50": 12})["27"] == "0"


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("L’Œuvre d’Évreux", "l oeuvre d evreux"),
        ("Saint-Lô  (50)", "saint lo 50"),
        ("ESAT « Le Rouloir »", "esat le rouloir"),
        ("", ""),
    ],
)
def test_normaliser(texte: str, attendu: str) -> None:
    assert normaliser(texte) == attendu


def test_typographie() -> None:
    assert typographie.jour(date(2026, 3, 1)) == "1er\u00a0mars 2026"
    assert typographie.jour(date(2026, 3, 3)) == "3\u00a0mars 2026"
    assert typographie.heure(datetime(2026, 3, 3, 13, 3, tzinfo=UTC)) == "14\u00a0h\u00a003"
    assert typographie.pluriel(1, "structure,structures") == "1\u00a0structure"
    assert typographie.pluriel(1250, "structure,structures") == "1\u00a0250\u00a0structures"
    assert typographie.pour_cent(61.6) == "62\u00a0%"
    assert typographie.nombre(2.5) == "2,5"


def test_disque_plein_l_ancien_fichier_reste_entier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cible = tmp_path / "document"
    fichiers.ecrire_atomique(cible, b"ancien")

    def disque_plein(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disque_plein)
    with pytest.raises(OSError, match="No space"):
        fichiers.ecrire_atomique(cible, b"nouveau")
    assert cible.read_bytes() == b"ancien"
    assert [f.name for f in tmp_path.iterdir()] == ["document"]


def test_le_magasin_rend_les_memes_octets_et_voit_un_disque_qui_ment(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    empreinte = fichiers.deposer(b"convention")
    assert fichiers.deposer(b"convention") == empreinte
    assert fichiers.lire(empreinte) == b"convention"
    next((tmp_path / "documents").rglob(empreinte)).chmod(0o600)
    next((tmp_path / "documents").rglob(empreinte)).write_bytes(b"autre chose")
    with pytest.raises(fichiers.ContenuAltere):
        fichiers.lire(empreinte)
