"""The administration role edits nomenclatures and opens pôles; nobody else enters."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from structures.comptes.operations import habiliter
from structures.territoires.models import Pole
from tests.scene import construire_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Any:
    return construire_scene()


def test_un_pole_prend_les_communes_de_ses_bassins(client: Client, scene: Any) -> None:
    administration = scene.personnes["administration"]
    habiliter(administration, "administration")
    administration.refresh_from_db()
    client.force_login(administration)
    reponse = client.post(
        reverse("admin:territoires_pole_add"),
        {"nom": "Pôle nouveau", "slug": "pole-nouveau", "departement": "27", "bassins": [scene.autre_bassin.pk]},
    )
    assert reponse.status_code == 302
    pole = Pole.objects.get(slug="pole-nouveau")
    assert list(pole.communes.all()) == [scene.autre_commune]
    # An adjusted perimeter is not undone by a later save.
    pole.communes.set([scene.commune])
    url = reverse("admin:territoires_pole_change", args=[pole.pk])
    client.post(url, {"nom": "Pôle nouveau", "slug": "pole-nouveau", "bassins": [scene.autre_bassin.pk]})
    assert list(pole.communes.all()) == [scene.commune]


@pytest.mark.parametrize("role", ["membre", "direction", "coordination", "pilotage"])
@pytest.mark.parametrize("page", ["territoires_pole", "structures_public", "offres_service", "structures_organisme"])
def test_les_autres_n_entrent_pas(client: Client, scene: Any, role: str, page: str) -> None:
    client.force_login(scene.personnes[role])
    assert client.get(reverse(f"admin:{page}_changelist")).status_code in (302, 403)
