"""Addresses of the duplicates, the merges and the sites."""

from django.urls import path

from structures.views import doublons, fusions, sites

pages = [
    path("doublons/", doublons.liste, name="doublons"),
    path("doublons/rechercher/", doublons.rechercher, name="rechercher_doublons"),
    path("doublons/signaler/", doublons.signaler, name="signaler_doublon"),
    path("doublons/<int:pk>/", doublons.doublon, name="doublon"),
    path("doublons/<int:pk>/fusionner/", fusions.fusionner, name="fusionner"),
    path("doublons/<int:pk>/distinguer/", doublons.distinguer, name="distinguer"),
    path("doublons/<int:pk>/reprendre/", doublons.reprendre, name="reprendre_doublon"),
    path("fusions/<int:pk>/", fusions.fusion, name="fusion"),
    path("fusions/<int:pk>/annuler/", fusions.annuler, name="annuler_fusion"),
    path("<int:pk>/sites/", sites.sites, name="sites"),
]
