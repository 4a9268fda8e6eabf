"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from socle import views

app_name = "socle"
urlpatterns: list[URLPattern | URLResolver] = [path("<uuid:pk>/", views.travail, name="travail")]
