"""Lists, map, table and export of offers and needs at national volume, on the lines that the matching has filled."""

import random
from collections.abc import Callable
from typing import Any

from django.db.models import F

Mediane = Callable[..., float]
Sql = Callable[[str, list[Any]], list[tuple[Any, ...]]]

# One structure out of four stands in the région of the portal.
DANS_LA_REGION = 4
BASSIN = "2815"
SOURCE = (
    "FROM offres_offre o JOIN structures_structure s ON s.id = o.structure_id "
    "JOIN territoires_commune c ON c.code = s.commune_id WHERE o.publiee"
)


def mesures_de_l_exploration(mediane_ms: Mediane, sql: Sql) -> list[tuple[str, float, float]]:
    """Each page as a browser asks for it, against the bare reads that it can't do without."""
    rapprocher_de_la_region()
    decrire()
    demander = _navigateur()

    def nu(*requetes: str) -> Callable[[], None]:
        def lire() -> None:
            for requete in requetes:
                sql(requete, [])

        return lire

    compte = f"SELECT COUNT(*), COUNT(DISTINCT o.structure_id), COUNT(DISTINCT c.bassin_id) {SOURCE}"
    page = f"SELECT o.id, o.volume, s.nom, c.nom {SOURCE} ORDER BY o.id DESC LIMIT 26"
    du_27 = compte.replace("offres_offre", "offres_besoin") + " AND c.departement_id = '27'"
    mot = f"SELECT COUNT(*) {SOURCE} AND o.description LIKE '%%menuiserie%%'"
    groupes = "SELECT o.service_id, c.bassin_id, o.unite, COUNT(*), SUM(o.volume)"
    par_service = f"{groupes} {SOURCE} GROUP BY 1, 2, 3"
    des_besoins = par_service.replace("offres_offre", "offres_besoin")
    points = f"SELECT s.id, s.nom, s.lat, s.lon, COUNT(*) {SOURCE} AND c.bassin_id = '{BASSIN}' GROUP BY 1, 2, 3, 4"
    pages: list[tuple[str, str, tuple[str, ...]]] = [
        ("liste", "/offres/", (compte, page)),
        ("liste, un mot", "/offres/?q=menuiserie", (mot, page)),
        ("besoins d’un département", "/offres/besoins/?departement=27", (du_27, page)),
        ("carte d’un bassin", f"/offres/carte/?bassin={BASSIN}", (points,)),
        ("carte, trop de points", "/offres/carte/", (compte,)),
        ("tableau", "/offres/tableau/?bassin=tous", (par_service, des_besoins)),
        ("tableau d’un bassin", f"/offres/tableau/?bassin={BASSIN}", (points, points)),
    ]
    return [
        (f"100 000 offres\u00a0: {nom}", mediane_ms(lambda a=adresse: demander(a), 5), mediane_ms(nu(*requetes), 5))
        for nom, adresse, requetes in pages
    ]


def rapprocher_de_la_region() -> None:
    """Brings part of the made-up structures into the communes of the région of the portal."""
    from structures.models import Structure
    from structures.territoires.models import Commune

    hasard = random.Random(11)  # noqa: S311 (not a secret)
    communes = list(Commune.objects.de_la_region().exclude(bassin=None).order_by("-population")[:800])
    deplacees = list(Structure.objects.filter(nom__startswith="Banc").order_by("pk")[::DANS_LA_REGION])
    for structure in deplacees:
        commune = hasard.choice(communes)
        structure.commune, structure.lat, structure.lon = commune, commune.lat, commune.lon
    Structure.objects.bulk_update(deplacees, ["commune", "lat", "lon"], batch_size=500)


def decrire() -> None:
    """What structures write, on every line: a search reads all of it."""
    from offres.models import Besoin, Offre

    phrases = (
        "Une éducatrice spécialisée échange avec le référent du partenaire, puis rédige avec lui une note d’une page.",
        "Accueil sur l’atelier d’espaces verts, deux demi-journées par semaine, avec un moniteur ; repas possibles.",
        "Atelier de recherche d’emploi en petit groupe : lettre de motivation, entretien filmé, réseaux.",
    )
    for modele in (Offre, Besoin):
        banc = modele.objects.filter(structure__nom__startswith="Banc")
        for rang, phrase in enumerate(phrases):
            banc.annotate(reste=F("pk") % len(phrases)).filter(reste=rang).update(
                description=phrase, conditions="Gratuit, sur demande du référent un mois à l’avance."
            )


def _navigateur() -> Callable[[str], bytes]:
    """A signed-in director of the demonstration."""
    from django.test import Client

    from structures.comptes.models import Utilisateur

    client = Client(headers={"host": "localhost"})
    direction = Utilisateur.objects.filter(demonstration=True, adhesions__role="direction").order_by("pk")[0]
    client.force_login(direction, backend="django.contrib.auth.backends.ModelBackend")

    def demander(adresse: str) -> bytes:
        reponse = client.get(adresse)
        if reponse.status_code != 200:
            raise AssertionError(f"{adresse} : {reponse.status_code}")
        return bytes(reponse.content)

    return demander
