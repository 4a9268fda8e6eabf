"""Is the portal in working order? For probes and for the start script; says nothing a stranger could use."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pcti.sante.battement import travailleur_vivant

journal = logging.getLogger(__name__)


def base_repond() -> bool:
    with connection.cursor() as curseur:
        curseur.execute("SELECT 1")
        return bool(curseur.fetchone() == (1,))


def courtier_repond() -> bool:
    adresse: str = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://", 1)
    if not adresse.startswith(("redis://", "rediss://", "unix://")):
        return False
    client = redis.Redis.from_url(adresse, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(client.ping())
    finally:
        client.close()


PARTIES: dict[str, Callable[[], bool]] = {
    "base": base_repond,
    "courtier": courtier_repond,
    "travailleur": travailleur_vivant,
}


def _essayer(nom: str, partie: Callable[[], bool]) -> bool:
    # Whatever breaks, the answer is « en panne » and the reason is in the log: never a 500 here.
    try:
        return partie()
    except Exception as erreur:
        journal.warning("santé, %s : %s", nom, erreur)
        return False


@login_not_required
@never_cache
@require_safe
def sante(request: HttpRequest) -> JsonResponse:
    """``{"statut": "ok", …}``, or 503 and ``"en panne"`` with the part that is down."""
    parties = {nom: "ok" if _essayer(nom, partie) else "en panne" for nom, partie in PARTIES.items()}
    statut = "ok" if set(parties.values()) == {"ok"} else "en panne"
    return JsonResponse({"statut": statut, **parties}, status=200 if statut == "ok" else 503)
