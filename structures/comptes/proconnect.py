"""OpenID Connect as ProConnect speaks it: discovery, code, signed identity, sign-out by redirection."""

import json
import secrets
from typing import Any
from urllib.parse import urlencode

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException

# Signed with the provider's private key: HS256 would make our own secret a signing key.
ALGORITHMES = ("RS256", "ES256")
# What a clock may be wrong by, in seconds (ProConnect's tokens live one minute).
MARGE = 10
CONFIGURATION_S = 600
CLE_JETON = "proconnect_id_token"
CLE_SORTIE = "proconnect_sortie"
CLE_ETAT_SORTIE = "proconnect_etat_sortie"


def est_regle() -> bool:
    """Whether the operator gave what ProConnect needs."""
    return bool(settings.PCTI_PROCONNECT_CLIENT_ID and settings.PCTI_PROCONNECT_URL)


def _lire(adresse: str, jeton: str = "") -> Any:
    """GET an address of the provider. Raises OAuth2Error when it is silent or refuses."""
    entetes = {"Authorization": f"Bearer {jeton}"} if jeton else {}
    try:
        with get_adapter().get_requests_session() as session:
            reponse = session.get(adresse, headers=entetes)
            reponse.raise_for_status()
    except RequestException as erreur:
        raise OAuth2Error(f"{adresse} : {erreur}") from erreur
    return reponse


def _json(adresse: str) -> dict[str, Any]:
    try:
        lu = _lire(adresse).json()
    except ValueError as erreur:
        raise OAuth2Error(f"{adresse} ne répond pas en JSON") from erreur
    if not isinstance(lu, dict):
        raise OAuth2Error(f"{adresse} ne répond pas un objet")
    return lu


def configuration() -> dict[str, Any]:
    """The provider's own description of its addresses, kept ten minutes. Raises OAuth2Error."""
    adresse = settings.PCTI_PROCONNECT_URL
    if "/.well-known/" not in adresse:
        adresse = adresse.rstrip("/") + "/.well-known/openid-configuration"
    connue: dict[str, Any] | None = cache.get(f"proconnect:{adresse}")
    if connue is None:
        connue = _json(adresse)
        manque = {"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} - set(connue)
        if manque:
            raise OAuth2Error(f"{adresse} ne dit pas {sorted(manque)}")
        cache.set(f"proconnect:{adresse}", connue, CONFIGURATION_S)
    return connue


def lire_jeton(jeton: str, *, exiges: tuple[str, ...], nonce: str = "") -> dict[str, Any]:
    """The claims of a token of the provider. Raises OAuth2Error unless everything in it is right:

    signature by one of its keys (RS256, ES256), issuer, audience, expiry, the claims asked for, the nonce.
    """
    config = configuration()
    try:
        tete = jwt.get_unverified_header(jeton)
        if tete.get("alg") not in ALGORITHMES:
            raise OAuth2Error(f"signature {tete.get('alg')} refusée")
        cles = [c for c in _json(config["jwks_uri"]).get("keys", []) if c.get("kid") == tete.get("kid")]
        if len(cles) != 1:
            raise OAuth2Error("clé de signature inconnue")
        lu: dict[str, Any] = jwt.decode(
            jeton,
            key=jwt.PyJWK.from_json(json.dumps(cles[0]), algorithm=tete["alg"]).key,
            algorithms=[tete["alg"]],
            issuer=config["issuer"],
            audience=settings.PCTI_PROCONNECT_CLIENT_ID,
            leeway=MARGE,
            options={"require": list(exiges)},
        )
    except (jwt.PyJWTError, ValueError, KeyError, TypeError) as erreur:
        raise OAuth2Error(f"jeton refusé : {erreur}") from erreur
    if nonce and not secrets.compare_digest(str(lu.get("nonce", "")), nonce):
        raise OAuth2Error("nonce inattendu")
    return lu


class AdaptateurProConnect(OAuth2Adapter):
    """The code flow of allauth, with the checks that ProConnect asks for."""

    provider_id = "proconnect"
    # Read from the session with the state, before the exchange.
    nonce = ""

    @property
    def authorize_url(self) -> str:
        return str(configuration()["authorization_endpoint"])

    @property
    def access_token_url(self) -> str:
        return str(configuration()["token_endpoint"])

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """The address declared at ProConnect, whatever the Host header said."""
        return settings.PCTI_URL + reverse("proconnect_callback")

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Who it is. Raises OAuth2Error."""
        if not self.nonce:
            raise OAuth2Error("nonce absent de la session")
        brut = kwargs["response"].get("id_token") or ""
        identite = lire_jeton(brut, exiges=("iss", "aud", "exp", "sub", "nonce"), nonce=self.nonce)
        reponse = _lire(configuration()["userinfo_endpoint"], token.token)
        if reponse.headers.get("Content-Type", "").split(";")[0].strip() != "application/jwt":
            raise OAuth2Error("userinfo n’est pas un jeton signé")
        infos = lire_jeton(reponse.text.strip(), exiges=("iss", "aud", "exp", "sub"))
        if infos["sub"] != identite["sub"]:
            raise OAuth2Error("userinfo parle de quelqu’un d’autre")
        # Kept for the sign-out.
        request.proconnect_id_token = brut  # type: ignore[attr-defined]
        return self.get_provider().sociallogin_from_response(request, infos)


class RetourProConnect(OAuth2CallbackView):
    """The way back: hands the nonce of this state to the adapter."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        etat, reponse = super()._get_state(request, provider)
        if etat is not None:
            self.adapter.nonce = str(etat.get("nonce", ""))
        return etat, reponse


_depart = OAuth2LoginView.adapter_view(AdaptateurProConnect)
_retour = RetourProConnect.adapter_view(AdaptateurProConnect)


def _si_regle(vue: Any, request: HttpRequest) -> HttpResponse:
    if not est_regle():
        raise Http404
    try:
        reponse: HttpResponse = vue(request)
    except OAuth2Error as erreur:
        # Silent before the exchange: allauth only catches what comes after.
        reponse = render_authentication_error(request, None, exception=erreur)
    return reponse


def depart(request: HttpRequest) -> HttpResponse:
    """To ProConnect."""
    return _si_regle(_depart, request)


def retour(request: HttpRequest) -> HttpResponse:
    """Back from ProConnect."""
    return _si_regle(_retour, request)


def adresse_de_sortie(jeton: str) -> tuple[str, str]:
    """Where to end ProConnect's own session, and the state it will give back. « » when it has no such place."""
    try:
        base = configuration().get("end_session_endpoint", "")
    except OAuth2Error:
        return "", ""
    if not base:
        return "", ""
    etat = secrets.token_urlsafe(32)
    retour_ici = settings.PCTI_URL + reverse("proconnect_sorti")
    question = urlencode({"id_token_hint": jeton, "state": etat, "post_logout_redirect_uri": retour_ici})
    return f"{base}?{question}", etat
