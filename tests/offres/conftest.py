"""The places and people of the matrix, with a campaign open in its pôle and nothing else."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from offres import campagnes
from offres.models import Campagne
from socle.models import Courriel
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


@pytest.fixture
def ouverte(scene: SimpleNamespace) -> Campagne:
    """Opened today for thirty days, the IME's direction invited; nobody at the mission locale."""
    jour = timezone.localdate()
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Relances", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    campagnes.inviter_les_structures(campagne)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    # Only one campaign speaks here.
    Campagne.objects.filter(pk=scene.une_campagne.pk).update(fermee_le=timezone.now())
    return campagne
