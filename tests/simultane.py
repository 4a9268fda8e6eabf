"""Several people, several workers at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def ensemble(nombre: int, fonction: Callable[[], Any]) -> list[Any]:
    """Run at the same moment, each with its own connection, where the database allows it."""
    if connection.vendor == "sqlite":  # in memory: one connection only
        return [fonction() for _ in range(nombre)]
    depart, resultats = threading.Barrier(nombre), []

    def courir() -> None:
        try:
            depart.wait(10)
            resultats.append(fonction())
        except Exception as erreur:
            resultats.append(erreur)
        finally:
            connection.close()

    fils = [threading.Thread(target=courir) for _ in range(nombre)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    return resultats
