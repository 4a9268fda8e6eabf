"""Django's admin for the nomenclature of services."""

from django.contrib import admin

from offres.models import Service
from structures.comptes.admin import AdminPortail


@admin.register(Service)
class ServiceAdmin(AdminPortail):
    """The controlled list of services: reworded, reordered, retired; never deleted."""

    list_display = ("libelle", "unite_volume", "optionnel", "ordre", "actif")
    list_editable = ("ordre", "actif")
    search_fields = ("libelle", "definition")
