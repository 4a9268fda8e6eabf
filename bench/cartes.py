"""The maps: what a bassin costs against bare SQL and JSON, what goes on the wire, and 35,000 structures.

The structures of the national map are made up; their places are real communes of France, drawn as people live.
What the browser does with them: bench/navigateur.py.
"""

from __future__ import annotations

import gzip
import json
import lzma
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.montage import portail_de_mesure

Mediane = Callable[..., float]
Sql = Callable[[str, list[Any]], list[tuple[Any, ...]]]
Lieu = tuple[float, float, int]
ROUEN = "2815"
COMMUNES = Path(__file__).resolve().parent / "donnees" / "communes-france.csv.xz"


def mesures_des_cartes(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """Cold: written and compressed again after an edit. Warm: nothing changed. 304: the browser has it."""
    return [*du_bassin(mediane_ms, sql), *de_la_region(mediane_ms, sql), *des_points(mediane_ms, sql)]


def _bassin_nu(sql: Sql) -> str:
    lignes = sql(
        "SELECT s.id, s.nom, s.type, s.lat, s.lon, c.nom FROM structures_structure s "
        "JOIN territoires_commune c ON c.code = s.commune_id WHERE c.bassin_id = %s AND s.fermee_le IS NULL",
        [ROUEN],
    )
    return json.dumps([list(ligne) for ligne in lignes])


def du_bassin(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """The data of a bassin, by the address that the browser asks."""
    from django.test import Client

    from structures.models import Structure

    client = Client(SERVER_NAME="127.0.0.1")
    adresse = f"/cartes/bassins/{ROUEN}/structures.geojson"
    une = Structure.objects.du_bassin(ROUEN).first()
    if une is None:
        return []

    def froid() -> None:
        Structure.objects.filter(pk=une.pk).update(telephone="")
        client.get(adresse, headers={"Accept-Encoding": "br"})

    etiquette = client.get(adresse).headers["ETag"]
    nu = mediane_ms(lambda: _bassin_nu(sql))
    return [
        ("bassin, après une modification", mediane_ms(froid), nu),
        ("bassin, déjà écrit", mediane_ms(lambda: client.get(adresse, headers={"Accept-Encoding": "br"})), nu),
        ("bassin, 304", mediane_ms(lambda: client.get(adresse, headers={"If-None-Match": etiquette})), nu),
    ]


def de_la_region(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """The page of the région against the only query it can't do without."""
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")

    def nu() -> list[tuple[Any, ...]]:
        return sql(
            "SELECT c.bassin_id, COUNT(*) FROM structures_structure s JOIN territoires_commune c "
            "ON c.code = s.commune_id WHERE s.fermee_le IS NULL GROUP BY 1",
            [],
        )

    return [("page de la région", mediane_ms(lambda: client.get("/cartes/")), mediane_ms(nu))]


def des_points(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """Every structure in columns, written again and already written."""
    from cartes import sources
    from cartes.points import colonnes
    from structures.models import Structure

    def nu() -> str:
        requete = "SELECT id, lat, lon, type FROM structures_structure WHERE fermee_le IS NULL"
        return json.dumps([list(ligne) for ligne in sql(requete, [])])

    nombre = Structure.objects.ouvertes().count()
    sec = mediane_ms(nu, 3)
    return [
        (f"{nombre} points, colonnes écrites", mediane_ms(colonnes, 3), sec),
        (f"{nombre} points, déjà écrits", mediane_ms(lambda: sources.points()), sec),
    ]


# --------------------------------------------------------------------------- France, 35,000 structures


def communes_de_france() -> list[Lieu]:
    """(latitude, longitude, inhabitants) of each commune of metropolitan France."""
    lignes = lzma.decompress(COMMUNES.read_bytes()).decode().split()
    return [(float(lat), float(lon), int(habitants)) for lat, lon, habitants in (li.split(",") for li in lignes)]


def peupler_la_france(total: int = 35_000) -> None:
    """Made-up structures up to `total`, at real places."""
    from structures.models import Structure
    from structures.referentiel import TYPES
    from structures.territoires.models import Commune

    lieux = communes_de_france()
    hasard = random.Random(5)  # noqa: S311 (not a secret: the same structures at each run)
    commune = Commune.objects.order_by("-population").first()
    if commune is None:
        raise RuntimeError("les communes ne sont pas chargées")
    reste = total - Structure.objects.count()
    tires = hasard.choices(lieux, [habitants for _, _, habitants in lieux], k=max(0, reste))
    for debut in range(0, reste, 1000):
        lot = []
        for rang, (lat, lon, _) in enumerate(tires[debut : debut + 1000], debut):
            type_ = hasard.choice(list(TYPES.values()))
            une = Structure(
                nom=f"{type_.court} {rang}", type=type_.slug, commune=commune, fictive=True,
                lat=lat + hasard.gauss(0, 0.01), lon=lon + hasard.gauss(0, 0.015),
            )  # fmt: skip
            une.preparer()
            lot.append(une)
        Structure.objects.bulk_create(lot, batch_size=500)


def poids() -> list[dict[str, Any]]:
    """Bytes of each body, plain and on the wire, and the two ways not kept for the national map."""
    from cartes import donnees, sources
    from cartes.envoi import empaqueter
    from structures.models import Structure

    corps = {
        "terres et départements": sources.terres(),
        "bassins": sources.bassins(),
        "communes du bassin de Rouen": sources.communes(ROUEN),
        "toutes les structures, en colonnes": sources.points(),
    }
    rouen = donnees.structures_geojson(Structure.objects.du_bassin(ROUEN).pour_carte())
    corps["structures du bassin de Rouen"] = empaqueter(rouen)
    lignes = [{"quoi": nom, "brut": len(p.brut), "gzip": len(p.gz), "br": len(p.br)} for nom, p in corps.items()]
    entier = empaqueter(donnees.structures_geojson(Structure.objects.pour_carte()))
    quoi = "toutes les structures, en GeoJSON (non retenu)"
    lignes.append({"quoi": quoi, "brut": len(entier.brut), "gzip": len(entier.gz), "br": len(entier.br)})
    return [*lignes, *(_grappes(zoom) for zoom in (6, 8, 10))]


def _grappes(zoom: int) -> dict[str, Any]:
    """What one view of server clusters would weigh: cells of 60 pixels, a screen of 1200 × 700 around Paris."""
    import math
    from collections import Counter

    import brotli

    from structures.models import Structure

    echelle = 256 * 2**zoom

    def pixels(lat: float, lon: float) -> tuple[float, float]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return (lon + 180) / 360 * echelle, y * echelle

    debut = time.perf_counter()
    cx, cy = pixels(48.85, 2.35)
    cases: Counter[tuple[int, int]] = Counter()
    for lat, lon in Structure.objects.ouvertes().filter(lat__isnull=False).values_list("lat", "lon"):
        x, y = pixels(lat or 0, lon or 0)
        if abs(x - cx) <= 600 and abs(y - cy) <= 350:
            cases[int(x / 60), int(y / 60)] += 1
    corps = json.dumps([[*case, n] for case, n in cases.items()], separators=(",", ":")).encode()
    return {
        "quoi": f"une vue de grappes du serveur, zoom {zoom} (non retenu)",
        "brut": len(corps),
        "gzip": len(gzip.compress(corps, 9)),
        "br": len(brotli.compress(corps, quality=11)),
        "calcul_ms": round((time.perf_counter() - debut) * 1000, 1),
    }


def main() -> None:
    """`python -m bench.cartes`: the maps alone, 35,000 structures; writes bench/cartes.json."""
    with portail_de_mesure():
        from bench.__main__ import _sql, mediane_ms

        resultats: dict[str, Any] = {"demonstration": mesures_des_cartes(mediane_ms, _sql)}
        peupler_la_france()
        resultats["trente_cinq_mille"] = mesures_des_cartes(mediane_ms, _sql)
        resultats["poids_en_octets"] = poids()
    for cle in ("demonstration", "trente_cinq_mille"):
        resultats[cle] = [
            {"mesure": nom, "portail_ms": round(p, 2), "nu_ms": round(n, 2), "rapport": round(p / n, 1)}
            for nom, p, n in resultats[cle]
        ]
    texte = json.dumps(resultats, ensure_ascii=False, indent=1) + "\n"
    (Path(__file__).resolve().parent / "cartes.json").write_text(texte, encoding="utf-8")
    sys.stdout.write(texte)


if __name__ == "__main__":
    main()
