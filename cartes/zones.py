"""What an offer truly covers, drawn: the rule of `offres/couverture.py`, the counts of the questionnaire's preview."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from offres.apercu import Zone, communes_atteintes, lieu_de
from offres.models import Offre
from offres.templatetags.offres_mots import zone as zone_en_mots
from socle.templatetags.typographie import pluriel
from structures.models import Structure
from structures.territoires import contours
from structures.territoires.chargement import traces_communes
from structures.territoires.models import Commune, Contour, Departement

# SQLite binds a limited number of values.
LOT = 500


def zone_de(offre: Offre) -> Zone:
    """The rayonnement of an offer; reads prefetched links."""
    return Zone(
        offre.rayonnement,
        offre.rayon_km,
        tuple(c.pk for c in offre.communes.all()),
        tuple(b.pk for b in offre.bassins.all()),
        tuple(d.pk for d in offre.departements.all()),
    )


def offre_montrable(pk: int) -> Offre | None:
    """A published offer with what its zone needs (for whoever may « offres.consulter »: the caller asks)."""
    return (
        Offre.objects.publiees()
        .select_related("service", "structure__commune__departement")
        .prefetch_related("communes", "bassins", "departements")
        .filter(pk=pk)
        .first()
    )


def rayonnement(offre: Offre) -> dict[str, Any]:
    """The areas reached, ready for the map: areas as GeoJSON, circle of a radius (km), words, counts."""
    zone, structure = zone_de(offre), offre.structure
    if not zone.complete:
        return {
            "offre": offre.pk,
            "libelle": offre.libelle,
            "zone": zone_en_mots(offre),
            "aires": None,
            "cercle": None,
        }
    codes = communes_atteintes(zone, structure)
    lat, lon = lieu_de(structure)
    cercle = {"lat": lat, "lon": lon, "km": zone.rayon_km} if zone.genre == "rayon" else None
    communes = pluriel(len(codes), "commune,communes")
    autres = pluriel(_structures(codes, structure), "autre structure,autres structures")
    return {
        "offre": offre.pk,
        "libelle": offre.libelle,
        "structure": {"id": structure.pk, "nom": structure.nom},
        "zone": zone_en_mots(offre),
        "compte": f"{communes}, {autres}",
        "cercle": cercle,
        "aires": {"type": "FeatureCollection", "features": list(_aires(zone, structure, codes))},
    }


def _structures(codes: list[str], structure: Structure) -> int:
    autres = Structure.objects.ouvertes().exclude(pk=structure.pk)
    return sum(autres.filter(commune_id__in=codes[d : d + LOT]).count() for d in range(0, len(codes), LOT))


def _aires(zone: Zone, structure: Structure, codes: list[str]) -> Iterable[dict[str, Any]]:
    """Named areas for what was chosen by name; for a radius, the communes whose centre it holds, as one."""
    if zone.genre == "communes":
        noms = dict(Commune.objects.filter(pk__in=codes).values_list("pk", "nom"))
        traces = contours.simplifier(traces_communes(codes), contours.TOLERANCE_COMMUNES)
        for code, trace in traces.items():
            yield _aire(noms[code], contours.vers_geojson(trace, contours.DECIMALES_CARTE))
    elif zone.genre == "rayon":
        traces = {code: trace for d in range(0, len(codes), LOT) for code, trace in _lot(codes[d : d + LOT])}
        for trace in contours.fusionner(traces, dict.fromkeys(traces, "zone")).values():
            simple = contours.simplifier({"zone": trace}, contours.TOLERANCE_COMMUNES)["zone"]
            yield _aire("", contours.vers_geojson(simple, contours.DECIMALES_CARTE))
    else:
        lignes = Contour.objects.all()
        if zone.genre == "bassins":
            choisis = lignes.filter(bassin__in=list(zone.bassins)).values_list("bassin__nom", "geojson")
        else:
            propres = Departement.objects.filter(region_id=structure.commune.departement.region_id)
            cles = (
                list(zone.departements) if zone.genre == "departements" else list(propres.values_list("pk", flat=True))
            )
            choisis = lignes.filter(departement__in=cles).values_list("departement__nom", "geojson")
        for nom, texte in choisis:
            yield _aire(str(nom), texte)


def _lot(codes: list[str]) -> Iterable[tuple[str, Any]]:
    return traces_communes(codes).items()


def _aire(nom: str, geometrie: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"nom": nom}, "geometry": json.loads(geometrie)}
