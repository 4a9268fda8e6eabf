"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from structures.adhesions import urls as adhesions
from structures.doublons import urls as doublons
from structures.views import annuaire, communes, ecarts, fiche, gestion, imports, journal, poles, tableur, tenue

app_name = "structures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", annuaire.liste, name="liste"),
    path("export/", annuaire.export, name="export"),
    path("export/<uuid:pk>/", annuaire.export_fichier, name="export_fichier"),
    path("lieux/", annuaire.lieux, name="lieux"),
    path("nouvelle/", tenue.nouvelle, name="nouvelle"),
    path("a-verifier/", tenue.a_verifier, name="a_verifier"),
    path("a-confirmer/", tenue.a_confirmer, name="a_confirmer"),
    path("<int:pk>/", fiche.detail, name="detail"),
    path("<int:pk>/situation.svg", fiche.situation, name="situation"),
    path("<int:pk>/modifier/<slug:section>/", fiche.modifier, name="modifier"),
    path("<int:pk>/section/<slug:section>/", fiche.section, name="section"),
    path("<int:pk>/confirmer/", fiche.confirmer, name="confirmer"),
    path("<int:pk>/retirer-mon-nom/", fiche.retirer_nom, name="retirer_nom"),
    path("<int:pk>/historique/", fiche.historique, name="historique"),
    path("<int:pk>/ouverture/", tenue.ouverture, name="ouverture"),
    path("<int:pk>/relancer/", tenue.relancer, name="relancer"),
    *adhesions.pages,
    *doublons.pages,
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", journal.journal, name="import"),
    path("imports/<int:pk>/appliquer/", imports.appliquer, name="appliquer_import"),
    path("imports/<int:pk>/abandonner/", imports.abandonner, name="abandonner_import"),
    path("imports/<int:pk>/annuler/", imports.annuler, name="annuler_import"),
    path("imports/<int:pk>/disparues/", journal.disparues, name="import_disparues"),
    path("imports/<int:pk>/journal.<str:format>", journal.exporter, name="import_export"),
    path("ecarts/", ecarts.ecarts, name="ecarts"),
    path("imports/<int:pk>/colonnes/", tableur.colonnes, name="colonnes"),
    path("imports/listes/", tableur.correspondances, name="correspondances"),
    path("imports/listes/<int:pk>/", tableur.correspondance, name="correspondance"),
    path("imports/listes/<int:pk>/oublier/", tableur.oublier_correspondance, name="oublier_correspondance"),
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
