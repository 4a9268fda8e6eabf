"""Places a line of a file: its commune (by the file's Insee code), its point, and what is odd about them."""

from dataclasses import dataclass
from functools import cached_property

import shapely

from structures.imports.fiche import Fiche
from structures.imports.noms_lisibles import lisible
from structures.territoires.geometrie import Situeur, distance_km, lambert93_vers_wgs84, situeur
from structures.territoires.models import Commune, CommuneAncienne, Contour, Departement, code_region
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
    """The file's code is no commune of the département, today's or old."""


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
        self._villes = {c.nom_recherche: c.nom for c in self._communes.values() if c.population >= POPULATION_VILLE}
        self._contours: dict[str, shapely.Geometry | None] = {}

    @property
    def pret(self) -> bool:
        """Whether the communes are loaded at all."""
        return bool(self._communes)

    def commune(self, fiche: Fiche) -> Commune:
        """The commune of the line. Raises CommuneInconnue or HorsTerritoire; never guesses."""
        code = fiche.code_commune.upper()
        commune = self._communes.get(code) or self._communes.get(self._anciennes.get(code, ""))
        if commune is None:
            departement = code[:3] if code.startswith("97") else code[:2]
            if len(code) == 5 and departement.isalnum() and departement not in self._departements:
                raise HorsTerritoire(departement)
            raise CommuneInconnue(
                f"commune inconnue (code Insee « {fiche.code_commune} », {fiche.ville})"
                if fiche.code_commune
                else f"commune absente de la ligne ({fiche.ville or 'sans nom de ville'})"
            )
        if commune.bassin_id is None and commune.departement.region_id != self._region:
            raise HorsTerritoire(commune.departement_id)
        return commune

    def placer(self, fiche: Fiche) -> Place:
        """Commune, point and alert of a line. Raises as `commune()`."""
        commune = self.commune(fiche)
        point = vers_wgs84(fiche.x, fiche.y) if fiche.x is not None and fiche.y is not None else None
        alerte = self._alerte(fiche, commune)
        if point is not None and self._est_dans(commune, *point):
            return Place(commune, round(point[0], 6), round(point[1], 6), False, alerte)
        return Place(commune, commune.lat, commune.lon, True, alerte)

    def nom(self, fiche: Fiche, commune: Commune) -> str:
        """The readable name, with its towns spelt as they are."""
        villes = {**self._villes, commune.nom_recherche: commune.nom}
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
        if not nom or nom == ici or nom in self._noms_anciens.get(commune.pk, ()):
            return ""
        if ici.startswith(f"{nom} ") or nom.startswith(f"{ici} "):
            return ""
        autres = self._par_nom.get((commune.departement_id, nom), set())
        if not autres:
            return ""
        ville = self._communes[min(autres)].nom
        return f"L’adresse dit «\u00a0{ville}\u00a0», mais le code de commune du fichier est celui de {commune.nom}."
