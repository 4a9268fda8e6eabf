"""The part of a map that somebody has on the screen, from the address: `vue` (where, how near) and `taille` (pixels).

A page always writes `vue` once the map has moved; `taille` is added by whoever wants the image of the screen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

from offres.apercu import lieu_de
from structures.models import Structure
from structures.territoires.dessin import Boite

# « 49.0241,1.1508,11.5 », as `static/cartes/adresse.js` writes it.
_VUE = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?),(\d{1,2}(?:\.\d{1,2})?)", re.ASCII)
_TAILLE = re.compile(r"(\d{2,4})x(\d{2,4})", re.ASCII)
ZOOMS = (6.0, 18.0)
PIXELS = (120, 4000)
# Height to width: beyond, the shorter side is lengthened, so that nothing seen is lost.
ETROITE, HAUTE = 1 / 3, 2.0
# Of the drawing, in pixels: as wide as other images, narrower when it would be too high.
LARGEUR, LARGEUR_MIN, HAUTEUR_MAX = 900, 560, 1000


@dataclass(frozen=True)
class Vue:
    """A box (west, south, east, north: degrees) and the width of its drawing in pixels."""

    boite: Boite
    largeur: int

    @classmethod
    def lire(cls, parametres: QueryDict) -> Vue | None:
        """What an address asks for; None when it says nothing, or nothing that means something."""
        vue = _VUE.fullmatch(parametres.get("vue", ""))
        taille = _TAILLE.fullmatch(parametres.get("taille", ""))
        if vue is None or taille is None:
            return None
        lat, lon, zoom = (float(partie) for partie in vue.groups())
        if abs(lat) > 80 or abs(lon) > 170:
            return None
        large, haut = (float(min(max(int(partie), PIXELS[0]), PIXELS[1])) for partie in taille.groups())
        large, haut = max(large, haut / HAUTE), max(haut, large * ETROITE)
        rapport = haut / large
        largeur = min(LARGEUR, max(LARGEUR_MIN, round(HAUTEUR_MAX / rapport)))
        return cls(_boite(lat, lon, min(max(zoom, ZOOMS[0]), ZOOMS[1]), large, haut), largeur)

    def dedans(self, structures: Iterable[Structure]) -> list[Structure]:
        """The structures that it shows."""
        ouest, sud, est, nord = self.boite
        return [
            s for s, (lat, lon) in ((s, lieu_de(s)) for s in structures) if ouest <= lon <= est and sud <= lat <= nord
        ]


def _boite(lat: float, lon: float, zoom: float, large: float, haut: float) -> Boite:
    """What a screen of that many pixels shows around a point: the projection of web maps, 256 pixels at zoom 0."""
    monde = 256 * 2**zoom
    x = 180 * large / monde
    y = math.asinh(math.tan(math.radians(lat)))
    dy = math.pi * haut / monde
    sud, nord = (math.degrees(math.atan(math.sinh(bord))) for bord in (y - dy, y + dy))
    ouest, est = max(lon - x, -180.0), min(lon + x, 180.0)
    return round(ouest, 5), round(sud, 5), round(est, 5), round(nord, 5)
