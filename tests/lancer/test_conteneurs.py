"""The container files, checked as far as a machine without Docker allows."""

import os
import shutil
import subprocess

import pytest

from lancer import BIBLIOTHEQUES
from tests.portail_reel import RACINE

OBLIGATOIRES = {
    "SECRET_KEY": "secret",
    "POSTGRES_PASSWORD": "secret",
    "PCTI_URL": "https://pcti.exemple.fr",
    "EMAIL_URL": "smtp://serveur",
}


def config(**reglages: str) -> subprocess.CompletedProcess[str]:
    outil = shutil.which("docker-compose")
    if outil is None:
        pytest.skip("docker-compose n’est pas installé")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **reglages}
    return subprocess.run(
        [outil, "-f", "docker-compose.yml", "config"], cwd=RACINE, env=env, capture_output=True, text=True, check=False
    )


def test_le_fichier_compose_est_valide_et_complet() -> None:
    fait = config(**OBLIGATOIRES)
    assert fait.returncode == 0, fait.stderr
    for service in ("base", "courtier", "web", "worker", "beat"):
        assert f"\n  {service}:\n" in fait.stdout


@pytest.mark.parametrize("absent", sorted(OBLIGATOIRES))
def test_un_reglage_oublie_arrete_compose_en_le_nommant(absent: str) -> None:
    fait = config(**{nom: valeur for nom, valeur in OBLIGATOIRES.items() if nom != absent})
    assert fait.returncode != 0
    assert absent in fait.stderr


def test_l_image_demande_les_memes_bibliotheques_que_le_lanceur() -> None:
    dockerfile = (RACINE / "Dockerfile").read_text(encoding="utf-8")
    for paquet in BIBLIOTHEQUES.values():
        assert paquet in dockerfile
