"""Who may open what: every address × every role. A new address without a row fails the tests.

A row says who gets in; every other role must be refused. Roles: « visiteur », « membre » (of the
structure at hand), « direction » (idem), « etranger » (signed in, of another structure),
« coordination » (of the pôle), « pilotage », « administration ». The owner of each room writes its
rows in ``tests/<room>/droits.py`` as ``LIGNES: list[Ligne]``; ``tests/test_matrice.py`` gathers
them and crosses each with each role, on the objects of ``tests/scene.py``.

    LIGNES = [
        Ligne("structures:liste", TOUS),
        Ligne("structures:detail", TOUS, kwargs=lambda s: {"pk": s.structure.pk}),
        Ligne("structures:modifier", {"membre", "direction", "coordination", "administration"},
              kwargs=lambda s: {"pk": s.structure.pk}),
        Ligne("structures:modifier", …, methode="POST", donnees=lambda s: {"nom": "IME"}),
    ]

Getting in is an answer below 400 that is not the way to sign-in (or exactly ``attendu`` when
given: 204, 405, 400…). Being refused is 403 or 404; for a visitor, the way to sign-in too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

ROLES = ("visiteur", "membre", "direction", "etranger", "coordination", "pilotage", "administration")
TOUS: frozenset[str] = frozenset(ROLES)
CONNECTES: frozenset[str] = TOUS - {"visiteur"}
DE_LA_STRUCTURE: frozenset[str] = frozenset({"membre", "direction"})

Scene = SimpleNamespace


def _rien(scene: Scene) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Ligne:
    """One address, one method: who gets in."""

    nom_url: str
    acces: frozenset[str] | set[str]
    kwargs: Callable[[Scene], dict[str, Any]] = field(default=_rien)
    methode: Literal["GET", "POST"] = "GET"
    donnees: Callable[[Scene], dict[str, Any]] = field(default=_rien)
    # When getting in is not « below 400 »: the exact status.
    attendu: int | None = None
    # Several rows of the same address and method: what distinguishes this one (« une autre structure »).
    cas: str = ""

    def __post_init__(self) -> None:
        inconnus = set(self.acces) - TOUS
        if inconnus:
            raise ValueError(f"{self.nom_url} : rôles inconnus {sorted(inconnus)}")

    @property
    def public(self) -> bool:
        return "visiteur" in self.acces

    def __str__(self) -> str:
        return "-".join(morceau for morceau in (self.nom_url, self.methode, self.cas) if morceau)


def lignes() -> list[Ligne]:
    """The rows of every room."""
    return [ligne for module in modules("droits") for ligne in module.LIGNES]


def modules(nom: str) -> Iterator[Any]:
    """``tests/<room>/<nom>.py`` of every room, in alphabetical order."""
    for fichier in sorted(Path(__file__).parent.glob(f"*/{nom}.py")):
        yield import_module(f"tests.{fichier.parent.name}.{nom}")
