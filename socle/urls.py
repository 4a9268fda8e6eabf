"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "socle"
urlpatterns: list[URLPattern | URLResolver] = []
