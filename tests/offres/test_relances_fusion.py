"""Two sheets of one structure are merged while reminders wait for the mail server: nobody is asked wrongly."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from offres import relances
from offres.fusion import fusionner
from offres.models import Campagne, Relance, Reponse
from socle.deplacements import Carnet
from socle.models import Courriel
from structures.models import Structure
from tests.offres import fabriques as f
from tests.offres.campagnes import de
from tests.offres.test_relances import aussi_directrice


def seule(campagne: Campagne, scene: SimpleNamespace, email: str = "absorbee@scene.test") -> Structure:
    """A second sheet of the same structure, with its own direction, invited too."""
    autre = aussi_directrice(campagne, scene)
    autre.adhesions.all().delete()
    f.membre(autre, email)
    return autre


def en_attente(destinataire: str) -> list[Courriel]:
    return list(Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE, destinataire=destinataire))


def test_le_rappel_de_la_reponse_laissee_ne_part_pas(ouverte: Campagne, scene: SimpleNamespace) -> None:
    absorbee = seule(ouverte, scene)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    assert len(en_attente("absorbee@scene.test")) == len(en_attente("direction@scene.test")) == 1
    laissee = de(ouverte, absorbee)
    fusionner(scene.structure, absorbee, Carnet())
    assert en_attente("absorbee@scene.test") == []
    assert len(en_attente("direction@scene.test")) == 1
    assert Relance.objects.get(reponse=laissee, palier="j+7").sort == Relance.Sort.RETENUE


def test_la_plus_avancee_vaut_et_l_autre_n_est_plus_demandee(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """The absorbed sheet had answered: the kept structure's own invitation is not reminded any more."""
    absorbee = seule(ouverte, scene)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    Reponse.objects.filter(pk=de(ouverte, absorbee).pk).update(etat="soumise", soumise_le=timezone.now())
    fusionner(scene.structure, absorbee, Carnet())
    assert en_attente("direction@scene.test") == []


@pytest.mark.parametrize("partagee", [False, True], ids=["deux directions", "la même direction"])
def test_un_rappel_partage_ne_parle_plus_que_de_l_autre(
    ouverte: Campagne,
    scene: SimpleNamespace,
    partagee: bool,
) -> None:
    absorbee = aussi_directrice(ouverte, scene) if partagee else seule(ouverte, scene)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    (avant,) = en_attente("direction@scene.test")
    assert (str(de(ouverte, absorbee).pk) in avant.texte) is partagee
    laissee = de(ouverte, absorbee)
    fusionner(scene.structure, absorbee, Carnet())
    (apres,) = en_attente("direction@scene.test")
    assert str(laissee.pk) not in apres.texte
    assert str(de(ouverte, scene.structure).pk) in apres.texte


def test_une_reponse_qui_suit_dit_le_nom_qui_reste(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """Only the absorbed sheet was invited: its answer follows, and the waiting reminder names the kept one."""
    absorbee = seule(ouverte, scene)
    Relance.objects.filter(reponse=de(ouverte, scene.structure)).delete()
    de(ouverte, scene.structure).delete()
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    (avant,) = en_attente("absorbee@scene.test")
    assert absorbee.nom in avant.texte
    fusionner(scene.structure, absorbee, Carnet())
    (apres,) = en_attente("absorbee@scene.test")
    assert absorbee.nom not in apres.texte
    assert scene.structure.nom in apres.texte
