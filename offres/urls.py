"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "offres"
urlpatterns: list[URLPattern | URLResolver] = []
