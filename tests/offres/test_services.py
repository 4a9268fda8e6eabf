"""« Autre service »: read by the coordination, brought to a service of the list, or added to it."""

from types import SimpleNamespace

import pytest
from django.test import Client

from offres import services
from offres.branchements import attentes
from offres.models import DemandeService, Offre, Service
from offres.operations import ActionImpossible
from socle.models import Courriel
from tests.offres import fabriques as f

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ligne(scene: SimpleNamespace) -> Offre:
    return f.offre(scene.structure, "autre", service_autre="Garage solidaire", volume=4)


def test_la_coordination_voit_les_siennes(scene: SimpleNamespace, ligne: Offre, client: Client) -> None:
    f.offre(scene.autre_structure, "autre", service_autre="Hors du pôle")
    f.offre(scene.structure, "autre", service_autre="Brouillon", publiee=False)
    coordination = scene.personnes["coordination"]
    client.force_login(coordination, backend=BACKEND)
    page = client.get("/offres/autres-services/").content.decode()
    assert "Garage solidaire" in page
    assert "Hors du pôle" not in page
    assert "Brouillon" not in page
    assert any(a.url == "/offres/autres-services/" for a in attentes(coordination))


def test_rattacher_une_fois(scene: SimpleNamespace, ligne: Offre, client: Client) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/autres-services/offres/{ligne.pk}/"
    assert client.post(url, {"geste": "classer"}).status_code == 422
    client.post(url, {"geste": "classer", "service": f.service("ateliers-tre").pk})
    ligne.refresh_from_db()
    assert (ligne.service.slug, ligne.service_autre, ligne.volume) == ("ateliers-tre", "Garage solidaire", 4)
    with pytest.raises(ActionImpossible):
        services.classer(ligne, f.service("plateaux-techniques"), scene.personnes["coordination"])
    assert services.nombre_a_classer(scene.personnes["coordination"]) == 0
    # The structure learns under which service partners find it now, once.
    courriel = Courriel.objects.get(modele="offres_service_rattache")
    assert courriel.destinataire == scene.personnes["direction"].email
    assert "Garage solidaire" in courriel.texte
    assert f.service("ateliers-tre").libelle in courriel.texte
    assert f"/offres/{ligne.pk}/" in courriel.texte


def test_l_administration_ajoute_le_service(scene: SimpleNamespace, ligne: Offre, client: Client) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/autres-services/offres/{ligne.pk}/"
    demande = {"geste": "demander", "libelle": "Garage solidaire", "definition": "Prêter un véhicule."}
    client.post(url, demande)
    client.post(url, demande)
    une = DemandeService.objects.get()
    assert Courriel.objects.get().destinataire == "administration@scene.test"
    Courriel.objects.all().delete()
    client.force_login(scene.personnes["administration"], backend=BACKEND)
    client.post(
        f"/offres/autres-services/demandes/{une.pk}/",
        {"geste": "ajouter", "libelle": "Garage solidaire", "definition": "Prêter.", "unite": "personnes/an"},
    )
    ligne.refresh_from_db()
    assert ligne.service == Service.objects.get(slug="garage-solidaire")
    assert Courriel.objects.filter(destinataire="coordination@scene.test").count() == 1
    assert Courriel.objects.filter(destinataire="direction@scene.test").count() == 1
    with pytest.raises(ActionImpossible):
        services.ecarter(une, "Trop tard", scene.personnes["administration"])


def test_l_administration_dit_pourquoi_non(scene: SimpleNamespace, ligne: Offre) -> None:
    une = services.demander(ligne, "Garage", "Prêter.", scene.personnes["coordination"])
    with pytest.raises(ActionImpossible):
        services.ecarter(une, "  ", scene.personnes["administration"])
    services.ecarter(une, "C’est un accueil sur plateau technique.", scene.personnes["administration"])
    une.refresh_from_db()
    assert une.etat == "ecartee"
    assert "plateau technique" in Courriel.objects.get(destinataire="coordination@scene.test").texte
    # Refused, it may be asked for again with other words.
    services.demander(ligne, "Prêt de véhicule", "Prêter.", scene.personnes["coordination"])
