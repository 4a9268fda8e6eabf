"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "fiches"
urlpatterns: list[URLPattern | URLResolver] = []
