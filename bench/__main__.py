"""Benchmarks: ratios measured in one run, on the demonstration, in a database of their own.

``make bench`` prints a table and writes ``bench/resultats.json`` (``resultats-postgresql.json`` when
``BENCH_DATABASE_URL`` names an empty PostgreSQL database). Each line compares what a page
does with the least that could give the same bytes: bare SQL, then JSON. A ratio says the price
of the portal's own work; it hardly depends on the machine.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.montage import portail_de_mesure

FOIS = 15
RESULTATS = Path(__file__).resolve().parent / "resultats.json"


def mediane_ms(fonction: Callable[[], Any], fois: int = FOIS) -> float:
    """Median duration of one call, in milliseconds, after a first one that doesn't count."""
    fonction()
    durees = []
    for _ in range(fois):
        debut = time.perf_counter()
        fonction()
        durees.append((time.perf_counter() - debut) * 1000)
    return statistics.median(durees)


def _sql(requete: str, parametres: list[Any]) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as curseur:
        curseur.execute(requete, parametres)
        return list(curseur.fetchall())


def carte_du_bassin() -> tuple[str, float, float]:
    """The structures of the largest bassin as GeoJSON, against bare SQL and JSON."""
    from cartes.donnees import structures_geojson
    from structures.models import Structure

    def nu() -> str:
        lignes = _sql(
            "SELECT s.id, s.nom, s.type, s.lat, s.lon, c.nom FROM structures_structure s "
            "JOIN territoires_commune c ON c.code = s.commune_id WHERE c.bassin_id = %s AND s.fermee_le IS NULL",
            ["2815"],
        )
        return json.dumps([list(ligne) for ligne in lignes])

    return (
        "structures du bassin de Rouen (GeoJSON)",
        mediane_ms(lambda: structures_geojson(Structure.objects.du_bassin("2815").pour_carte())),
        mediane_ms(nu),
    )


def candidates_d_un_besoin() -> tuple[str, float, float]:
    """The offers that answer a need, with their reasons, against a bare join on the service."""
    from offres.models import Besoin
    from offres.rapprochement import candidats

    besoin = Besoin.objects.publiees().select_related("structure__commune", "service").order_by("pk")[0]

    def nu() -> list[tuple[Any, ...]]:
        return _sql(
            "SELECT o.id, s.nom, o.volume FROM offres_offre o JOIN structures_structure s ON s.id = o.structure_id "
            "WHERE o.publiee AND o.service_id = %s AND o.structure_id <> %s",
            [besoin.service_id, besoin.structure_id],
        )

    return "offres qui répondent à un besoin", mediane_ms(lambda: candidats(besoin)), mediane_ms(nu)


def doublons() -> tuple[str, float, float]:
    """Pairs among 35 000 made-up sheets, against twice the time of 17 500: near 1, the search is linear."""
    import random

    from structures.doublons.detection import CHAMPS, semblances, sujet

    mots = ("papillons", "tilleuls", "cailly", "moulin", "horizon", "clos", "seine", "vallee", "bocage", "parc")
    types = ("esat", "ime", "savs", "sessad")
    hasard = random.Random(1)  # noqa: S311 (made-up names)

    def fiche(pk: int) -> Any:
        rang = hasard.randrange(2600)
        valeurs: dict[str, Any] = dict.fromkeys(CHAMPS, "") | {
            "pk": pk, "nom": " ".join(hasard.sample(mots, 2)), "type": hasard.choice(types),
            "commune_id": str(rang), "commune__nom": f"Commune {rang}", "point_approche": False,
            "lat": 48 + rang % 50 * 0.04 + hasard.random() * 0.04, "lon": rang // 50 * 0.06 + hasard.random() * 0.06,
            "site_principal_id": None, "fictive": False,
        }  # fmt: skip
        return sujet(tuple(valeurs[champ] for champ in CHAMPS))

    fiches = [fiche(pk) for pk in range(1, 35001)]

    def duree_ms(nombre: int) -> float:
        debut = time.perf_counter()
        sum(1 for _ in semblances(fiches[:nombre]))
        return (time.perf_counter() - debut) * 1000

    return "doublons parmi 35 000 fiches", duree_ms(35000), 2 * duree_ms(17500)


def main() -> None:
    with portail_de_mesure(os.environ.get("BENCH_DATABASE_URL")):
        from bench.annuaire import mesures_de_l_annuaire
        from bench.cartes import mesures_des_cartes
        from bench.exploration import mesures_de_l_exploration
        from bench.rapprochements import mesures_des_rapprochements

        mesures = [carte_du_bassin(), candidates_d_un_besoin(), doublons()]
        mesures += mesures_des_cartes(mediane_ms, _sql)
        mesures += mesures_de_l_annuaire(mediane_ms, _sql)
        # Last: it fills the database for the others too.
        mesures += mesures_des_rapprochements(mediane_ms, _sql)
        mesures += mesures_de_l_exploration(mediane_ms, _sql)
    lignes = [
        {"mesure": nom, "portail_ms": round(portail, 2), "nu_ms": round(nu, 3), "rapport": round(portail / nu, 1)}
        for nom, portail, nu in mesures
    ]
    for ligne in lignes:
        sys.stdout.write(
            f"{ligne['mesure']:<45} {ligne['portail_ms']:>8} ms {ligne['nu_ms']:>8} ms nu   × {ligne['rapport']}\n"
        )
    resultats = RESULTATS.with_stem("resultats-postgresql") if os.environ.get("BENCH_DATABASE_URL") else RESULTATS
    resultats.write_text(json.dumps(lignes, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
