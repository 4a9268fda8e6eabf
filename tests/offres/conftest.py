"""The places and people of the matrix, with a campaign open in its pôle and nothing else."""

from types import SimpleNamespace

import pytest
from django.test import Client

from tests import scene as base
from tests.offres import fabriques as f


@pytest.fixture
def scene(db: None) -> SimpleNamespace:
    scene = SimpleNamespace()
    base._territoires(scene)
    base._structures(scene)
    base._personnes(scene)
    scene.une_campagne = f.campagne(scene.pole, ouverte_par=scene.personnes["coordination"])
    scene.une_reponse = f.reponse(scene.une_campagne, scene.structure)
    return scene


@pytest.fixture
def connecte(client: Client, scene: SimpleNamespace) -> Client:
    """The direction of the structure, signed in."""
    client.force_login(scene.personnes["direction"], backend="django.contrib.auth.backends.ModelBackend")
    return client
