"""The weekly summary: both sides are told of what newly meets their lines, once, and nothing when there is nothing."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from offres import cooperations, nouveautes
from offres.models import Offre, ResumeNouveautes
from offres.nouveautes import GENRE, ecrire_les_nouveautes
from socle.models import Courriel
from structures.comptes.notifications import choisir
from tests.offres import fabriques as f


def textes() -> dict[str, str]:
    return {courriel.destinataire: courriel.texte for courriel in Courriel.objects.filter(modele="offres_nouveautes")}


def test_les_deux_cotes_sont_prevenus_une_fois_par_semaine(scene: SimpleNamespace) -> None:
    s = scene
    besoin, offre = f.besoin(s.structure, volume=12), f.offre(s.autre_structure, volume=8)
    f.membre(s.autre_structure, "esat@scene.test")
    assert ecrire_les_nouveautes() == 2
    dits = textes()
    assert set(dits) == {"direction@scene.test", "esat@scene.test"}
    assert f"1\u00a0offre nouvelle\u00a0: {s.autre_structure.nom}" in dits["direction@scene.test"]
    assert besoin.get_absolute_url() in dits["direction@scene.test"]
    assert f"1\u00a0besoin nouveau\u00a0: {s.structure.nom}" in dits["esat@scene.test"]
    assert f"/offres/{offre.pk}/rapprochements/" in dits["esat@scene.test"]
    # Run again, or by a second scheduler: nothing more.
    assert ecrire_les_nouveautes() == 0
    assert Courriel.objects.count() == 2
    # Next week nothing is new, and nobody is written to.
    assert ecrire_les_nouveautes(timezone.localdate() + timedelta(days=7)) == 0
    assert ResumeNouveautes.objects.count() == 4


def test_ni_l_ancien_ni_ce_qui_est_deja_en_cours(scene: SimpleNamespace) -> None:
    s = scene
    besoin, ancienne = f.besoin(s.structure, volume=12), f.offre(s.autre_structure, volume=8)
    Offre.objects.filter(pk=ancienne.pk).update(publiee_le=timezone.now() - timedelta(days=20))
    proposee = f.offre(s.structure_voisine, volume=4)
    cooperations.proposer(besoin, proposee, s.personnes["direction"], "besoin")
    ecrire_les_nouveautes()
    assert "direction@scene.test" not in textes()


def test_chacun_peut_refuser_ce_resume(scene: SimpleNamespace) -> None:
    s = scene
    f.besoin(s.structure, volume=12)
    f.offre(s.autre_structure, volume=8)
    choisir(s.personnes["direction"], {GENRE: False})
    assert ecrire_les_nouveautes() == 0
    assert not Courriel.objects.exists()


def test_un_besoin_sans_volume_est_dit_aux_deux_cotes(scene: SimpleNamespace) -> None:
    """« Ne sait pas » is an answer: nothing tells that such a need is covered."""
    s = scene
    f.besoin(s.structure, volume=None, volume_inconnu=True)
    f.offre(s.autre_structure, volume=8)
    f.membre(s.autre_structure, "esat@scene.test")
    assert ecrire_les_nouveautes() == 2
    assert set(textes()) == {"direction@scene.test", "esat@scene.test"}


def test_un_autre_service_n_arrete_pas_le_resume(scene: SimpleNamespace) -> None:
    """A need out of the list is matched with nothing: the other lines of the same people are told all the same."""
    s = scene
    f.besoin(s.structure, volume=12)
    f.besoin(s.structure, "autre", service_autre="Garage solidaire")
    f.offre(s.autre_structure, volume=8)
    assert ecrire_les_nouveautes() == 1
    assert "1\u00a0offre nouvelle" in textes()["direction@scene.test"]


def test_ce_qui_echoue_pour_l_un_n_arrete_pas_les_autres(
    scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = scene
    f.besoin(s.structure, volume=12)
    f.offre(s.autre_structure, volume=8)
    f.membre(s.autre_structure, "esat@scene.test")
    lire = nouveautes.nouveautes_de

    def lire_ou_non(structures: set[int], depuis: datetime) -> list[nouveautes.Nouveaute]:
        if s.structure.pk in structures:
            raise OSError("base occupée")
        return lire(structures, depuis)

    monkeypatch.setattr(nouveautes, "nouveautes_de", lire_ou_non)
    with pytest.raises(ExceptionGroup):
        ecrire_les_nouveautes()
    assert set(textes()) == {"esat@scene.test"}


@pytest.mark.parametrize("demonstration", [False, True])
def test_la_demonstration_n_ecrit_que_dans_sa_boite(
    scene: SimpleNamespace,
    settings: Any,
    demonstration: bool,
) -> None:
    s = scene
    f.besoin(s.structure, volume=12)
    f.offre(s.autre_structure, volume=8)
    type(s.structure).objects.update(fictive=True)
    settings.PCTI_DEMO = demonstration
    assert ecrire_les_nouveautes() == (1 if demonstration else 0)
