"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from structures import views

app_name = "structures"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.annuaire, name="liste"),
    path("<int:pk>/", views.detail, name="detail"),
]
