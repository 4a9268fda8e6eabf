"""Sign-in pages (allauth) and the portal's own account pages."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("allauth.account.urls"))]
