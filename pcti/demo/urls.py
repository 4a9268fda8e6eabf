"""Addresses of the demonstration."""

from django.urls import URLPattern, URLResolver, path

from pcti.demo import views

app_name = "demo"
urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", views.connexion, name="connexion"),
    path("courriels/", views.courriels, name="courriels"),
    path("courriels/<int:pk>/", views.courriel, name="courriel"),
]
