"""Long jobs: the row is the truth; run once, taken up again, never lost."""

import contextlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from socle import travaux
from socle.models import ESSAIS_MAX, SILENCE, Travail
from tests.conftest import RACINE

APPELS: list[str] = []


@travaux.executant("essai_reussi")
def _reussir(suivi: travaux.Suivi) -> dict[str, Any]:
    APPELS.append(str(suivi.travail.pk))
    suivi.avancer(1, 2, "première moitié")
    return {"lignes": 2}


@travaux.executant("essai_casse")
def _casser(suivi: travaux.Suivi) -> dict[str, Any]:
    raise ValueError("fichier illisible")


@travaux.executant("essai_passager")
def _patienter(suivi: travaux.Suivi) -> dict[str, Any]:
    raise travaux.ErreurPassagere("horodatage muet")


@travaux.executant("essai_refuse")
def _refuser(suivi: travaux.Suivi) -> dict[str, Any]:
    raise travaux.Refus("Le texte a changé entre-temps.")


@pytest.fixture(autouse=True)
def _table_rase() -> None:
    APPELS.clear()


def vieillir(travail: Travail, etat: str) -> None:
    Travail.objects.filter(pk=travail.pk).update(etat=etat, battement=timezone.now() - SILENCE - timedelta(seconds=1))


@pytest.mark.django_db
def test_un_travail_inconnu_est_refuse() -> None:
    with pytest.raises(KeyError):
        travaux.demander("jamais_vu", "Essai")


@pytest.mark.django_db
def test_un_travail_disparait_avec_sa_transaction() -> None:
    with contextlib.suppress(RuntimeError), transaction.atomic():
        travaux.demander("essai_reussi", "Essai")
        raise RuntimeError
    assert not Travail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_un_travail_reussi_garde_son_resultat_et_ne_recommence_pas() -> None:
    travail = travaux.demander("essai_reussi", "Essai")
    travaux.executer(str(travail.pk))
    travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI
    assert travail.resultat == {"lignes": 2}
    assert (travail.fait, travail.total, travail.etape) == (1, 2, "première moitié")
    assert travail.pourcentage == 50
    assert len(APPELS) == 1


@pytest.mark.django_db(transaction=True)
def test_l_echec_est_dit() -> None:
    travail = travaux.demander("essai_casse", "Essai")
    travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.ECHOUE
    assert "fichier illisible" in travail.erreur


@pytest.mark.django_db(transaction=True)
def test_un_refus_parle_a_la_personne_sans_nom_de_classe() -> None:
    travail = travaux.demander("essai_refuse", "Essai")
    travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.ECHOUE
    assert travail.erreur == "Le texte a changé entre-temps."


@pytest.mark.django_db(transaction=True)
def test_une_panne_passagere_remet_a_plus_tard_sans_jamais_abandonner() -> None:
    travail = travaux.demander("essai_passager", "Essai")
    for _ in range(ESSAIS_MAX + 2):
        Travail.objects.filter(pk=travail.pk).update(pas_avant=timezone.now())
        travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.EN_ATTENTE
    assert travail.pas_avant > timezone.now()
    assert travail.erreur == "horodatage muet"


@pytest.mark.django_db(transaction=True)
def test_un_travail_dont_l_ouvrier_est_vivant_n_est_pas_pris() -> None:
    travail = travaux.demander("essai_reussi", "Essai")
    Travail.objects.filter(pk=travail.pk).update(etat=Travail.Etat.EN_COURS, battement=timezone.now())
    travaux.executer(str(travail.pk))
    assert not APPELS


@pytest.mark.django_db(transaction=True)
def test_un_travail_orphelin_est_repris() -> None:
    travail = travaux.demander("essai_reussi", "Essai")
    vieillir(travail, Travail.Etat.EN_COURS)
    assert list(Travail.objects.orphelins()) == [travail]
    travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI
    assert [str(travail.pk)] == APPELS


@pytest.mark.django_db(transaction=True)
def test_un_travail_qui_tue_ses_ouvriers_finit_par_echouer() -> None:
    travail = travaux.demander("essai_reussi", "Essai")
    Travail.objects.filter(pk=travail.pk).update(essais=ESSAIS_MAX)
    vieillir(travail, Travail.Etat.EN_COURS)
    travaux.executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.ECHOUE
    assert not APPELS


def test_courtier_arrete_personne_n_attend(tmp_path: Path) -> None:
    """In a process of its own, whose broker is a socket that nobody listens to."""
    code = (
        "import time, django; django.setup(); from socle import courtier, tasks; debut = time.monotonic(); "
        "print(courtier.confier(tasks.reprendre_les_travaux), time.monotonic() - debut < 5)"
    )
    env = {k: v for k, v in os.environ.items() if k != "REDIS_URL"}
    env |= {
        "PCTI_VAR": str(tmp_path),
        "PCTI_COURTIER_SOCKET": str(tmp_path / "personne.sock"),
        "DJANGO_SETTINGS_MODULE": "pcti.settings",
    }
    fait = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True, cwd=RACINE
    )
    assert fait.stdout.split() == ["False", "True"]
