"""The directory among 35,000 structures."""

from collections.abc import Callable
from typing import Any

Mediane = Callable[..., float]
Sql = Callable[[str, list[Any]], list[tuple[Any, ...]]]


def mesures_de_l_annuaire(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """Its pages and its export, each against bare SQL. Fills the database first."""
    remplir_l_annuaire()
    nom, commune = "s.nom_recherche LIKE %s", "c.nom_recherche = %s"
    pages: list[tuple[str, str, str, list[Any]]] = [
        ("sans critère", "", "%s = 1", [1]),
        ("« esat evreux »", "q=esat+evreux", f"{nom} AND {commune}", ["esat%", "evreux"]),
        ("« vernonn » corrigé", "q=vernonn", commune, ["vernon"]),
        ("à moins de 20 km", "lieu=vernon&rayon=20", "s.lat BETWEEN %s AND %s", [48.9, 49.27]),
    ]
    return [*(annuaire(mediane_ms, sql, *page) for page in pages), export_de_l_annuaire(mediane_ms, sql)]


def annuaire(
    mediane_ms: Mediane, sql: Sql, libelle: str, requete: str, condition: str, parametres: list[Any]
) -> tuple[str, float, float]:
    """A page of the directory among 35,000 structures (words understood, counted, sorted), against bare SQL."""
    from django.http import QueryDict

    from structures.annuaire.criteres import Criteres
    from structures.annuaire.recherche import chercher, decouper

    source = (
        "FROM structures_structure s JOIN territoires_commune c ON c.code = s.commune_id "
        f"WHERE s.fermee_le IS NULL AND {condition}"
    )

    def nu() -> list[tuple[Any, ...]]:
        # A page says how many there are: so does the bare one.
        sql(f"SELECT COUNT(*) {source}", parametres)
        return sql(f"SELECT s.id, s.nom, c.nom {source} ORDER BY s.nom_recherche, s.id LIMIT 31", parametres)

    return (
        f"annuaire, 35 000 structures : {libelle}",
        mediane_ms(lambda: decouper(chercher(Criteres(QueryDict(requete), None)), "", "")),
        mediane_ms(nu),
    )


def export_de_l_annuaire(mediane_ms: Mediane, sql: Sql) -> tuple[str, float, float]:
    """35,000 structures written as CSV, against the same rows read and written bare."""
    import csv
    import io

    from django.http import QueryDict

    from socle.tableaux import composer
    from structures.annuaire.criteres import Criteres
    from structures.annuaire.exports import choisies, lignes
    from structures.annuaire.recherche import chercher

    def portail() -> None:
        resultats = chercher(Criteres(QueryDict(""), None))
        colonnes = choisies([], None, distance=False)
        entetes = [colonne.entete for colonne in colonnes]
        composer(io.BytesIO(), lignes(resultats, colonnes, None), entetes, "csv", titre="Annuaire")

    def nu() -> None:
        lues = sql(
            "SELECT s.nom, s.type, s.adresse, s.code_postal, c.nom, b.nom, s.telephone, s.courriel "
            "FROM structures_structure s JOIN territoires_commune c ON c.code = s.commune_id "
            "LEFT JOIN territoires_bassin b ON b.code = c.bassin_id "
            "WHERE s.fermee_le IS NULL ORDER BY s.nom_recherche",
            [],
        )
        csv.writer(io.StringIO(), delimiter=";").writerows(lues)

    return "export CSV de 35 000 structures", mediane_ms(portail, 3), mediane_ms(nu, 3)


def remplir_l_annuaire(total: int = 35_000) -> None:
    """Made-up structures, spread over the communes as people are, up to `total`."""
    import random

    from structures.models import Structure
    from structures.referentiel import TYPES
    from structures.territoires.models import Commune

    hasard = random.Random(3)  # noqa: S311 (not a secret: the same structures at each run)
    communes = list(Commune.objects.order_by("-population")[:1500])
    mots = ["Tilleuls", "Charmes", "Bocage", "Moulin", "Mésanges", "Colombier", "Prairie", "Verger", "Boussole"]
    reste = total - Structure.objects.count()
    for debut in range(0, reste, 1000):
        lot = []
        for _ in range(min(1000, reste - debut)):
            type_, commune = hasard.choice(list(TYPES.values())), hasard.choice(communes)
            structure = Structure(
                nom=f"{type_.court} Les {hasard.choice(mots)} {hasard.choice(mots)}",
                type=type_.slug,
                commune=commune,
                lat=commune.lat + hasard.gauss(0, 0.03),
                lon=commune.lon + hasard.gauss(0, 0.03),
            )
            structure.preparer()
            lot.append(structure)
        Structure.objects.bulk_create(lot, batch_size=500)
