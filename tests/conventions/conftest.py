"""What the tests of the agreements share."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from fiches_action.conventions import scellement
from fiches_action.conventions.models import Convention, Scellement, Version
from tests import scene as decor
from tests.conventions import fabriques


def decor_nu() -> SimpleNamespace:
    objets = SimpleNamespace()
    decor._territoires(objets)
    decor._structures(objets)
    decor._personnes(objets)
    return objets


@pytest.fixture
def scene(db: None) -> SimpleNamespace:
    """The bare scene: territories, structures, people; no room's objects."""
    return decor_nu()


@pytest.fixture
def lancee(scene: SimpleNamespace) -> tuple[Convention, Version]:
    return fabriques.convention_lancee(fabriques.preparer(scene), scene.personnes["direction"])


@pytest.fixture
def signee(lancee: tuple[Convention, Version]) -> tuple[Convention, Version]:
    convention, version = lancee
    return fabriques.tous_signent(convention, version), version


@pytest.fixture(scope="module")
def _scelle(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scellement]:
    """A sealed agreement, made once per module; each test's own writes are undone."""
    with django_db_blocker.unblock():
        bloc = transaction.atomic()
        # As TestCase does, so that a durable block may be opened inside.
        bloc._from_testcase = True  # type: ignore[attr-defined]
        with bloc:
            objets = decor_nu()
            convention, version = fabriques.convention_lancee(
                fabriques.preparer(objets), objets.personnes["direction"]
            )
            fabriques.tous_signent(convention, version)
            yield scellement.sceller(convention.reference)
            transaction.set_rollback(True)


@pytest.fixture
def scelle(_scelle: Scellement, db: None) -> Scellement:
    return Scellement.objects.select_related("version__convention", "version__document", "document", "dossier").get(
        pk=_scelle.pk
    )
