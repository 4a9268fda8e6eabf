"""The zone of a sheet as a small map: its bassins among their neighbours, its actors by family."""

import math

import shapely
from shapely.geometry.base import BaseGeometry

from fiches_action.models import FicheAction
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.chargement import terres_voisines
from structures.territoires.dessin import POLICE, Aire, Lieu, Repere, carte_svg
from structures.territoires.models import Bassin, Commune, Contour

LARGEUR, HAUTEUR = 440, 215
COULEUR = "#E4EACB"


def carte_de_la_zone(fiche: FicheAction) -> str | None:
    """SVG for paper (440 × 215), or None when no bassin of the sheet has an outline."""
    codes = {bassin.pk for bassin in fiche.bassins.all()}
    lignes = Bassin.objects.de_la_region() | Bassin.objects.filter(pk__in=codes)
    traces = {
        str(code): contours.depuis_geojson(texte)
        for code, texte in lignes.filter(trace__isnull=False).distinct().values_list("code", "trace__geojson")
    }
    choisis = sorted(codes & set(traces))
    if not choisis:
        return None
    ouest, sud, est, nord = (float(b) for b in shapely.total_bounds([traces[code] for code in choisis]))
    simples = contours.simplifier(traces, max((est - ouest) / LARGEUR, (nord - sud) / HAUTEUR))
    return carte_svg(
        [Aire(simples[code], COULEUR) for code in choisis],
        titre=f"Carte de la zone\u00a0: {len(choisis)} bassin{'s' if len(choisis) > 1 else ''}",
        largeur=LARGEUR,
        hauteur=HAUTEUR,
        cadre=_elargir(ouest, sud, est, nord),
        voisins=[*_terres(), *(trace for code, trace in simples.items() if code not in codes)],
        reperes=_reperes([acteur.structure for acteur in fiche.acteurs.all()], _cote(ouest, sud, est, nord)),
        lieux=[
            Lieu(lieu["nom"], lieu["lat"], lieu["lon"])
            for lieu in Commune.objects.filter(bassin__in=choisis).lieux(2 + len(choisis))
        ],
        corps=13,
        taille_repere=13,
        trait="#5B6B1E",
    ).replace(POLICE, "Spectral, serif")


def _elargir(ouest: float, sud: float, est: float, nord: float) -> tuple[float, float, float, float]:
    """A little of the neighbours around."""
    x, y = (est - ouest) * 0.08, (nord - sud) * 0.04
    return ouest - x, sud - y, est + x, nord + y


def _cote(ouest: float, sud: float, est: float, nord: float) -> float:
    """Degrees of longitude that a shape covers (15 px) once the box is fitted in the drawing."""
    cosinus = math.cos(math.radians((sud + nord) / 2))
    degres_par_pixel = max((est - ouest) * 1.16 * cosinus / LARGEUR, (nord - sud) * 1.08 / HAUTEUR)
    return 15 * degres_par_pixel / cosinus


def _terres() -> list[BaseGeometry]:
    """Land around, so that only the sea looks like sea."""
    departements = Contour.objects.filter(departement__isnull=False).values_list("geojson", flat=True)
    return [terres_voisines(), *(contours.depuis_geojson(texte) for texte in departements)]


def _reperes(structures: list[Structure], pas: float) -> list[Repere]:
    """One shape per actor; those that meet stand side by side, ``pas`` degrees apart."""
    groupes: list[list[Structure]] = []
    for structure in structures:
        if structure.lat is None or structure.lon is None:
            continue
        proche = next((g for g in groupes if _se_touchent(g[0], structure, pas)), None)
        if proche is None:
            groupes.append([structure])
        else:
            proche.append(structure)
    reperes = []
    for groupe in groupes:
        lat = sum(s.lat or 0 for s in groupe) / len(groupe)
        lon = sum(s.lon or 0 for s in groupe) / len(groupe)
        for rang, structure in enumerate(groupe):
            famille = structure.famille
            decale = lon + pas * (rang - (len(groupe) - 1) / 2)
            reperes.append(Repere(lat, decale, famille.forme, famille.couleur, structure.nom))
    return reperes


def _se_touchent(une: Structure, autre: Structure, pas: float) -> bool:
    ecart_lat = abs((une.lat or 0) - (autre.lat or 0)) * 1.5
    return max(ecart_lat, abs((une.lon or 0) - (autre.lon or 0))) < pas
