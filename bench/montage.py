"""A portal of its own for measures: a throw-away folder, the territories, the demonstration."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def portail_de_mesure(base: str | None = None) -> Iterator[None]:
    """Django set up on an embedded database, or on `base` (a DATABASE_URL), filled, and left closed."""
    with tempfile.TemporaryDirectory(prefix="pcti-bench-") as var:
        os.environ["PCTI_VAR"] = var
        os.environ.pop("DATABASE_URL", None)
        if base:
            os.environ["DATABASE_URL"] = base
        os.environ["DJANGO_SETTINGS_MODULE"] = "pcti.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        with open(os.devnull, "w") as muet:
            call_command("charger_territoires", stdout=muet)
            call_command("demo", stdout=muet)
        yield
        connections.close_all()
