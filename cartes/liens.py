"""Who cooperates with whom: lines between the structures of a sheet or of an agreement.

Only what the person may read (`visibles_par`, the one rule of each floor). A sheet given up, an
agreement refused or ended, a structure that declined or is only informed make no line.

A partner stays in the list whatever happens to it: closed, it is said so, and the map draws it as such; left out by
the filters, it is greyed. A cooperation disappears only when the filters leave out all those that the map knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.auth.models import AnonymousUser

from cartes.autour import point_de
from fiches_action.conventions.etats import Etat as EtatConvention
from fiches_action.conventions.models import Convention, Partie
from fiches_action.models import Acteur, Etat, FicheAction
from structures.comptes.models import Utilisateur
from structures.models import Structure

# More parties than this: lines from the first one only, instead of a web.
TOUTES_LES_PAIRES = 3
CLOSES = (EtatConvention.REFUSEE, EtatConvention.ANNULEE, EtatConvention.RESILIEE)
SIGNEES = frozenset({EtatConvention.SIGNEE, EtatConvention.SCELLEE, EtatConvention.HORS_PLATEFORME})
Personne = Utilisateur | AnonymousUser


@dataclass(frozen=True)
class Cooperation:
    """A sheet or an agreement between structures, and the pairs that it ties."""

    genre: str
    reference: str
    titre: str
    etat: str
    url: str
    structures: Sequence[Structure]
    paires: Sequence[tuple[Structure, Structure]]
    signee: bool = False

    @property
    def cle(self) -> str:
        return f"{self.genre}-{self.reference}"

    def en_json(self) -> dict[str, Any]:
        """For the map: each line by its two ends (degrees)."""
        return {
            "cle": self.cle,
            "nom": f"{self.genre.capitalize()} {self.reference}\u00a0: {self.titre}",
            "etat": self.etat,
            "signee": self.signee,
            "structures": [s.pk for s in self.structures],
            "traits": [[_bout(a), _bout(b)] for a, b in self.paires],
        }


def _bout(structure: Structure) -> dict[str, Any]:
    lat, lon = point_de(structure)
    fermee = structure.fermee_le is not None
    return {
        "id": structure.pk, "nom": structure.nom, "lat": lat, "lon": lon, "commune": structure.commune.nom,
        "fermee": fermee,
    }  # fmt: skip


@dataclass(frozen=True)
class Bout:
    """A structure of a cooperation, as the list says it."""

    structure: Structure
    filtree: bool = False

    @property
    def fermee(self) -> bool:
        return self.structure.fermee_le is not None


@dataclass(frozen=True)
class Vue:
    """A cooperation as the list shows it beside the filtered structures."""

    cooperation: Cooperation
    bouts: Sequence[Bout]
    cachee: bool = False


def montrer(
    trouvees: Iterable[Cooperation], *, connues: Collection[int] = (), montrees: Collection[int] = ()
) -> list[Vue]:
    """What the list says of each; `connues`: the structures that the page lists, `montrees`: those that it shows.

    The same rule runs in `static/cartes/liens.js`.
    """
    vues = []
    for cooperation in trouvees:
        bouts = [Bout(s, filtree=s.pk in connues and s.pk not in montrees) for s in cooperation.structures]
        siennes = [bout for bout in bouts if bout.structure.pk in connues]
        vues.append(Vue(cooperation, bouts, cachee=bool(siennes) and all(bout.filtree for bout in siennes)))
    return vues


def nommer(structure: Structure) -> str:
    """Its name, and that it has closed: nobody should call a closed door."""
    return f"{structure.nom} (fermée)" if structure.fermee_le is not None else structure.nom


def cooperations(personne: Personne, *, bassin: str = "", structure: Structure | None = None) -> list[Cooperation]:
    """Those of a bassin, or of one structure, that this person may read (four queries)."""
    if structure is not None:
        actrices = Acteur.objects.filter(structure=structure)
        parties = Partie.objects.filter(structure=structure)
    else:
        actrices = Acteur.objects.filter(structure__commune__bassin=bassin)
        parties = Partie.objects.filter(structure__commune__bassin=bassin)
    fiches = (
        FicheAction.objects.visibles_par(personne)
        .exclude(etat=Etat.ABANDONNEE)
        .filter(pk__in=actrices.values("fiche"))
        .prefetch_related("acteurs__structure__commune")
        .order_by("reference")
    )
    conventions = (
        Convention.objects.visibles_par(personne)
        .exclude(etat__in=CLOSES)
        .filter(pk__in=parties.values("convention"))
        .prefetch_related("parties__structure__commune")
        .order_by("reference")
    )
    trouvees = [*map(_de_la_fiche, fiches), *map(_de_la_convention, conventions)]
    return [c for c in trouvees if len(c.structures) > 1 and _lie(c, bassin, structure)]


def _lie(cooperation: Cooperation, bassin: str, structure: Structure | None) -> bool:
    """Whether it ties the structure, or one of the bassin: not by a line that declined, or is only informed."""
    if structure is not None:
        return any(liee.pk == structure.pk for liee in cooperation.structures)
    return any(liee.commune.bassin_id == bassin for liee in cooperation.structures)


def _de_la_fiche(fiche: FicheAction) -> Cooperation:
    acteurs = [
        acteur
        for acteur in fiche.acteurs.all()
        if acteur.doit_confirmer and acteur.confirmation != Acteur.Confirmation.DECLINEE
    ]
    acteurs.sort(key=lambda acteur: (acteur.structure_id != fiche.porteur_id, acteur.pk))
    structures = _uniques(acteur.structure for acteur in acteurs)
    return Cooperation(
        "fiche-action", fiche.reference, fiche.titre, fiche.get_etat_display(), fiche.get_absolute_url(), structures,
        [(structures[0], autre) for autre in structures[1:]],
    )  # fmt: skip


def _de_la_convention(convention: Convention) -> Cooperation:
    structures = _uniques(p.structure for p in sorted(convention.parties.all(), key=lambda p: p.rang))
    if len(structures) <= TOUTES_LES_PAIRES:
        paires = list(combinations(structures, 2))
    else:
        paires = [(structures[0], autre) for autre in structures[1:]]
    return Cooperation(
        "convention", convention.reference, convention.titre, convention.get_etat_display(),
        convention.get_absolute_url(), structures, paires, convention.etat in SIGNEES,
    )  # fmt: skip


def _uniques(structures: Iterable[Structure]) -> list[Structure]:
    return list({s.pk: s for s in structures}.values())
