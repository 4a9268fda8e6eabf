"""Second factors: who must have one, and the gate that sends them to set it up.

A role that opens many people's data (coordination, pilotage, administration) needs more than a
mailbox: an application that gives codes, or a passkey.
"""

import ipaddress
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from structures.comptes.models import EvenementCompte, Utilisateur
from structures.comptes.notifications import notifier
from structures.comptes.regles import roles_de
from structures.comptes.sessions import fermer_toutes

FORTS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What stays open to somebody who has still to set up their second factor: their account, the help, the way out.
OUVERTES = frozenset(
    {
        "comptes:second_facteur", "comptes:profil", "comptes:notifications", "comptes:sessions",
        "comptes:fermer_session", "comptes:fermer_les_autres",
        "comptes:adresse", "comptes:adresse_code", "comptes:supprimer",
        "account_logout", "account_reauthenticate",
        "account_set_password", "account_change_password", "account_login", "accueil:aide",
        "accueil:accessibilite", "accueil:mentions_legales", "accueil:donnees_personnelles", "sante:sante",
    }
)  # fmt: skip
SUITE = "suite_second_facteur"


def est_exempte(personne: Utilisateur) -> bool:
    """Accounts of the demonstration, while it is on: anybody enters them in one click."""
    return bool(personne.demonstration and settings.PCTI_DEMO)


def est_exige(personne: Utilisateur | AnonymousUser) -> bool:
    """Whether this person's role asks for a second factor."""
    if not isinstance(personne, Utilisateur) or est_exempte(personne):
        return False
    return bool(roles_de(personne) or personne.is_staff or personne.is_superuser)


def possede(personne: Utilisateur) -> bool:
    return bool(Authenticator.objects.filter(user=personne, type__in=FORTS).exists())


def manque(personne: Utilisateur | AnonymousUser) -> bool:
    """Whether this person must set up a second factor before going on (two queries at most)."""
    return isinstance(personne, Utilisateur) and est_exige(personne) and not possede(personne)


def est_le_dernier(facteur: Authenticator) -> bool:
    """Whether taking this one away leaves the person with recovery codes only."""
    return not Authenticator.objects.filter(user=facteur.user_id, type__in=FORTS).exclude(pk=facteur.pk).exists()


def cles_possibles(request: HttpRequest) -> bool:
    """Passkeys are tied to a name: browsers refuse them on a bare address (http://127.0.0.1)."""
    hote = request.get_host().rsplit(":", 1)[0].strip("[]")
    try:
        ipaddress.ip_address(hote)
    except ValueError:
        return request.is_secure() or hote == "localhost" or hote.endswith(".localhost")
    return False


class GardeSecondFacteur:
    """Middleware, after the sign-in ones: nothing but the account until the second factor is there."""

    def __init__(self, suite: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.suite = suite

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.suite(request)

    def process_view(
        self, request: HttpRequest, vue: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        nom = request.resolver_match.view_name if request.resolver_match else ""
        if nom in OUVERTES or nom.startswith("mfa_") or not manque(request.user):
            return None
        if request.method == "GET" and "HX-Request" not in request.headers:
            request.session[SUITE] = request.get_full_path()
        return redirect("comptes:second_facteur")


def suite_de(request: HttpRequest) -> str:
    """Where the person was going when the gate stopped them (read once)."""
    suite = str(request.session.pop(SUITE, "/"))
    return suite if url_has_allowed_host_and_scheme(suite, allowed_hosts=None) else "/"


class ErreurFacteur(Exception):
    """A reset that may not be: the message is shown."""


@transaction.atomic
def remettre_a_zero(personne: Utilisateur, par: Utilisateur, motif: str) -> int:
    """Take every factor and every session away from somebody who lost theirs; how many factors.

    The person is told by e-mail, the trace says who and why. Raises ErreurFacteur for oneself.
    """
    if personne.pk == par.pk:
        raise ErreurFacteur("Vous ne pouvez pas remettre à zéro vos propres seconds facteurs.")
    nombre, _ = Authenticator.objects.filter(user=personne).delete()
    fermer_toutes(personne)
    EvenementCompte.objects.create(
        personne=personne, action=EvenementCompte.Action.SECOND_FACTEUR_REMIS, par=par, motif=motif[:300]
    )
    notifier(
        personne,
        "comptes.securite",
        "comptes/securite",
        {
            "quoi": "Vos seconds facteurs ont été remis à zéro",
            "detail": f"{par} ({par.email}), de l’administration du portail, l’a fait à votre demande. "
            "À votre prochaine connexion, le portail vous demandera d’en choisir un nouveau s’il est nécessaire.",
        },
        objet="comptes",
    )
    return int(nombre)


# --- what allauth says happened ----------------------------------------------------------------


def ajoute(sender: Any, request: HttpRequest, user: Utilisateur, authenticator: Authenticator, **_: Any) -> None:
    """A new factor: trace it; who has just proved it needs no second proof to read their recovery codes."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    EvenementCompte.objects.create(personne=user, action=EvenementCompte.Action.SECOND_FACTEUR_AJOUTE, par=user)
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


def retire(sender: Any, request: HttpRequest, user: Utilisateur, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        EvenementCompte.objects.create(personne=user, action=EvenementCompte.Action.SECOND_FACTEUR_RETIRE, par=user)


def refait(sender: Any, request: HttpRequest, user: Utilisateur, authenticator: Authenticator, **_: Any) -> None:
    EvenementCompte.objects.create(personne=user, action=EvenementCompte.Action.CODES_REFAITS, par=user)


def mot_de_passe_change(sender: Any, user: Utilisateur, **_: Any) -> None:
    EvenementCompte.objects.create(personne=user, action=EvenementCompte.Action.MOT_DE_PASSE, par=user)
