"""Agreements given at the very same time, each on its own connection: an offer is never promised beyond its volume.

On SQLite in memory there is one connection only: played on PostgreSQL.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.db import connection

from offres import cooperations
from offres.models import Besoin, EtapeRapprochement, Offre, Rapprochement
from offres.operations import ActionImpossible
from tests.offres import fabriques as f


def ensemble(gestes: list[Callable[[], object]]) -> list[str]:
    """Do all of these at once, each on its own connection; « oui », or the reason why not."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite en mémoire n’a qu’une connexion")
    depart = Barrier(len(gestes), timeout=20)

    def jouer(geste: Callable[[], object]) -> str:
        try:
            depart.wait()
            geste()
        except ActionImpossible as refus:
            return str(refus)
        finally:
            connection.close()
        return "oui"

    with ThreadPoolExecutor(len(gestes)) as fils:
        return list(fils.map(jouer, gestes))


@pytest.mark.django_db(transaction=True)
def test_des_accords_simultanes_ne_depassent_jamais_le_volume(scene: SimpleNamespace) -> None:
    """Eight structures ask for three of the ten places of one offer, and are all told yes at once: three are."""
    offre = f.offre(scene.autre_structure, volume=10)
    directrice = f.membre(scene.autre_structure, "esat@scene.test")
    propositions = [
        cooperations.proposer(
            f.besoin(f.structure(f"Demandeuse {rang}", scene.commune), volume=3),
            offre, scene.personnes["direction"], "besoin",
        )
        for rang in range(8)
    ]  # fmt: skip
    dits = ensemble([partial(cooperations.accepter, p, directrice) for p in propositions])
    assert dits.count("oui") == 3
    assert sum("Au plus 1" in dit for dit in dits) == 5
    assert [r.volume for r in Rapprochement.objects.qui_consomment()] == [3, 3, 3]
    assert EtapeRapprochement.objects.filter(action="accepter").count() == 3


@pytest.mark.django_db(transaction=True)
def test_dans_une_autre_unite_non_plus(scene: SimpleNamespace) -> None:
    """Needs told in persons, an offer in sessions: each acceptance writes three sessions of the ten, three can."""
    offre = f.offre(scene.autre_structure, volume=10, unite="sessions/an")
    directrice = f.membre(scene.autre_structure, "esat@scene.test")
    propositions = [
        cooperations.proposer(
            f.besoin(f.structure(f"Demandeuse {rang}", scene.commune), volume=30),
            offre, scene.personnes["direction"], "besoin",
        )
        for rang in range(6)
    ]  # fmt: skip
    dits = ensemble([partial(cooperations.accepter, p, directrice, volume=3) for p in propositions])
    assert dits.count("oui") == 3
    assert [r.volume for r in Rapprochement.objects.qui_consomment()] == [3, 3, 3]


@pytest.mark.django_db(transaction=True)
def test_un_besoin_n_est_jamais_servi_au_dela_de_ce_qu_il_demande(scene: SimpleNamespace) -> None:
    """Five offers answer one need; their five directions accept at once: no more is agreed than what was asked."""
    besoin = f.besoin(scene.structure, volume=6)
    propositions = [
        cooperations.proposer(
            besoin, f.offre(f.structure(f"Offreuse {rang}", scene.commune, "esat"), volume=4),
            scene.personnes["direction"], "besoin",
        )
        for rang in range(5)
    ]  # fmt: skip
    ensemble([partial(cooperations.accepter, p, scene.personnes["etranger"]) for p in propositions])
    assert sum(r.volume or 0 for r in Rapprochement.objects.qui_consomment()) <= 6
    assert Rapprochement.objects.qui_consomment().exists()


@pytest.mark.django_db(transaction=True)
def test_une_seule_reponse_a_une_proposition(scene: SimpleNamespace) -> None:
    """Two people of the same structure answer at once, one yes and one no: the second is told."""
    offre, besoin = f.offre(scene.autre_structure, volume=10), f.besoin(scene.structure, volume=3)
    un, autre = (f.membre(scene.autre_structure, f"{nom}@scene.test") for nom in ("un", "autre"))
    proposition = cooperations.proposer(besoin, offre, scene.personnes["direction"], "besoin")
    dits = ensemble(
        [
            lambda: cooperations.accepter(proposition, un),
            lambda: cooperations.decliner(Rapprochement.objects.get(pk=proposition.pk), autre, "Pas cette année."),
        ]
    )
    assert sorted(dit == "oui" for dit in dits) == [False, True]
    assert EtapeRapprochement.objects.exclude(action="proposer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_deux_propositions_du_meme_couple_n_en_font_qu_une(scene: SimpleNamespace) -> None:
    offre, besoin = f.offre(scene.autre_structure, volume=10), f.besoin(scene.structure, volume=3)

    def proposer(cote: str) -> Callable[[], object]:
        return lambda: cooperations.proposer(
            Besoin.objects.get(pk=besoin.pk), Offre.objects.get(pk=offre.pk), scene.personnes["direction"], cote
        )

    dits = ensemble([proposer("besoin"), proposer("offre")])
    assert sorted(dit == "oui" for dit in dits) == [False, True]
    assert Rapprochement.objects.count() == 1
