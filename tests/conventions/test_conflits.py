"""Two people write the same page of an agreement: the second is told, and keeps their text."""

import re
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from fiches_action.conventions import operations
from fiches_action.conventions.models import Convention
from tests.conventions import fabriques
from tests.conventions.test_pages import CONDITIONS, connecte, formulaire_partie

pytestmark = pytest.mark.django_db


@pytest.fixture
def convention(scene: SimpleNamespace) -> Convention:
    return operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])


def lue(client: Client, url: str) -> str:
    """The fingerprint that the page holds for this person."""
    trouvee = re.search(r'name="lue" value="([0-9a-f]{64})"', client.get(url).content.decode())
    assert trouvee
    return trouvee[1]


def test_the_second_of_two_editors_of_a_party_is_told(scene: SimpleNamespace, convention: Convention) -> None:
    partie = convention.parties.get(rang=1)
    url = reverse("conventions:partie", args=[convention.reference, partie.pk])
    une, autre = connecte(scene, "direction"), connecte(scene, "coordination")
    avant, meme = lue(une, url), lue(autre, url)
    assert une.post(url, formulaire_partie(1, nom="Association du Bocage", lue=avant)).status_code == 302
    refus = autre.post(url, formulaire_partie(1, nom="Association des Haies", lue=meme))
    page = refus.content.decode()
    assert refus.status_code == 422
    assert "Quelqu’un a modifié cette page" in page
    assert "Association du Bocage" in page, "what is stored is shown"
    assert 'value="Association des Haies"' in page, "what was typed is kept"
    partie.refresh_from_db()
    assert partie.nom == "Association du Bocage"
    # Told, they may decide: the page now holds the fingerprint of what they saw.
    nouvelle = re.search(r'name="lue" value="([0-9a-f]{64})"', page)
    assert nouvelle
    assert autre.post(url, formulaire_partie(1, nom="Association des Haies", lue=nouvelle[1])).status_code == 302
    partie.refresh_from_db()
    assert partie.nom == "Association des Haies"


def test_two_parties_are_written_at_once_without_conflict(scene: SimpleNamespace, convention: Convention) -> None:
    urls = [reverse("conventions:partie", args=[convention.reference, p.pk]) for p in convention.parties.all()]
    client = connecte(scene, "direction")
    lues = [lue(client, url) for url in urls]
    for rang, (url, empreinte) in enumerate(zip(urls, lues, strict=True), start=1):
        assert client.post(url, formulaire_partie(rang, lue=empreinte)).status_code == 302


def test_a_party_removed_meanwhile_does_not_come_back(scene: SimpleNamespace, convention: Convention) -> None:
    par = scene.personnes["direction"]
    partie = convention.parties.get(rang=2)
    perimee = convention.parties.get(rang=2)
    operations.retirer_partie(partie, par)
    with pytest.raises(operations.OperationRefusee, match="retirée"):
        operations.enregistrer_partie(perimee, {"nom": "A", "fonction": "B", "email": "a@exemple.test"}, par)
    assert convention.parties.count() == 1


def test_the_second_of_two_editors_of_the_conditions_is_told(scene: SimpleNamespace, convention: Convention) -> None:
    url = reverse("conventions:conditions", args=[convention.reference])
    une, autre = connecte(scene, "direction"), connecte(scene, "coordination")
    avant, meme = lue(une, url), lue(autre, url)
    assert une.post(url, {**CONDITIONS, "lieu": "Évreux", "lue": avant}).status_code == 302
    refus = autre.post(url, {**CONDITIONS, "lieu": "Vernon", "lue": meme})
    assert refus.status_code == 422
    assert 'value="Vernon"' in refus.content.decode()
    convention.refresh_from_db()
    assert convention.variables["lieu"] == "Évreux"
