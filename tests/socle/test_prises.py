"""What awaits a person: a date to keep, or since when it waits."""

from datetime import timedelta

from django.utils import timezone

from socle.prises import Attente


def test_une_heure_passee_aujourd_hui_n_est_pas_une_echeance() -> None:
    maintenant = timezone.now()
    assert not Attente("Relire", "/", maintenant - timedelta(minutes=1)).a_venir
    assert Attente("Accepter", "/", maintenant + timedelta(minutes=1)).a_venir


def test_le_jour_d_une_echeance_est_encore_a_venir() -> None:
    aujourdhui = timezone.localdate()
    assert Attente("Répondre", "/", aujourdhui).a_venir
    assert not Attente("Répondre", "/", aujourdhui - timedelta(days=1)).a_venir
    assert not Attente("Répondre", "/").a_venir
