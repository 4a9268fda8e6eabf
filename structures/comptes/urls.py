"""Sign-in pages (allauth) and the portal's own account pages."""

from allauth.account.urls import urlpatterns as pages_allauth
from django.urls import URLPattern, URLResolver, include, path

from structures.comptes import views

# One address per account, given by the invitation: nobody adds another by themselves.
RETIREES = {"account_email"}

propres: list[URLPattern | URLResolver] = [path("profil/", views.profil, name="profil")]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((propres, "comptes"))),
    *(page for page in pages_allauth if page.name not in RETIREES),
]
