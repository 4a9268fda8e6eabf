"""ProConnect as a provider of allauth (which finds it by the name of this module).

Its documentation asks for a state and a nonce of 32 characters at least, refuses any parameter it
doesn't know (so no PKCE unless told), and answers userinfo as a signed JWT. It proves who somebody
is, never for which structure.
"""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from django.conf import settings
from django.http import HttpRequest

from structures.comptes.proconnect import AdaptateurProConnect

# Sizes that ProConnect asks for at least, in characters; ours are 43.
OCTETS = 32


class CompteProConnect(ProviderAccount):
    """Nothing to show: no picture, no profile page."""


class ProConnectProvider(OAuth2Provider):
    id = "proconnect"
    name = "ProConnect"
    account_class = CompteProConnect
    oauth2_adapter_class = AdaptateurProConnect

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Only what we decide: the address of the page must not add parameters nor scopes."""
        suite = super().get_redirect_from_request_kwargs(request).get("next_url")
        nonce = secrets.token_urlsafe(OCTETS)
        demande: dict[str, Any] = {
            "process": "login",
            "scope": self.get_default_scope(),
            "auth_params": {"nonce": nonce},
            # Kept with the state, in the session.
            "nonce": nonce,
            "state_id": secrets.token_urlsafe(OCTETS),
        }
        return {**demande, "next_url": suite} if suite else demande

    def get_default_scope(self) -> list[str]:
        return list(settings.PCTI_PROCONNECT_PORTEE)

    def get_pkce_params(self) -> dict[str, str]:
        return super().get_pkce_params() if settings.PCTI_PROCONNECT_PKCE else {}

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Kept: what tells one identity provider from another; the rest is the account's business."""
        return {cle: data[cle] for cle in ("idp_id", "siret") if cle in data}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "email": data.get("email"),
            "first_name": data.get("given_name", ""),
            "last_name": data.get("usual_name") or data.get("family_name", ""),
        }

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        adresse = str(data.get("email") or "").strip().lower()
        dite = data.get("email_verified")
        verifiee = dite is True or (dite is None and settings.PCTI_PROCONNECT_COURRIEL_SUR)
        return [EmailAddress(email=adresse, verified=verifiee, primary=True)] if adresse else []


provider_classes = [ProConnectProvider]
