"""The version of what maps show: any write, by any way, changes it, in the transaction of the write.

Triggers rather than signals: `update()`, bulk writes, imports, merges and a hand in the database are
seen too. Whoever reads the version, then the data, may keep the data under that version: they are
never older than it.

- SQLite has one writer at a time: each row written adds one to the row of its domain.
- PostgreSQL has many: a shared row would make them wait for each other, and block each other for good.
  Each statement adds a row of its own, and `tasser` puts them together now and then.

The triggers are set again after each `migrate`: Django rebuilds a table of SQLite without them. Every domain
then starts again from the clock: what a migration wrote, or a backup put back (its version is an old one,
which other data had), is never taken for what was kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.models import Max, Sum

from cartes.models import Battement

DOMAINES: Mapping[str, Sequence[str]] = {
    "structures": ("structures.Structure", "structures.Structure.publics", "structures.Public"),
    "territoires": (
        "territoires.Commune", "territoires.Bassin", "territoires.Contour", "territoires.Departement",
    ),
    "offres": (
        "offres.Offre", "offres.Offre.publics", "offres.Offre.communes", "offres.Offre.bassins",
        "offres.Offre.departements", "offres.Besoin", "offres.Besoin.publics", "offres.Besoin.communes",
        "offres.Besoin.bassins", "offres.Besoin.departements", "offres.Service", "offres.Rapprochement",
    ),
    "reponses": ("offres.Reponse", "offres.Campagne"),
    "fiches": ("fiches_action.FicheAction", "fiches_action.FicheAction.bassins", "fiches_action.Acteur"),
    "conventions": ("conventions.Convention", "conventions.Partie"),
}  # fmt: skip


def version(domaines: Iterable[str]) -> str:
    """What these domains are at now (one query). Read it before the data that it names."""
    voulus = sorted(set(domaines))
    inconnus = [domaine for domaine in voulus if domaine not in DOMAINES]
    if inconnus:
        raise ValueError(f"domaines inconnus : {inconnus}")
    lignes = list(
        Battement.objects.filter(domaine__in=voulus)
        .order_by("domaine")
        .values_list("domaine")
        .annotate(dernier=Max("pk"), somme=Sum("numero"))
    )
    if len(lignes) < len(voulus):
        # A row that somebody emptied: on SQLite nothing would beat any more. Nothing kept is ever found again.
        return f"{time.time_ns()}"
    return " ".join(f"{domaine}:{dernier}.{somme}" for domaine, dernier, somme in lignes)


def tasser() -> int:
    """Put the rows of each domain together (PostgreSQL); how many went. The new row is younger than any
    that was read, so that no version comes back."""
    partis = 0
    for domaine in DOMAINES:
        with transaction.atomic():
            anciens = list(Battement.objects.filter(domaine=domaine).values_list("pk", flat=True))
            if len(anciens) < 2:
                continue
            Battement.objects.create(domaine=domaine, numero=1)
            partis += Battement.objects.filter(pk__in=anciens).delete()[0]
    return partis


def _tables(noms: Sequence[str]) -> list[str]:
    tables = []
    for nom in noms:
        app, modele, *champ = nom.split(".")
        meta: Any = apps.get_model(app, modele)._meta
        tables.append(meta.get_field(champ[0]).m2m_db_table() if champ else meta.db_table)
    return tables


def poser(using: str = "default") -> None:
    """Triggers on every table of `DOMAINES`, and the first beat of each domain. Idempotent."""
    base = connections[using]
    presentes = set(base.introspection.table_names())
    if Battement._meta.db_table not in presentes:
        return
    _partir_de_l_heure(using)
    postgresql = base.vendor == "postgresql"
    with base.cursor() as curseur:
        if postgresql:
            curseur.execute(_FONCTION)
            curseur.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'cartes_bat2_%%'")
            poses = {nom for (nom,) in curseur.fetchall()}
        for domaine, noms in DOMAINES.items():
            for table in _tables(noms):
                if table not in presentes:
                    continue
                if not postgresql:
                    for ordre in _sqlite(table, domaine):
                        curseur.execute(ordre)
                elif f"cartes_bat2_{table}" not in poses:
                    curseur.execute(f'DROP TRIGGER IF EXISTS cartes_bat_{table} ON "{table}"')
                    curseur.execute(_postgresql(table, domaine))


def _partir_de_l_heure(using: str) -> None:
    """The first beat of each domain, or one that no earlier version of this database had."""
    with transaction.atomic(using=using):
        for domaine in DOMAINES:
            lignes = Battement.objects.using(using).filter(domaine=domaine)
            premiere = lignes.order_by("pk").first()
            maintenant = time.time_ns() // 1000
            if premiere is None:
                lignes.create(domaine=domaine, numero=maintenant)
            else:
                # More than what it was, were the clock late.
                lignes.filter(pk=premiere.pk).update(numero=max(maintenant, premiere.numero + 1))


_FONCTION = (
    "CREATE OR REPLACE FUNCTION cartes_battre() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO cartes_battement (domaine, numero) VALUES (TG_ARGV[0], 1); RETURN NULL; END $$"
)


# The names come from the models and from `DOMAINES`, never from a person.
def _sqlite(table: str, domaine: str) -> list[str]:
    battre = f"UPDATE {Battement._meta.db_table} SET numero = numero + 1 WHERE domaine = '{domaine}'"  # noqa: S608
    return [
        f'CREATE TRIGGER IF NOT EXISTS cartes_bat_{table}_{ordre.lower()} AFTER {ordre} ON "{table}" '
        f"BEGIN {battre}; END"
        for ordre in ("INSERT", "UPDATE", "DELETE")
    ]


def _postgresql(table: str, domaine: str) -> str:
    return (
        f'CREATE TRIGGER cartes_bat2_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}" '
        f"FOR EACH STATEMENT EXECUTE FUNCTION cartes_battre('{domaine}')"
    )


def apres_migration(sender: Any, using: str = "default", **_: Any) -> None:
    """Receiver of `post_migrate`."""
    poser(using)
