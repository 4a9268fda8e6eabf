"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from pcti.accueil import views

app_name = "accueil"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.accueil, name="accueil"),
    path("accessibilite/", views.accessibilite, name="accessibilite"),
    path("mentions-legales/", views.mentions_legales, name="mentions_legales"),
    path("donnees-personnelles/", views.donnees_personnelles, name="donnees_personnelles"),
    path("aide/", views.aide, name="aide"),
]
