"""``/sante/`` says which part is down, and says it without an account."""

import os
import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from pcti.sante import battement
from pcti.sante.views import courtier_repond

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sans_battement() -> None:
    battement.effacer()


def test_sans_travailleur_le_portail_est_en_panne(client: Client) -> None:
    reponse = client.get("/sante/")
    assert reponse.status_code == 503
    assert reponse.json()["statut"] == "en panne"
    assert reponse.json()["base"] == "ok"
    assert reponse.json()["travailleur"] == "en panne"


@pytest.mark.parametrize(("age", "vivant"), [(0.0, True), (15.0, True), (21.0, False)])
def test_un_battement_ancien_ne_prouve_rien(age: float, vivant: bool) -> None:
    cache.set(battement.CLE, time.time() - age, timeout=60)
    assert battement.travailleur_vivant() is vivant


def test_un_battement_est_note_puis_efface_a_l_arret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(battement, "_dernier", 0.0)
    battement._battre()
    assert battement.travailleur_vivant()
    battement._effacer()
    assert not battement.travailleur_vivant()


@override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
def test_un_courtier_injoignable_est_dit_sans_erreur_500(client: Client) -> None:
    reponse = client.get("/sante/")
    assert reponse.status_code == 503
    assert reponse.json()["courtier"] == "en panne"


@pytest.mark.redis
def test_un_courtier_vivant_repond() -> None:
    if not os.environ.get("REDIS_URL"):
        pytest.skip("pas de REDIS_URL : lancer.py tests en démarre un")
    assert courtier_repond()


def test_la_reponse_n_est_pas_gardee_et_n_admet_que_la_lecture(client: Client) -> None:
    assert "no-store" in client.get("/sante/")["Cache-Control"]
    assert client.post("/sante/").status_code == 405
