"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from pcti.sante import views

app_name = "sante"
urlpatterns: list[URLPattern | URLResolver] = [path("sante/", views.sante, name="sante")]
