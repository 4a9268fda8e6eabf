"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "accueil"
urlpatterns: list[URLPattern | URLResolver] = []
