"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from cartes import (
    views_bassin,
    views_donnees,
    views_ensemble,
    views_integrer,
    views_region,
    views_services,
    views_sorties,
)

app_name = "cartes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views_region.region, name="region"),
    path("region.<str:format>", views_sorties.region, name="region_sortie"),
    path("integrer/", views_integrer.region, name="integrer_region"),
    path("integrer/bassins/<str:code>/", views_integrer.bassin, name="integrer_bassin"),
    path("bassins.geojson", views_donnees.bassins_geojson, name="bassins_geojson"),
    path("communes.geojson", views_donnees.communes_geojson, name="communes_geojson"),
    path("points.json", views_donnees.points_json, name="points_json"),
    path("noms.json", views_donnees.noms_json, name="noms_json"),
    path("ensemble/carte.<str:format>", views_ensemble.sortie, name="ensemble_sortie"),
    path("ensemble/", views_ensemble.ensemble, name="ensemble"),
    path("structures.geojson", views_donnees.structures_geojson, name="structures_geojson"),
    path("fond.geojson", views_donnees.terres_geojson, name="terres_geojson"),
    path("services/", views_services.liste, name="services"),
    path("services/<slug:slug>/", views_services.carte, name="service"),
    path("services/<slug:slug>/carte.<str:format>", views_services.sortie, name="service_sortie"),
    path("structures/<int:pk>/carte/", views_bassin.fiche, name="fiche"),
    path("bassins/<str:code>/", views_bassin.bassin, name="bassin"),
    path("bassins/<str:code>/carte.<str:format>", views_sorties.bassin, name="bassin_sortie"),
    path(
        "bassins/<str:code>/structures.geojson",
        views_donnees.structures_du_bassin_geojson,
        name="structures_du_bassin_geojson",
    ),
    path("bassins/<str:code>/autour/", views_bassin.autour, name="autour"),
    path("bassins/<str:code>/liens/", views_bassin.liens, name="liens"),
    path("offres/<int:pk>/zone/", views_bassin.zone, name="zone"),
    path("bassins/<str:code>/fond.geojson", views_donnees.fond_geojson, name="fond_geojson"),
]
