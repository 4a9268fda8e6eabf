"""Sign-in pages (allauth) and the portal's own account pages."""

from allauth.account.urls import urlpatterns as pages_allauth
from django.urls import URLPattern, URLResolver, include, path

from structures.comptes import views

# One address per account, given by the invitation: nobody adds another by themselves.
RETIREES = {"account_email", "account_email_verification_sent", "account_confirm_email", "account_login"}

propres: list[URLPattern | URLResolver] = [
    path("profil/", views.profil, name="profil"),
    path("notifications/", views.notifications, name="notifications"),
]
# Shown by allauth's page, with the blocks that upper floors plug into it.
connexion = path("login/", views.connexion, name="account_login")
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((propres, "comptes"))),
    connexion,
    *(page for page in pages_allauth if page.name not in RETIREES),
]
