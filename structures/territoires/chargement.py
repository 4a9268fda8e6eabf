"""Loads the data of the repository into the tables: idempotent, by short transactions."""

import csv
import json
import lzma
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import shapely
from django.db import models, transaction
from shapely.geometry.base import BaseGeometry

from structures.territoires import contours, geometrie
from structures.territoires.decisions import Conflit, respecter
from structures.territoires.models import (
    Bassin,
    CodePostal,
    Commune,
    CommuneAncienne,
    Contour,
    Departement,
    Epci,
    Region,
    code_region,
)
from structures.territoires.noms import normaliser_nom

DONNEES = Path(__file__).resolve().parent / "donnees"
# With IMMEDIATE transactions a long write makes the others wait.
LOT = 500

M = TypeVar("M", bound=models.Model)
Valeurs = dict[str, Any]


@dataclass
class Compte:
    """What one pass changed."""

    creees: int = 0
    modifiees: int = 0
    inchangees: int = 0

    def __add__(self, autre: "Compte") -> "Compte":
        return Compte(self.creees + autre.creees, self.modifiees + autre.modifiees, self.inchangees + autre.inchangees)


def lots(elements: Sequence[Any], taille: int = LOT) -> Iterator[Sequence[Any]]:
    """Slices of at most `taille`."""
    for debut in range(0, len(elements), taille):
        yield elements[debut : debut + taille]


def synchroniser(modele: type[M], cle: str, lignes: Mapping[Any, Valeurs]) -> Compte:
    """Insert or update rows by a unique field, writing only what differs. Deletes nothing."""
    champs = list(next(iter(lignes.values()))) if lignes else []
    gestionnaire = modele._default_manager
    connues = {ligne[cle]: ligne for ligne in gestionnaire.values(cle, *champs)}
    neuves = {c: v for c, v in lignes.items() if c not in connues}
    changees = {c: v for c, v in lignes.items() if c in connues and any(connues[c][n] != v[n] for n in champs)}
    objets = [modele(**{cle: c, **v}) for c, v in {**neuves, **changees}.items()]
    for lot in lots(objets):
        with transaction.atomic():
            gestionnaire.bulk_create(lot, update_conflicts=True, unique_fields=[cle], update_fields=champs)
    return Compte(len(neuves), len(changees), len(lignes) - len(neuves) - len(changees))


def lire_csv(nom: str) -> list[dict[str, str]]:
    """Rows of one CSV of `donnees/`."""
    with (DONNEES / nom).open(encoding="utf-8", newline="") as flux:
        return list(csv.DictReader(flux))


def charger_territoires() -> dict[str, Compte]:
    """Régions, départements, EPCI, communes, old codes, postal codes and outlines of communes."""
    bilan = {
        "régions": synchroniser(Region, "code", {r["code"]: {"nom": r["nom"]} for r in lire_csv("regions.csv")}),
        "départements": synchroniser(
            Departement,
            "code",
            {d["code"]: {"nom": d["nom"], "region_id": d["region"]} for d in lire_csv("departements.csv")},
        ),
        "EPCI": synchroniser(Epci, "code", {e["code"]: {"nom": e["nom"]} for e in lire_csv("epci.csv")}),
    }
    lignes = lire_csv("communes.csv")
    bilan["communes"] = synchroniser(Commune, "code", {ligne["code"]: _commune(ligne) for ligne in lignes})
    bilan["anciennes communes"] = synchroniser(
        CommuneAncienne,
        "code",
        {
            a["code"]: {
                "nom": a["nom"],
                "nom_recherche": normaliser_nom(a["nom"]),
                "commune_id": a["commune"],
            }
            for a in lire_csv("communes-anciennes.csv")
        },
    )
    bilan["codes postaux"] = _charger_codes_postaux(lignes)
    bilan["contours"] = _charger_contours()
    return bilan


def _commune(ligne: dict[str, str]) -> Valeurs:
    return {
        "nom": ligne["nom"],
        "nom_recherche": normaliser_nom(ligne["nom"]),
        "departement_id": ligne["departement"],
        "epci_id": ligne["epci"] or None,
        "population": int(ligne["population"]),
        "lat": float(ligne["lat"]),
        "lon": float(ligne["lon"]),
    }


def _charger_codes_postaux(lignes: Iterable[dict[str, str]]) -> Compte:
    voulus = {(code, ligne["code"]) for ligne in lignes for code in ligne["codes_postaux"].split()}
    connus = set(CodePostal.objects.values_list("code", "commune_id"))
    for lot in lots(sorted(voulus - connus)):
        CodePostal.objects.bulk_create([CodePostal(code=code, commune_id=commune) for code, commune in lot])
    return Compte(len(voulus - connus), 0, len(voulus & connus))


def _charger_contours() -> Compte:
    """Outlines of communes, and those of départements and régions, made of them."""
    codes: dict[str, contours.Geometrie] = json.loads(lzma.decompress((DONNEES / "contours.json.xz").read_bytes()))
    traces = {code: contours.decoder(geometrie_) for code, geometrie_ in codes.items()}
    if not contours.couverture_valide(list(traces.values())):
        traces = dict(zip(traces, contours.reparer(list(traces.values())), strict=True))
    compte = synchroniser(
        Contour, "commune_id", {code: {"geojson": contours.vers_geojson(trace)} for code, trace in traces.items()}
    )
    geometrie.oublier()
    departement_de = dict(Commune.objects.values_list("code", "departement_id"))
    departements = contours.fusionner(traces, departement_de)
    region_de = dict(Departement.objects.values_list("code", "region_id"))
    regions = contours.fusionner(departements, region_de)
    return (
        compte
        + synchroniser(Contour, "departement_id", _carte(departements))
        + synchroniser(Contour, "region_id", _carte(regions))
    )


def _carte(traces: Mapping[str, Any]) -> dict[str, Valeurs]:
    return {
        code: {"geojson": contours.vers_geojson(trace, contours.DECIMALES_CARTE)} for code, trace in traces.items()
    }


@lru_cache(maxsize=1)
def terres_voisines() -> BaseGeometry:
    """Land around the départements of the data, coarsely drawn: without it, Brittany would be sea.

    The rest of the country stops at a frame: beyond it, and over the borders, a sketch of our own.
    """
    pays, loin = (
        contours.depuis_geojson((DONNEES / f"terres-{nom}.geojson").read_text(encoding="utf-8"))
        for nom in ("voisines", "lointaines")
    )
    return shapely.MultiPolygon([*shapely.get_parts(shapely.union_all([pays, loin]))])


def traces_communes(codes: Iterable[str] | None = None) -> dict[str, Any]:
    """Stored outlines of communes (all, or those asked), as geometries by code."""
    lignes = Contour.objects.filter(commune__isnull=False)
    if codes is not None:
        lignes = lignes.filter(commune_id__in=list(codes))
    return {str(code): contours.depuis_geojson(texte) for code, texte in lignes.values_list("commune_id", "geojson")}


def zones_officielles_chargees() -> bool:
    """True once Insee's composition has replaced the default grouping."""
    return Bassin.objects.actifs().filter(origine=Bassin.Origine.ZONE_EMPLOI).exists()


def regrouper_par_epci(conflits: list[Conflit] | None = None) -> Compte:
    """Put the communes of the région in the default bassins, made of whole EPCI.

    Other communes leave their bassin; bassins left empty are no longer in force. Decided moves are
    kept; where the grouping disagrees is added to `conflits`.
    """
    table = lire_csv("bassins.csv")
    bassin_de_epci = {ligne["epci"]: ligne["code"] for ligne in table}
    compte = synchroniser(
        Bassin,
        "code",
        {ligne["code"]: {"nom": ligne["nom"], "origine": Bassin.Origine.EPCI.value, "actif": True} for ligne in table},
    )
    membres = Commune.objects.de_la_region().filter(epci__in=bassin_de_epci).values_list("code", "epci_id")
    composition, ecarts = respecter({code: bassin_de_epci[str(epci)] for code, epci in membres})
    if conflits is not None:
        conflits.extend(ecarts)
    placer(composition)
    recalculer_contours_bassins()
    return compte


def placer(bassin_de: Mapping[str, str], *, vider: bool = True) -> Compte:
    """Set the bassin of each commune (code → bassin code).

    With `vider`, communes that are not in the mapping leave their bassin. Only what differs is
    written, by batches; « creees » counts communes that had no bassin.
    """
    actuels = dict(Commune.objects.values_list("code", "bassin_id"))
    compte = Compte()
    par_bassin: dict[str | None, list[str]] = {}
    for code, actuel in actuels.items():
        voulu = bassin_de.get(code) if vider or code in bassin_de else actuel
        if voulu == actuel:
            compte.inchangees += voulu is not None
            continue
        compte.creees += actuel is None
        compte.modifiees += actuel is not None
        par_bassin.setdefault(voulu, []).append(code)
    for bassin, codes in par_bassin.items():
        for lot in lots(codes):
            Commune.objects.filter(code__in=lot).update(bassin_id=bassin)
    return compte


def recalculer_contours_bassins() -> Compte:
    """Outlines and boxes of all bassins, from those of their communes.

    A bassin without commune is no longer in force; its row stays, since a pôle or an old report
    may name it.
    """
    bassin_de = dict(Commune.objects.filter(bassin__isnull=False).values_list("code", "bassin_id"))
    Bassin.objects.exclude(code__in=set(bassin_de.values())).update(actif=False)
    # Two plain queries: PostgreSQL, on tables it has not counted yet, ran the joined one for minutes.
    retires = list(Bassin.objects.filter(actif=False).values_list("pk", flat=True))
    Contour.objects.filter(bassin__in=retires).delete()
    traces = contours.fusionner(traces_communes(), {code: str(bassin) for code, bassin in bassin_de.items()})
    compte = synchroniser(Contour, "bassin_id", _carte(traces))
    for code, trace in traces.items():
        ouest, sud, est, nord = (round(float(borne), 4) for borne in trace.bounds)
        Bassin.objects.filter(code=code).update(ouest=ouest, sud=sud, est=est, nord=nord)
    return compte


def region_chargee() -> bool:
    """True when the région of the settings has its communes in the tables."""
    return Commune.objects.filter(departement__region_id=code_region()).exists()


def chargement_complet() -> bool:
    """True when a load has gone to its end: boxes of the bassins are what it writes last."""
    actifs = Bassin.objects.actifs()
    return region_chargee() and actifs.exists() and not actifs.filter(nord__isnull=True).exists()
