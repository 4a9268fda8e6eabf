"""The maps are public, those of the services are for partners; what partners alone see is proved in test_pages.py
and test_region.py."""

from offres.models import Service
from tests.matrice import CONNECTES, TOUS, Ligne, Scene


def un_service(_: Scene) -> dict[str, str]:
    service = Service.objects.first()
    assert service is not None
    return {"slug": service.slug}


LIGNES = [
    Ligne("cartes:region", TOUS),
    Ligne("cartes:region_sortie", TOUS, kwargs=lambda s: {"format": "svg"}),
    Ligne("cartes:services", CONNECTES),
    Ligne("cartes:service", CONNECTES, kwargs=un_service),
    Ligne("cartes:service_sortie", CONNECTES, kwargs=lambda s: {**un_service(s), "format": "csv"}),
    Ligne("cartes:bassin_sortie", TOUS, kwargs=lambda s: {"code": s.bassin.code, "format": "csv"}),
    Ligne("cartes:integrer_region", TOUS),
    Ligne("cartes:integrer_bassin", TOUS, kwargs=lambda s: {"code": s.bassin.code}),
    Ligne("cartes:bassins_geojson", TOUS),
    Ligne("cartes:communes_geojson", TOUS),
    Ligne("cartes:points_json", TOUS),
    # Without numbers, a refusal in words: to everybody alike.
    Ligne("cartes:noms_json", TOUS, attendu=400),
    Ligne("cartes:ensemble", TOUS),
    Ligne("cartes:ensemble_sortie", TOUS, kwargs=lambda s: {"format": "svg"}),
    Ligne("cartes:structures_geojson", TOUS),
    Ligne("cartes:terres_geojson", TOUS),
    Ligne("cartes:fiche", TOUS, kwargs=lambda s: {"pk": s.structure.pk}),
    Ligne("cartes:bassin", TOUS, kwargs=lambda s: {"code": s.bassin.code}),
    Ligne("cartes:structures_du_bassin_geojson", TOUS, kwargs=lambda s: {"code": s.bassin.code}),
    Ligne("cartes:fond_geojson", TOUS, kwargs=lambda s: {"code": s.bassin.code}),
    Ligne("cartes:autour", TOUS, kwargs=lambda s: {"code": s.bassin.code}),
    # What each reads of them is sorted object by object (test_apercu.py).
    Ligne("cartes:liens", CONNECTES, kwargs=lambda s: {"code": s.bassin.code}),
    Ligne("cartes:zone", CONNECTES, kwargs=lambda s: {"pk": s.offre.pk}),
]
