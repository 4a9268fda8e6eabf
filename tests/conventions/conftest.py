"""What the tests of the agreements share."""

from types import SimpleNamespace

import pytest

from fiches_action.conventions import scellement
from fiches_action.conventions.models import Convention, Scellement, Version
from tests import scene as decor
from tests.conventions import fabriques


@pytest.fixture
def scene(db: None) -> SimpleNamespace:
    """The bare scene: territories, structures, people; no room's objects."""
    objets = SimpleNamespace()
    decor._territoires(objets)
    decor._structures(objets)
    decor._personnes(objets)
    return objets


@pytest.fixture
def lancee(scene: SimpleNamespace) -> tuple[Convention, Version]:
    return fabriques.convention_lancee(fabriques.preparer(scene), scene.personnes["direction"])


@pytest.fixture
def signee(lancee: tuple[Convention, Version]) -> tuple[Convention, Version]:
    convention, version = lancee
    return fabriques.tous_signent(convention, version), version


@pytest.fixture
def scelle(signee: tuple[Convention, Version]) -> Scellement:
    return scellement.sceller(signee[0].reference)
