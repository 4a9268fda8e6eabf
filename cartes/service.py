"""One service on the map: who offers it, who needs it, where nobody reaches, by bassin.

For signed-in partners. « Reached » is the one rule of rayonnement (`offres.couverture`), asked for every
commune of the région in one query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, ExpressionWrapper, FloatField, OuterRef, Sum
from django.urls import reverse

from cartes.classes import COULEURS, Classe
from cartes.dessin import NON_COUVERT, Zone, carte_des_bassins, communes_en_aplat, symboles
from cartes.region import bassins_de_la_region
from offres import couverture, tableau
from offres.models import Besoin, Offre, Service
from socle.recherche import normaliser
from socle.templatetags.typographie import pluriel
from structures.territoires.models import Bassin, Commune

SITUATIONS = {
    "p2": Classe("p2", "offert et demandé"),
    "p1": Classe("p1", "offert, pas demandé"),
    "m2": Classe("m2", "demandé, pas offert"),
    "0": Classe("0", "ni offert ni demandé"),
}
# Names shown for a bassin; the table holds them all.
NOMS_MONTRES = 40


def communes_non_atteintes(service: Service) -> list[Commune]:
    """Communes of the région that no published offer of this service reaches, by code (one query)."""

    # Each commune of the outer query; the links of an offer are read one query deeper.
    lieu = couverture.Lieu(
        commune=OuterRef(OuterRef("pk")),
        bassin=OuterRef(OuterRef("bassin_id")),
        departement=OuterRef(OuterRef("departement_id")),
        region=OuterRef("departement__region_id"),
        # An outer reference alone has no type; without one the arithmetic can't be compared.
        lat=ExpressionWrapper(OuterRef("lat"), output_field=FloatField()),
        lon=ExpressionWrapper(OuterRef("lon"), output_field=FloatField()),
    )
    regle = couverture.atteint(
        lieu,
        communes=Offre.communes.through,
        bassins=Offre.bassins.through,
        departements=Offre.departements.through,
    )
    atteignent = Offre.objects.publiees().filter(service=service).situees(lieu).filter(regle).order_by()
    return list(
        Commune.objects.de_la_region()
        .filter(~Exists(atteignent))
        .order_by("code")
        .only("code", "nom", "population", "bassin_id", "departement_id", "lat", "lon")
    )


@dataclass(frozen=True)
class LigneService:
    """A bassin for one service."""

    bassin: Bassin
    cellule: tableau.Cellule
    communes: int
    habitants: int
    absentes: Sequence[Commune]

    @property
    def url(self) -> str:
        return reverse("cartes:bassin", args=[self.bassin.code])

    @property
    def offres(self) -> int:
        return self.cellule.offert.lignes

    @property
    def besoins(self) -> int:
        return self.cellule.demande.lignes

    @property
    def classe(self) -> Classe:
        cle = {(True, True): "p2", (True, False): "p1", (False, True): "m2"}.get(
            (bool(self.offres), bool(self.besoins)), "0"
        )
        return SITUATIONS[cle]

    @property
    def part_des_habitants(self) -> float | None:
        """Of the inhabitants of the bassin, those of communes that nobody reaches (0–100)."""
        if not self.habitants:
            return None
        return 100 * sum(commune.population for commune in self.absentes) / self.habitants

    @property
    def montrees(self) -> Sequence[Commune]:
        return sorted(self.absentes, key=lambda c: -c.population)[:NOMS_MONTRES]

    @property
    def autres(self) -> int:
        return max(0, len(self.absentes) - NOMS_MONTRES)

    @property
    def phrase(self) -> str:
        mots = [pluriel(self.offres, "offre,offres"), pluriel(self.besoins, "besoin,besoins")]
        if self.absentes:
            mots.append(f"{pluriel(len(self.absentes), 'commune,communes')} qu’aucune offre n’atteint")
        return ", ".join(mots)


@dataclass(frozen=True)
class CarteService:
    """Everything that the page of a service shows."""

    service: Service
    lignes: Sequence[LigneService]
    offres: Sequence[Offre]
    besoins: Sequence[Besoin]
    absentes: Sequence[Commune] = field(default_factory=list)

    @property
    def classes(self) -> list[Classe]:
        presentes = {ligne.classe.cle for ligne in self.lignes}
        return [classe for cle, classe in SITUATIONS.items() if cle in presentes]

    @property
    def titre(self) -> str:
        return f"{self.service.libelle}\u00a0: qui offre, qui cherche, communes hors d’atteinte"

    @property
    def communes(self) -> int:
        return sum(ligne.communes for ligne in self.lignes)

    def dessin(self, *, liens: bool = True, largeur: int = 900) -> str:
        """The map as SVG: bassins by situation, unreached communes hatched, offers and needs as symbols."""
        zones = {
            ligne.bassin.code: Zone(COULEURS[ligne.classe.cle], phrase=ligne.phrase, url=ligne.url if liens else "")
            for ligne in self.lignes
        }
        dessus = communes_en_aplat([c.code for c in self.absentes], largeur, NON_COUVERT) if self.offres else ""
        lieux = [(ligne.structure, "offre", "cercle", "#16324F") for ligne in self.offres]
        lieux += [(ligne.structure, "besoin", "triangle", NON_COUVERT) for ligne in self.besoins]
        return carte_des_bassins(
            zones,
            titre=self.titre,
            description="Les mêmes chiffres sont dans le tableau.",
            largeur=largeur,
            dessus=dessus,
            reperes=symboles(lieux, largeur),
        )


def carte_du_service(service: Service) -> CarteService:
    """A constant number of queries, whatever the number of communes, offers and needs."""
    trouvees = tableau.cellules(Offre.objects.publiees(), Besoin.objects.publiees(), [service])
    bassins = bassins_de_la_region()
    tailles = {
        code: (communes, habitants or 0)
        for code, communes, habitants in Commune.objects.de_la_region()
        .filter(bassin__isnull=False)
        .order_by()
        .values_list("bassin_id")
        .annotate(n=Count("pk"), habitants=Sum("population"))
        .values_list("bassin_id", "n", "habitants")
    }
    absentes = communes_non_atteintes(service)
    par_bassin: dict[str | None, list[Commune]] = defaultdict(list)
    for commune in absentes:
        par_bassin[commune.bassin_id].append(commune)
    vide = tableau.Cellule(service.unite_volume, not service.hors_liste)
    lignes = [
        LigneService(
            bassin,
            trouvees.get((service.pk, bassin.code), vide),
            *tailles.get(bassin.code, (0, 0)),
            absentes=par_bassin.get(bassin.code, []),
        )
        for bassin in bassins
    ]
    return CarteService(service, lignes, _propositions(Offre, service), _propositions(Besoin, service), absentes)


def _propositions(modele: type[Offre] | type[Besoin], service: Service) -> list[Any]:
    lignes: Any = modele.objects.publiees().filter(service=service).pour_affichage()
    choisies = lignes.order_by("structure__nom_recherche", "pk")
    return sorted(choisies, key=lambda ligne: normaliser(ligne.structure.commune.nom))


@dataclass(frozen=True)
class Entree:
    """A service in the list of the maps."""

    service: Service
    offres: int
    besoins: int


def services() -> list[Entree]:
    """The services with their published lines (three queries)."""
    comptes = [
        dict(lignes.order_by().values_list("service_id").annotate(n=Count("pk")).values_list("service_id", "n"))
        for lignes in (Offre.objects.publiees(), Besoin.objects.publiees())
    ]
    return [
        Entree(service, comptes[0].get(service.pk, 0), comptes[1].get(service.pk, 0))
        for service in Service.objects.actifs()
    ]
