"""Reading a PDF that a stranger dropped, in a process of its own, short of time and memory.

A file of two kilobytes can make a PDF parser work for hours (a form whose fields name each other):
no check of the bytes tells it beforehand. So the parser runs apart, and is stopped. This module
knows neither Django nor the database: it starts quickly and holds no secret.
"""

import io
import json
import os
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

# An organisation's seal may carry either: judge the content, not the style of its authority.
USAGES = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
# Beyond that, a file is no agreement: reading it would cost for nothing.
SIGNATURES_MAX = 40
# One of our agreements takes less than a second of processor.
SECONDES, SECONDES_MAX = 10, 20
MEMOIRE = 1024**3
# A visitor waits for the previous one at most so long (seconds).
ATTENTE = 15
RACINE = Path(__file__).resolve().parents[2]
_REFERENCE = re.compile(r"CV-\d{4}-\d{4,12}")
# One at a time per web process: hostile files can't take all its threads.
_un_seul = threading.BoundedSemaphore(1)


class ExamenImpossible(Exception):
    """The file can't be read: broken, or it asks for too much. The message is for the logs."""


class Occupe(Exception):
    """Another file is being examined: try again."""


@dataclass
class Constat:
    """One signature or time stamp."""

    intact: bool
    des_notres: bool
    faits: list[tuple[str, str]]


@dataclass
class Examen:
    """What a file says of itself. ``constats`` is None when its signatures can't be read."""

    constats: list[Constat] | None = None
    # (reference, version) that it claims by its attached attestation, or by its title.
    origine: tuple[str, int] | None = None
    defauts: list[str] = field(default_factory=list)


def examiner_a_part(octets: bytes, racines: Sequence[x509.Certificate]) -> Examen:
    """Examine in another process. Raises ExamenImpossible and Occupe."""
    entete = json.dumps([racine.dump().hex() for racine in racines]).encode()
    if not _un_seul.acquire(timeout=ATTENTE):
        raise Occupe
    try:
        fait = subprocess.run(
            [sys.executable, "-m", "fiches_action.conventions.examen"],
            input=entete + b"\n" + octets,
            capture_output=True,
            timeout=SECONDES_MAX,
            cwd=RACINE,
            check=True,
        )
        lu = json.loads(fait.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as erreur:
        raise ExamenImpossible(str(erreur)[:300]) from erreur
    finally:
        _un_seul.release()
    constats = lu["constats"]
    return Examen(
        None
        if constats is None
        else [Constat(c["intact"], c["des_notres"], [(n, v) for n, v in c["faits"]]) for c in constats],
        (lu["origine"][0], lu["origine"][1]) if lu["origine"] else None,
        lu["defauts"],
    )


def examiner(octets: bytes, racines: Sequence[x509.Certificate]) -> Examen:
    """Examine here and now: only for files of ours, or in a process that may be stopped."""
    examen = Examen()
    try:
        lecteur = PdfFileReader(io.BytesIO(octets), strict=False)
        examen.origine = _attestation(lecteur) or _titre(lecteur)
    except Exception as erreur:  # whatever a hostile or broken file does to the parser
        examen.defauts.append(f"origine : {erreur}"[:300])
    try:
        signatures = list(PdfFileReader(io.BytesIO(octets), strict=False).embedded_signatures)
        if len(signatures) > SIGNATURES_MAX:
            raise PdfError("trop de signatures")
        examen.constats = [_constater(signature, racines) for signature in signatures]
    except Exception as erreur:  # idem
        examen.defauts.append(f"signatures : {erreur}"[:300])
    return examen


def est_horodatage(signature: Any) -> bool:
    return str(signature.sig_object.get("/Type", "")) == "/DocTimeStamp"


def contexte(racines: Sequence[x509.Certificate]) -> ValidationContext:
    """These authorities and no other; nothing is fetched."""
    return ValidationContext(trust_roots=list(racines), allow_fetching=False, revocation_mode="soft-fail")


def _constater(signature: Any, racines: Sequence[x509.Certificate]) -> Constat:
    """Who, untouched or not, whether the authority is known here."""
    horodatage = est_horodatage(signature)
    nom = f"{'Horodatage' if horodatage else 'Signature'} « {str(signature.field_name)[:100]} »"
    try:
        if horodatage:
            statut: Any = validate_pdf_timestamp(signature, contexte(racines))
            permis = True
        else:
            statut = validate_pdf_signature(signature, contexte(racines), key_usage_settings=USAGES)
            permis = statut.docmdp_ok is not False
    except (SignatureValidationError, PdfError, ValueError) as erreur:
        return Constat(False, False, [(nom, f"illisible ou altérée ({str(erreur)[:200]})")])
    qui = str(statut.signing_cert.subject.native.get("common_name", "inconnu"))[:200]
    intact = bool(statut.intact and statut.valid and permis)
    complet = statut.coverage in (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
    faits = [
        (nom, f"par {qui}"),
        ("Contenu couvert", "intact" if intact else "modifié après la signature"),
        ("Autorité", "celle de ce portail" if statut.trusted else "inconnue de ce portail"),
    ]
    return Constat(intact and complet, bool(statut.trusted), faits)


def _suivre(objet: Any, *cles: str) -> Any:
    """objet[a][b]…, references followed; None where the file has nothing."""
    for cle in cles:
        if not isinstance(objet, dict) or cle not in objet:
            return None
        objet = objet[cle]
    return objet


def _attestation(lecteur: PdfFileReader) -> tuple[str, int] | None:
    noms = _suivre(lecteur.root, "/Names", "/EmbeddedFiles", "/Names") or []
    for rang in range(1, min(len(noms), 20), 2):
        flux = _suivre(noms[rang], "/EF", "/F")
        if flux is None or len(flux.data) > 1_000_000:
            continue
        try:
            lu = json.loads(flux.data)
            trouvee = _origine(lu["convention"], lu["version"])
        except (ValueError, KeyError, TypeError):
            continue
        if trouvee:
            return trouvee
    return None


def _titre(lecteur: PdfFileReader) -> tuple[str, int] | None:
    titre = str(_suivre(lecteur.trailer["/Info"], "/Title") or "") if "/Info" in lecteur.trailer else ""
    if not titre.startswith("Convention CV-"):
        return None
    reference, _, suite = titre.removeprefix("Convention ").partition(", version ")
    return _origine(reference, suite.partition(" ")[0])


def _origine(reference: Any, numero: Any) -> tuple[str, int] | None:
    """A claim in the form of ours; anything else is no claim."""
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        return None
    return (reference, int(numero)) if re.fullmatch(r"[0-9]{1,4}", str(numero)) else None


def principal() -> None:
    """Standard input: a line of authorities (JSON, DER in hexadecimal), then the file. Output: JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDES, SECONDES + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMOIRE, MEMOIRE))
    os.nice(5)
    entete = json.loads(sys.stdin.buffer.readline())
    racines = [x509.Certificate.load(bytes.fromhex(der)) for der in entete]
    examen = asdict(examiner(sys.stdin.buffer.read(), racines))
    # Only what UTF-8 can carry: a file may name its fields with halves of characters.
    sys.stdout.buffer.write(json.dumps(examen, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    principal()
