"""Many write at once on PostgreSQL: nobody waits for anybody, and no version ever names two states of the data."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction

from cartes.battements import tasser, version
from cartes.models import Battement
from structures.models import Structure
from tests.cartes.conftest import faire_structures

ECRIVAINS, ECRITURES = 4, 12
pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite n’a qu’un écrivain à la fois (et une seule connexion en mémoire)"
)


def lire() -> tuple[str, tuple[tuple[int, str], ...]]:
    """As a view does: the version first, then the data that it names."""
    jeton = version(["structures"])
    return jeton, tuple(Structure.objects.order_by("pk").values_list("pk", "telephone"))


@pytest.mark.django_db(transaction=True)
def test_des_ecritures_simultanees_ne_partagent_jamais_une_version(request: pytest.FixtureRequest) -> None:
    """Writers, `tasser` and readers together. What is kept under a version is never older than what that version
    says at the end: a reader that comes back with it would otherwise be told « nothing changed »."""
    monde: SimpleNamespace = request.getfixturevalue("monde")
    structures = faire_structures(monde.evreux, ECRIVAINS, "geiq", "GEIQ")
    depart, finies = threading.Barrier(ECRIVAINS + 2), threading.Event()
    gardes: dict[str, Any] = {}
    erreurs: list[BaseException] = []

    def ecrire(structure: Structure) -> None:
        depart.wait(20)
        for rang in range(ECRITURES):
            with transaction.atomic():
                Structure.objects.filter(pk=structure.pk).update(telephone=f"{rang:010}")

    def tasser_souvent() -> None:
        depart.wait(20)
        while not finies.is_set():
            tasser()

    def relire() -> None:
        depart.wait(20)
        while not finies.is_set():
            jeton, donnees = lire()
            # The last to read keeps: what a cache does.
            gardes[jeton] = donnees

    def sans_erreur(travail: Any, *args: Any) -> None:
        try:
            travail(*args)
        except BaseException as erreur:
            erreurs.append(erreur)
            depart.abort()
        finally:
            close_old_connections()
            connection.close()

    ecrivains = [threading.Thread(target=sans_erreur, args=(ecrire, s)) for s in structures]
    autres = [threading.Thread(target=sans_erreur, args=(t,)) for t in (tasser_souvent, relire)]
    for fil in (*ecrivains, *autres):
        fil.start()
    for fil in ecrivains:
        fil.join(60)
    finies.set()
    for fil in autres:
        fil.join(60)
    assert erreurs == []
    jeton, donnees = lire()
    assert all(telephone == f"{ECRITURES - 1:010}" for pk, telephone in donnees if pk in {s.pk for s in structures})
    # Who kept something under the version of the end kept the data of the end.
    assert gardes.get(jeton, donnees) == donnees
    tasser()
    assert Battement.objects.filter(domaine="structures").count() == 1


@pytest.mark.django_db(transaction=True)
def test_une_ecriture_en_cours_n_arrete_pas_les_autres(request: pytest.FixtureRequest) -> None:
    """A long transaction (an import) that beat the domain: another write of it passes at once, and is seen."""
    monde: SimpleNamespace = request.getfixturevalue("monde")
    ecrit, peut_finir = threading.Event(), threading.Event()

    def import_long() -> None:
        try:
            with transaction.atomic():
                Structure.objects.filter(pk=monde.esat.pk).update(telephone="0100000000")
                ecrit.set()
                peut_finir.wait(20)
        finally:
            connection.close()

    fil = threading.Thread(target=import_long)
    fil.start()
    try:
        assert ecrit.wait(20)
        avant = version(["structures"])
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute("SET LOCAL lock_timeout = '2s'")
            Structure.objects.filter(pk=monde.savs.pk).update(telephone="0200000000")
        pendant = version(["structures"])
        assert pendant != avant
        # `tasser` neither waits for it nor loses its beat.
        tasser()
        apres_tasser = version(["structures"])
    finally:
        peut_finir.set()
        fil.join(20)
    assert version(["structures"]) not in {avant, pendant, apres_tasser}
