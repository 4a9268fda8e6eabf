"""Matching at national volume: 100,000 offers, 100,000 needs, each measure against a bare SQL join."""

import random
from collections.abc import Callable
from typing import Any

Mediane = Callable[..., float]
Sql = Callable[[str, list[Any]], list[tuple[Any, ...]]]

OFFRES = BESOINS = 100_000
# Thirteen régions of five départements of five bassins of twenty communes.
REGIONS, DEPARTEMENTS, BASSINS, COMMUNES = 13, 5, 5, 20
LOT = 500


def mesures_des_rapprochements(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """One need with its page's work, the other side of one offer, a whole région. Fills the database first."""
    from django.db import connection

    remplir()
    with connection.cursor() as curseur:
        # What production's autovacuum does by itself: without numbers no planner chooses well.
        curseur.execute("ANALYZE")
    return [
        un_besoin(mediane_ms, sql),
        une_offre(mediane_ms, sql),
        une_region(mediane_ms, sql),
    ]


def un_besoin(mediane_ms: Mediane, sql: Sql) -> tuple[str, float, float]:
    """All the offers ranked, the combinations, forty in words; against a join on the service."""
    from offres.combinaisons import combinaisons
    from offres.models import Besoin
    from offres.rapprochement import bilan, en_mots, rangs, volume_manquant

    besoin = (
        Besoin.objects.filter(structure__nom__startswith="Banc", volume__gt=20)
        .select_related("structure__commune", "service")
        .order_by("pk")[0]
    )

    def portail() -> None:
        manquant = volume_manquant(besoin)
        tous = rangs(besoin, manquant)
        combinaisons(manquant, tous)
        bilan(besoin, tous, manquant)
        en_mots(besoin, tous[:40], manquant)

    def nu() -> list[tuple[Any, ...]]:
        return sql(
            "SELECT o.id, s.nom, c.nom, o.volume FROM offres_offre o "
            "JOIN structures_structure s ON s.id = o.structure_id "
            "JOIN territoires_commune c ON c.code = s.commune_id "
            "WHERE o.publiee AND o.service_id = %s AND o.structure_id <> %s",
            [besoin.service_id, besoin.structure_id],
        )

    return "un besoin parmi 100 000 offres", mediane_ms(portail), mediane_ms(nu)


def une_offre(mediane_ms: Mediane, sql: Sql) -> tuple[str, float, float]:
    """The needs that one offer may answer, the first forty; against a join on the service."""
    from offres.models import Besoin, Offre

    offre = (
        Offre.objects.filter(structure__nom__startswith="Banc", rayonnement="region")
        .select_related("structure__commune__departement", "service")
        .order_by("pk")[0]
    )
    repondables: Any = Besoin.objects.repondables_par(offre)

    def nu() -> list[tuple[Any, ...]]:
        return sql(
            "SELECT b.id, s.nom, c.nom, b.volume FROM offres_besoin b "
            "JOIN structures_structure s ON s.id = b.structure_id "
            "JOIN territoires_commune c ON c.code = s.commune_id "
            "WHERE b.publiee AND b.service_id = %s AND b.structure_id <> %s ORDER BY b.id LIMIT 41",
            [offre.service_id, offre.structure_id],
        )

    return (
        "une offre parmi 100 000 besoins",
        mediane_ms(lambda: list(repondables.pour_affichage().order_by("distance_km", "pk")[:41])),
        mediane_ms(nu),
    )


def une_region(mediane_ms: Mediane, sql: Sql) -> tuple[str, float, float]:
    """The needs of a région that nobody answers; against a join that only asks for the service and the région."""
    from offres.comptage import sans_offre
    from offres.models import Besoin

    besoins = Besoin.objects.publiees().filter(structure__commune__departement__region="B0")

    def nu() -> list[tuple[Any, ...]]:
        return sql(
            "SELECT COUNT(*) FROM offres_besoin b "
            "JOIN structures_structure sb ON sb.id = b.structure_id "
            "JOIN territoires_commune cb ON cb.code = sb.commune_id "
            "JOIN territoires_departement db ON db.code = cb.departement_id "
            "WHERE b.publiee AND db.region_id = 'B0' AND b.service_id NOT IN ("
            "SELECT o.service_id FROM offres_offre o JOIN structures_structure so ON so.id = o.structure_id "
            "JOIN territoires_commune co ON co.code = so.commune_id "
            "JOIN territoires_departement d ON d.code = co.departement_id "
            "WHERE o.publiee AND d.region_id = 'B0')",
            [],
        )

    return (
        "une région, besoins sans offre",
        mediane_ms(lambda: sans_offre(besoins), 3),
        mediane_ms(nu, 3),
    )


def remplir() -> None:
    """A made-up country of its own beside the demonstration, the same at each run."""
    hasard = random.Random(7)  # noqa: S311 (not a secret)
    communes = _pays(hasard)
    structures = _structures(hasard, communes)
    from offres.models import Besoin, Offre, Service

    _lignes(hasard, Offre, OFFRES, structures)
    _lignes(hasard, Besoin, BESOINS, structures)
    # In one région half of the services are not offered: the needs that nobody answers are the long ones to prove.
    rares = Service.objects.exclude(slug="autre").order_by("ordre").values_list("pk", flat=True)
    Offre.objects.filter(structure__commune__departement__region="B0", service__in=list(rares)[::2]).update(
        publiee=False
    )


def _pays(hasard: random.Random) -> list[Any]:
    from structures.territoires.models import Bassin, Commune, Departement, Region

    regions = [Region(code=f"B{r:X}", nom=f"Région {r}") for r in range(REGIONS)]
    Region.objects.bulk_create(regions)
    communes: list[Any] = []
    for r, region in enumerate(regions):
        nord, est = 43.5 + r // 4 * 2, -1 + r % 4 * 2
        for d in range(DEPARTEMENTS):
            departement = Departement.objects.create(code=f"{r:X}{d}Z", nom=f"Département {r} {d}", region=region)
            for b in range(BASSINS):
                bassin = Bassin.objects.create(code=f"{r:X}{d}{b}Z", nom=f"Bassin {r} {d} {b}")
                communes += [
                    Commune(
                        code=f"Z{r:X}{d}{b}{chr(65 + c)}", nom=f"Commune {r} {d} {b} {c}", departement=departement,
                        bassin=bassin, lat=nord + hasard.random() * 2, lon=est + hasard.random() * 2,
                    )
                    for c in range(COMMUNES)
                ]  # fmt: skip
    return Commune.objects.bulk_create(communes, batch_size=LOT)


def _structures(hasard: random.Random, communes: list[Any]) -> list[Any]:
    from structures.models import Structure
    from structures.referentiel import TYPES

    structures = []
    for rang in range(35_000):
        structure = Structure(nom=f"Banc {rang}", type=hasard.choice(list(TYPES)), commune=hasard.choice(communes))
        structure.preparer()
        structures.append(structure)
    return Structure.objects.bulk_create(structures, batch_size=LOT)


def _lignes(hasard: random.Random, modele: type[Any], nombre: int, structures: list[Any]) -> None:
    """Lines of every kind of rayonnement, half of them naming one or two publics."""
    from django.utils import timezone

    from offres.models import Service
    from structures.models import Public

    services = list(Service.objects.exclude(slug="autre"))
    publics = list(Public.objects.values_list("pk", flat=True))
    maintenant = timezone.now()
    lignes = []
    for _ in range(nombre):
        service, genre = hasard.choice(services), hasard.choice(modele.Rayonnement.values)
        lignes.append(
            modele(
                structure=hasard.choice(structures), service=service, unite=service.unite_volume,
                volume=hasard.randint(1, 30), rayonnement=genre, rayon_km=hasard.randint(10, 60),
                publiee=True, publiee_le=maintenant,
            )
        )  # fmt: skip
    lignes = modele.objects.bulk_create(lignes, batch_size=LOT)
    singulier = modele.__name__.lower()
    liens: dict[str, list[Any]] = {"communes": [], "bassins": [], "departements": [], "publics": []}
    for ligne in lignes:
        commune = ligne.structure.commune
        valeurs = {
            "communes": ("commune_id", commune.pk),
            "bassins": ("bassin_id", commune.bassin_id),
            "departements": ("departement_id", commune.departement_id),
        }.get(ligne.rayonnement)
        if valeurs is not None:
            through = getattr(modele, ligne.rayonnement).through
            liens[ligne.rayonnement].append(through(**{f"{singulier}_id": ligne.pk, valeurs[0]: valeurs[1]}))
        for public in hasard.sample(publics, hasard.choice((0, 0, 1, 2))):
            liens["publics"].append(modele.publics.through(**{f"{singulier}_id": ligne.pk, "public_id": public}))
    for nom, lot in liens.items():
        getattr(modele, nom).through.objects.bulk_create(lot, batch_size=LOT)
