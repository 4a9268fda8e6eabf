"""What the portal asks of allauth's second factors: words, names, secrets kept encrypted."""

import base64
import hashlib
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from structures.comptes.models import Utilisateur
from structures.comptes.second_facteur import est_exige, est_le_dernier

journal = logging.getLogger(__name__)


def _coffre() -> MultiFernet:
    """Encrypts with a key drawn from SECRET_KEY; reads those of SECRET_KEY_FALLBACKS too."""
    cles = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    condenses = [hashlib.sha256(b"pcti.seconds-facteurs:" + str(cle).encode()).digest() for cle in cles]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(condense)) for condense in condenses])


class AdaptateurFacteurs(DefaultMFAAdapter):
    """French, without the host's name; who must have a factor keeps one."""

    error_messages = {  # noqa: RUF012 - allauth's own way
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant, puis recommencez.",
        "cannot_delete_authenticator": "Votre rôle demande un second facteur\u00a0: ajoutez-en un autre avant de "
        "retirer celui-ci.",
        "cannot_generate_recovery_codes": "Ajoutez d’abord une application ou une clé d’accès.",
    }

    def _get_site_name(self) -> str:
        return "PCTI Normandie"

    def encrypt(self, text: str) -> str:
        return _coffre().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret that no key reads any more opens nothing: the person is refused, not shown a broken page."""
        try:
            return _coffre().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            journal.error("un secret de second facteur ne se lit plus : SECRET_KEY a changé sans SECRET_KEY_FALLBACKS")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (est_exige(authenticator.user) and est_le_dernier(authenticator))

    def generate_authenticator_name(self, user: Utilisateur, type: Authenticator.Type) -> str:
        nombre = Authenticator.objects.filter(user=user, type=type).count()
        return "Ma clé d’accès" if nombre == 0 else f"Ma clé d’accès n° {nombre + 1}"
