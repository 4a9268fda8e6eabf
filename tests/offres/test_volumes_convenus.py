"""What agreements take when volumes don't compare: no volume told, another unit, a demonstration beside the real."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from offres import cooperations
from offres.comptage import nombre_d_offres, sans_offre
from offres.models import Besoin, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.rapprochement import candidats
from tests.offres import fabriques as f
from tests.offres.test_cooperations import client_de, proposition, restant


@pytest.fixture
def couple(scene: SimpleNamespace) -> SimpleNamespace:
    """A need of the IME and the offer of the ESAT that answers it, each with a direction."""
    scene.besoin = f.besoin(scene.structure, volume=12)
    scene.offre = f.offre(scene.autre_structure, volume=8)
    scene.directrice_esat = f.membre(scene.autre_structure, "esat@scene.test")
    return scene


def manquant(besoin: Besoin) -> int | None:
    lu: Any = Besoin.objects.avec_volume_manquant().get(pk=besoin.pk)
    return None if lu.volume_manquant is None else int(lu.volume_manquant)


def page(client: Client, adresse: str) -> str:
    return client.get(adresse).content.decode()


def test_une_offre_sans_volume_montre_ses_cooperations(couple: SimpleNamespace) -> None:
    """Nothing counts it down: what is agreed is told wherever the offer is shown, and it says that it stays open."""
    s = couple
    Offre.objects.filter(pk=s.offre.pk).update(volume=None, volume_inconnu=True)
    s.offre.refresh_from_db()
    adresse = f"/offres/{s.offre.pk}/rapprochements/"
    en_face = client_de(s.directrice_esat)
    assert "en cours" not in page(en_face, adresse)
    for nom in ("Cap emploi", "Mission locale"):
        autre = f.besoin(f.structure(nom, s.commune, "cap-emploi"), volume=4)
        cooperations.accepter(
            cooperations.proposer(autre, s.offre, s.personnes["direction"], "besoin"), s.directrice_esat
        )
    dits = "olume non précisé, 2\u00a0coopérations en cours"
    assert dits in page(en_face, adresse)
    assert "elle reste proposée" in page(en_face, adresse)
    assert dits in page(en_face, "/offres/rapprochements/")
    for adresse in ("/offres/", f"/offres/{s.offre.pk}/"):
        assert dits in page(client_de(s.personnes["coordination"]), adresse).replace("</strong>", "")
    (candidat,) = candidats(s.besoin)
    assert "l’offre ne dit pas son volume, 2\u00a0coopérations en cours" in candidat.manques


def test_le_volume_dit_a_une_offre_qui_n_en_a_pas_reste_celui_du_besoin(couple: SimpleNamespace) -> None:
    """Twelve are asked: what two directions agree on comes off the need, never more than it lacks."""
    s = couple
    Offre.objects.filter(pk=s.offre.pk).update(volume=None, volume_inconnu=True)
    s.offre.refresh_from_db()
    rapprochement = proposition(s)
    assert rapprochement.volume is None
    formulaire = client_de(s.directrice_esat).get(rapprochement.get_absolute_url()).content.decode()
    assert "12 au plus\u00a0: c’est ce qui manque au besoin" in formulaire
    accepter = f"{rapprochement.get_absolute_url()}accepter/"
    assert client_de(s.directrice_esat).post(accepter, {"accord-volume": 13}).status_code == 422
    client_de(s.directrice_esat).post(accepter, {"accord-volume": 9})
    assert (manquant(s.besoin), restant(s.offre)) == (3, None)


def test_dans_une_autre_unite_on_ecrit_ce_que_l_accord_prend_de_l_offre(couple: SimpleNamespace) -> None:
    """Sessions for persons: the two sides say how many sessions, the offer counts them down, the need doesn't."""
    s = couple
    Offre.objects.filter(pk=s.offre.pk).update(unite="sessions/an")
    s.offre.refresh_from_db()
    adresse = f"/offres/besoins/{s.besoin.pk}/rapprochements/{s.offre.pk}/proposer/"
    chez_moi, en_face = client_de(s.personnes["direction"]), client_de(s.directrice_esat)
    lue = chez_moi.get(adresse)
    assert lue.context["form"]["volume"].value() is None
    assert "en sessions par an" in lue.content.decode()
    chez_moi.post(adresse, {"volume": "", "message": "Venez."})
    rapprochement = Rapprochement.objects.get()
    assert rapprochement.volume is None
    lue = en_face.get(rapprochement.get_absolute_url())
    assert "8 au plus\u00a0: c’est ce que l’offre a de libre" in lue.content.decode()
    accepter = f"{rapprochement.get_absolute_url()}accepter/"
    refus = en_face.post(accepter, {"accord-volume": 9})
    assert refus.status_code == 422
    assert "Au plus 8\u00a0sessions par an" in refus.content.decode()
    en_face.post(accepter, {"accord-volume": 5})
    rapprochement = Rapprochement.objects.get()
    assert (rapprochement.convenu, rapprochement.volume, restant(s.offre), manquant(s.besoin)) == (True, 5, 3, 12)
    # A second one may take what is left; a third finds nothing, with or without a number.
    for nom, volume in (("Cap emploi", 3), ("Mission locale", None)):
        besoin = f.besoin(f.structure(nom, s.commune, "cap-emploi"), volume=12)
        deux = Rapprochement.objects.create(besoin=besoin, offre=s.offre, auteur=s.personnes["direction"])
        if volume:
            cooperations.accepter(deux, s.directrice_esat, volume=volume)
        else:
            with pytest.raises(ActionImpossible, match="Il ne reste rien"):
                cooperations.accepter(deux, s.directrice_esat)
    assert restant(s.offre) == 0


def test_un_accord_sans_nombre_se_voit_sur_l_offre(couple: SimpleNamespace) -> None:
    s = couple
    Offre.objects.filter(pk=s.offre.pk).update(unite="sessions/an")
    s.offre.refresh_from_db()
    cooperations.accepter(proposition(s), s.directrice_esat)
    dits = page(client_de(s.directrice_esat), f"/offres/{s.offre.pk}/rapprochements/")
    assert "8\u00a0sessions par an, 1\u00a0coopération en cours sans volume convenu" in dits


def test_ce_qui_reste_se_lit_avant_d_accepter(couple: SimpleNamespace) -> None:
    """Eight were asked, another agreement took six: the form says two, and gives no more."""
    s = couple
    rapprochement = proposition(s)
    autre = f.besoin(f.structure("Cap emploi", s.commune, "cap-emploi"), volume=6)
    cooperations.accepter(cooperations.proposer(autre, s.offre, s.personnes["direction"], "besoin"), s.directrice_esat)
    lue = client_de(s.directrice_esat).get(rapprochement.get_absolute_url())
    assert "2 au plus\u00a0: c’est ce que l’offre a de libre et ce qui manque au besoin" in lue.content.decode()
    assert 'name="accord-volume" value="2"' in lue.content.decode()


@pytest.mark.parametrize("fictive", ["besoin", "offre"])
def test_la_demonstration_ne_rencontre_pas_le_reel(couple: SimpleNamespace, fictive: str) -> None:
    """Neither found, nor counted, nor proposed, nor accepted when it was proposed before."""
    s = couple
    avant = proposition(s)
    structure = getattr(s, fictive).structure
    type(structure).objects.filter(pk=structure.pk).update(fictive=True)
    besoin = Besoin.objects.select_related("structure__commune", "service").get(pk=s.besoin.pk)
    offre = Offre.objects.select_related("structure__commune__departement", "service").get(pk=s.offre.pk)
    assert not Offre.objects.candidates_pour(besoin).exists()
    assert not Besoin.objects.repondables_par(offre).exists()
    assert nombre_d_offres(Besoin.objects.all()) == {besoin.pk: 0}
    assert set(sans_offre(Besoin.objects.all())) == {besoin.pk}
    with pytest.raises(ActionImpossible, match="ne répond plus"):
        cooperations.accepter(Rapprochement.objects.get(pk=avant.pk), s.directrice_esat)
    Rapprochement.objects.update(etat="expiree")
    with pytest.raises(ActionImpossible, match="ne répond plus"):
        cooperations.proposer(besoin, offre, s.personnes["direction"], "besoin")
    # Two demonstrations meet.
    type(structure).objects.update(fictive=True)
    besoin.structure.refresh_from_db()
    assert Offre.objects.candidates_pour(besoin).get().pk == offre.pk
