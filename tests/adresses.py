"""Every address of the portal, as its resolver knows it."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Addresses that the matrix leaves aside, and why. A prefix of the name or of the path.
EXCLUES = {"admin": "Django's own admin: is_staff is tested in tests/comptes"}


def adresses(
    resolveur: URLResolver | None = None, prefixe: str = "", chemin: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """(full name, path, view) of every address of the portal."""
    for motif in (resolveur or get_resolver()).url_patterns:
        ici = chemin + str(motif.pattern).lstrip("^")
        if isinstance(motif, URLResolver):
            espace = f"{prefixe}{motif.namespace}:" if motif.namespace else prefixe
            if motif.namespace not in EXCLUES:
                yield from adresses(motif, espace, ici)
        elif isinstance(motif, URLPattern):
            yield (f"{prefixe}{motif.name}" if motif.name else "", ici, motif.callback)
