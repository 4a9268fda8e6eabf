"""Small functions that make objects for tests, one per model, gathered from every room."""

from itertools import count
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.territoires.models import Commune

_rang = count(1)


def un_utilisateur(**champs: Any) -> Utilisateur:
    """Somebody with an account, without any right."""
    champs.setdefault("email", f"personne{next(_rang)}@exemple.test")
    return Utilisateur.objects.create_user(**champs)


def une_structure(commune: Commune, **champs: Any) -> Structure:
    """An open structure in a commune."""
    rang = next(_rang)
    return Structure.objects.create(**{"nom": f"ESAT n° {rang}", "type": "esat", "commune": commune, **champs})


SECRET_TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def avec_second_facteur(personne: Utilisateur) -> Utilisateur:
    """The same person, with an application of codes (secret: SECRET_TOTP).

    Coordination, pilotage and administration enter nothing without one.
    """
    Authenticator.objects.get_or_create(
        user=personne,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": get_adapter().encrypt(SECRET_TOTP)}},
    )
    return personne
