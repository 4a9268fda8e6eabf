"""The signing circuit: in turn, with a code, once, and every act known."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from fiches_action.conventions import circuit, operations
from fiches_action.conventions.circuit import Consentement, SignatureRefusee
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.models import Convention, Preuve, Scellement, Signataire, Version
from fiches_action.conventions.scellement import GENRE_SCELLER
from socle.models import Courriel, Travail
from tests.conventions import fabriques
from tests.conventions.fabriques import ACTEUR, dernier_code

Lancee = tuple[Convention, Version]


def _signataires(convention: Convention) -> list[Signataire]:
    return list(convention.signataires.select_related("partie", "convention").order_by("rang"))


def _courriels(modele: str) -> list[str]:
    return list(
        Courriel.objects.filter(modele=f"conventions/{modele}")
        .order_by("cree_le")
        .values_list("destinataire", flat=True)
    )


def test_the_next_one_is_asked_only_after_the_previous_one(lancee: Lancee) -> None:
    convention, version = lancee
    premier, second = _signataires(convention)
    assert _courriels("signer") == ["signataire1@exemple.test"]
    assert (premier.etat, second.etat) == (Signataire.Etat.INVITE, Signataire.Etat.ATTENDU)
    with pytest.raises(SignatureRefusee, match="pas encore votre tour"):
        circuit.envoyer_code(second, ACTEUR)
    fabriques.signer(premier, version)
    assert _courriels("signer") == ["signataire1@exemple.test", "signataire2@exemple.test"]
    convention.refresh_from_db()
    assert convention.etat == Etat.EN_SIGNATURE
    fabriques.signer(_signataires(convention)[1], version)
    convention.refresh_from_db()
    assert convention.etat == Etat.SIGNEE
    assert Scellement.objects.filter(version=version, document=None).count() == 1
    assert Travail.objects.filter(genre=GENRE_SCELLER, objet=convention.reference).count() == 1


def test_the_invitation_has_one_link_and_no_code(lancee: Lancee) -> None:
    courriel = Courriel.objects.get(modele="conventions/signer")
    premier = _signataires(lancee[0])[0]
    assert re.findall(r"https?://\S+", courriel.texte) == [circuit.lien("signer", premier.jeton)]
    assert courriel.sujet.startswith("À signer")


def test_a_wrong_code_is_refused_five_times_then_dead(lancee: Lancee) -> None:
    premier = _signataires(lancee[0])[0]
    circuit.envoyer_code(premier, ACTEUR)
    juste = dernier_code(premier)
    faux = f"{(int(juste) + 1) % 1_000_000:06d}"
    for restants in (4, 3, 2, 1):
        with pytest.raises(SignatureRefusee, match=f"reste {restants} essai"):
            circuit.verifier_code(premier, faux, ACTEUR)
    with pytest.raises(SignatureRefusee, match="nouveau"):
        circuit.verifier_code(premier, faux, ACTEUR)
    with pytest.raises(SignatureRefusee, match="Trop d’essais"):
        circuit.verifier_code(premier, juste, ACTEUR)
    assert Preuve.objects.filter(acte="code_errone").count() == 5
    assert not Preuve.objects.filter(acte="code_valide").exists()


def test_a_code_is_stored_hashed_and_serves_once(lancee: Lancee) -> None:
    premier = _signataires(lancee[0])[0]
    circuit.envoyer_code(premier, ACTEUR)
    code = dernier_code(premier)
    premier.refresh_from_db()
    assert code not in premier.code_empreinte
    assert len(premier.code_empreinte) == 64
    assert all(code not in contenu for contenu in Preuve.objects.values_list("contenu", flat=True))
    assert circuit.verifier_code(premier, f" {code[:3]} {code[3:]} ", ACTEUR)
    with pytest.raises(SignatureRefusee, match="Demandez"):
        circuit.verifier_code(premier, code, ACTEUR)


def test_a_code_dies_after_ten_minutes(lancee: Lancee) -> None:
    premier = _signataires(lancee[0])[0]
    circuit.envoyer_code(premier, ACTEUR)
    code = dernier_code(premier)
    vieux = timezone.now() - circuit.VALIDITE_CODE - timedelta(seconds=1)
    Signataire.objects.filter(pk=premier.pk).update(code_emis_le=vieux)
    with pytest.raises(SignatureRefusee, match="expiré"):
        circuit.verifier_code(premier, code, ACTEUR)


def test_codes_are_not_sent_without_limit(lancee: Lancee) -> None:
    premier = _signataires(lancee[0])[0]
    for _ in range(circuit.CODES_PAR_HEURE):
        circuit.envoyer_code(premier, ACTEUR)
        with pytest.raises(SignatureRefusee, match="trente secondes"):
            circuit.envoyer_code(premier, ACTEUR)
        Signataire.objects.filter(pk=premier.pk).update(code_emis_le=timezone.now() - timedelta(minutes=1))
    with pytest.raises(SignatureRefusee, match="dans l’heure"):
        circuit.envoyer_code(premier, ACTEUR)
    assert len(_courriels("code")) == circuit.CODES_PAR_HEURE
    Signataire.objects.filter(pk=premier.pk).update(code_envois_depuis=timezone.now() - timedelta(hours=2))
    circuit.envoyer_code(premier, ACTEUR)


def test_a_code_of_somebody_else_opens_nothing(lancee: Lancee) -> None:
    convention, version = lancee
    premier, second = _signataires(convention)
    circuit.envoyer_code(premier, ACTEUR)
    code_du_premier = dernier_code(premier)
    circuit.verifier_code(premier, code_du_premier, ACTEUR)
    with pytest.raises(SignatureRefusee, match="tour"):
        circuit.verifier_code(second, code_du_premier, ACTEUR)
    texte = circuit.texte_consentement(second, version)
    with pytest.raises(SignatureRefusee, match="tour"):
        circuit.signer(second, version, Consentement(texte, "2026-01-01T00:00:00+00:00", lecture=True), ACTEUR)


def test_nobody_signs_without_code_nor_consent(lancee: Lancee) -> None:
    convention, version = lancee
    premier = _signataires(convention)[0]
    texte = circuit.texte_consentement(premier, version)
    for consentement in (Consentement(texte, "", lecture=True), Consentement("oui", "2026-01-01", lecture=True)):
        with pytest.raises(SignatureRefusee, match="accord"):
            circuit.signer(premier, version, consentement, ACTEUR)
    assert not Preuve.objects.filter(acte="signature").exists()


def test_a_second_signature_by_the_same_link_is_refused(lancee: Lancee) -> None:
    convention, version = lancee
    premier = _signataires(convention)[0]
    fabriques.signer(premier, version)
    with pytest.raises(SignatureRefusee, match="déjà signé"):
        circuit.envoyer_code(premier, ACTEUR)
    texte = circuit.texte_consentement(premier, version)
    with pytest.raises(SignatureRefusee, match="déjà signé"):
        circuit.signer(premier, version, Consentement(texte, "2026-01-01", lecture=True), ACTEUR)
    assert Preuve.objects.filter(acte="signature").count() == 1


def test_a_refusal_is_told_to_those_who_signed_and_to_the_coordination(scene: SimpleNamespace, lancee: Lancee) -> None:
    convention, version = lancee
    fabriques.signer(_signataires(convention)[0], version)
    second = _signataires(convention)[1]
    with pytest.raises(SignatureRefusee, match="pourquoi"):
        circuit.refuser(second, "   ", ACTEUR)
    convention = circuit.refuser(second, "Le calendrier ne convient pas.", ACTEUR)
    assert convention.etat == Etat.REFUSEE
    assert set(_courriels("refus")) == {
        "signataire1@exemple.test",
        scene.personnes["coordination"].email,
        scene.personnes["direction"].email,
    }
    assert all(
        "Le calendrier ne convient pas." in c.texte for c in Courriel.objects.filter(modele="conventions/refus")
    )
    with pytest.raises(SignatureRefusee):
        circuit.envoyer_code(second, ACTEUR)


def test_a_reminder_goes_to_the_one_whose_turn_it_is_once_an_hour(scene: SimpleNamespace, lancee: Lancee) -> None:
    convention, _ = lancee
    premier, second = _signataires(convention)
    coordination = scene.personnes["coordination"]
    with pytest.raises(SignatureRefusee, match="pas à cette personne"):
        circuit.relancer(second, coordination)
    with pytest.raises(SignatureRefusee, match="moins d’une heure"):
        circuit.relancer(premier, coordination)
    Signataire.objects.filter(pk=premier.pk).update(invite_le=timezone.now() - timedelta(hours=2))
    circuit.relancer(premier, coordination)
    rappel = Courriel.objects.get(modele="conventions/relance")
    assert circuit.lien("signer", premier.jeton) in rappel.texte, "the reminder keeps the same personal link"


def test_delegation_is_in_the_evidence(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction)
    partie = convention.parties.get(rang=1)
    operations.enregistrer_partie(
        partie,
        {
            "nom": "Alix Renard",
            "fonction": "directrice adjointe",
            "email": "alix@exemple.test",
            "qualite": Signataire.Qualite.DELEGATAIRE,
            "delegation_acte": "décision 2026-12",
            "delegation_le": timezone.localdate(),
        },
        direction,
    )
    convention.refresh_from_db()
    version = operations.figer(convention, revision=convention.revision, par=direction)
    convention.refresh_from_db()
    convention = operations.appliquer(convention, "lancer", direction)
    premier = circuit.suivant(convention)
    assert premier is not None
    fabriques.signer(premier, version)
    lu = json.loads(Preuve.objects.get(acte="signature").contenu)
    assert lu["signataire"]["delegation"] == {
        "acte": "décision 2026-12",
        "date": timezone.localdate().isoformat(),
    }


def test_the_order_can_be_changed_before_freezing(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction)
    premier, second = _signataires(convention)
    operations.ordonner(convention, [second.pk, premier.pk], direction)
    assert [s.pk for s in _signataires(convention)] == [second.pk, premier.pk]
    with pytest.raises(operations.OperationRefusee):
        operations.ordonner(convention, [second.pk], direction)
