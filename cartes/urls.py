"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from cartes import views, views_bassin, views_donnees

app_name = "cartes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.region, name="region"),
    path("bassins.geojson", views_donnees.bassins_geojson, name="bassins_geojson"),
    path("structures.geojson", views_donnees.structures_geojson, name="structures_geojson"),
    path("fond.geojson", views_donnees.terres_geojson, name="terres_geojson"),
    path("structures/<int:pk>/carte/", views_bassin.fiche, name="fiche"),
    path("bassins/<str:code>/", views_bassin.bassin, name="bassin"),
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
