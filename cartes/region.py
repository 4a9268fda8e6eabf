"""The région by bassins: an indicator in each, in classes that the map, the legend and the table share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

import shapely
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Length
from django.http import QueryDict
from django.urls import reverse

from cartes import sources
from cartes.classes import AUCUNE_DONNEE, Classe, Legende
from cartes.dessin import HACHURES, Zone, carte_des_bassins
from cartes.indicateurs import INDICATEURS, PAR_DEFAUT, Indicateur, Valeur
from offres.models import Service
from offres.unites import mots
from socle.recherche import normaliser
from structures.models import Structure
from structures.territoires.contours import depuis_geojson
from structures.territoires.models import Bassin, Contour

TRIS = ("nom", "-nom", "valeur", "-valeur", "structures", "-structures")


@dataclass(frozen=True)
class LigneBassin:
    """A bassin in the table of the région."""

    bassin: Bassin
    structures: int
    valeur: Valeur
    classe: Classe

    @property
    def url(self) -> str:
        return reverse("cartes:bassin", args=[self.bassin.code])


@dataclass(frozen=True)
class Choix:
    """What the address asks to see; an unknown word falls back to the first map."""

    indicateur: Indicateur = PAR_DEFAUT
    service: Service | None = None
    tri: str = "nom"

    @classmethod
    def lire(cls, parametres: QueryDict, services: Sequence[Service] = ()) -> Choix:
        """From `indicateur`, `service` (its slug) and `tri`."""
        indicateur = INDICATEURS.get(parametres.get("indicateur", ""), PAR_DEFAUT)
        service = next((s for s in services if s.slug == parametres.get("service")), None)
        tri = parametres.get("tri", "nom")
        return cls(indicateur, service if indicateur.service else None, tri if tri in TRIS else "nom")

    @property
    def manque_un_service(self) -> bool:
        """The indicator is that of one service, and none is chosen."""
        return self.indicateur.service == "requis" and self.service is None

    def requete(self, **autres: str) -> str:
        """The address's query for this choice, with these changes; what is by default stays unsaid."""
        valeurs = {
            "indicateur": "" if self.indicateur is PAR_DEFAUT else self.indicateur.slug,
            "service": self.service.slug if self.service else "",
            "tri": "" if self.tri == "nom" else self.tri,
            **autres,
        }
        return urlencode({cle: valeur for cle, valeur in valeurs.items() if valeur})

    @property
    def aide(self) -> str:
        """What the number is, and its unit when it has one."""
        if self.indicateur.slug == "ecart" and self.service is not None and not self.service.hors_liste:
            return f"{self.indicateur.aide} Compté en {mots(self.service.unite_volume, 2)} par an."
        return self.indicateur.aide

    @property
    def rien(self) -> str:
        """What to say when no bassin has anything to show."""
        if self.indicateur.slug == "ecart" and self.service is not None and self.service.hors_liste:
            return "Chaque «\u00a0autre service\u00a0» est différent\u00a0: leurs nombres ne se comparent pas."
        if self.service is not None and self.indicateur.slug in {"offres", "besoins"}:
            verbe = "n’offre" if self.indicateur.slug == "offres" else "ne cherche"
            return f"Personne {verbe} encore ce service dans la région."
        return self.indicateur.rien

    @property
    def titre(self) -> str:
        """What the map shows, in words."""
        if self.service is None:
            return f"{self.indicateur.libelle}, par bassin"
        if self.indicateur.slug == "ecart":
            return f"Écart entre besoins et offres, par bassin\u00a0: {self.service.libelle}"
        return f"{self.indicateur.libelle}, par bassin\u00a0: {self.service.libelle}"


@dataclass(frozen=True)
class TableauRegion:
    """All bassins and the legend."""

    choix: Choix
    lignes: Sequence[LigneBassin]
    classes: Sequence[Classe]
    structures: int

    @property
    def regroupes(self) -> bool:
        """Whether the bassins are the default grouping of EPCI, which the screens must say."""
        return any(ligne.bassin.origine == Bassin.Origine.EPCI for ligne in self.lignes)

    @property
    def sans_donnee(self) -> int:
        return sum(ligne.valeur.nombre is None for ligne in self.lignes)

    @property
    def constat(self) -> str:
        """What to say of a map that shows nothing: no number anywhere, or nothing but zeros."""
        if not self.lignes:
            return "Aucun bassin d’emploi n’est encore connu. Ils apparaîtront ici une fois les territoires chargés."
        if self.choix.manque_un_service or any(ligne.valeur.nombre for ligne in self.lignes):
            return ""
        zeros = self.sans_donnee < len(self.lignes)
        # Gaps that are all filled are worth a map.
        return "" if zeros and self.choix.indicateur.slug == "ecart" else self.choix.rien

    @property
    def avec_structures(self) -> bool:
        """Whether the number of structures is a column beside the indicator (else it is the indicator)."""
        return self.choix.indicateur is not PAR_DEFAUT

    def dessin(
        self, *, liens: bool = True, largeur: int = 900, corps: float = 13.0, identifiant: str = HACHURES
    ) -> str:
        """The map as SVG; `identifiant` tells two of a page apart."""
        zones = {
            ligne.bassin.code: Zone(
                ligne.classe.couleur,
                ligne.valeur.court,
                ligne.valeur.phrase,
                ligne.url if liens else "",
                hachuree=ligne.classe is AUCUNE_DONNEE,
            )
            for ligne in self.lignes
        }
        return carte_des_bassins(
            zones,
            titre=self.choix.titre,
            description="Les mêmes chiffres sont dans le tableau.",
            largeur=largeur,
            corps=corps,
            identifiant=identifiant,
        )


def bassins_de_la_region() -> list[Bassin]:
    """Bassins by name as a French reader sorts them: Évreux before Flers, on every database."""
    return sorted(Bassin.objects.de_la_region(), key=lambda bassin: normaliser(bassin.nom))


def _trier(lignes: list[LigneBassin], tri: str) -> list[LigneBassin]:
    """By name, value or structures; bassins without data come last, whichever way."""
    champ, envers = tri.removeprefix("-"), tri.startswith("-")
    lignes = sorted(lignes, key=lambda ligne: normaliser(ligne.bassin.nom), reverse=envers and champ == "nom")
    if champ == "structures":
        return sorted(lignes, key=lambda ligne: ligne.structures, reverse=envers)
    if champ == "valeur":
        connues = [ligne for ligne in lignes if ligne.valeur.nombre is not None]
        connues.sort(key=lambda ligne: ligne.valeur.nombre or 0, reverse=envers)
        return [*connues, *(ligne for ligne in lignes if ligne.valeur.nombre is None)]
    return lignes


def tableau_region(choix: Choix | None = None) -> TableauRegion:
    """The bassins of the région with the indicator asked (a constant number of queries)."""
    choix = choix or Choix()
    comptes = dict(
        Structure.objects.ouvertes()
        .filter(commune__bassin__isnull=False)
        .order_by()
        .values_list("commune__bassin_id")
        .annotate(nombre=Count("pk"))
    )
    valeurs = {} if choix.manque_un_service else choix.indicateur.calcul(choix.service)
    absente = choix.indicateur.valeur_absente()
    if choix.manque_un_service:
        # « Rien de demandé » would be said of a question that nobody has asked yet.
        absente = replace(absente, phrase="aucun service choisi")
    bassins = bassins_de_la_region()
    nombres = [valeurs.get(b.code, absente).nombre for b in bassins]
    legende: Legende = choix.indicateur.legende(nombres)
    lignes = [
        LigneBassin(bassin, comptes.get(bassin.code, 0), valeur, legende.classe(valeur.nombre))
        for bassin in bassins
        for valeur in [valeurs.get(bassin.code, absente)]
    ]
    total = sum(ligne.structures for ligne in lignes)
    return TableauRegion(choix, _trier(lignes, choix.tri), legende.montree(nombres), total)


@lru_cache(maxsize=4)
def _voisinages(cadres: tuple[tuple[object, ...], ...]) -> dict[str, frozenset[str]]:
    """Bassins that share a border, computed once per set of outlines (`cadres` tells the set)."""
    codes = [str(cadre[0]) for cadre in cadres]
    textes = dict(Contour.objects.filter(bassin__in=codes).values_list("bassin_id", "geojson"))
    traces = {code: depuis_geojson(textes[code]) for code in codes if code in textes}
    noms = list(traces)
    arbre = shapely.STRtree([traces[code] for code in noms])
    voisins: dict[str, frozenset[str]] = {}
    for code, trace in traces.items():
        rangs = arbre.query(trace, predicate="intersects")
        voisins[code] = frozenset(noms[int(rang)] for rang in rangs) - {code}
    return voisins


def voisins(bassin: Bassin) -> list[Bassin]:
    """Bassins in force that touch this one, by name (one query, two after a change of outlines)."""
    # A commune that moves may change an outline and not its box: the length of the outline tells.
    dessines = Bassin.objects.de_la_region().annotate(mesure=Length("trace__geojson"))
    mesures = {bassin: getattr(bassin, "mesure", None) for bassin in dessines}
    tous = sorted(mesures, key=lambda b: normaliser(b.nom))
    proches = _voisinages(tuple((b.code, b.cadre, mesures[b]) for b in sorted(tous, key=lambda b: b.code)))
    return [b for b in tous if b.code in proches.get(bassin.code, frozenset())]


def cadre_des(bassins: Iterable[Bassin]) -> list[float] | None:
    """The box (west, south, east, north) that holds all these bassins, or None without outline."""
    cadres = [b.cadre for b in bassins if b.cadre]
    if not cadres:
        return None
    ouest, sud, est, nord = zip(*cadres, strict=True)
    return [min(ouest), min(sud), max(est), max(nord)]


def contexte_region(choix: Choix | None = None) -> dict[str, object]:
    """What `cartes/_carte_region.html` needs; the home page includes it too."""
    tableau = tableau_region(choix)
    return {
        "tableau": tableau,
        "dessin": tableau.dessin(),
        "carte": reglages("loin", cadre=cadre_des(ligne.bassin for ligne in tableau.lignes)),
    }


def adresse_a_integrer(chemin: str) -> str:
    """The address that a partner's site may frame, or nothing when the operator named no site."""
    return f"{settings.PCTI_URL}{chemin}" if settings.PCTI_INTEGRATION else ""


def reglages(niveau: str = "", **valeurs: object) -> dict[str, object]:
    """What the modules of a map need to know, as data (no inline script).

    `niveau` « loin »: outlines for a map that shows the whole région.
    """
    return {
        "tuiles": settings.PCTI_TUILES_URL,
        "bassins": sources.adresse_des_bassins(niveau),
        "terres": sources.adresse_des_terres(),
        **valeurs,
    }
