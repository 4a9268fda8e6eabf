"""``verifier_integrite``: content with what is whole, and a line for every damage."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from fiches_action.conventions.models import Document, Preuve, Scellement, Version
from fiches_action.conventions.preuve import lever_la_protection


def test_the_integrity_command_is_content_with_what_is_whole(
    scelle: Scellement, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verifier_integrite")
    assert "Tout est intact : 3 fichiers, 1 chaînes de preuve, 1 documents scellés." in capsys.readouterr().out


def _chemin(empreinte: str) -> Path:
    return Path(settings.VAR) / "documents" / empreinte[:2] / empreinte


@pytest.mark.parametrize("degat", ["absent", "altere", "chaine", "prefixe"])
def test_the_integrity_command_lists_every_damage(
    scelle: Scellement, capsys: pytest.CaptureFixture[str], degat: str
) -> None:
    document = scelle.document
    assert document is not None
    chemin = _chemin(document.empreinte)
    garde = chemin.read_bytes()
    try:
        if degat == "absent":
            chemin.unlink()
        elif degat == "altere":
            chemin.write_bytes(garde[:-9] + b"x" + garde[-8:])
        elif degat == "chaine":
            with lever_la_protection():
                Preuve.objects.filter(convention=scelle.version.convention, rang=4).update(acte="autre")
        else:
            autre = Document.deposer(b"%PDF-1.7 autre", Document.Genre.VERSION)
            Version.objects.filter(pk=scelle.version_id).update(document=autre)
        with pytest.raises(CommandError, match="anomalie"):
            call_command("verifier_integrite")
    finally:
        chemin.write_bytes(garde)
    attendus = {"absent": "absent", "altere": "contenu altéré", "chaine": "preuve 4", "prefixe": "ne commence pas"}
    assert attendus[degat] in capsys.readouterr().err
