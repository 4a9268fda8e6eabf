"""The workflow table: complete, and the only way from one state to another."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from rules import permissions

from fiches_action.conventions import circuit, operations
from fiches_action.conventions.etats import PASSAGES, Etat, PassageImpossible, Vie, passage
from fiches_action.conventions.forms import FormulaireConditions
from fiches_action.conventions.models import Convention, Signataire
from socle.models import Courriel
from tests.conventions import fabriques


@pytest.mark.parametrize("action", PASSAGES)
@pytest.mark.parametrize("etat", Etat.values)
def test_an_action_starts_only_from_its_states(action: str, etat: str) -> None:
    ligne = PASSAGES[action]
    if etat in ligne.de:
        assert passage(action, etat) is ligne
    else:
        with pytest.raises(PassageImpossible, match="n’est pas possible"):
            passage(action, etat)


def test_the_table_holds_together() -> None:
    for ligne in PASSAGES.values():
        assert ligne.vers in Etat.values
        assert ligne.vers not in ligne.de
        assert ligne.permission is None or permissions.perm_exists(ligne.permission)
    arrivees = {ligne.vers for ligne in PASSAGES.values()}
    assert arrivees | {Etat.BROUILLON} == set(Etat.values), "every state but the first is reached by a line"
    assert not any(Etat.ANNULEE in ligne.de or Etat.RESILIEE in ligne.de for ligne in PASSAGES.values())
    # Only proof makes these three happen: no button does.
    assert {nom for nom, ligne in PASSAGES.items() if ligne.permission is None} == {"achever", "sceller", "refuser"}


def test_from_a_sheet_that_is_not_validated_nothing_starts(scene: SimpleNamespace) -> None:
    fiche = fabriques.preparer(scene, etat="proposee")
    with pytest.raises(operations.OperationRefusee, match="validée"):
        operations.creer_depuis_fiche(fiche, scene.personnes["direction"])


def test_a_stranger_creates_and_changes_nothing(scene: SimpleNamespace) -> None:
    fiche = fabriques.preparer(scene)
    etranger = scene.personnes["etranger"]
    with pytest.raises(PermissionDenied):
        operations.creer_depuis_fiche(fiche, etranger)
    convention = fabriques.convention_complete(fiche, scene.personnes["direction"])
    with pytest.raises(PermissionDenied):
        operations.appliquer(convention, "relire", etranger)
    with pytest.raises(PermissionDenied):
        operations.demander_gel(convention, etranger)
    with pytest.raises(PermissionDenied):
        operations.retirer_partie(convention.parties.get(rang=2), etranger)


def test_creation_takes_parties_from_the_sheet(scene: SimpleNamespace) -> None:
    fiche = fabriques.preparer(scene)
    convention = operations.creer_depuis_fiche(fiche, scene.personnes["direction"])
    parties = list(convention.parties.all())
    assert [p.structure for p in parties] == [scene.structure, scene.structure_voisine]
    assert "préparer chaque jeune" in parties[0].engagements
    assert convention.reference.startswith("CV-")
    assert convention.pole == scene.pole
    assert operations.creer_depuis_fiche(fiche, scene.personnes["direction"]) == convention, "two clicks make one"
    operations.retirer_partie(parties[1], scene.personnes["direction"])
    autre = operations.creer_depuis_fiche(fiche, scene.personnes["direction"])
    assert autre.reference != convention.reference, "once begun, another one may be prepared"


def test_text_taken_up_again_makes_a_new_version_and_new_signatures(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention, v1 = fabriques.convention_lancee(fabriques.preparer(scene), direction)
    premier = circuit.suivant(convention)
    assert premier is not None
    ancien_jeton = premier.jeton
    fabriques.signer(premier, v1)
    second = circuit.suivant(convention)
    assert second is not None
    convention = circuit.refuser(second, "Une faute au titre", fabriques.ACTEUR)
    assert convention.etat == Etat.REFUSEE
    convention = operations.appliquer(convention, "reprendre", direction)
    assert convention.etat == Etat.BROUILLON
    assert convention.version_courante is None
    assert set(convention.signataires.values_list("etat", flat=True)) == {Signataire.Etat.ATTENDU}
    assert not Signataire.objects.filter(jeton=ancien_jeton).exists()
    v2 = operations.figer(convention, revision=convention.revision, par=direction)
    assert (v2.numero, v2.h0 == v1.h0) == (2, False)
    convention.refresh_from_db()
    assert convention.version_courante == v2
    # Nobody signs the old text: its version is no longer the one of the circuit.
    convention = operations.appliquer(convention, "lancer", direction)
    courant = circuit.suivant(convention)
    assert courant is not None
    circuit.envoyer_code(courant, fabriques.ACTEUR)
    valide = circuit.verifier_code(courant, fabriques.dernier_code(courant), fabriques.ACTEUR)
    consentement = circuit.Consentement(circuit.texte_consentement(courant, v1), valide, lecture=True)
    with pytest.raises(circuit.SignatureRefusee, match="texte a changé"):
        circuit.signer(courant, v1, consentement, fabriques.ACTEUR)


def test_frozen_text_cannot_change(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention, _ = fabriques.convention_figee(fabriques.preparer(scene), direction)
    partie = convention.parties.get(rang=1)
    with pytest.raises(operations.OperationRefusee, match="figé"):
        operations.enregistrer_partie(partie, {"nom": "X", "fonction": "Y", "email": "x@y.test"}, direction)
    with pytest.raises(operations.OperationRefusee, match="figé"):
        operations.fixer_conditions(convention, {"lieu": "Caen"}, None, direction)
    with pytest.raises(operations.OperationRefusee, match="figé"):
        operations.ajouter_partie(convention, scene.autre_structure, direction)


def test_cancelling_wants_a_reason_and_tells_those_who_were_asked(
    scene: SimpleNamespace, lancee: tuple[Convention, object]
) -> None:
    direction = scene.personnes["direction"]
    convention = lancee[0]
    with pytest.raises(operations.OperationRefusee, match="pourquoi"):
        operations.appliquer(convention, "annuler", direction, "  ")
    convention = operations.appliquer(convention, "annuler", direction, "Le projet s’arrête")
    assert convention.etat == Etat.ANNULEE
    prevenus = Courriel.objects.filter(modele="conventions/annulation").values_list("destinataire", flat=True)
    assert list(prevenus) == ["signataire1@exemple.test"], "the second one was never asked: nothing to tell"
    premier = convention.signataires.get(rang=1)
    with pytest.raises(circuit.SignatureRefusee):
        circuit.envoyer_code(premier, fabriques.ACTEUR)


@pytest.mark.parametrize(
    ("debut", "fin", "attendue"),
    [
        (0, 91, Vie.EN_VIGUEUR),
        (0, 90, Vie.A_RENOUVELER),
        (-10, 0, Vie.A_RENOUVELER),
        (-10, -1, Vie.ECHUE),
        (1, 365, Vie.A_VENIR),
    ],
)
def test_what_the_dates_say(debut: int, fin: int, attendue: Vie) -> None:
    jour = timezone.localdate()
    convention = Convention(etat=Etat.SCELLEE, debut=jour + timedelta(days=debut), fin=jour + timedelta(days=fin))
    assert convention.vie == attendue
    convention.etat = Etat.EN_SIGNATURE
    assert convention.vie is None


def test_a_period_ends_the_day_before_its_anniversary() -> None:
    assert operations.fin_apres(date(2026, 3, 1), 1) == date(2027, 2, 28)
    assert operations.fin_apres(date(2028, 2, 29), 1) == date(2029, 2, 28)


def test_counts_by_bassin_and_state(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    fiche = fabriques.preparer(scene)
    fiche.bassins.add(scene.autre_bassin)
    operations.creer_depuis_fiche(fiche, direction)
    operations.creer_depuis_fiche(fabriques.preparer(scene), direction)
    comptes = Convention.objects.compte_par_bassin_et_etat()
    assert comptes == {scene.bassin.code: {"brouillon": 2}, scene.autre_bassin.code: {"brouillon": 1}}


def test_demonstration_agreements_can_be_removed_and_only_they(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    vraie, _ = fabriques.convention_figee(fabriques.preparer(scene), direction)
    fausse, _ = fabriques.convention_lancee(fabriques.preparer(scene, demonstration=True), direction)
    assert Convention.objects.effacer_demonstration() == 1
    assert list(Convention.objects.all()) == [vraie]
    assert vraie.preuves.exists()
    assert fausse.pk not in Convention.objects.values_list("pk", flat=True)


@pytest.mark.parametrize("debut", ["9999-12-31", "0001-01-01"])
def test_a_start_out_of_time_is_said_at_its_field(scene: SimpleNamespace, debut: str) -> None:
    convention = operations.creer_depuis_fiche(fabriques.preparer(scene), scene.personnes["direction"])
    assert "debut" in FormulaireConditions.de(convention, {"debut": debut}).errors


def test_the_coordination_ends_a_sealed_agreement_and_the_signatories_are_told(scene: SimpleNamespace) -> None:
    fiche = fabriques.preparer(scene)
    convention = fabriques.convention_complete(fiche, scene.personnes["direction"])
    Convention.objects.filter(pk=convention.pk).update(etat=Etat.SCELLEE)
    convention.signataires.update(etat=Signataire.Etat.SIGNE)
    with pytest.raises(PermissionDenied):
        operations.appliquer(convention, "resilier", scene.personnes["direction"], "Fin anticipée.")
    with pytest.raises(operations.OperationRefusee, match="Dites pourquoi"):
        operations.appliquer(convention, "resilier", scene.personnes["coordination"])
    finie = operations.appliquer(convention, "resilier", scene.personnes["coordination"], "Fin anticipée.")
    assert finie.etat == Etat.RESILIEE
    prevenus = set(Courriel.objects.filter(modele="conventions/resiliation").values_list("destinataire", flat=True))
    assert prevenus == set(convention.signataires.values_list("email", flat=True))
