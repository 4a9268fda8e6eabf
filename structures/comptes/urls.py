"""Sign-in pages (allauth) and the portal's own account pages."""

from django.urls import URLPattern, URLResolver, include, path

from structures.comptes import views

propres: list[URLPattern | URLResolver] = [path("profil/", views.profil, name="profil")]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((propres, "comptes"))),
    path("", include("allauth.account.urls")),
]
