"""What is drawn over the structures of a bassin, as the page's address says: a zone, cooperations, a circle.

The same parameters (`zone`, `liens`, `autour`) and the same rules as the page: an offer's zone and
the cooperations are for partners, who read of them what `visibles_par` lets them. Images, the sheet
of paper and frames draw through here; what is drawn is also said, in the legend and in sentences.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from shapely.geometry.base import BaseGeometry

from cartes.autour import Autour, point_de
from cartes.couvert import DEBORDE, Couvert, Signe, cerne, rond_au_sol
from cartes.liens import Cooperation, cooperations, montrer
from cartes.vue import Vue
from offres.templatetags.offres_mots import de_nom
from socle.droits import peut
from socle.templatetags.typographie import pluriel
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.territoires.dessin import Boite, Calque, Projection, Repere
from structures.territoires.models import Bassin

CERCLE, LIEN = "#B8432B", "#16324F"
# How the frame may widen on each side to hold a layer, in sizes of the bassin: beyond, its structures would be specks.
ELARGIR = 0.75
# Symbols of one town stand side by side.
ECARTES = "Des signes qui se recouvriraient sont écartés les uns des autres."
RECOUVERTS = "Vus d’aussi loin, des signes se recouvrent."
# What a symbol takes when it stands aside, in square pixels.
PLACE = 140
# What leaves the portal no longer has its banner.
FICTIVES = "Données de démonstration\u00a0: certaines structures sont fictives."
# Two links between the same two places are bent, or one would hide the other (as in static/cartes/liens.js).
COURBURE = 0.14
GENRES = ("fiche-action", "convention à signer", "convention signée")
_TRAITS: Mapping[str, str] = {
    "fiche-action": 'stroke-width="2" stroke-dasharray="2 5"',
    "convention à signer": 'stroke-width="2" stroke-dasharray="9 5"',
    "convention signée": 'stroke-width="3"',
}
Personne = Utilisateur | AnonymousUser


@dataclass(frozen=True)
class Calques:
    """The layers asked for, that this person may see. `liens`: None when nobody asked. `vue`: what of them is drawn,
    when it is a part of the map chosen on a screen."""

    bassin: Bassin
    autour: Autour | None = None
    couvert: Couvert | None = None
    liens: Sequence[Cooperation] | None = None
    vue: Vue | None = None

    @classmethod
    def lire(cls, parametres: QueryDict, bassin: Bassin, personne: Personne, autour: Autour | None) -> Calques:
        """From the address of the page. What the person may not see is not asked for (at most six queries)."""
        if not peut(personne, "offres.consulter"):
            return cls(bassin, autour)
        liens = cooperations(personne, bassin=bassin.code) if parametres.get("liens") == "oui" else None
        return cls(bassin, autour, Couvert.lire(parametres, personne), liens)

    def parmi(self, connues: Collection[int], montrees: Collection[int]) -> Calques:
        """Without the cooperations that the filters hide, as on the page (`liens.montrer`)."""
        if self.liens is None:
            return self
        vues = montrer(self.liens, connues=connues, montrees=montrees)
        return replace(self, liens=[vue.cooperation for vue in vues if not vue.cachee])

    @property
    def prives(self) -> bool:
        """Whether something here is for this person, or for partners only."""
        return self.couvert is not None or self.liens is not None

    @property
    def cle(self) -> str:
        """What tells two drawings apart: the cooperations themselves, since each person reads her own; the place that
        was understood, since the same words may lead elsewhere later (an address, once its service answers again)."""
        liens = None if self.liens is None else [lien.en_json() for lien in self.liens]
        lieu = None if self.autour is None else (self.autour.lieu, self.autour.rayon_km)
        return repr((lieu, self.couvert.offre.pk if self.couvert else None, liens, self.vue))

    @cached_property
    def cercle(self) -> BaseGeometry | None:
        """The circle of « autour de » (degrees)."""
        if self.autour is None or self.autour.lieu is None:
            return None
        return rond_au_sol(self.autour.lieu.lat, self.autour.lieu.lon, self.autour.rayon_km)

    @property
    def _traces(self) -> list[BaseGeometry]:
        """The areas and the circles."""
        zone = self.couvert.traces if self.couvert is not None else []
        return [*zone, *([] if self.cercle is None else [self.cercle])]

    @cached_property
    def _boite(self) -> Boite | None:
        """What would hold everything; None without a layer."""
        traces = self._traces
        bouts = [point_de(s) for lien in self.liens or () for paire in lien.paires for s in paire]
        traces += [shapely.Point(lon, lat) for lat, lon in bouts]
        if not traces:
            return None
        ouest, sud, est, nord = (float(borne) for borne in shapely.total_bounds(traces))
        return ouest, sud, est, nord

    @property
    def cadre(self) -> Boite | None:
        """The frame: the part of the map chosen, else the circle, else the bassin, widened for the other layers as far
        as it stays readable. None: the bassin alone."""
        if self.vue is not None:
            return self.vue.boite
        b = self.bassin
        if self._boite is None or b.ouest is None or b.sud is None or b.est is None or b.nord is None:
            return None
        propre = (b.ouest, b.sud, b.est, b.nord)
        if self.cercle is not None:
            o, s, e, n = self.cercle.bounds
            marge = 0.04 * (e - o)
            propre = (o - marge, s - marge, e + marge, n + marge)
        x, y = ELARGIR * (propre[2] - propre[0]), ELARGIR * (propre[3] - propre[1])
        ouest, sud, est, nord = self._boite
        return (
            max(min(propre[0], ouest), propre[0] - x),
            max(min(propre[1], sud), propre[1] - y),
            min(max(propre[2], est), propre[2] + x),
            min(max(propre[3], nord), propre[3] + y),
        )

    def serres(self, nombre: int) -> bool:
        """Whether that many symbols, standing aside, would cover far more than the bassin in the part chosen."""
        b = self.bassin
        if self.vue is None or b.ouest is None or b.est is None:
            return False
        large = self.vue.largeur * (b.est - b.ouest) / (self.vue.boite[2] - self.vue.boite[0])
        return nombre * PLACE > large**2 / 3

    @property
    def deborde(self) -> bool:
        """Whether a part of what is drawn is out of the frame."""
        if self._boite is None or self.cadre is None:
            return False
        (o, s, e, n), (ouest, sud, est, nord) = self._boite, self.cadre
        return o < ouest - 1e-4 or s < sud - 1e-4 or e > est + 1e-4 or n > nord + 1e-4

    def calque(self) -> Calque | None:
        """For the drawing; None when nothing is asked."""
        if not self.prives and self.cercle is None and self.vue is None:
            return None
        return Calque(self._dessiner, self.cadre, plein=self.vue is not None)

    def _dessiner(self, p: Projection, reperes: Sequence[Repere]) -> str:
        morceaux = [self.couvert.svg(p)] if self.couvert is not None else []
        if self.cercle is not None:
            morceaux.append(cerne(p, self.cercle, CERCLE))
        if self.autour is not None and self.autour.lieu is not None:
            x, y = p.xy(self.autour.lieu.lat, self.autour.lieu.lon)
            morceaux.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{CERCLE}" stroke="#FFFFFF" stroke-width="1.5"/>'
            )
        return "".join([*morceaux, *self._tracer(p, reperes)])

    def _tracer(self, p: Projection, reperes: Iterable[Repere]) -> Iterable[str]:
        """Lines from symbol to symbol, where these were drawn; a white ring for who is not on the map."""
        poses = {repere.cle: (repere.lat, repere.lon) for repere in reperes}
        croises: Counter[tuple[int, int]] = Counter()
        bouts: dict[int, Structure] = {}
        for lien in self.liens or ():
            for paire in lien.paires:
                a, b = sorted(paire, key=lambda s: s.pk)
                rang = croises[a.pk, b.pk]
                croises[a.pk, b.pk] += 1
                yield _trait(p, [poses.get(str(s.pk), point_de(s)) for s in (a, b)], rang, _TRAITS[_genre(lien)])
                bouts.update({s.pk: s for s in (a, b) if str(s.pk) not in poses})
        for structure in bouts.values():
            x, y = p.xy(*point_de(structure))
            if 0 <= x <= p.largeur and 0 <= y <= p.hauteur:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#FFFFFF" stroke="{LIEN}" stroke-width="1.6"/>'

    def signes(self) -> list[Signe]:
        """The entries of the legend, each with what it means here."""
        signes = self.couvert.signes() if self.couvert is not None else []
        if self.autour is not None and self.autour.lieu is not None:
            rond = (
                f'<circle cx="7" cy="7" r="6" fill="none" stroke="{CERCLE}" stroke-width="2" stroke-dasharray="4 3"/>'
            )
            signes.append((rond, f"à moins de {self.autour.rayon_km}\u00a0km {de_nom(self.autour.lieu.libelle)}"))
        presents = Counter(map(_genre, self.liens or ()))
        for genre in GENRES:
            if presents[genre]:
                trait = f'<path d="M0,7h15" stroke="{LIEN}" {_TRAITS[genre]} stroke-linecap="round"/>'
                signes.append((trait, f"{genre} ({presents[genre]})"))
        return signes

    @property
    def situe(self) -> bool:
        """Whether something drawn says which structures are inside and which are not."""
        return bool(self._traces)

    def phrases(self) -> list[str]:
        """What is drawn, in sentences."""
        phrases = self.couvert.phrases() if self.couvert is not None else []
        if self.liens is not None:
            dites = "coopération tracée entre structures,coopérations tracées entre structures"
            phrases.append(f"{pluriel(len(self.liens), dites)}." if self.liens else "Aucune coopération à tracer.")
        if self.deborde:
            phrases.append(DEBORDE)
        return phrases


def _genre(lien: Cooperation) -> str:
    """As the page's own legend says it."""
    if lien.genre != "convention":
        return lien.genre
    return "convention signée" if lien.signee else "convention à signer"


def _trait(p: Projection, bouts: Sequence[tuple[float, float]], rang: int, peinture: str) -> str:
    (x1, y1), (x2, y2) = (p.xy(lat, lon) for lat, lon in bouts)
    force = COURBURE * math.ceil(rang / 2) * (1 if rang % 2 else -1)
    # The point towards which the line bends: the middle itself for the first one.
    mx, my = (x1 + x2) / 2 + (y2 - y1) * force, (y1 + y2) / 2 - (x2 - x1) * force
    pas = [i / 16 for i in range(17)] if rang else [0.0, 1.0]
    points = [
        ((1 - t) ** 2 * x1 + 2 * t * (1 - t) * mx + t**2 * x2, (1 - t) ** 2 * y1 + 2 * t * (1 - t) * my + t**2 * y2)
        for t in pas
    ]
    visible = shapely.clip_by_rect(shapely.LineString(points), -8, -8, p.largeur + 8, p.hauteur + 8)
    if visible.is_empty:
        return ""
    lignes = [shapely.get_coordinates(partie).tolist() for partie in shapely.get_parts(visible)]
    chemin = "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ligne) for ligne in lignes)
    return f'<path d="{chemin}" fill="none" stroke="{LIEN}" stroke-linecap="round" {peinture}/>'
