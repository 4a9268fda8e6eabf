"""Another e-mail address for an account: proved by a code sent to it, told to the former one."""

import secrets
import time

from allauth.account.models import EmailAddress
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from socle.courriels import ecrire
from structures.comptes.models import EvenementCompte, Utilisateur
from structures.comptes.second_facteur import est_exempte
from structures.comptes.sessions import fermer_toutes

CLE = "adresse_demandee"
VALIDITE_S = 900
ESSAIS_MAX = 5
# Without the letters and digits that look alike.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"


class ErreurAdresse(Exception):
    """The address can't be changed: the message is shown."""


def _condense(code: str) -> str:
    propre = "".join(lettre for lettre in code.upper() if lettre.isalnum())
    return salted_hmac("structures.comptes.adresse", propre, algorithm="sha256").hexdigest()


def demander(session: SessionBase, personne: Utilisateur, adresse: str) -> None:
    """Send a code to the new address. Raises ErreurAdresse for the present one.

    When another account has it, its owner is told instead, and this page says nothing of it.
    """
    adresse = adresse.strip().lower()
    if est_exempte(personne):
        raise ErreurAdresse("Ce compte sert à la démonstration\u00a0: son adresse ne change pas.")
    if adresse == personne.email:
        raise ErreurAdresse("C’est déjà votre adresse.")
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2))
    session[CLE] = {"adresse": adresse, "condense": _condense(code), "a": int(time.time()), "essais": 0}
    with transaction.atomic():
        if Utilisateur.objects.filter(email=adresse).exists():
            ecrire("comptes/adresse_prise", adresse, {}, objet="comptes")
        else:
            ecrire("comptes/adresse_code", adresse, {"code": code, "minutes": VALIDITE_S // 60}, objet="comptes")


def confirmer(session: SessionBase, personne: Utilisateur, code: str) -> str:
    """Write the address that this code proves; it. Raises ErreurAdresse."""
    attente = session.get(CLE)
    if not attente or time.time() - attente["a"] > VALIDITE_S or attente["essais"] >= ESSAIS_MAX:
        session.pop(CLE, None)
        raise ErreurAdresse("Ce code ne sert plus. Demandez-en un autre.")
    if not secrets.compare_digest(_condense(code), attente["condense"]):
        session[CLE] = {**attente, "essais": attente["essais"] + 1}
        raise ErreurAdresse("Ce code n’est pas le bon. Vérifiez-le, ou demandez-en un autre.")
    del session[CLE]
    try:
        _ecrire(personne, attente["adresse"])
    except IntegrityError as erreur:
        raise ErreurAdresse("Cette adresse ne peut pas servir. Choisissez-en une autre.") from erreur
    fermer_toutes(personne, sauf=session.session_key)
    return str(attente["adresse"])


@transaction.atomic
def _ecrire(personne: Utilisateur, adresse: str) -> None:
    personne = Utilisateur.objects.select_for_update().get(pk=personne.pk)
    ancienne = personne.email
    personne.email = adresse
    personne.save(update_fields=["email"])
    # The former address must not open the account any more.
    EmailAddress.objects.filter(user=personne).delete()
    EvenementCompte.objects.create(personne=personne, action=EvenementCompte.Action.ADRESSE_CHANGEE, par=personne)
    ecrire("comptes/adresse_changee", ancienne, {"adresse": adresse}, objet="comptes")
