"""Give a task to the broker, without waiting for it: the rows keep what it does not take."""

import logging
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

journal = logging.getLogger(__name__)
_silencieux = False


def confier(tache: "Task[Any, Any]", *arguments: str) -> bool:
    """Send; False when the broker is down (said once, until it answers again)."""
    global _silencieux
    try:
        tache.apply_async(args=arguments, retry=False)
    except (OperationalError, OSError) as erreur:
        journal.log(
            logging.DEBUG if _silencieux else logging.WARNING,
            "courtier injoignable, %s attendra : %s",
            tache.name,
            erreur,
        )
        _silencieux = True
        return False
    _silencieux = False
    return True
