"""From an identity that ProConnect proved to an account of the portal: an existing one, or an invitation."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.http import HttpRequest
from django.shortcuts import render

from socle.prises import accueils_sur_invitation
from structures.comptes.models import EvenementCompte, Utilisateur
from structures.comptes.proconnect import CLE_JETON

CLE_A_RATTACHER = "proconnect_a_rattacher"
# Seconds between ProConnect and the code that proves the address: who signs in on this computer hours later
# may be somebody else.
ATTENTE = 900


def accueil_sur_invitation(adresse: str) -> str:
    """Where somebody invited at this address answers; « » when nobody invited them."""
    return next((page for fonction in accueils_sur_invitation if (page := fonction(adresse))), "")


class AdaptateurSocial(DefaultSocialAccountAdapter):
    """No sign-up: an account, an invitation, or the page that says to ask for one."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> Utilisateur:
        return Utilisateur()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Utilisateur:
        personne: Utilisateur = sociallogin.user
        personne.email = str(data.get("email") or "").strip().lower()
        personne.prenom = str(data.get("first_name") or "")[:80]
        personne.nom = str(data.get("last_name") or "")[:80]
        return personne

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whose account this is. Raises ImmediateHttpResponse when it is nobody's."""
        request.session[CLE_JETON] = getattr(request, "proconnect_id_token", "")
        if sociallogin.is_existing:
            return
        proposee: Utilisateur = sociallogin.user
        verifiee = any(a.verified for a in sociallogin.email_addresses if a.email == proposee.email)
        if not verifiee:
            self._renvoyer_au_code(request, sociallogin)
        compte = Utilisateur.objects.filter(email=proposee.email, supprime_le__isnull=True).first()
        invitation = accueil_sur_invitation(proposee.email)
        if compte is None and invitation:
            compte = Utilisateur.objects.create_user(proposee.email, prenom=proposee.prenom, nom=proposee.nom)
        if compte is None:
            raise ImmediateHttpResponse(
                render(request, "comptes/proconnect_inconnu.html", {"proposee": proposee}, status=403)
            )
        if invitation and not sociallogin.state.get("next"):
            sociallogin.state["next"] = invitation
        if not compte.is_active:
            # allauth says that the account is closed; the identity is not tied to it.
            sociallogin.user = compte
            return
        sociallogin.connect(request, compte)
        EvenementCompte.objects.create(personne=compte, action=EvenementCompte.Action.PROCONNECT, par=compte)

    def _renvoyer_au_code(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The provider doesn't vouch for the address: a code sent to it must prove it, once."""
        proposee: Utilisateur = sociallogin.user
        request.session[CLE_A_RATTACHER] = {
            "uid": sociallogin.account.uid,
            "adresse": proposee.email,
            "donnees": sociallogin.account.extra_data,
            "a": int(time.time()),
        }
        raise ImmediateHttpResponse(
            render(request, "comptes/proconnect_non_verifie.html", {"proposee": proposee}, status=403)
        )


def rattacher(sender: Any, request: HttpRequest | None = None, user: Any = None, **_: Any) -> None:
    """After a sign-in by code: tie the identity that waited, if it names the address just proved.

    Keeps ProConnect's token for the sign-out when the sign-in came from there.
    """
    if request is None or not isinstance(user, Utilisateur):
        return
    if jeton := getattr(request, "proconnect_id_token", ""):
        request.session[CLE_JETON] = jeton
    attente = request.session.pop(CLE_A_RATTACHER, None)
    preuves = request.session.get("account_authentication_methods", [])
    par_code = any(preuve.get("method") == "code" for preuve in preuves)
    if not attente or attente["adresse"] != user.email or not par_code or time.time() - attente["a"] > ATTENTE:
        return
    _, nouveau = SocialAccount.objects.get_or_create(
        provider="proconnect", uid=attente["uid"], defaults={"user": user, "extra_data": attente["donnees"]}
    )
    if nouveau:
        EvenementCompte.objects.create(personne=user, action=EvenementCompte.Action.PROCONNECT, par=user)
        get_adapter().send_notification_mail("socialaccount/email/account_connected", user)
