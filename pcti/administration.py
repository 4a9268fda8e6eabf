"""Django's admin, without django-leaflet's admin module (it needs GDAL, which we don't ask for)."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.contrib.admin.apps import SimpleAdminConfig


class AdministrationConfig(SimpleAdminConfig):
    """Admin whose autodiscovery leaves ``leaflet.admin`` alone."""

    default_site = "pcti.site_admin.SiteAdministration"

    def ready(self) -> None:
        super().ready()
        for application in apps.get_app_configs():
            if application.name != "leaflet" and find_spec(f"{application.name}.admin"):
                import_module(f"{application.name}.admin")
