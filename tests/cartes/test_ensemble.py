"""All structures in columns: nothing lost, nothing private, small; and the page that draws them."""

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartes.points import PAS, ecrire
from structures.models import Structure
from structures.referentiel import FAMILLES, TYPES
from tests.cartes.conftest import faire_structures
from tests.cartes.test_pages import texte

POINTS = "/cartes/points.json"


def deplier(corps: bytes) -> list[tuple[int, float, float, str, str]]:
    """(number, latitude, longitude, type, family) of each structure, as the browser reads them."""
    c = json.loads(corps)
    lignes = zip(*(itertools.accumulate(c[cle]) for cle in ("id", "lat", "lon")), c["type"], strict=True)
    return [
        (pk, lat * c["pas"], lon * c["pas"], c["types"][genre], c["noms"][c["familles"][genre]])
        for pk, lat, lon, genre in lignes
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.floats(41, 51), st.floats(-5, 9.5), st.sampled_from(list(TYPES))),
        unique_by=lambda ligne: ligne[0],
        max_size=60,
    )
)
def test_rien_ne_se_perd(lignes: list[tuple[int, float, float, str]]) -> None:
    lues = {pk: reste for pk, *reste in deplier(ecrire(list(lignes)))}
    assert len(lues) == len(lignes)
    for pk, lat, lon, genre in lignes:
        assert lues[pk][0] == pytest.approx(lat, abs=PAS)
        assert lues[pk][1] == pytest.approx(lon, abs=PAS)
        assert lues[pk][2:] == [genre, TYPES[genre].famille]


def test_les_ouvertes_et_elles_seules(client: Client, monde: SimpleNamespace) -> None:
    attendues = set(Structure.objects.values_list("pk", flat=True))
    assert {ligne[0] for ligne in deplier(client.get(POINTS).content)} == attendues
    monde.esat.fermee_le = timezone.localdate()
    monde.esat.save()
    assert {ligne[0] for ligne in deplier(client.get(POINTS).content)} == attendues - {monde.esat.pk}


def test_rien_que_du_public(client: Client, monde: SimpleNamespace) -> None:
    corps = client.get(POINTS).content.decode()
    assert set(json.loads(corps)) == {"format", "pas", "noms", "types", "familles", "id", "lat", "lon", "type"}
    assert "Jeanne" not in corps


def test_une_requete_de_plus_a_froid(client: Client, monde: SimpleNamespace, django_assert_num_queries: Any) -> None:
    faire_structures(monde.evreux, 40, "geiq", "GEIQ")
    with django_assert_num_queries(2):
        reponse = client.get(POINTS)
    with django_assert_num_queries(1):
        client.get(POINTS)
    with django_assert_num_queries(1):
        assert client.get(POINTS, headers={"If-None-Match": reponse["ETag"]}).status_code == 304


def test_la_page_compte_les_familles(client: Client, monde: SimpleNamespace) -> None:
    page = texte(client, "/cartes/ensemble/")
    assert "5\u00a0structures" in page
    assert page.count('name="famille"') == 3
    page = texte(client, "/cartes/ensemble/?famille=emploi")
    assert "1\u00a0structure sur 5" in page
    # Without script, the same families open the directory.
    assert "/structures/?famille=emploi" in page
    assert "couleurs" in page
    assert all(f'"{slug}"' in page for slug in FAMILLES)


def test_nombre_de_requetes_constant(
    client: Client, monde: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    faire_structures(monde.evreux, 40, "geiq", "GEIQ")
    client.get("/cartes/ensemble/")
    with django_assert_max_num_queries(9):
        client.get("/cartes/ensemble/")


def test_les_noms_d_un_groupe(client: Client, monde: SimpleNamespace) -> None:
    noms = json.loads(client.get(f"/cartes/noms.json?ids={monde.esat.pk},{monde.savs.pk}").content)
    assert [ligne["nom"] for ligne in noms] == ["ESAT Évreux 0", "SAVS Évreux 0"]
    assert set(noms[0]) == {"id", "nom", "commune"}
    monde.esat.fermee_le = timezone.localdate()
    monde.esat.save()
    assert json.loads(client.get(f"/cartes/noms.json?ids={monde.esat.pk}").content) == []


@pytest.mark.parametrize("ids", ["", "a", "1,,2", "-1", "٣", ",".join(["1"] * 31), "9999999999"])
def test_des_numeros_qui_n_en_sont_pas(client: Client, db: None, ids: str) -> None:
    assert client.get("/cartes/noms.json", {"ids": ids}).status_code == 400


def test_aller_a_une_commune(client: Client, monde: SimpleNamespace) -> None:
    """The place is in the address, on the map, and in the link to the directory; the families stay."""
    page = texte(client, "/cartes/ensemble/?autour=bernay&famille=emploi")
    assert "est au centre de la carte" in page
    reglages = json.loads(page.split('id="carte-reglages" type="application/json">')[1].split("</script>")[0])
    assert reglages["cherchee"]["lat"] == pytest.approx(monde.bernay.lat)
    assert "/structures/?famille=emploi&amp;lieu=" in page
    assert 'type="hidden" name="famille" value="emploi"' in page
    inconnue = texte(client, "/cartes/ensemble/?autour=licorne")
    assert "est au centre de la carte" not in inconnue
    assert 'id="lieu-reponse"' in inconnue


def test_les_structures_sans_position_sont_dites(client: Client, monde: SimpleNamespace) -> None:
    assert "de position connue" not in texte(client, "/cartes/ensemble/")
    Structure.objects.filter(pk=monde.esat.pk).update(lat=None, lon=None)
    page = texte(client, "/cartes/ensemble/")
    assert "1\u00a0structure n’a pas de position connue" in page
    assert monde.esat.pk not in {ligne[0] for ligne in deplier(client.get(POINTS).content)}
