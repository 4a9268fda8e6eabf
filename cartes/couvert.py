"""The zone of an offer as it leaves the portal: drawn on any map of ours, said in words, written as GeoJSON.

What it covers is `zones.rayonnement`, as on the page; who may see it is asked here, once for every map.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from shapely.geometry.base import BaseGeometry

from cartes.zones import offre_montrable, rayonnement
from offres.couverture import KM_PAR_DEGRE
from offres.models import Offre
from socle.droits import peut
from structures.comptes.models import Utilisateur
from structures.territoires import contours
from structures.territoires.dessin import Projection

ZONE = "#1D5B8F"
DEBORDE = "Une partie de ce qui est dessiné sort du cadre de la carte."
# A symbol of the legend (SVG, 14 pixels wide) and its words.
Signe = tuple[str, str]


@dataclass(frozen=True)
class Couvert:
    """What a published offer covers."""

    offre: Offre

    @classmethod
    def lire(cls, parametres: QueryDict, personne: Utilisateur | AnonymousUser) -> Couvert | None:
        """The zone asked by an address (`zone`), for whoever may read the offers; else None (five queries at most)."""
        numero = parametres.get("zone", "")
        if not (numero.isascii() and numero.isdigit() and len(numero) < 10) or not peut(personne, "offres.consulter"):
            return None
        offre = offre_montrable(int(numero))
        return None if offre is None else cls(offre)

    @cached_property
    def zone(self) -> dict[str, Any]:
        return rayonnement(self.offre)

    @property
    def _elements(self) -> list[dict[str, Any]]:
        aires: dict[str, Any] = self.zone["aires"] or {"features": []}
        return list(aires["features"])

    @cached_property
    def aires(self) -> list[BaseGeometry]:
        """Degrees; empty when the offer doesn't say where it goes."""
        return [contours.depuis_geojson(json.dumps(element["geometry"])) for element in self._elements]

    @cached_property
    def cercle(self) -> BaseGeometry | None:
        """The circle of a radius (degrees)."""
        rond = self.zone["cercle"]
        return rond_au_sol(rond["lat"], rond["lon"], rond["km"]) if rond else None

    @property
    def traces(self) -> list[BaseGeometry]:
        """All that is drawn."""
        return [*self.aires, *([] if self.cercle is None else [self.cercle])]

    def deborde(self, p: Projection) -> bool:
        """Whether a part of it is out of a drawing."""
        if not self.traces:
            return False
        ouest, sud, est, nord = (float(borne) for borne in shapely.total_bounds(self.traces))
        (x1, y1), (x2, y2) = p.xy(nord, ouest), p.xy(sud, est)
        return x1 < 0 or y1 < 0 or x2 > p.largeur or y2 > p.hauteur

    def svg(self, p: Projection) -> str:
        """The areas, and the circle over them."""
        morceaux = [
            f'<path d="{p.chemin(p.couper(aire))}" fill="{ZONE}" fill-opacity="0.22" stroke="{ZONE}" '
            f'stroke-width="1.6" stroke-linejoin="round" fill-rule="evenodd" pointer-events="none"/>'
            for aire in self.aires
        ]
        if self.cercle is not None:
            morceaux.append(cerne(p, self.cercle, ZONE))
        return "".join(morceaux)

    def signes(self) -> list[Signe]:
        """Its entry in a legend; none when there is nothing to draw."""
        carre = f'<rect width="14" height="14" fill="{ZONE}" fill-opacity="0.22" stroke="{ZONE}"/>'
        return [(carre, f"zone couverte par l’offre «\u00a0{self.zone['libelle']}\u00a0»")] if self.aires else []

    def phrases(self) -> list[str]:
        """What it is, in sentences."""
        zone = self.zone
        chez = f", {zone['structure']['nom']}" if "structure" in zone else ""
        compte = f"\u00a0: {zone['compte']}" if self.aires else ""
        phrases = [f"Zone couverte par l’offre «\u00a0{zone['libelle']}\u00a0»{chez}. {zone['zone']}{compte}."]
        if zone["cercle"]:
            phrases.append("Une commune est couverte si son centre est dans le cercle.")
        return phrases

    def objets(self) -> Iterable[Mapping[str, Any]]:
        """As elements of `geojson.collection`: each area (`genre`: « zone »), and the circle (« cercle-zone »)."""
        zone = self.zone
        if not self.aires:
            return
        dites = {
            "offre": self.offre.pk,
            "libelle": zone["libelle"],
            "structure_id": zone["structure"]["id"],
            "structure": zone["structure"]["nom"],
            "zone": zone["zone"],
        }
        for rang, element in enumerate(self._elements, 1):
            nom = element["properties"]["nom"] or zone["zone"]
            yield {
                "id": f"zone-{self.offre.pk}-{rang}",
                "geometry": json.dumps(element["geometry"], separators=(",", ":")),
                "properties": {"genre": "zone", "nom": nom, **dites},
            }
        if self.cercle is not None:
            yield {
                "id": f"cercle-zone-{self.offre.pk}",
                "geometry": contours.vers_geojson(self.cercle),
                "properties": {
                    "genre": "cercle-zone", "nom": zone["zone"], **dites, "rayon_km": zone["cercle"]["km"],
                },
            }  # fmt: skip


def rond_au_sol(lat: float, lon: float, km: float) -> BaseGeometry:
    """A circle on the ground, in degrees."""
    haut = km / KM_PAR_DEGRE
    large = haut / max(math.cos(math.radians(lat)), 0.1)
    pas = (math.radians(angle) for angle in range(0, 360, 4))
    return shapely.Polygon([(lon + large * math.cos(a), lat + haut * math.sin(a)) for a in pas])


def cerne(p: Projection, rond: BaseGeometry, couleur: str) -> str:
    """The outline of a circle, dashed."""
    return (
        f'<path d="{p.chemin(p.couper(rond))}" fill="none" stroke="{couleur}" stroke-width="2" '
        f'stroke-dasharray="7 5" pointer-events="none"/>'
    )
