"""Addresses of the action sheets."""

from django.urls import URLPattern, URLResolver, path

from fiches_action import views, views_lignes

app_name = "fiches"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.liste, name="liste"),
    path("nouvelle/", views.nouvelle, name="nouvelle"),
    path("<str:reference>/", views.detail, name="detail"),
    path("<str:reference>/export.pdf", views.export_pdf, name="pdf"),
    path("<str:reference>/modifier/<slug:section>/", views.modifier, name="modifier"),
    path("<str:reference>/modifier/<slug:section>/ajouter/", views_lignes.ligne_ajouter, name="ligne_ajouter"),
    path("<str:reference>/modifier/<slug:section>/<int:pk>/", views_lignes.ligne_modifier, name="ligne_modifier"),
    path(
        "<str:reference>/modifier/<slug:section>/<int:pk>/retirer/", views_lignes.ligne_retirer, name="ligne_retirer"
    ),
    path("<str:reference>/participation/<int:pk>/", views.participation, name="participation"),
    path("<str:reference>/passer/<slug:action>/", views.passer, name="passer"),
]
