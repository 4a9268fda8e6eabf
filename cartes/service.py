"""One service on the map: who offers it, who needs it, where nobody reaches, by bassin.

For signed-in partners. « Reached » is the one rule of rayonnement (`offres.couverture`), asked for every
commune of the région in one query.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, ExpressionWrapper, FloatField, OuterRef, Sum
from django.http import QueryDict
from django.urls import reverse

from cartes.classes import COULEURS, Classe
from cartes.couvert import Couvert
from cartes.dessin import NON_COUVERT, Zone, carte_des_bassins, communes_en_aplat, symboles, trame_region
from cartes.region import bassins_de_la_region
from offres import couverture, tableau
from offres.apercu import lieu_de
from offres.models import Besoin, Offre, Service
from offres.unites import volume_en_mots
from socle.recherche import normaliser
from socle.templatetags.typographie import pluriel
from structures.territoires.models import Bassin, Commune

SITUATIONS = {
    "p2": Classe("p2", "offert et demandé"),
    "p1": Classe("p1", "offert, pas demandé"),
    "m2": Classe("m2", "demandé, pas offert"),
    "0": Classe("0", "ni offert ni demandé"),
}
# Layers of the map, by their key in the address.
COUCHES = {
    "offres": ("Offres", "offre", "offre,offres"),
    "besoins": ("Besoins", "besoin", "besoin,besoins"),
    "hors": ("Communes hors d’atteinte", "hors", "commune hors d’atteinte,communes hors d’atteinte"),
}
GENRES_DE_POINTS = {"offre": "Offre", "besoin": "Besoin"}
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
    service: Service
    cellule: tableau.Cellule
    communes: int
    habitants: int
    absentes: Sequence[Commune]

    @property
    def url(self) -> str:
        """The map of the bassin, kept to those who offer this service, else to those who need it."""
        return self.url_offres if self.offres or not self.besoins else self.url_besoins

    @property
    def url_offres(self) -> str:
        return self._url("offre" if self.offres else "")

    @property
    def url_besoins(self) -> str:
        return self._url("besoin" if self.besoins else "")

    def _url(self, filtre: str) -> str:
        """A filter that would keep nobody is left out."""
        adresse = reverse("cartes:bassin", args=[self.bassin.code])
        return f"{adresse}?{filtre}={self.service.slug}" if filtre else adresse

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
class Couche:
    """A layer of the map that can be hidden: its key in the address, its words, how many it holds."""

    cle: str
    nombre: int
    montree: bool = True

    @property
    def libelle(self) -> str:
        return COUCHES[self.cle][0]

    @property
    def signe(self) -> str:
        """Name of its sign in `static/cartes/signes`."""
        return COUCHES[self.cle][1]

    @property
    def formes(self) -> list[str]:
        """How it is counted, one and several."""
        return COUCHES[self.cle][2].split(",")


def couches_voulues(parametres: QueryDict) -> frozenset[str]:
    """The layers that an address asks for (`montrer=offres&montrer=besoins`); all of them when it says nothing."""
    dites = frozenset(parametres.getlist("montrer"))
    return dites & frozenset(COUCHES) if dites else frozenset(COUCHES)


@dataclass(frozen=True)
class CarteService:
    """Everything that the page of a service shows."""

    service: Service
    lignes: Sequence[LigneService]
    offres: Sequence[Offre]
    besoins: Sequence[Besoin]
    absentes: Sequence[Commune] = field(default_factory=list)
    voulues: frozenset[str] = frozenset(COUCHES)

    @property
    def classes(self) -> list[Classe]:
        presentes = {ligne.classe.cle for ligne in self.lignes}
        return [classe for cle, classe in SITUATIONS.items() if cle in presentes]

    @property
    def couches(self) -> list[Couche]:
        """What can be shown or hidden. Without any offer, « out of reach » would be the whole région: no layer."""
        comptes = {"offres": len(self.offres), "besoins": len(self.besoins), "hors": len(self.absentes)}
        absente = "" if self.offres else "hors"
        return [Couche(cle, comptes[cle], cle in self.voulues) for cle in COUCHES if cle != absente]

    @property
    def montrees(self) -> frozenset[str]:
        return frozenset(couche.cle for couche in self.couches if couche.montree)

    @property
    def presentes(self) -> frozenset[str]:
        """The layers that the drawing really shows: asked for, and not empty."""
        return frozenset(couche.cle for couche in self.couches if couche.montree and couche.nombre)

    @property
    def titre(self) -> str:
        return f"{self.service.libelle}\u00a0: qui offre, qui cherche, communes hors d’atteinte"

    @property
    def communes(self) -> int:
        return sum(ligne.communes for ligne in self.lignes)

    def dessin(self, *, liens: bool = True, largeur: int = 900, couvert: Couvert | None = None) -> str:
        """The map as SVG: bassins by situation, unreached communes hatched, the zone of an offer, offers and needs as
        symbols."""
        zones = {
            ligne.bassin.code: Zone(COULEURS[ligne.classe.cle], phrase=ligne.phrase, url=ligne.url if liens else "")
            for ligne in self.lignes
        }
        vues = self.montrees
        dessus = communes_en_aplat([c.code for c in self.absentes], largeur, NON_COUVERT) if "hors" in vues else ""
        if couvert is not None and (trame := trame_region(largeur)) is not None:
            dessus += couvert.svg(trame.projection)
        lieux = [(ligne.structure, "offre", "cercle", "#16324F") for ligne in self.offres if "offres" in vues]
        lieux += [(ligne.structure, "besoin", "triangle", NON_COUVERT) for ligne in self.besoins if "besoins" in vues]
        return carte_des_bassins(
            zones,
            titre=self.titre,
            description="Les mêmes chiffres sont dans le tableau.",
            largeur=largeur,
            dessus=dessus,
            reperes=symboles(lieux, largeur),
        )


def carte_du_service(service: Service, voulues: Collection[str] = COUCHES) -> CarteService:
    """A constant number of queries, whatever the number of communes, offers and needs. `voulues`: layers shown."""
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
            service,
            trouvees.get((service.pk, bassin.code), vide),
            *tailles.get(bassin.code, (0, 0)),
            absentes=par_bassin.get(bassin.code, []),
        )
        for bassin in bassins
    ]
    offres, besoins = _propositions(Offre, service), _propositions(Besoin, service)
    return CarteService(service, lignes, offres, besoins, absentes, frozenset(voulues))


def points_et_communes(faite: CarteService) -> bytes:
    """What the map asks for, in one request: a point per offer and per need, the codes of the communes out of reach.

    The outlines of the communes are the same for every service: they come apart, once (`sources`).
    """
    points = [_point("offre", ligne) for ligne in faite.offres] + [_point("besoin", ligne) for ligne in faite.besoins]
    absentes = [commune.code for commune in faite.absentes] if faite.offres else []
    corps = {"points": {"type": "FeatureCollection", "features": points}, "absentes": absentes}
    return json.dumps(corps, ensure_ascii=False, separators=(",", ":")).encode()


def _point(genre: str, ligne: Offre | Besoin) -> dict[str, Any]:
    lat, lon = lieu_de(ligne.structure)
    return {
        "type": "Feature",
        "id": f"{genre}-{ligne.pk}",
        "geometry": {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]},
        "properties": {
            "nom": ligne.structure.nom,
            "famille": genre,
            "type_libelle": f"{GENRES_DE_POINTS[genre]}\u00a0: {volume_en_mots(ligne.volume, ligne.unite)}",
            "commune": ligne.structure.commune.nom,
        },
    }


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
