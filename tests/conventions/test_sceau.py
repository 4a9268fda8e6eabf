"""The sealed file: V first, byte for byte, then one seal that nothing can follow."""

import asyncio
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from pdfua import validate
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from fiches_action.conventions import autorite, sceau, verification
from fiches_action.conventions.models import Scellement

pytestmark = pytest.mark.django_db


@pytest.fixture
def final(scelle: Scellement) -> bytes:
    assert scelle.document is not None
    return scelle.document.lire()


def _contexte() -> ValidationContext:
    return ValidationContext(trust_roots=autorite.racines_connues(), allow_fetching=False)


def test_the_sealed_file_begins_with_v(scelle: Scellement, final: bytes) -> None:
    v = scelle.version.document.lire()
    assert final[: len(v)] == v
    assert len(final) > len(v)
    assert sceau.empreinte(final[: len(v)]) == scelle.version.h0


def test_pyhanko_finds_it_valid_trusted_certified_and_long_term(final: bytes) -> None:
    signature, horodatage = PdfFileReader(io.BytesIO(final)).embedded_signatures
    statut = validate_pdf_signature(signature, _contexte())
    assert statut.bottom_line
    assert statut.docmdp_ok
    assert signature.docmdp_level == fields.MDPPerm.NO_CHANGES
    assert statut.timestamp_validity is not None
    assert statut.timestamp_validity.trusted
    assert str(signature.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"
    assert str(horodatage.sig_object["/SubFilter"]) == "/ETSI.RFC3161"
    # After the archive time stamp, only the data that judge it: nothing that shows.
    assert statut.modification_level == ModificationLevel.LTA_UPDATES
    assert horodatage.evaluate_signature_coverage() >= SignatureCoverageLevel.ENTIRE_REVISION
    assert verification.controler(final) == []


def _politique() -> PdfSignatureValidationSpec:
    """Judge with nothing but what the file carries: revocation data are required, nothing is fetched."""
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(autorite.racines_connues()),
                revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"}),
        )
    )


def test_it_carries_what_judges_it_today_and_in_ten_years(final: bytes) -> None:
    signature = next(iter(PdfFileReader(io.BytesIO(final)).embedded_signatures))
    assert asyncio.run(ades_lta_validation(signature, _politique())).ades_subindic == AdESPassed.OK
    plus_tard = datetime.now(UTC) + timedelta(days=9 * 365)
    resultat = asyncio.run(simulate_future_ades_lta_validation(signature, _politique(), plus_tard))
    assert resultat.ades_subindic == AdESPassed.OK


def test_it_is_still_pdf_a_1_7_tagged_with_its_attachment(final: bytes, tmp_path: Path) -> None:
    fichier = tmp_path / "final.pdf"
    fichier.write_bytes(final)
    assert list(validate(str(fichier)).findings) == []
    with pikepdf.open(io.BytesIO(final)) as pdf:
        assert "/Version" not in pdf.Root
        assert pdf.pdf_version == "1.7"
        jointe = pdf.Root.AF[0]
        assert (str(jointe.F), str(jointe.AFRelationship)) == ("evidence.json", "/Data")
        nombres = pdf.Root.StructTreeRoot.ParentTree.Nums
        cles = [int(nombres[rang]) for rang in range(0, len(nombres), 2)]
        assert len(cles) == len(set(cles))
        balisees = {int(nombres[r]): nombres[r + 1] for r in range(0, len(nombres), 2)}
        roles = []
        for page in pdf.pages:
            for annotation in page.get("/Annots", []):
                if annotation.get("/Subtype") == "/Stamp" or annotation.get("/T") == "Cachet":
                    element = balisees[int(annotation.StructParent)]
                    roles.append(str(element.S))
                    assert element.K[0].Obj.objgen == annotation.objgen
                    assert int(annotation.F) & 4, "printed"
                    # Read in its own box, not at the end of the document.
                    assert str(element.P.S) == "/Div"
        assert sorted(roles) == ["/Annot", "/Annot", "/Form"]
        etiquettes = {str(o.BaseFont) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o}
        assert {e.split("+")[-1] for e in etiquettes} == {"Spectral", "Spectral-Bold"}
        assert len(etiquettes) == 4, "two subsets of one font carry two tags"


def test_the_attestation_says_who_and_when_and_no_address(scelle: Scellement, final: bytes) -> None:
    with pikepdf.open(io.BytesIO(final)) as pdf:
        attestation = bytes(pdf.attachments["evidence.json"].get_file().read_bytes())
    lu = json.loads(attestation)
    assert lu["document"]["sha256"] == scelle.version.h0
    assert [s["nom"] for s in lu["signataires"]] == ["Camille Aubert", "Dominique Lefèvre-Œuvrard"]
    assert scelle.dossier is not None
    assert lu["dossier_de_preuve_sha256"] == scelle.dossier.empreinte
    assert b"@" not in attestation
    assert b"192.0.2.1" not in attestation
    assert b"192.0.2.1" not in final
    assert b"192.0.2.1" in scelle.dossier.lire()


def _pdfsig(tmp_path: Path, octets: bytes) -> str:
    """Its words, never its exit code: it answers 0 on a wrong digest."""
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig (paquet poppler-utils) n’est pas sur cette machine")
    fichier = tmp_path / "essai.pdf"
    fichier.write_bytes(octets)
    lance = subprocess.run(["pdfsig", "-nocert", str(fichier)], capture_output=True, text=True, check=False)
    return lance.stdout


def test_pdfsig_agrees(final: bytes, tmp_path: Path) -> None:
    texte = _pdfsig(tmp_path, final)
    assert "Signature Validation: Signature is Valid." in texte
    assert "ETSI.CAdES.detached" in texte
    abime = _retourner_un_bit(final)
    assert "Digest Mismatch" in _pdfsig(tmp_path, abime)


# --- Sabotages ------------------------------------------------------------------------------------


def _retourner_un_bit(octets: bytes) -> bytes:
    """One bit of a page's compressed text, inside V."""
    debut = octets.index(b"stream\n") + 2000
    return octets[:debut] + bytes([octets[debut] ^ 1]) + octets[debut + 1 :]


def _renommer_la_piece(octets: bytes) -> bytes:
    assert octets.count(rb"(evidence\056json)") >= 1
    return octets.replace(rb"(evidence\056json)", rb"(evidencf\056json)")


def _changer_l_horodatage(octets: bytes) -> bytes:
    """One digit of the date inside the signature's own time stamp."""
    champ = re.search(rb"/Contents <([0-9a-fA-F]+)>", octets)
    assert champ is not None
    date = re.search(rb"180f(3[0-9]){14}5a", champ.group(1), re.IGNORECASE)
    assert date is not None
    place = champ.start(1) + date.end() - 3
    return octets[:place] + (b"1" if octets[place : place + 1] != b"1" else b"2") + octets[place + 1 :]


def _annoter(octets: bytes) -> bytes:
    ecrivain = IncrementalPdfFileWriter(io.BytesIO(octets))
    page = ecrivain.find_page_for_modification(0)[0].get_object()
    note = ecrivain.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Text"),
                pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 50, 90, 90)]),
                pdf_name("/Contents"): generic.TextStringObject("ajout"),
            }
        )
    )
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), note])
    ecrivain.update_container(page)
    return _ecrire(ecrivain)


def _joindre(octets: bytes) -> bytes:
    ecrivain = IncrementalPdfFileWriter(io.BytesIO(octets))
    fichier = embed.EmbeddedFileObject.from_file_data(ecrivain, data=b"{}", mime_type="application/json")
    embed.embed_file(ecrivain, embed.FileSpec("autre.json", embedded_data=fichier))
    return _ecrire(ecrivain)


def _ecrire(ecrivain: IncrementalPdfFileWriter) -> bytes:
    sortie = io.BytesIO()
    ecrivain.write(sortie)
    return sortie.getvalue()


def _commenter(octets: bytes) -> bytes:
    return octets + b"\n% ajout\n"


@pytest.mark.parametrize(
    "sabotage", [_retourner_un_bit, _renommer_la_piece, _changer_l_horodatage, _annoter, _joindre, _commenter]
)
def test_every_sabotage_is_refused(final: bytes, sabotage: Callable[[bytes], bytes]) -> None:
    abime = sabotage(final)
    assert abime != final
    verdict = verification.par_fichier(abime)
    assert verdict.genre == verification.ALTERE
    assert "pas authentique" in verdict.phrase
    if sabotage is not _changer_l_horodatage:
        assert verification.controler(abime) != []


def test_nothing_can_be_signed_after_the_seal(final: bytes) -> None:
    ecrivain = IncrementalPdfFileWriter(io.BytesIO(final))
    fields.append_signature_field(ecrivain, fields.SigFieldSpec("Autre"))
    with pytest.raises(SigningError):
        signers.PdfSigner(signers.PdfSignatureMetadata(field_name="Autre"), autorite.identite().signataire).sign_pdf(
            ecrivain, output=io.BytesIO()
        )
