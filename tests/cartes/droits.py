"""The maps are public; what partners alone see is proved in test_pages.py."""

from tests.matrice import CONNECTES, TOUS, Ligne

LIGNES = [
    Ligne("cartes:region", TOUS),
    Ligne("cartes:bassins_geojson", TOUS),
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
