"""/verifier/: green only for what is registered here; a clear word for all the rest; nothing kept."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from fiches_action.conventions import autorite, examen, forms, verification, views_verifier
from fiches_action.conventions.models import Convention, Scellement
from socle.documents import rendre_html

pytestmark = pytest.mark.django_db
URL = "/verifier/"


@pytest.fixture(autouse=True)
def _compteurs_a_zero() -> None:
    cache.clear()


def octets_de(scellement: Scellement) -> bytes:
    assert scellement.document is not None
    return scellement.document.lire()


def deposer(client: Client, octets: bytes) -> Any:
    return client.post(URL, {"fichier": SimpleUploadedFile("convention.pdf", octets, "application/pdf")})


def _quelconque() -> bytes:
    return rendre_html(
        '<!DOCTYPE html><html lang="fr"><head><title>Autre</title></head><body><p>Autre texte</p></body></html>'
    ).pdf


def _signe_par(octets: bytes, dossier: Path) -> bytes:
    """A PDF signed by an authority that this portal doesn't know."""
    dossier.mkdir()
    autorite._creer(dossier)
    ecrivain = IncrementalPdfFileWriter(io.BytesIO(octets))
    fields.append_signature_field(ecrivain, fields.SigFieldSpec("Signature1"))
    sortie = io.BytesIO()
    signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name="Signature1"), autorite.AutoriteLocale(dossier).signataire()
    ).sign_pdf(ecrivain, output=sortie)
    return sortie.getvalue()


def test_a_sealed_document_is_recognised_at_once(client: Client, scelle: Scellement) -> None:
    reponse = deposer(client, octets_de(scelle))
    assert reponse.status_code == 200
    assert reponse.context["verdict"].genre == verification.AUTHENTIQUE
    texte = reponse.content.decode()
    assert "authentique et intact" in texte
    assert scelle.version.convention.reference in texte
    assert "Camille Aubert" not in texte, "a public page names nobody"


def test_one_byte_changed_is_refused(client: Client, scelle: Scellement) -> None:
    final = bytearray(octets_de(scelle))
    final[len(final) // 2] ^= 0x10
    reponse = deposer(client, bytes(final))
    assert reponse.context["verdict"].genre == verification.ALTERE
    assert "Ne vous y fiez pas" in reponse.content.decode()


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_wherever_the_byte_is_it_is_never_green(scelle: Scellement, place: float) -> None:
    final = bytearray(octets_de(scelle))
    final[int(len(final) * place)] ^= 0x01
    assert verification.par_fichier(bytes(final)).genre not in {verification.AUTHENTIQUE, verification.INCOMPLET}


def test_the_text_without_its_signatures_is_not_green(client: Client, scelle: Scellement) -> None:
    reponse = deposer(client, scelle.version.document.lire())
    assert reponse.context["verdict"].genre == verification.INCOMPLET
    assert "sans ses signatures" in reponse.context["verdict"].phrase


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    simple = _quelconque()
    assert "pas signé" in verification.par_fichier(simple).phrase
    signe = _signe_par(simple, tmp_path / "autre")
    verdict = verification.par_fichier(signe)
    assert verdict.genre == verification.INCONNU
    assert "n’est pas enregistré ici" in verdict.phrase
    assert ("Autorité", "inconnue de ce portail") in verdict.details
    abime = bytearray(signe)
    abime[len(simple) // 2] ^= 1
    assert verification.par_fichier(bytes(abime)).genre in {verification.ALTERE, verification.ILLISIBLE}
    assert verification.par_fichier(b"bonjour").genre == verification.ILLISIBLE


def test_our_seal_on_something_not_registered_is_not_green() -> None:
    ecrivain = IncrementalPdfFileWriter(io.BytesIO(_quelconque()))
    fields.append_signature_field(ecrivain, fields.SigFieldSpec("Cachet"))
    sortie = io.BytesIO()
    signers.PdfSigner(signers.PdfSignatureMetadata(field_name="Cachet"), autorite.identite().signataire).sign_pdf(
        ecrivain, output=sortie
    )
    verdict = verification.par_fichier(sortie.getvalue())
    assert verdict.genre == verification.INCONNU
    assert "ne vous y fiez pas" in verdict.phrase


@pytest.mark.parametrize(
    "octets",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\n1 0 obj\n<</Kids 1 0 R>>\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\n" + b"<<" * 5000,
        b"%PDF-1.7\nxref\n0 99999999\ntrailer<</Size 1/Root 5 0 R/Prev 0>>\nstartxref\n9\n%%EOF",
    ],
)
def test_broken_files_get_a_sentence(client: Client, octets: bytes) -> None:
    reponse = deposer(client, octets)
    assert reponse.status_code == 200
    assert reponse.context["verdict"].genre in {verification.ILLISIBLE, verification.INCONNU}


def _champs_sans_fin(profondeur: int) -> bytes:
    """Two kilobytes whose form has 2^profondeur fields: each node names the next one twice."""
    objets = [b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R 3 0 R]>>>>", b"<</Type/Pages/Kids[]/Count 0>>"]
    objets += [b"<</T(a%d)/Kids[%d 0 R %d 0 R]>>" % (k, k + 4, k + 4) for k in range(profondeur)]
    octets, places = b"%PDF-1.7\n", []
    for numero, objet in enumerate([*objets, b"<</T(z)/FT/Tx>>"], start=1):
        places.append(len(octets))
        octets += b"%d 0 obj\n%s\nendobj\n" % (numero, objet)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    total = len(places) + 1
    return (
        octets
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            total,
            table,
            total,
            len(octets),
        )
    )


def test_a_file_that_would_take_hours_is_stopped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examen, "SECONDES_MAX", 3)
    assert "pas signé" in verification.par_fichier(_champs_sans_fin(1)).phrase, "the same file, short, is read"
    depart = time.monotonic()
    reponse = deposer(client, _champs_sans_fin(40))
    assert reponse.context["verdict"].genre == verification.ILLISIBLE
    assert time.monotonic() - depart < 15


def test_one_file_at_a_time_is_examined(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examen, "ATTENTE", 0.01)
    with examen._un_seul:
        reponse = deposer(client, b"%PDF-1.7\n")
    assert "dans un instant" in reponse.context["verdict"].phrase


def test_by_number_and_code(client: Client, scelle: Scellement) -> None:
    reference, code = scelle.version.convention.reference, scelle.version.code_controle
    bonne = client.get(URL, {"numero": f" {reference.lower()} ", "code": f"{code[:5]}-{code[5:].lower()}"})
    assert bonne.context["verdict"].genre == verification.AUTHENTIQUE
    assert "Camille Aubert" not in bonne.content.decode()
    mauvaise = client.get(URL, {"numero": reference, "code": "0000000000"})
    assert mauvaise.context["verdict"].genre == verification.INCONNU
    illisible = client.get(URL, {"numero": "12", "code": code})
    assert illisible.status_code == 422
    assert "CV-2026-0001" in illisible.content.decode()


def test_the_holder_of_number_and_code_downloads_the_sealed_file(client: Client, scelle: Scellement) -> None:
    adresse = reverse("conventions:verifier_document")
    juste = {"numero": scelle.version.convention.reference, "code": scelle.version.code_controle}
    reponse = client.get(adresse, juste)
    assert reponse.content == octets_de(scelle)
    assert client.get(adresse, {**juste, "code": "0000000000"}).status_code == 404


def test_a_version_not_sealed_replaced_or_cancelled_is_not_green(scelle: Scellement) -> None:
    version, convention = scelle.version, scelle.version.convention
    Scellement.objects.filter(pk=scelle.pk).update(document=None, dossier=None, scelle_le=None)
    attendus = {
        "en_signature": "pas encore signée",
        "signee": "scellement est en attente",
        "refusee": "refusée",
        "annulee": "annulée",
        "brouillon": "remplacée",
    }
    for etat, mot in attendus.items():
        Convention.objects.filter(pk=convention.pk).update(etat=etat)
        verdict = verification.par_numero(convention.reference, version.code_controle)
        assert verdict is not None
        assert verdict.genre == verification.INCOMPLET
        assert mot in verdict.phrase


def test_too_big_or_missing_is_said_at_the_field(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Choisissez un fichier" in client.post(URL).content.decode()
    monkeypatch.setattr(forms, "TAILLE_MAX", 10)
    reponse = deposer(client, b"%PDF-1.7 trop gros")
    assert reponse.status_code == 422
    assert "vingt mégaoctets" in reponse.content.decode()


def test_checks_are_counted_per_address(client: Client) -> None:
    for _ in range(views_verifier.LIMITES["numero"]):
        assert client.get(URL, {"numero": "CV-2026-0001", "code": "A" * 10}).status_code == 200
    reponse = client.get(URL, {"numero": "CV-2026-0001", "code": "A" * 10})
    assert reponse.status_code == 429
    assert "Trop de vérifications" in reponse.content.decode()
    autre = client.get(URL, {"numero": "CV-2026-0001", "code": "A" * 10}, REMOTE_ADDR="198.51.100.7")
    assert autre.status_code == 200


def test_a_minute_later_checks_are_open_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    demande = {"numero": "CV-2026-0001", "code": "A" * 10}
    for _ in range(views_verifier.LIMITES["numero"] + 1):
        reponse = client.get(URL, demande, REMOTE_ADDR="198.51.100.8")
    assert reponse.status_code == 429
    plus_tard = time.time() + views_verifier.FENETRE
    monkeypatch.setattr(time, "time", lambda: plus_tard)
    assert client.get(URL, demande, REMOTE_ADDR="198.51.100.8").status_code == 200


def test_nothing_of_the_file_is_kept(client: Client) -> None:
    def contenu() -> set[str]:
        return {str(f) for f in Path(settings.VAR).rglob("*") if f.is_file() and "cache" not in f.parts}

    client.get(URL)
    avant = contenu()
    deposer(client, _quelconque())
    assert contenu() == avant
