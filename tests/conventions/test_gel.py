"""Version V: complete, deterministic, accessible, archived; frozen once."""

import io
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest
from django.utils import timezone
from pdfua import validate

from fiches_action.conventions import contenu, operations, rendu, scellement
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.models import Convention, Document
from socle.models import Travail
from socle.travaux import executer
from tests.conventions import fabriques


def test_freezing_twice_gives_one_version(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction)
    v = operations.figer(convention, revision=convention.revision, par=direction)
    assert operations.figer(convention, revision=convention.revision, par=direction) == v
    assert Document.objects.count() == 1
    convention.refresh_from_db()
    assert convention.etat == Etat.PRETE
    assert set(v.cases) == {"1", "2", "cachet"}


def test_a_text_changed_meanwhile_is_not_frozen(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction)
    ancienne = convention.revision
    operations.fixer_conditions(convention, {"lieu": "Caen"}, convention.debut, direction)
    with pytest.raises(operations.OperationRefusee, match="changé"):
        operations.figer(convention, revision=ancienne, par=direction)
    assert not convention.versions.exists()


def test_the_job_freezes_and_says_where(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction)
    travail = operations.demander_gel(convention, direction)
    assert operations.demander_gel(convention, direction) == travail, "one job at a time"
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI
    assert travail.resultat["url"] == convention.get_absolute_url()
    # The broker gives the same job twice: the second run changes nothing.
    Travail.objects.filter(pk=travail.pk).update(etat=Travail.Etat.EN_ATTENTE)
    executer(str(travail.pk))
    assert convention.versions.count() == 1


def test_an_incomplete_text_is_not_frozen(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    convention = operations.creer_depuis_fiche(fabriques.preparer(scene), direction)
    with pytest.raises(operations.OperationRefusee) as refus:
        operations.demander_gel(convention, direction)
    assert "Conditions\u00a0: la date de prise d’effet" in refus.value.manques
    assert any(m.endswith(": son signataire") for m in refus.value.manques)
    assert {m.url for m in contenu.manques(convention)} >= {f"{convention.get_absolute_url()}conditions/"}


def test_the_same_text_gives_the_same_bytes(scene: SimpleNamespace) -> None:
    convention = fabriques.convention_complete(fabriques.preparer(scene), scene.personnes["direction"])
    figee_le = timezone.now().replace(microsecond=0)
    faits = [rendu.rendre_version(convention, numero=1, code="A" * 10, figee_le=figee_le) for _ in range(2)]
    assert faits[0].empreinte == faits[1].empreinte
    autre = rendu.rendre_version(convention, numero=2, code="A" * 10, figee_le=figee_le)
    assert autre.empreinte != faits[0].empreinte


def test_v_is_archivable_accessible_and_says_what_it_should(scene: SimpleNamespace, tmp_path: Path) -> None:
    _, version = fabriques.convention_figee(fabriques.preparer(scene), scene.personnes["direction"])
    octets = version.document.lire()
    fichier = tmp_path / "v.pdf"
    fichier.write_bytes(octets)
    assert list(validate(str(fichier)).findings) == []
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        xmp = bytes(pdf.Root.Metadata.read_bytes()).decode()
        assert 'pdfaid:part="3"' in xmp
        assert 'pdfuaid:part="1"' in xmp
        assert "/Version" not in pdf.Root
        assert len(pdf.pages) == version.pages
        polices = {str(o.BaseFont) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o}
        assert {p.split("+")[-1] for p in polices} == {"Spectral", "Spectral-Bold"}, "no fallback font"


def test_very_long_names_and_many_signatories_keep_their_boxes_apart(scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    long = "Marie-Hélène-Élisabeth de La Rochefoucauld-Œuvrard d’Argentré-sur-Vilaine-et-Bocage"
    convention = fabriques.convention_complete(fabriques.preparer(scene), direction, noms=(long, "X" * 110))
    for rang in range(3, 13):
        structure = type(scene.structure).objects.create(nom=f"ESAT {rang}", type="esat", commune=scene.commune)
        partie = operations.ajouter_partie(convention, structure, direction)
        partie.engagements = partie.numero = partie.referent_fonction = "à préciser"
        operations.enregistrer_partie(
            partie,
            {"nom": f"{long} {rang}", "fonction": "présidente " * 10, "email": f"s{rang}@exemple.test"},
            direction,
        )
    convention.refresh_from_db()
    version = operations.figer(convention, revision=convention.revision, par=direction)
    boites = [boite for nom, boite in version.cases.items() if nom != "cachet"]
    assert len(boites) == 12
    for i, a in enumerate(boites):
        assert a[3] - a[1] > 150
        assert a[4] - a[2] > 50, "the stamp keeps its room whatever the name"
        assert 0 < a[1] < a[3] < 596
        assert 0 < a[2] < a[4] < 842
        for b in boites[i + 1 :]:
            dehors = a[0] != b[0] or a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] or b[4] <= a[2]
            assert dehors, "two boxes overlap"
    convention = operations.appliquer(Convention.objects.get(pk=convention.pk), "lancer", direction)
    convention = fabriques.tous_signent(convention, version)
    fait = scellement.sceller(convention.reference)
    assert fait.document is not None
    assert fait.document.lire().startswith(version.document.lire())
