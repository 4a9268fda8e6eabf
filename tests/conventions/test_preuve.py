"""Evidence: a chain that shows what was touched, a table that the database protects."""

import itertools
import json

import pytest
from django.db import DatabaseError, connection, transaction

from fiches_action.conventions import preuve
from fiches_action.conventions.models import AnnexePreuve, Convention, Preuve, Version

Lancee = tuple[Convention, Version]


def test_each_act_carries_the_hash_of_the_previous_one(signee: Lancee) -> None:
    convention, version = signee
    actes = list(Preuve.objects.de(convention))
    assert [a.rang for a in actes] == list(range(1, len(actes) + 1))
    assert actes[0].precedent == ""
    for avant, apres in itertools.pairwise(actes):
        assert apres.precedent == avant.empreinte
    for acte in actes:
        assert preuve.sha256(acte.contenu) == acte.empreinte
        assert preuve.canonique(json.loads(acte.contenu)) == acte.contenu
    assert preuve.ruptures(convention) == []
    signatures = [json.loads(a.contenu) for a in actes if a.acte == "signature"]
    assert [s["signataire"]["rang"] for s in signatures] == [1, 2]
    for s in signatures:
        assert s["version"] == {"numero": 1, "sha256": version.h0, "octets": version.document.octets}
        assert s["details"]["consentement"]["texte_sha256"] == preuve.sha256(s["details"]["consentement"]["texte"])
        assert "code à six chiffres" in s["details"]["authentification"]["moyen"]


def test_personal_data_stay_out_of_the_chain_and_can_be_erased(signee: Lancee) -> None:
    convention, _ = signee
    contenus = " ".join(Preuve.objects.de(convention).values_list("contenu", flat=True))
    assert "192.0.2.1" not in contenus
    assert "@" not in contenus
    annexes = AnnexePreuve.objects.filter(preuve__convention=convention)
    assert any("192.0.2.1" in a.contenu for a in annexes)
    annexes.delete()
    assert preuve.ruptures(convention) == [], "the hashes remain: nothing is broken"


@pytest.mark.parametrize("ordre", ["UPDATE conventions_preuve SET acte = 'x'", "DELETE FROM conventions_preuve"])
def test_the_database_refuses_to_change_or_delete(lancee: Lancee, ordre: str) -> None:
    with pytest.raises(DatabaseError, match="ajout seul"), transaction.atomic(), connection.cursor() as curseur:
        curseur.execute(ordre)
    acte = Preuve.objects.de(lancee[0]).first()
    assert acte is not None
    acte.acte = "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        acte.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        acte.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Preuve.objects.all().update(acte="x")


def _alterer(convention: Convention, rang: int, **champs: str) -> None:
    with preuve.lever_la_protection():
        Preuve.objects.filter(convention=convention, rang=rang).update(**champs)


def test_any_touch_is_found(lancee: Lancee) -> None:
    convention, _ = lancee
    acte = Preuve.objects.get(convention=convention, rang=2)
    faux = acte.contenu.replace("gel", "gol")
    _alterer(convention, 2, contenu=faux)
    assert any("contenu" in r for r in preuve.ruptures(convention))
    # Even with its own hash computed again, the next one no longer follows.
    _alterer(convention, 2, contenu=faux, empreinte=preuve.sha256(faux))
    assert any("preuve 3" in r and "suit pas" in r for r in preuve.ruptures(convention))


def test_a_missing_act_is_found(lancee: Lancee) -> None:
    convention, _ = lancee
    with preuve.lever_la_protection():
        AnnexePreuve.objects.filter(preuve__convention=convention, preuve__rang=3).delete()
        Preuve.objects.filter(convention=convention, rang=3).delete()
    assert any("manque" in r for r in preuve.ruptures(convention))


def test_a_changed_annex_is_found(lancee: Lancee) -> None:
    convention, _ = lancee
    annexe = AnnexePreuve.objects.filter(preuve__convention=convention).first()
    assert annexe is not None
    annexe.contenu = annexe.contenu.replace("exemple", "example")
    annexe.save()
    assert any("annexe" in r for r in preuve.ruptures(convention))


def test_the_protection_comes_back_even_after_an_error(lancee: Lancee) -> None:
    with pytest.raises(RuntimeError), preuve.lever_la_protection():
        raise RuntimeError
    with pytest.raises(DatabaseError, match="ajout seul"), transaction.atomic():
        Preuve.objects.all().update(acte="x")
    with preuve.lever_la_protection():
        pass
    with pytest.raises(DatabaseError, match="ajout seul"), transaction.atomic():
        Preuve.objects.filter(convention=lancee[0]).delete()
