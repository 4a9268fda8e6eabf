"""The zone of a sheet as a small map: its bassins among their neighbours, its actors by family."""

import shapely

from fiches_action.models import FicheAction
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.dessin import POLICE, Aire, Lieu, Repere, carte_svg
from structures.territoires.models import Bassin, Commune

LARGEUR, HAUTEUR = 400, 215
COULEUR = "#E4EACB"


def carte_de_la_zone(fiche: FicheAction) -> str | None:
    """SVG for paper (400 × 215), or None when no bassin of the sheet has an outline."""
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
        titre=f"Carte de la zone : {len(choisis)} bassin{'s' if len(choisis) > 1 else ''}",
        largeur=LARGEUR,
        hauteur=HAUTEUR,
        cadre=_elargir(ouest, sud, est, nord),
        voisins=[trace for code, trace in simples.items() if code not in codes],
        reperes=[repere for acteur in fiche.acteurs.all() if (repere := _repere(acteur.structure))],
        lieux=[
            Lieu(lieu["nom"], lieu["lat"], lieu["lon"])
            for lieu in Commune.objects.filter(bassin__in=choisis).lieux(3 + len(choisis))
        ],
        corps=13,
        taille_repere=13,
        trait="#5B6B1E",
    ).replace(POLICE, "Spectral, serif")


def _elargir(ouest: float, sud: float, est: float, nord: float) -> tuple[float, float, float, float]:
    """A little of the neighbours around."""
    x, y = (est - ouest) * 0.08, (nord - sud) * 0.04
    return ouest - x, sud - y, est + x, nord + y


def _repere(structure: Structure) -> Repere | None:
    if structure.lat is None or structure.lon is None:
        return None
    famille = structure.famille
    return Repere(structure.lat, structure.lon, famille.forme, famille.couleur, structure.nom)
