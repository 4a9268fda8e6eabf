"""What all tests share (their settings: ``tests/reglages.py``)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No timed test: a machine under load is no defect. The same examples at each run, so that a failure is the
# change's; `--hypothesis-profile=exploration` draws others, and many more where a test says no number.
settings.register_profile("portail", deadline=None, derandomize=True)
settings.register_profile("exploration", deadline=None, max_examples=2_000)
settings.load_profile("portail")

RACINE = Path(__file__).resolve().parent.parent
PARTAGE = RACINE.parent / "shared"


@pytest.fixture
def donnees_partagees() -> Path:
    """The folder of real public files beside the project, when it is there."""
    dossier = PARTAGE / "data"
    if not dossier.is_dir():
        pytest.skip("les fichiers publics de ../shared/data ne sont pas sur cette machine")
    return dossier


@pytest.fixture(scope="module")
def _normandie_chargee(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from django.db import transaction

    from structures.territoires import chargement

    with django_db_blocker.unblock():
        bloc = transaction.atomic()
        # As TestCase does, so that a durable block may be opened inside.
        bloc._from_testcase = True  # type: ignore[attr-defined]
        with bloc:
            chargement.charger_territoires()
            chargement.regrouper_par_epci()
            yield
            transaction.set_rollback(True)


@pytest.fixture
def normandie(_normandie_chargee: None, db: None) -> None:
    """The real communes and default bassins, loaded once per module; each test's writes are undone."""


@pytest.fixture(autouse=True)
def _cartes_sans_memoire() -> None:
    """A test's writes are undone, their version with them: the next test would read what this one kept."""
    from cartes.envoi import oublier

    oublier()


@pytest.fixture(autouse=True)
def _preuves_effacables(request: pytest.FixtureRequest) -> Iterator[None]:
    """A transactional test ends with a flush, which the evidence refuses: its documented way, then."""
    marque = request.node.get_closest_marker("django_db")
    par_fixture = bool({"transactional_db", "live_server"} & set(request.fixturenames))
    if par_fixture:
        # Asked for here, it ends after this fixture: the flush comes last.
        request.getfixturevalue("transactional_db")
    yield
    if not par_fixture and not (marque is not None and marque.kwargs.get("transaction")):
        return
    from fiches_action.conventions.models import AnnexePreuve, Preuve
    from fiches_action.conventions.preuve import lever_la_protection

    with lever_la_protection():
        AnnexePreuve.objects.all().delete()
        Preuve.objects.all().delete()
