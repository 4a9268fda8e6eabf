"""Places a line of a file: its commune, its point, and what is odd about them.

The commune comes from the file's Insee code; without one, from the postal code and the town, then
from the point. What remains doubtful is refused, with the possible communes named.
"""

import re
from collections import ChainMap
from dataclasses import dataclass
from functools import cached_property

import shapely

from structures.imports.fiche import Fiche
from structures.imports.noms_lisibles import lisible
from structures.territoires.geometrie import Situeur, distance_km, lambert93_vers_wgs84, situeur
from structures.territoires.models import CodePostal, Commune, CommuneAncienne, Contour, Departement, code_region
from structures.territoires.noms import normaliser_nom, sans_cedex

# Outlines are simplified: a point this near its commune is in it.
TOLERANCE_KM = 1.0
# For a commune whose outline is unknown.
RAYON_SANS_CONTOUR_KM = 10.0
POPULATION_VILLE = 3000


@dataclass(frozen=True)
class Place:
    """Where an establishment is; `approche` when the point is the centre of its commune."""

    commune: Commune
    lat: float
    lon: float
    approche: bool
    alerte: str


class CommuneInconnue(Exception):
    """Neither the code nor the address nor the point tells which commune it is."""


class HorsTerritoire(Exception):
    """The commune is in no bassin and not in the région served."""


def vers_wgs84(x: float, y: float) -> tuple[float, float] | None:
    """(latitude, longitude) of a raw point, its system recognised by magnitude; None when it is none.

    Lambert 93 (metres) or WGS84 (degrees) of metropolitan France, in either order.
    """
    for est, nord in ((x, y), (y, x)):
        if 0 <= est <= 1_300_000 and 6_000_000 <= nord <= 7_200_000:
            return lambert93_vers_wgs84(est, nord)
        if -6 <= est <= 10 and 41 <= nord <= 52:
            return nord, est
    return None


def point_de(fiche: Fiche) -> tuple[float, float] | None:
    """(latitude, longitude) of the line, from degrees or raw coordinates."""
    if fiche.lat is not None and fiche.lon is not None:
        return vers_wgs84(fiche.lon, fiche.lat)
    if fiche.x is not None and fiche.y is not None:
        return vers_wgs84(fiche.x, fiche.y)
    return None


def _departement(code: str) -> str:
    """« 14118 » → « 14 », « 97408 » → « 974 » (of an Insee or a postal code)."""
    return code[:3] if code.startswith("97") else code[:2]


class Placeur:
    """Knows the communes once for the whole file (some 5 000 rows, whatever the file's size)."""

    def __init__(self) -> None:
        self._communes = {c.pk: c for c in Commune.objects.select_related("departement")}
        self._anciennes = dict(CommuneAncienne.objects.values_list("code", "commune_id"))
        self._departements = set(Departement.objects.values_list("code", flat=True))
        self._region = code_region()
        # (département, normalised name) → codes; only current names can raise an alert.
        self._par_nom: dict[tuple[str, str], set[str]] = {}
        for commune in self._communes.values():
            self._par_nom.setdefault((commune.departement_id, commune.nom_recherche), set()).add(commune.pk)
        self._noms_anciens: dict[str, set[str]] = {}
        for nom, code in CommuneAncienne.objects.values_list("nom", "commune_id"):
            self._noms_anciens.setdefault(code, set()).add(normaliser_nom(nom))
        self._par_postal: dict[str, list[str]] = {}
        for postal, code in CodePostal.objects.order_by("code", "commune_id").values_list("code", "commune_id"):
            self._par_postal.setdefault(postal, []).append(code)
        self._villes = {c.nom_recherche: c.nom for c in self._communes.values() if c.population >= POPULATION_VILLE}
        self._contours: dict[str, shapely.Geometry | None] = {}

    @property
    def pret(self) -> bool:
        """Whether the communes are loaded at all."""
        return bool(self._communes)

    def commune(self, fiche: Fiche) -> Commune:
        """The commune of the line. Raises CommuneInconnue or HorsTerritoire; never guesses."""
        commune = self._par_code(fiche) if fiche.code_commune else self._par_adresse(fiche)
        if commune.bassin_id is None and commune.departement.region_id != self._region:
            raise HorsTerritoire(commune.departement_id)
        return commune

    def _par_code(self, fiche: Fiche) -> Commune:
        code = fiche.code_commune.upper()
        commune = self._communes.get(code) or self._communes.get(self._anciennes.get(code, ""))
        if commune is None:
            departement = _departement(code)
            if len(code) == 5 and departement.isalnum() and departement not in self._departements:
                raise HorsTerritoire(departement)
            raise CommuneInconnue(f"commune inconnue (code Insee « {fiche.code_commune} », {fiche.ville})")
        return commune

    def _par_adresse(self, fiche: Fiche) -> Commune:
        """By postal code and town; the postal code of a CEDEX is nobody's: the town alone decides then."""
        postal, nom = fiche.code_postal.strip(), sans_cedex(normaliser_nom(fiche.ville))
        au_postal = [self._communes[code] for code in self._par_postal.get(postal, ()) if code in self._communes]
        if not au_postal and re.fullmatch(r"\d{5}", postal) and _departement(postal) not in self._departements:
            raise HorsTerritoire(_departement(postal))
        nommees = [c for c in au_postal if self._s_appelle(c, nom)] if nom else au_postal
        if not nommees:
            # « Cherbourg », 50100: the name is cut short, the postal code leaves no doubt.
            nommees = [c for c in au_postal if c.nom_recherche.startswith(f"{nom} ")]
        if not au_postal and nom:
            nommees = self._de_ce_nom(postal, nom)
        if len(nommees) == 1:
            return nommees[0]
        point = point_de(fiche)
        au_point = self._communes.get(self._situeur.code(*point) or "") if point else None
        if au_point is not None:
            return au_point
        if not postal and not nom and point is None:
            raise CommuneInconnue("commune absente de la ligne (sans nom de ville)")
        raise CommuneInconnue(self._hesitation(postal, fiche.ville, nommees or au_postal))

    def _s_appelle(self, commune: Commune, nom: str) -> bool:
        return nom == commune.nom_recherche or nom in self._noms_anciens.get(commune.pk, ())

    def _de_ce_nom(self, postal: str, nom: str) -> list[Commune]:
        departements = {_departement(postal)} if len(postal) == 5 else self._departements
        return [self._communes[code] for d in sorted(departements) for code in sorted(self._par_nom.get((d, nom), ()))]

    @staticmethod
    def _hesitation(postal: str, ville: str, possibles: list[Commune]) -> str:
        dit = f"code postal « {postal or 'absent'} », ville « {ville or 'absente'} »"
        if not possibles:
            return f"commune inconnue ({dit})"
        noms = ", ".join(f"{c.nom} ({c.pk})" for c in possibles[:8])
        return f"commune incertaine ({dit}) : {noms}{'…' if len(possibles) > 8 else ''}"

    def placer(self, fiche: Fiche) -> Place:
        """Commune, point and alert of a line. Raises as `commune()`."""
        commune = self.commune(fiche)
        point = point_de(fiche)
        alerte = self._alerte(fiche, commune)
        if point is not None and self._est_dans(commune, *point):
            return Place(commune, round(point[0], 6), round(point[1], 6), False, alerte)
        return Place(commune, commune.lat, commune.lon, True, alerte)

    def nom(self, fiche: Fiche, commune: Commune) -> str:
        """The readable name, with its towns spelt as they are."""
        villes = ChainMap({commune.nom_recherche: commune.nom}, self._villes)
        return lisible(fiche.nom, villes)[:200]

    def _est_dans(self, commune: Commune, lat: float, lon: float) -> bool:
        if self._situeur.code(lat, lon, 0.0) == commune.pk:
            return True
        contour = self._contour(commune.pk)
        if contour is None:
            return distance_km(lat, lon, commune.lat, commune.lon) <= RAYON_SANS_CONTOUR_KM
        proche = shapely.shortest_line(shapely.Point(lon, lat), contour).coords[-1]
        return distance_km(lat, lon, proche[1], proche[0]) <= TOLERANCE_KM

    @cached_property
    def _situeur(self) -> Situeur:
        """Asked once for the whole file: each call checks in the database that the outlines are the same."""
        return situeur()

    def _contour(self, code: str) -> shapely.Geometry | None:
        if code not in self._contours:
            texte = Contour.objects.filter(commune_id=code).values_list("geojson", flat=True).first()
            self._contours[code] = shapely.from_geojson(texte) if texte else None
        return self._contours[code]

    def _alerte(self, fiche: Fiche, commune: Commune) -> str:
        """Say when the town of the address is, by its name, another commune of the département.

        A lost accent, « ST » for « Saint », a CEDEX, a cut name, or the old name of a merged
        commune is no other commune: nothing is said then.
        """
        nom = sans_cedex(normaliser_nom(fiche.ville))
        ici = commune.nom_recherche
        if not fiche.code_commune or not nom or nom == ici or nom in self._noms_anciens.get(commune.pk, ()):
            return ""
        if ici.startswith(f"{nom} ") or nom.startswith(f"{ici} "):
            return ""
        autres = self._par_nom.get((commune.departement_id, nom), set())
        if not autres:
            return ""
        ville = self._communes[min(autres)].nom
        return f"L’adresse dit «\u00a0{ville}\u00a0», mais le code de commune du fichier est celui de {commune.nom}."
