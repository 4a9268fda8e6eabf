"""E-mails of a sheet: who is asked for what, once, with one link."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied

from fiches_action.models import Acteur, FicheAction
from fiches_action.operations import appliquer, confirmer
from socle.models import Courriel
from tests.fiches_action.fabriques import decor, fiche_remplie

pytestmark = pytest.mark.django_db


def _ecrits(fiche: FicheAction) -> list[tuple[str, str]]:
    return sorted(Courriel.objects.filter(objet=fiche.reference).values_list("modele", "destinataire"))


def _proposee(scene: SimpleNamespace) -> FicheAction:
    return appliquer(fiche_remplie(scene), "proposer", scene.personnes["membre"])


def test_proposer_demande_aux_partenaires_et_previent_la_coordination() -> None:
    scene = decor()
    fiche = _proposee(scene)
    assert _ecrits(fiche) == [
        ("fiche_participation", "partenaire@scene.test"),
        ("fiche_proposee", "coordination@scene.test"),
    ]
    courriel = Courriel.objects.get(objet=fiche.reference, modele="fiche_participation")
    assert courriel.sujet.startswith("Mission locale du Pays participe-t-elle à")
    # One link to follow; the foot has another, where to choose one's e-mails.
    assert courriel.texte.partition("Choisir les courriels")[0].count("http") == 1
    assert f"/fiches/{fiche.reference}/#acteurs" in courriel.texte
    assert "Pôle de la scène" in courriel.texte


def test_qui_a_repondu_n_est_pas_sollicite_de_nouveau() -> None:
    scene = decor()
    fiche = _proposee(scene)
    partenaire = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    confirmer(partenaire, scene.personnes["partenaire"], participe=True)
    appliquer(fiche, "demander_complement", scene.personnes["coordination"], "Le calendrier, s’il vous plaît.")
    demande = Courriel.objects.get(objet=fiche.reference, modele="fiche_a_completer")
    assert demande.destinataire == "direction@scene.test"
    assert "Le calendrier, s’il vous plaît." in demande.texte
    appliquer(fiche, "proposer", scene.personnes["membre"])
    assert Courriel.objects.filter(objet=fiche.reference, modele="fiche_participation").count() == 1


def test_la_decision_est_dite_au_pilote() -> None:
    scene = decor()
    fiche = _proposee(scene)
    Acteur.objects.filter(fiche=fiche).update(confirmation="confirmee")
    appliquer(fiche, "valider", scene.personnes["coordination"])
    assert ("fiche_validee", "direction@scene.test") in _ecrits(fiche)


def test_un_refus_n_ecrit_a_personne() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    with pytest.raises(PermissionDenied):
        appliquer(fiche, "proposer", scene.personnes["etranger"])
    assert _ecrits(fiche) == []


def test_les_donnees_de_demonstration_n_ecrivent_a_personne() -> None:
    scene = decor()
    fiche = appliquer(fiche_remplie(scene), "proposer", scene.personnes["membre"], prevenir=False)
    assert _ecrits(fiche) == []
