"""The funnel of a pôle, or of the région: possible, proposed, agreed, written in a sheet, signed; where it stopped.

Matches count in the pôle of their need. « Agreed » and after are kept as dates on the match, so that a
step once reached is counted whatever came next.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from offres.comptage import delaisses
from offres.models import Besoin, EtapeRapprochement, Rapprochement
from offres.models.rapprochements import RapprochementQuerySet
from structures.territoires.models import Pole

MOTIFS_MAX = 50
# Where a match stops, in the words of the page.
ARRETS = {
    Rapprochement.Etat.DECLINEE: "Propositions déclinées",
    Rapprochement.Etat.EXPIREE: "Propositions restées sans réponse",
    Rapprochement.Etat.ECARTEE: "Propositions retirées et coopérations interrompues",
}
ENTETES = (
    "Service", "Structure qui a le besoin", "Commune du besoin", "Structure qui offre", "Commune de l’offre",
    "Proposée par", "État", "Volume convenu", "Unité", "Proposée le", "Acceptée le", "Fiche commencée le",
    "Convention signée le", "Close le", "Motif",
)  # fmt: skip


@dataclass(frozen=True)
class Marche:
    """One step of the funnel."""

    libelle: str
    nombre: int
    aide: str = ""
    # Of the step before, 0–100; None when one is not a part of the other (a sheet may be started before
    # any agreement).
    part: int | None = None


@dataclass(frozen=True)
class Suivi:
    """The page of a pôle, or of the région."""

    besoins: int
    besoins_avec_offre: int
    # (service, needs that no offer reaches), the most frequent first.
    sans_offre: list[tuple[str, int]]
    marches: list[Marche]
    # (state in words, how many).
    impasses: list[tuple[str, int]]
    motifs: list[Rapprochement]
    fiches_abandonnees: int


def _besoins(pole: Pole | None) -> QuerySet[Besoin]:
    publies: QuerySet[Besoin] = Besoin.objects.publiees()
    return publies if pole is None else publies.filter(structure__commune__poles=pole.pk)


def _matches(pole: Pole | None) -> RapprochementQuerySet:
    matches: RapprochementQuerySet = Rapprochement.objects.all()
    return matches if pole is None else matches.du_pole(pole.pk)


def rapprochements(pole: Pole | None) -> RapprochementQuerySet:
    """The matches of a pôle (of the région: None), the latest first."""
    return _matches(pole).pour_affichage().order_by("-cree_le", "-pk")


def suivi(pole: Pole | None) -> Suivi:
    """The funnel of a pôle (of the région: None): a constant number of queries."""
    besoins = _besoins(pole)
    seuls = delaisses(besoins)
    total = besoins.count()
    matches = _matches(pole)
    compte = matches.aggregate(
        proposees=Count("pk"),
        acceptees=Count("pk", filter=Q(acceptee_le__isnull=False)),
        engagees=Count("pk", filter=Q(engagee_le__isnull=False)),
        signees=Count("pk", filter=Q(signee_le__isnull=False)),
    )
    par_etat = dict(matches.order_by().values_list("etat").annotate(n=Count("pk")))
    return Suivi(
        besoins=total,
        besoins_avec_offre=total - len(seuls),
        sans_offre=Counter(seuls.values()).most_common(),
        marches=_marches(total - len(seuls), compte),
        impasses=[(libelle, par_etat.get(etat.value, 0)) for etat, libelle in ARRETS.items()],
        motifs=list(rapprochements(pole).filter(etat__in=list(ARRETS)).exclude(motif="")[:MOTIFS_MAX]),
        fiches_abandonnees=EtapeRapprochement.objects.filter(
            action__in=["revenir", "abandonner"], rapprochement__in=matches.values("pk")
        ).count(),
    )


def _marches(possibles: int, compte: dict[str, int]) -> list[Marche]:
    dites = (
        ("Besoins qu’une offre peut couvrir ou couvre déjà", possibles, "calculés aujourd’hui, rien n’est enregistré"),
        ("Coopérations proposées", compte["proposees"], "y compris les fiches-action commencées sans proposition"),
        ("Coopérations acceptées", compte["acceptees"], "les deux structures ont dit oui"),
        ("Fiches-action commencées", compte["engagees"], ""),
        ("Conventions signées", compte["signees"], ""),
    )
    marches: list[Marche] = []
    for rang, (libelle, nombre, aide) in enumerate(dites):
        # A need may be proposed to several structures: the first two are not parts of one another.
        avant = dites[rang - 1][1] if rang > 1 else 0
        marches.append(Marche(libelle, nombre, aide, round(100 * nombre / avant) if 0 < nombre <= avant else None))
    return marches


def lignes(pole: Pole | None) -> Iterator[tuple[Any, ...]]:
    """The rows of the export, as `ENTETES` names them. No person is named."""
    for r in rapprochements(pole).iterator(500):
        yield (
            r.besoin.libelle,
            r.besoin.structure.nom,
            r.besoin.structure.commune.nom,
            r.offre.structure.nom,
            r.offre.structure.commune.nom,
            "La coordination" if r.cote == Rapprochement.Cote.COORDINATION else r.proposante.nom,
            r.get_etat_display(),
            r.volume,
            r.offre.unite,
            *(
                quand and timezone.localdate(quand)
                for quand in (r.cree_le, r.acceptee_le, r.engagee_le, r.signee_le, r.close_le)
            ),
            r.motif,
        )
