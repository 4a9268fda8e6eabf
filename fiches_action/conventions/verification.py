"""Is this document one of ours, and intact? One sentence, then the details.

Green only for bytes registered here (their SHA-256 is known): the answer is immediate. Anything
else is examined apart (``examen.py``) to say why not: altered since its seal, frozen text without signatures,
signed elsewhere, not signed, not a PDF. Nothing of the file is kept.
"""

import hashlib
import io
import logging
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp

from fiches_action.conventions import examen
from fiches_action.conventions.autorite import racines_connues
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.examen import Constat, est_horodatage
from fiches_action.conventions.models import Convention, Document, Scellement, Version
from socle.templatetags.typographie import heure, jour

journal = logging.getLogger(__name__)
AUTHENTIQUE, INCOMPLET, ALTERE, INCONNU, ILLISIBLE = "authentique", "incomplet", "altere", "inconnu", "illisible"
_TONS = {AUTHENTIQUE: "succes", INCOMPLET: "alerte", ALTERE: "erreur", INCONNU: "alerte", ILLISIBLE: "erreur"}


@dataclass
class Verdict:
    genre: str
    phrase: str
    details: list[tuple[str, str]] = field(default_factory=list)
    convention: Convention | None = None
    version: Version | None = None

    @property
    def ton(self) -> str:
        return _TONS[self.genre]


def par_numero(reference: str, code: str) -> Verdict | None:
    """The state of an agreement, for whoever holds both its number and a code printed on it."""
    version = (
        Version.objects.select_related("convention", "document")
        .filter(convention__reference=reference, code_controle=code)
        .first()
    )
    if version is None:
        return None
    scellement = Scellement.objects.select_related("document").filter(version=version).first()
    convention = version.convention
    courante = convention.version_courante
    if scellement is not None and scellement.document is not None:
        phrase = f"La convention {reference} est authentique\u00a0: signée par toutes ses parties et scellée"
        return Verdict(
            AUTHENTIQUE,
            f"{phrase} le {jour(scellement.scelle_le)}.",
            _details(version, scellement),
            convention,
            version,
        )
    if courante is None or courante.pk != version.pk:
        phrase = (
            f"Cette version {version.numero} de la convention {reference} a été remplacée\u00a0: elle ne vaut rien."
        )
    elif convention.etat == Etat.ANNULEE:
        phrase = f"La convention {reference} a été annulée\u00a0: ce document ne vaut rien."
    elif convention.etat == Etat.REFUSEE:
        phrase = f"La convention {reference} a été refusée par un signataire\u00a0: ce document ne vaut rien."
    elif convention.etat == Etat.SIGNEE:
        phrase = f"La convention {reference} est signée par toutes ses parties\u00a0; son scellement est en attente."
    else:
        phrase = f"La convention {reference} n’est pas encore signée par toutes ses parties."
    return Verdict(INCOMPLET, phrase, _details(version, None), convention, version)


def par_fichier(octets: bytes) -> Verdict:
    """Judge a file. Never raises for what the file contains."""
    empreinte = hashlib.sha256(octets).hexdigest()
    scellement = (
        Scellement.objects.select_related("version__convention", "version__document", "document")
        .filter(document=empreinte)
        .first()
    )
    if scellement is not None:
        version = scellement.version
        return Verdict(
            AUTHENTIQUE,
            f"Ce document est authentique et intact\u00a0: c’est la convention {version.convention.reference}, "
            f"signée par toutes ses parties et scellée le {jour(scellement.scelle_le)}.",
            _details(version, scellement),
            version.convention,
            version,
        )
    version_v = Version.objects.select_related("convention", "document").filter(document=empreinte).first()
    if version_v is not None:
        return Verdict(
            INCOMPLET,
            f"C’est bien le texte de la convention {version_v.convention.reference}, version {version_v.numero}, "
            "mais sans ses signatures ni son cachet\u00a0: demandez l’exemplaire scellé.",
            _details(version_v, None),
            version_v.convention,
            version_v,
        )
    if not octets.startswith(b"%PDF-"):
        return Verdict(ILLISIBLE, "Ce fichier n’est pas un PDF\u00a0: il ne vient pas du portail.")
    return _analyser(octets, empreinte)


def _details(version: Version, scellement: Scellement | None) -> list[tuple[str, str]]:
    """Public facts of a version: structures, never a person's name."""
    convention = version.convention
    parties = ", ".join(partie.nom for partie in convention.parties.all())
    faits = [
        ("Convention", f"{convention.reference}, version {version.numero}"),
        ("Titre", convention.titre),
        ("Parties", parties),
        ("Texte figé le", f"{jour(version.figee_le)} à {heure(version.figee_le)}"),
        ("Empreinte SHA-256 du texte", version.h0),
    ]
    if scellement is not None and scellement.document is not None:
        faits += [
            ("Scellé le", f"{jour(scellement.scelle_le)} à {heure(scellement.scelle_le)}"),
            ("Niveau du cachet", scellement.niveau),
            ("Empreinte SHA-256 du document scellé", scellement.document.empreinte),
        ]
        if convention.etat == Etat.RESILIEE:
            faits.append(("Aujourd’hui", "Résiliée"))
        elif convention.vie is not None:
            faits.append(("Aujourd’hui", convention.vie.label))
    return faits


# --- Analysis of a file that isn't registered --------------------------------------------------------


def _analyser(octets: bytes, empreinte: str) -> Verdict:
    origine, base = _par_octets(octets), [("Empreinte SHA-256 du fichier", empreinte)]
    try:
        lu = examen.examiner_a_part(octets, racines_connues())
    except examen.Occupe:
        return Verdict(INCONNU, "Un autre fichier est à l’examen. Déposez de nouveau le vôtre dans un instant.", base)
    except examen.ExamenImpossible as erreur:
        journal.info("fichier illisible à la vérification : %s", erreur)
        lu = examen.Examen()
    if lu.defauts:
        journal.info("fichier abîmé à la vérification : %s", "\u00a0; ".join(lu.defauts))
    if origine is None and lu.origine is not None:
        reference, numero = lu.origine
        liees = Version.objects.select_related("convention", "document")
        origine = liees.filter(convention__reference=reference, numero=numero).first()
    return _juger(origine, lu.constats, base)


def _juger(origine: Version | None, constats: list[Constat] | None, base: list[tuple[str, str]]) -> Verdict:
    if origine is not None:
        return _altere(origine, base + [fait for constat in constats or [] for fait in constat.faits])
    if constats is None:
        return Verdict(ILLISIBLE, "Ce PDF est abîmé\u00a0: ses signatures ne peuvent pas être lues.", base)
    details = base + [fait for constat in constats for fait in constat.faits]
    if not constats:
        return Verdict(INCONNU, "Ce PDF n’est pas signé, et il n’est pas enregistré ici.", details)
    if not all(constat.intact for constat in constats):
        return Verdict(ALTERE, "Ce PDF a été modifié après sa signature, et il n’est pas enregistré ici.", details)
    if any(constat.des_notres for constat in constats):
        return Verdict(
            INCONNU,
            "Ce PDF porte un cachet de ce portail, mais il n’est pas enregistré ici\u00a0: ne vous y fiez pas.",
            details,
        )
    return Verdict(
        INCONNU,
        "Ce PDF est signé et n’a pas été modifié depuis, mais il n’est pas enregistré ici\u00a0: "
        "le portail ne peut pas dire ce qu’il vaut.",
        details,
    )


def _altere(version: Version, details: list[tuple[str, str]]) -> Verdict:
    return Verdict(
        ALTERE,
        f"Ce document n’est pas authentique\u00a0: il se présente comme la convention {version.convention.reference}, "
        "mais il a été modifié. Ne vous y fiez pas.",
        details,
        version.convention,
        version,
    )


def _par_octets(octets: bytes) -> Version | None:
    """Which of our documents this file begins with, byte for byte."""
    for taille in _tailles_connues(len(octets)):
        tete = hashlib.sha256(octets[:taille]).hexdigest()
        version = (
            Version.objects.select_related("convention", "document").filter(document=tete).first()
            or Version.objects.select_related("convention", "document").filter(scellement__document=tete).first()
        )
        if version is not None:
            return version
    return None


def _tailles_connues(maximum: int) -> list[int]:
    """Lengths of our documents that this file could begin with (each hash is a pass over it: few)."""
    tailles = Document.objects.filter(octets__lt=maximum, genre__in=("version", "scelle"))
    return list(tailles.order_by("-octets").values_list("octets", flat=True).distinct()[:50])


def controler(octets: bytes) -> list[str]:
    """Full judgement of one of our sealed documents (``verifier_integrite``); empty when all is well.

    Every signature and time stamp untouched, nothing added after the certification but what
    long-term archiving adds, nothing after the end of the file.
    """
    constats: list[str] = []
    signatures = list(PdfFileReader(io.BytesIO(octets)).embedded_signatures)
    contexte = examen.contexte(racines_connues())
    if not signatures:
        constats.append("aucune signature")
    if not octets.rstrip(b"\r\n").endswith(b"%%EOF"):
        constats.append("des octets suivent la fin du fichier")
    for signature in signatures:
        nom = signature.field_name
        if est_horodatage(signature):
            statut: Any = validate_pdf_timestamp(signature, contexte)
        else:
            statut = validate_pdf_signature(signature, contexte, key_usage_settings=examen.USAGES)
            # After the certification, only what long-term archiving adds (time stamps, revocation data).
            if statut.docmdp_ok is False or statut.modification_level > ModificationLevel.LTA_UPDATES:
                constats.append(f"{nom}\u00a0: ajout interdit après le cachet")
        if not (statut.intact and statut.valid):
            constats.append(f"{nom}\u00a0: contenu modifié")
    return constats
