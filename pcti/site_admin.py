"""The admin site of the portal: only for the administration role, signed in like everybody else."""

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode


class SiteAdministration(AdminSite):
    """Sign-in goes through the portal's own page, with its rate limits."""

    site_header = "Administration du portail PCTI"
    site_title = "Administration PCTI"
    index_title = "Réglages et nomenclatures"

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        # Signed in without the right: say so; going back to sign-in would turn round and round.
        if request.user.is_authenticated:
            raise PermissionDenied("Ces réglages sont réservés à l’administration du portail.")
        suite = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': suite})}")
