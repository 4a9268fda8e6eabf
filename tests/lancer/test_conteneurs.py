"""The container files, checked as far as a machine without Docker allows."""

import os
import re
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


# What the two container files decide themselves: the kind of portal, its folders, its demonstration, its one network.
FIXES = {"PCTI_ENV", "PCTI_VAR", "PCTI_STATIQUES", "PCTI_DEMO", "PCTI_COURTIER_SOCKET", "PORT"}
# The version of pg_dump that `postgresql-client` is, by the release of Debian.
CLIENTS = {"bookworm": 15, "trixie": 17}


def test_chaque_reglage_du_fichier_env_arrive_au_portail() -> None:
    lus = set(
        re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', (RACINE / "pcti" / "settings.py").read_text(encoding="utf-8"))
    )
    lus |= {"DATABASE_URL", "EMAIL_URL"}
    assert {"PCTI_INTEGRATION", "PCTI_RETOURS", "SECRET_KEY"} <= lus
    compose = (RACINE / "docker-compose.yml").read_text(encoding="utf-8")
    assert sorted(nom for nom in lus - FIXES if f"\n    {nom}: " not in compose) == []


def test_pg_dump_de_l_image_lit_le_serveur_de_compose() -> None:
    """A server newer than the client refuses the backup."""
    debian = re.search(r"^FROM python:[\d.]+-slim-(\w+)$", (RACINE / "Dockerfile").read_text(encoding="utf-8"), re.M)
    serveur = re.search(r"image: postgres:(\d+)", (RACINE / "docker-compose.yml").read_text(encoding="utf-8"))
    assert debian
    assert serveur
    assert CLIENTS[debian[1]] >= int(serveur[1])
