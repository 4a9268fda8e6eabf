"""System check of the seal: a wrong file or password is said at start, not after the last signature."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

PREAVIS = timedelta(days=60)


def sceau_utilisable(app_configs: Any, **_: Any) -> list[CheckMessage]:
    if not settings.PCTI_SCEAU_P12:
        return []
    from fiches_action.conventions import autorite

    try:
        signataire, _racines = autorite.de_pkcs12(settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE)
    except autorite.SceauInutilisable as erreur:
        return [Error(str(erreur), hint="Voyez PCTI_SCEAU_P12 et PCTI_SCEAU_MOT_DE_PASSE.", id="conventions.E001")]
    certificat = signataire.signing_cert
    if certificat is None:
        return [Error("Le fichier du cachet n’a pas de certificat.", id="conventions.E003")]
    fin = certificat.not_valid_after
    if fin < datetime.now(UTC):
        return [Error("Le certificat du cachet a expiré.", id="conventions.E002")]
    if fin < datetime.now(UTC) + PREAVIS:
        return [Warning(f"Le certificat du cachet expire le {fin:%d/%m/%Y}.", id="conventions.W001")]
    return []
