"""Filters of the map of a bassin, for its list and for its points; the same rule runs in `static/cartes/filtres.js`.

The parameters are those of the directory, so that an address says the same thing on both pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from structures.annuaire.demande import TEXTE_MAX
from structures.annuaire.familles import Filtres
from structures.models.mots import MOTS_VIDES, mots_de
from structures.synonymes import mots_des_types, types_dits
from structures.territoires.noms import ABREGES

if TYPE_CHECKING:
    from cartes.lignes import Ligne

__all__ = ["Choix", "Filtres", "regle_des_mots"]


@dataclass(frozen=True)
class Choix:
    """What somebody asked to see. A visitor's offers, needs and answers are never read."""

    filtres: Filtres = field(default_factory=Filtres)
    q: str = ""
    publics: frozenset[str] = frozenset()
    offres: frozenset[str] = frozenset()
    besoins: frozenset[str] = frozenset()
    repondu: bool = False

    @classmethod
    def lire(cls, parametres: QueryDict, *, partenaire: bool) -> Choix:
        """The filters of an address; what means nothing keeps everything."""
        # Signs that nobody sees part words here as they do in the search; on a drawing they could not be written.
        lus = "".join(c if c.isprintable() else " " for c in parametres.get("q", ""))
        q = " ".join(lus.split())[:TEXTE_MAX].strip()
        publics = frozenset(v for v in parametres.getlist("public") if v)
        if not partenaire:
            return cls(Filtres.lire(parametres), q, publics)
        return cls(
            Filtres.lire(parametres),
            q,
            publics,
            frozenset(v for v in parametres.getlist("offre") if v),
            frozenset(v for v in parametres.getlist("besoin") if v),
            parametres.get("repondu") == "oui",
        )

    @property
    def vide(self) -> bool:
        """Whether everything shows."""
        return not (self.filtres.familles or self.q or self.offres or self.besoins or self.precis)

    @property
    def precis(self) -> int:
        """How many filters of « Plus de filtres » are in force."""
        return len(self.filtres.types) + len(self.publics) + self.repondu

    def garde(self, ligne: Ligne) -> bool:
        """Whether a line shows: every filter must keep it, and one value of each is enough."""
        types = self.filtres.types_retenus()
        return (
            (types is None or ligne.structure.type in types)
            and (not self.publics or bool(self.publics & ligne.publics))
            and (not self.offres or bool(self.offres & ligne.offres))
            and (not self.besoins or bool(self.besoins & ligne.besoins))
            and (not self.repondu or ligne.repondu)
            and self._dit(ligne)
        )

    def _dit(self, ligne: Ligne) -> bool:
        """Every word is the beginning of one of the line's, or names its type (« CAT »)."""
        return all(
            any(dit.startswith(mot) for dit in ligne.mots) or ligne.structure.type in types_dits(mot)
            for mot in mots_de(self.q)
        )


def regle_des_mots() -> Mapping[str, Any]:
    """What the browser needs to read words as `Choix` does: words left out, shortened, and the names of types."""
    noms: dict[str, list[str]] = {}
    for mot, types in sorted(mots_des_types().items()):
        for slug in types:
            noms.setdefault(slug, []).append(mot)
    return {"vides": sorted(MOTS_VIDES), "abreges": ABREGES, "types": noms}
