"""From the link of an invitation to a signed-in member: the link opens nothing, the e-mailed code does."""

from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core import ratelimit
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from structures.adhesions.invitations import ErreurInvitation, accepter
from structures.comptes.models import Utilisateur
from structures.models import Invitation

CLE_SESSION = "invitation"


def demander_code(request: HttpRequest, invitation: Invitation, identite: dict[str, str]) -> None:
    """Send a sign-in code to the invited address, and remember in the session what it will open.

    The account exists from now on (without a password nor any right); its names are written only
    once the code has been given. Raises ErreurInvitation when codes are asked too fast (the same
    limit as the sign-in page: a link must not fill somebody's mailbox).
    """
    email = invitation.email.lower()
    if not ratelimit.consume(request, action="request_login_code", key=email):
        raise ErreurInvitation("Trop de codes demandés de suite. Patientez une minute, puis recommencez.")
    utilisateur = _compte(email)
    request.session[CLE_SESSION] = {"pk": invitation.pk, "identite": identite}
    LoginCodeVerificationProcess.initiate(request=request, user=utilisateur, email=email)


def _compte(email: str) -> Utilisateur:
    """The account of this address, made now if need be (two clicks at once make one)."""
    try:
        with transaction.atomic():
            return Utilisateur.objects.filter(email=email).first() or Utilisateur.objects.create_user(email)
    except IntegrityError:
        return Utilisateur.objects.get(email=email)


def accueillir(sender: Any, request: HttpRequest | None = None, user: Any = None, **_: Any) -> None:
    """After sign-in: accept the invitation that brought the person here, if it is theirs."""
    if request is None or not hasattr(request, "session") or not isinstance(user, Utilisateur):
        return
    memoire = request.session.pop(CLE_SESSION, None)
    if not memoire:
        return
    invitation = Invitation.objects.filter(pk=memoire.get("pk")).select_related("structure", "pole").first()
    if invitation is None or invitation.email.lower() != user.email.lower():
        return
    try:
        accepter(invitation, user)
    except ErreurInvitation as erreur:
        messages.error(request, str(erreur))
        return
    _nommer(user, memoire.get("identite", {}))
    messages.success(request, f"Bienvenue. Votre rôle : {invitation.get_role_display()} – {invitation.objet}.")


def _nommer(utilisateur: Utilisateur, identite: dict[str, str]) -> None:
    """Write the names the person typed where the account has none."""
    champs = [c for c in ("prenom", "nom", "fonction") if identite.get(c) and not getattr(utilisateur, c)]
    for champ in champs:
        setattr(utilisateur, champ, identite[champ])
    if champs:
        utilisateur.save(update_fields=champs)
