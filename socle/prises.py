"""Sockets: a lower floor declares what it can show, an upper floor plugs in what it has.

A lower floor never imports an upper one; the upper floor registers in its ``AppConfig.ready()``.
Every socket is a typed list of functions; each function runs a constant number of queries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

if TYPE_CHECKING:
    from django.http import HttpRequest

    from socle.deplacements import Carnet
    from structures.comptes.models import Utilisateur

P = TypeVar("P")


@dataclass
class Prise(Generic[P]):
    """A list of functions of one type, called in the order of ``rang``."""

    nom: str
    _branches: list[tuple[int, P]] = field(default_factory=list)

    def brancher(self, fonction: P, rang: int = 50) -> None:
        if any(deja is fonction for _, deja in self._branches):
            return
        self._branches.append((rang, fonction))
        self._branches.sort(key=lambda paire: paire[0])

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter([fonction for _, fonction in self._branches])


@dataclass(frozen=True)
class Attente:
    """One thing that awaits a person, on their home page."""

    titre: str
    url: str
    quand: date | datetime | None = None
    # The lower, the more urgent.
    urgence: int = 50
    detail: str = ""
    # What can be done at once, by one button (a POST to ``geste_url``).
    geste: str = ""
    geste_url: str = ""

    @property
    def a_venir(self) -> bool:
        """Whether ``quand`` is a date to keep (else: since when it waits)."""
        if self.quand is None:
            return False
        if isinstance(self.quand, datetime):
            return self.quand > timezone.now()
        return self.quand >= timezone.localdate()


@dataclass(frozen=True)
class Encart:
    """A block that an upper floor shows on a lower page: a template and its context."""

    gabarit: str
    contexte: dict[str, object]


# What awaits this person (home page).
attentes: Prise[Callable[["Utilisateur"], Sequence[Attente]]] = Prise("attentes")
# Blocks of a structure's page: (structure, user or None) → blocks.
encarts_structure: Prise[Callable[[Model, "Utilisateur | None"], Sequence[Encart]]] = Prise("encarts_structure")
# Blocks of an action sheet's page: (sheet, user) → blocks.
encarts_fiche: Prise[Callable[[Model, "Utilisateur"], Sequence[Encart]]] = Prise("encarts_fiche")
# Blocks of the signed-in home page.
encarts_accueil: Prise[Callable[["Utilisateur"], Sequence[Encart]]] = Prise("encarts_accueil")
# Blocks of the sign-in page (the demonstration's accounts): (request) → blocks.
encarts_connexion: Prise[Callable[["HttpRequest"], Sequence[Encart]]] = Prise("encarts_connexion")
# Blocks of a person's own account page.
encarts_compte: Prise[Callable[["Utilisateur"], Sequence[Encart]]] = Prise("encarts_compte")
# Where somebody invited at this e-mail answers; « » when nobody invited them.
accueils_sur_invitation: Prise[Callable[[str], str]] = Prise("accueils_sur_invitation")
# What a person should know before deleting their account, in words (nothing: []).
alertes_suppression: Prise[Callable[["Utilisateur"], Sequence[str]]] = Prise("alertes_suppression")
# Called in the transaction that deletes an account, before its names go: ends and erases what this floor holds.
effacements: Prise[Callable[["Utilisateur"], None]] = Prise("effacements")
# Called by the merge of two structures: (kept, absorbed, notebook); the branch writes through the
# notebook only, so that the merge can be undone (socle/deplacements.py).
fusions: Prise[Callable[[Model, Model, "Carnet"], None]] = Prise("fusions")
# What is attached to a structure, counted in words for the page that compares two: (structure) → words.
attaches: Prise[Callable[[Model], Sequence[str]]] = Prise("attaches")
# Starts an action sheet from a match: (need, offer, who, agreed volume if any) → address of the sheet.
# One branch at most.
demarrer_fiche: Prise[Callable[[Model, Model, "Utilisateur", int | None], str]] = Prise("demarrer_fiche")


@dataclass(frozen=True)
class FiltreAnnuaire:
    """One filter of the directory, by which an upper floor narrows the structures shown.

    Signed-in people only: a visitor's page neither shows nor reads it. ``choix`` gives groups of
    (value, words), one query at most; ``appliquer`` narrows a queryset of structures by the chosen
    values, which are known ones.
    """

    cle: str
    libelle: str
    choix: Callable[["Utilisateur"], Sequence[tuple[str, Sequence[tuple[str, str]]]]]
    appliquer: Callable[["QuerySet[Any]", Sequence[str], "Utilisateur"], "QuerySet[Any]"]


# Filters that the upper floors add to the directory: () → filters.
filtres_annuaire: Prise[Callable[[], Sequence[FiltreAnnuaire]]] = Prise("filtres_annuaire")
