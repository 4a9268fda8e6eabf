"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "cartes"
urlpatterns: list[URLPattern | URLResolver] = []
