"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from structures.adhesions import urls as adhesions
from structures.views import annuaire, communes, gestion, imports, poles

app_name = "structures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", annuaire.liste, name="liste"),
    path("<int:pk>/", annuaire.detail, name="detail"),
    path("<int:pk>/situation.svg", annuaire.situation, name="situation"),
    path("<int:pk>/modifier/", annuaire.modifier, name="modifier"),
    path("<int:pk>/confirmer/", annuaire.confirmer, name="confirmer"),
    *adhesions.pages,
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.journal, name="import"),
    path("gestion/", gestion.gestion, name="gestion"),
    path("communes/", communes.communes, name="communes"),
    path("communes/<str:code>/", communes.commune, name="commune"),
    path("communes/mouvements/<int:pk>/annuler/", communes.annuler_mouvement, name="annuler_mouvement"),
    path("poles/", poles.poles, name="poles"),
    path("poles/nouveau/", poles.nouveau, name="nouveau_pole"),
    path("poles/modifications/<int:pk>/annuler/", poles.annuler, name="annuler_perimetre"),
    path("poles/<slug:slug>/", poles.pole, name="pole"),
    path("poles/<slug:slug>/bassins/<str:code>/", poles.bassin, name="pole_bassin"),
    path("poles/<slug:slug>/bassins/<str:code>/basculer/", poles.basculer_bassin, name="basculer_bassin"),
    path("poles/<slug:slug>/bassins/<str:code>/communes.geojson", poles.communes_geojson, name="pole_communes"),
]
