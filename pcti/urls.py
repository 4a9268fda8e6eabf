"""The addresses of the portal (contract: docs/exploitation.md)."""

from django.contrib import admin
from django.urls import include, path

handler403 = "pcti.erreurs.erreur_403"
handler404 = "pcti.erreurs.erreur_404"
handler500 = "pcti.erreurs.erreur_500"

urlpatterns = [
    path("", include("pcti.accueil.urls")),
    path("", include("pcti.sante.urls")),
    path("cartes/", include("cartes.urls")),
    path("structures/", include("structures.urls")),
    path("offres/", include("offres.urls")),
    path("fiches/", include("fiches_action.urls")),
    path("", include("fiches_action.conventions.urls")),
    path("pilotage/", include("pcti.pilotage.urls")),
    path("demo/", include("pcti.demo.urls")),
    path("comptes/", include("structures.comptes.urls")),
    path("travaux/", include("socle.urls")),
    path("administration/", admin.site.urls),
]
