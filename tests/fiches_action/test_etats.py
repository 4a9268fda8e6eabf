"""The workflow, case by case: every action × every state × every role, against a table written again here."""

from itertools import product
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from fiches_action.etats import DEMANDES, TRANSITIONS, neuf_champs_remplis
from fiches_action.models import Acteur, Etat, FicheAction, Passage
from fiches_action.operations import PassageImpossible, appliquer, confirmer
from fiches_action.sections import SECTIONS
from structures.comptes.models import Utilisateur
from tests.fiches_action.fabriques import decor, fiche_remplie, fiche_vide, mettre_a, tous_confirment

pytestmark = pytest.mark.django_db

# action: (states it leaves, state it reaches, roles that may)
PORTEUR = {"membre", "direction"}
ATTENDU = {
    "proposer": ({"brouillon", "a_completer"}, "proposee", PORTEUR),
    "valider": ({"proposee"}, "validee", {"coordination"}),
    "demander_complement": ({"proposee"}, "a_completer", {"coordination"}),
    "reprendre_ecriture": ({"proposee"}, "a_completer", PORTEUR),
    "demarrer": ({"validee"}, "en_cours", PORTEUR | {"coordination"}),
    "terminer": ({"en_cours"}, "terminee", PORTEUR | {"coordination"}),
    "suspendre": ({"validee", "en_cours"}, "suspendue", PORTEUR | {"coordination"}),
    "reprendre": ({"suspendue"}, "en_cours", PORTEUR | {"coordination"}),
    "abandonner": (
        {"brouillon", "proposee", "a_completer", "validee", "en_cours", "suspendue"},
        "abandonnee",
        PORTEUR | {"coordination"},
    ),
}
ROLES = (
    "membre", "direction", "partenaire", "etranger", "coordination", "autre_coordination", "pilotage",
    "administration",
)  # fmt: skip


def test_la_table_est_celle_du_test() -> None:
    assert set(TRANSITIONS) == set(ATTENDU)


@pytest.mark.parametrize("action", sorted(ATTENDU))
def test_chaque_action_chaque_etat_chaque_role(action: str) -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    tous_confirment(fiche)
    sources, cible, roles = ATTENDU[action]
    for etat, role in product(Etat.values, ROLES):
        point = transaction.savepoint()
        mettre_a(fiche, etat)
        # A new person each time: rights are read once per object.
        personne = Utilisateur.objects.get(pk=scene.personnes[role].pk)
        passages = Passage.objects.filter(fiche=fiche).count()
        try:
            apres = appliquer(fiche, action, personne, "Parce que.")
        except PermissionDenied:
            assert role not in roles, f"{role} devrait pouvoir {action} depuis {etat}"
            assert Passage.objects.filter(fiche=fiche).count() == passages
        except PassageImpossible:
            assert role in roles
            assert etat not in sources, f"{action} devrait partir de {etat}"
            assert FicheAction.objects.get(pk=fiche.pk).etat == etat
        else:
            assert role in roles
            assert etat in sources
            assert apres.etat == cible
            dernier = Passage.objects.filter(fiche=fiche).last()
            assert dernier is not None
            assert (dernier.de, dernier.vers, dernier.par, dernier.motif) == (etat, cible, personne, "Parce que.")
        transaction.savepoint_rollback(point)


def test_action_inconnue() -> None:
    scene = decor()
    with pytest.raises(KeyError):
        appliquer(fiche_vide(scene), "expedier", scene.personnes["direction"])


def test_proposer_dit_les_champs_qui_manquent() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    with pytest.raises(PassageImpossible) as refus:
        appliquer(fiche, "proposer", scene.personnes["direction"])
    manquent = {manque.section for manque in refus.value.manques}
    # The partner was given when the sheet was opened.
    assert manquent == {section.cle for section in SECTIONS} - {"acteurs"}
    assert FicheAction.objects.get(pk=fiche.pk).etat == Etat.BROUILLON


def _sans(fiche: FicheAction, section: str) -> None:
    champs = {"enjeux": "enjeux", "objet": "objet", "ressources": "ressources", "partage": "partage_information"}
    if section in champs:
        FicheAction.objects.filter(pk=fiche.pk).update(**{champs[section]: "  "})
    elif section == "zone":
        FicheAction.objects.filter(pk=fiche.pk).update(zone="")
        fiche.bassins.clear()
    elif section == "beneficiaires":
        fiche.publics.clear()
    elif section == "acteurs":
        fiche.acteurs.exclude(role="porteur").delete()
    elif section == "planning":
        fiche.etapes.all().delete()
    else:
        fiche.indicateurs.all().delete()


@pytest.mark.parametrize("section", [section.cle for section in SECTIONS])
def test_chacun_des_neuf_champs_est_exige(section: str) -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    assert neuf_champs_remplis(FicheAction.objects.get(pk=fiche.pk)) == []
    _sans(fiche, section)
    with pytest.raises(PassageImpossible) as refus:
        appliquer(fiche, "proposer", scene.personnes["direction"])
    assert [(m.section, m.texte) for m in refus.value.manques] == [(section, DEMANDES[section])]


def _proposee(scene: SimpleNamespace) -> FicheAction:
    return appliquer(fiche_remplie(scene), "proposer", scene.personnes["direction"])


def test_valider_attend_chaque_participation() -> None:
    scene = decor()
    fiche = _proposee(scene)
    coordination = scene.personnes["coordination"]
    with pytest.raises(PassageImpossible, match="manque") as refus:
        appliquer(fiche, "valider", coordination)
    # The leading structure agreed by proposing: only the partner is awaited.
    assert [m.texte for m in refus.value.manques] == [
        "Mission locale du Pays n’a pas encore confirmé sa participation."
    ]
    partenaire = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    confirmer(partenaire, scene.personnes["partenaire"], participe=False)
    with pytest.raises(PassageImpossible) as refus:
        appliquer(fiche, "valider", coordination)
    assert "décliné" in refus.value.manques[0].texte
    confirmer(partenaire, scene.personnes["partenaire"], participe=True)
    validee = appliquer(fiche, "valider", coordination)
    assert validee.etat == Etat.VALIDEE
    assert validee.validee_le is not None


def test_une_structure_seulement_informee_n_a_rien_a_confirmer() -> None:
    scene = decor()
    fiche = _proposee(scene)
    Acteur.objects.create(fiche=fiche, structure=scene.autre_structure, role=Acteur.Role.INFORME)
    Acteur.objects.filter(fiche=fiche, structure=scene.structure_voisine).update(confirmation="confirmee")
    assert appliquer(fiche, "valider", scene.personnes["coordination"]).etat == Etat.VALIDEE


def test_sans_pole_l_administration_valide() -> None:
    scene = decor()
    fiche = _proposee(scene)
    tous_confirment(fiche)
    FicheAction.objects.filter(pk=fiche.pk).update(pole=None)
    with pytest.raises(PermissionDenied):
        appliquer(fiche, "valider", scene.personnes["coordination"])
    assert appliquer(fiche, "valider", scene.personnes["administration"]).etat == Etat.VALIDEE


@pytest.mark.parametrize("action", ["demander_complement", "terminer", "suspendre", "abandonner"])
def test_un_motif_est_demande(action: str) -> None:
    scene = decor()
    fiche = mettre_a(fiche_remplie(scene), next(iter(sorted(ATTENDU[action][0]))))
    with pytest.raises(PassageImpossible, match="pourquoi"):
        appliquer(fiche, action, scene.personnes["coordination"], "   ")


def test_un_passage_ne_se_modifie_ni_ne_s_efface() -> None:
    scene = decor()
    fiche = _proposee(scene)
    passage = Passage.objects.filter(fiche=fiche).last()
    assert passage is not None
    passage.motif = "Réécrit"
    for geste in (
        passage.save,
        passage.delete,
        lambda: Passage.objects.filter(fiche=fiche).update(motif="x"),
        lambda: Passage.objects.filter(fiche=fiche).delete(),
        lambda: Passage.objects.bulk_update([passage], ["motif"]),
    ):
        with pytest.raises(TypeError):
            geste()
    assert Passage.objects.get(pk=passage.pk).motif == ""
