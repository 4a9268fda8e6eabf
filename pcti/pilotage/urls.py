"""Addresses of the steering pages."""

from django.urls import URLPattern, URLResolver, path

from pcti.pilotage import views

app_name = "pilotage"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.region, name="tableau"),
    path("carte.svg", views.carte, name="carte"),
    path("reponses.svg", views.graphique, name="graphique"),
    path("bassins/<str:code>/", views.bassin, name="bassin"),
]
