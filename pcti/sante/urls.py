"""Addresses of this room."""

from django.urls import URLPattern, URLResolver

app_name = "sante"
urlpatterns: list[URLPattern | URLResolver] = []
