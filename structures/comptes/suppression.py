"""Deleting an account: the row stays for the history of what it did, nothing in it names the person.

Kept, by law and as evidence: signatures and the evidence of agreements, under the name given when
signing. Everywhere else the name becomes « Compte supprimé ». Inactive accounts go the same way
after two years (domaine.md §8.1), warned a month before.
"""

import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from socle.courriels import CONSERVATION, oublier_l_adresse
from socle.prises import alertes_suppression, effacements
from structures.comptes.models import ChoixNotification, EvenementCompte, Habilitation, Utilisateur
from structures.comptes.notifications import notifier
from structures.comptes.operations import retirer
from structures.comptes.second_facteur import est_exempte
from structures.comptes.sessions import fermer_toutes

NOM = "Compte supprimé"
INACTIVITE = timedelta(days=730)
PREAVIS = timedelta(days=30)
LOT = 200


class ErreurSuppression(Exception):
    """The account may not be deleted now: the message says what to do first."""


def empechement(personne: Utilisateur) -> str:
    """Why this account can't be deleted, « » when it can."""
    if est_exempte(personne):
        return "Ce compte sert à la démonstration\u00a0: il ne se supprime pas."
    administration = Habilitation.objects.actives().filter(
        role=Habilitation.Role.ADMINISTRATION, utilisateur__is_active=True
    )
    if administration.filter(utilisateur=personne).exists() and administration.count() == 1:
        return "Vous êtes la seule personne de l’administration du portail\u00a0: nommez-en d’abord une autre."
    return ""


def alertes(personne: Utilisateur) -> list[str]:
    """What the person should know before: structures left without a direction, rights that end."""
    dites = [phrase for fonction in alertes_suppression for phrase in fonction(personne)]
    for droit in Habilitation.objects.actives().filter(utilisateur=personne).select_related("pole", "region"):
        dites.append(f"Votre rôle prendra fin\u00a0: {droit.get_role_display()}.")
    return dites


@transaction.atomic
def supprimer(personne: Utilisateur, par: Utilisateur | None, motif: str = "") -> None:
    """Close the account and erase what names the person, everywhere. Idempotent.

    ``par`` is None for the portal itself (inactivity). Raises ErreurSuppression.
    """
    # Two requests at once: the second one waits here, and finds it done. Two administrators deleting
    # themselves at once would each see the other: their rights are locked first.
    list(Habilitation.objects.select_for_update().filter(role=Habilitation.Role.ADMINISTRATION, fin=None))
    personne = Utilisateur.objects.select_for_update().get(pk=personne.pk)
    if personne.supprime_le is not None:
        return
    if raison := empechement(personne):
        raise ErreurSuppression(raison)
    for fonction in effacements:
        fonction(personne)
    for droit in Habilitation.objects.actives().filter(utilisateur=personne):
        retirer(droit)
    adresse = f"supprime-{personne.pk}-{secrets.token_hex(4)}@compte.invalid"
    oublier_l_adresse(personne.email, adresse)
    for modele in (Authenticator, EmailAddress, SocialAccount):
        modele.objects.filter(user=personne).delete()
    ChoixNotification.objects.filter(personne=personne).delete()
    # Reasons written about this person may name them.
    EvenementCompte.objects.filter(personne=personne).update(motif="")
    personne.refresh_from_db()
    personne.email, personne.prenom, personne.nom = adresse, "", NOM
    personne.fonction = personne.telephone = ""
    personne.is_active = personne.is_staff = personne.is_superuser = False
    personne.last_login, personne.supprime_le = None, timezone.now()
    personne.set_unusable_password()
    personne.save()
    fermer_toutes(personne)
    EvenementCompte.objects.create(
        personne=personne, action=EvenementCompte.Action.SUPPRIME, par=par, motif=motif[:300]
    )


# --- accounts that nobody uses ------------------------------------------------------------------


def inactifs(depuis: datetime) -> QuerySet[Utilisateur]:
    """Open accounts that nobody entered since then (demonstration and administration left aside)."""
    from allauth.usersessions.models import UserSession

    vus = UserSession.objects.filter(user=OuterRef("pk"), last_seen_at__gte=depuis)
    administration = Habilitation.objects.actives().filter(
        utilisateur=OuterRef("pk"), role=Habilitation.Role.ADMINISTRATION
    )
    return Utilisateur.objects.filter(
        Q(last_login__lt=depuis) | Q(last_login=None, date_joined__lt=depuis),
        ~Exists(vus),
        ~Exists(administration),
        is_active=True,
        demonstration=False,
        supprime_le__isnull=True,
    )


def annoncer_les_fermetures() -> int:
    """Warn, a month before, those whose account is about to be deleted. How many. Idempotent."""
    maintenant = timezone.now()
    annonces = 0
    proches = inactifs(maintenant - INACTIVITE + PREAVIS).filter(inactivite_annoncee_le__isnull=True)
    for personne in proches.order_by("pk")[:LOT]:
        with transaction.atomic():
            # Claimed: two schedules at once write one e-mail.
            if not Utilisateur.objects.filter(pk=personne.pk, inactivite_annoncee_le=None).update(
                inactivite_annoncee_le=maintenant
            ):
                continue
            annonces += 1
            EvenementCompte.objects.create(personne=personne, action=EvenementCompte.Action.INACTIVITE_ANNONCEE)
            notifier(
                personne,
                "comptes.securite",
                "comptes/inactivite",
                {"jusqu_au": maintenant + PREAVIS, "lien": settings.PCTI_URL + reverse("account_login")},
                objet=f"comptes:{personne.pk}",
            )
    return annonces


def fermer_les_inactifs() -> int:
    """Delete the accounts warned a month ago and still unused. How many. Idempotent."""
    maintenant = timezone.now()
    echus = inactifs(maintenant - INACTIVITE).filter(inactivite_annoncee_le__lt=maintenant - PREAVIS)
    fermes = 0
    for personne in echus.order_by("pk")[:LOT]:
        try:
            supprimer(personne, None, "Deux ans sans connexion")
        except ErreurSuppression:
            continue
        fermes += 1
    return fermes


def oublier_les_evenements() -> int:
    """Forget what happened to accounts more than a year ago (logs: domaine.md §8.1). How many. Idempotent."""
    nombre, _ = EvenementCompte.objects.filter(le__lt=timezone.now() - CONSERVATION).delete()
    return nombre


def revenu(sender: object, user: object, **_: object) -> None:
    """Signed in again: the warning no longer holds."""
    if isinstance(user, Utilisateur) and user.inactivite_annoncee_le is not None:
        Utilisateur.objects.filter(pk=user.pk).update(inactivite_annoncee_le=None)
        user.inactivite_annoncee_le = None
