"""``check --deploy`` names each missing or unsafe setting."""

from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from pcti.verifications import reglages_de_production

SURS: dict[str, Any] = {
    "EMBARQUE": False,
    "PCTI_DEMO": False,
    "PCTI_FRONTAUX": 1,
    "PCTI_URL": "https://pcti.exemple.fr",
    "SECRET_KEY": "Xq7-bN2_kd93LmPq0sTzYw4vRc8uHj6aEi1oGf5xVt-Zy3nMlKp",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "REDIS_URL": "redis://courtier/0",
    "EMAIL_BACKEND": "socle.transport.EmailBackend",
    "EMAIL_HOST": "smtp.exemple.fr",
    "DEFAULT_FROM_EMAIL": "PCTI <ne-pas-repondre@exemple.fr>",
    "PCTI_TSA_URL": "https://horodatage.exemple.fr",
    "PCTI_PROCONNECT_CLIENT_ID": "pcti",
    "PCTI_PROCONNECT_SECRET": "secret",
    "PCTI_PROCONNECT_URL": "https://proconnect.exemple.fr/api/v2",
}


def numeros(tmp_path: Path, **autres: Any) -> set[str]:
    var = tmp_path / "var"
    var.mkdir(exist_ok=True)
    var.chmod(0o750)
    p12 = tmp_path / "cachet.p12"
    p12.touch()
    with override_settings(**{**SURS, "VAR": var, "PCTI_SCEAU_P12": str(p12), **autres}):
        return {(message.id or "").removeprefix("pcti.") for message in reglages_de_production(None)}


def test_des_reglages_surs_ne_disent_rien(tmp_path: Path) -> None:
    assert numeros(tmp_path) == set()


@pytest.mark.parametrize(
    ("reglage", "valeur", "attendu"),
    [
        ("EMBARQUE", True, "W001"),
        ("PCTI_URL", "http://pcti.exemple.fr", "E001"),
        ("SECRET_KEY", "courte", "E002"),
        ("SECRET_KEY", "a" * 80, "E002"),
        ("PCTI_FRONTAUX", 0, "W007"),
        ("PCTI_DEMO", True, "E003"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, "W002"),
        ("REDIS_URL", "", "E004"),
        ("EMAIL_BACKEND", "pcti.demo.boite.BoiteDemonstration", "E005"),
        ("EMAIL_HOST", "localhost", "W004"),
        ("DEFAULT_FROM_EMAIL", "PCTI <a@pcti.invalid>", "E006"),
        ("PCTI_SCEAU_P12", "", "W005"),
        ("PCTI_SCEAU_P12", "/n/existe/pas.p12", "E007"),
        ("PCTI_TSA_URL", "", "W006"),
        ("PCTI_PROCONNECT_CLIENT_ID", "", "E008"),
        ("PCTI_PROCONNECT_SECRET", "", "E008"),
        ("PCTI_PROCONNECT_URL", "", "E008"),
        ("PCTI_PROCONNECT_URL", "http://proconnect.exemple.fr/api/v2", "E009"),
        ("PCTI_PROCONNECT_PORTEE", ["openid"], "E010"),
    ],
)
def test_chaque_reglage_dangereux_est_nomme(tmp_path: Path, reglage: str, valeur: Any, attendu: str) -> None:
    assert numeros(tmp_path, **{reglage: valeur}) == {attendu}


def test_un_dossier_ouvert_a_tous_est_signale(tmp_path: Path) -> None:
    ouvert = tmp_path / "ouvert"
    ouvert.mkdir()
    ouvert.chmod(0o755)
    assert numeros(tmp_path, VAR=ouvert) == {"W003"}
