"""A backup is whole or absent; a restored portal is the one that was saved; a damaged backup touches nothing."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from socle.sauvegarde import PASSAGERS
from tests.portail_reel import RACINE, environnement


class Base:
    """A database and a ``var`` of its own, driven by ``manage.py`` as an operator would."""

    def __init__(self, var: Path, **reglages: str) -> None:
        self.var = var
        self.env = environnement(var, PCTI_DEMO="0", **reglages)

    def manage(self, *arguments: str, entree: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=RACINE, env=self.env, input=entree, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def executer(self, code: str) -> str:
        fait = self.manage("shell", "-v", "0", "-c", code)
        assert fait.returncode == 0, fait.stderr
        return fait.stdout.strip()

    def creer(self, courriel: str, document: bytes) -> None:
        self.executer(
            "from django.contrib.auth import get_user_model as m; from socle.fichiers import deposer; "
            f"m().objects.create_user({courriel!r}); deposer({document!r})"
        )

    def comptes(self) -> str:
        return self.executer(
            "from django.contrib.auth import get_user_model as m; "
            "print(','.join(sorted(m().objects.values_list('email', flat=True))))"
        )

    def documents(self) -> set[bytes]:
        return {f.read_bytes() for f in (self.var / "documents").rglob("*") if f.is_file()}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    reglages = {}
    adresse = os.environ.get("DATABASE_URL", "")
    if adresse.startswith("postgres"):
        hote = adresse.split("@", 1)[1].rsplit("/", 1)[0].removeprefix("/")
        with psycopg.connect(host=hote, user="postgres", dbname="postgres", autocommit=True) as connexion:
            connexion.execute("DROP DATABASE IF EXISTS sauvegarde")
            connexion.execute("CREATE DATABASE sauvegarde")
        reglages["DATABASE_URL"] = adresse.rsplit("/", 1)[0] + "/sauvegarde"
    base = Base(tmp_path_factory.mktemp("base") / "var", **reglages)
    fait = base.manage("migrate", "-v", "0")
    assert fait.returncode == 0, fait.stderr
    base.creer("avant@exemple.fr", b"un document")
    return base


@pytest.fixture(scope="module")
def sauvegarde(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dossier = tmp_path_factory.mktemp("sauvegardes") / "celle-ci"
    (base.var / "journaux").mkdir(exist_ok=True)
    (base.var / "journaux" / "web.log").write_text("un journal n’est pas sauvegardé")
    fait = base.manage("sauvegarder", str(dossier))
    assert fait.returncode == 0, fait.stderr
    assert "Sauvegarde écrite" in fait.stdout
    return dossier


def test_la_sauvegarde_garde_l_essentiel_pour_son_seul_proprietaire(sauvegarde: Path) -> None:
    contenu = json.loads((sauvegarde / "manifeste.json").read_text())["contenu"]
    assert {nom.split("/")[1] for nom in contenu if "/" in nom} >= {"documents", "cle-secrete"}
    assert not any("journaux" in nom or "sqlite3-wal" in nom for nom in contenu)
    assert sauvegarde.stat().st_mode & 0o077 == 0
    assert not list(sauvegarde.parent.glob(".*en-cours"))


def test_aucune_memoire_passagere_n_est_sauvegardee() -> None:
    """A cache put back would speak of data that the restored base never had."""
    lieux = [Path(cache["LOCATION"]) for cache in settings.CACHES.values() if "filebased" in cache["BACKEND"]]
    assert lieux or settings.REDIS_URL
    assert {lieu.name for lieu in lieux} <= set(PASSAGERS)


def test_un_dossier_deja_rempli_est_refuse(base: Base, tmp_path: Path) -> None:
    (tmp_path / "autre").write_text("à quelqu’un")
    fait = base.manage("sauvegarder", str(tmp_path))
    assert fait.returncode == 1
    assert "existe déjà" in fait.stderr
    assert [f.name for f in tmp_path.iterdir()] == ["autre"]


def test_restaurer_rend_ce_qui_etait_et_range_le_reste(base: Base, sauvegarde: Path) -> None:
    base.creer("apres@exemple.fr", b"un document de trop")
    refus = base.manage("restaurer", str(sauvegarde))
    assert refus.returncode == 1
    assert "--remplacer" in refus.stderr
    assert base.comptes() == "apres@exemple.fr,avant@exemple.fr"

    fait = base.manage("restaurer", str(sauvegarde), "--remplacer")
    assert fait.returncode == 0, fait.stderr
    assert base.comptes() == "avant@exemple.fr"
    assert base.documents() == {b"un document"}
    cote = next(base.var.glob("avant-restauration-*"))
    assert b"un document de trop" in {f.read_bytes() for f in (cote / "documents").rglob("*") if f.is_file()}


@pytest.mark.parametrize("abime", ["manifeste.json", "base.*", "fichiers/cle-secrete"])
def test_une_sauvegarde_abimee_ne_touche_a_rien(base: Base, sauvegarde: Path, abime: str) -> None:
    fichier = next(sauvegarde.glob(abime))
    intact = fichier.read_bytes()
    fichier.write_bytes(intact[:-1] + bytes([intact[-1] ^ 1]))
    try:
        fait = base.manage("restaurer", str(sauvegarde), "--remplacer")
    finally:
        fichier.write_bytes(intact)
    assert fait.returncode == 1
    assert "abîmée" in fait.stderr or "illisible" in fait.stderr
    assert base.comptes() == "avant@exemple.fr"


def test_un_chemin_qui_sort_de_la_sauvegarde_est_refuse(base: Base, sauvegarde: Path) -> None:
    manifeste = sauvegarde / "manifeste.json"
    intact = manifeste.read_text()
    contenu = json.loads(intact)
    contenu["contenu"]["../../etc/passwd"] = {"sha256": "0" * 64, "taille": 1}
    manifeste.write_text(json.dumps(contenu))
    try:
        fait = base.manage("restaurer", str(sauvegarde), "--remplacer")
    finally:
        manifeste.write_text(intact)
    assert "hors de la sauvegarde" in fait.stderr


def test_on_ne_restaure_pas_un_portail_qui_tourne(base: Base, sauvegarde: Path) -> None:
    with (base.var / "lancer.verrou").open("a+") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        fait = base.manage("restaurer", str(sauvegarde), "--remplacer")
    assert fait.returncode == 1
    assert "Le portail tourne" in fait.stderr


def test_un_document_altere_est_denonce(base: Base, tmp_path: Path) -> None:
    document = next(f for f in (base.var / "documents").rglob("*") if f.is_file())
    intact = document.read_bytes()
    document.write_bytes(intact + b"!")
    try:
        fait = base.manage("sauvegarder", str(tmp_path / "s"))
    finally:
        document.write_bytes(intact)
    assert fait.returncode == 1
    assert document.name in fait.stderr
    assert (tmp_path / "s" / "manifeste.json").exists()
