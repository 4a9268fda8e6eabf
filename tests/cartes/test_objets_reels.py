"""The zone of an offer over the real outlines of the région: a strict reader of GeoJSON opens each."""

import pytest
from django.test import Client

from offres.models import Offre, Service
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.territoires.models import Bassin, Commune
from tests.cartes.test_objets import objets


@pytest.mark.parametrize("genre", ["rayon", "communes", "bassins", "departements", "region"])
@pytest.mark.parametrize("nom", ["Rouen", "Cherbourg-en-Cotentin", "Honfleur"])
def test_les_vrais_contours_restent_valides(client: Client, normandie: None, genre: str, nom: str) -> None:
    """By the sea and far from it; simplified and rounded, no outline crosses itself."""
    commune = Commune.objects.select_related("bassin", "departement").get(nom=nom)
    bassin = commune.bassin
    assert bassin is not None
    structure = Structure.objects.create(
        nom="ESAT d’essai", type="esat", commune=commune, lat=commune.lat, lon=commune.lon
    )
    offre = Offre.objects.create(
        structure=structure, service=Service.objects.actifs()[0], publiee=True, rayonnement=genre,
        rayon_km=35 if genre == "rayon" else None,
    )  # fmt: skip
    offre.communes.set(Commune.objects.du_bassin(bassin.code))
    offre.bassins.set(Bassin.objects.de_la_region()[:4])
    offre.departements.add(commune.departement)
    client.force_login(
        Utilisateur.objects.create(email="partenaire@exemple.test"), "django.contrib.auth.backends.ModelBackend"
    )
    par_genre = objets(client, f"zone={offre.pk}", f"/cartes/bassins/{bassin.code}/carte.geojson")
    assert par_genre["zone"]
    assert len(par_genre["structure"]) == 1
