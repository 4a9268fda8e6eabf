"""The seal: one incremental revision over V, so that the sealed file begins with V byte for byte.

The revision adds the attestation (evidence.json), a visible stamp in the box of each signatory and
the certification signature (no change allowed), as PAdES B-LTA. What can't be had (a time stamp, a
revocation list) stops everything: a seal is never made weaker in silence.
"""

import asyncio
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.utils.html import escape
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from fiches_action.conventions.autorite import HorodateurLocal, Identite
from socle.documents import rendre_html

NIVEAU = "PAdES B-LTA"
CHAMP = "Cachet"
# Print, read only, locked: nobody moves a stamp.
_DRAPEAUX = 4 | 64 | 128
# The appearance fills its box.
_PLEIN = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, margins=Margins.uniform(0))
_TAILLES = (8.0, 7.2, 6.4, 5.6, 4.8)


class SceauRefuse(Exception):
    """The sealed file would be wrong; nothing is written."""


class SceauEnAttente(Exception):
    """A part outside is silent (time stamping, revocation lists): try again later."""


@dataclass(frozen=True)
class Tampon:
    """What a stamp says and where: page, x1, y1, x2, y2 in points."""

    lignes: tuple[str, ...]
    case: tuple[int, float, float, float, float]

    @property
    def texte(self) -> str:
        return ". ".join(self.lignes)

    @property
    def taille(self) -> tuple[float, float]:
        _, x1, y1, x2, y2 = self.case
        return round(x2 - x1, 2), round(y2 - y1, 2)


class _Ecrivain(IncrementalPdfFileWriter):
    """PDF/A-3 is PDF 1.7: an attachment or an EC key must not move the catalog to 2.0."""

    output_version = (1, 7)

    def ensure_output_version(self, version: Any) -> None:
        if version <= (1, 7):
            super().ensure_output_version(version)  # type: ignore[no-untyped-call]


class _SignataireRSA(signers.SimpleSigner):
    """An RSA key read once: pyHanko checks it at each signature, a tenth of a second each."""

    _cle: rsa.RSAPrivateKey | None = None

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if self._cle is None:
            der = self.signing_key.dump()
            self._cle = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)  # type: ignore[assignment]
        assert self._cle is not None  # noqa: S101 (for the type checker)
        if dry_run:
            return bytes(self._cle.key_size // 8)
        return self._cle.sign(data, padding.PKCS1v15(), getattr(hashes, digest_algorithm.upper())())


def sceller(
    v: bytes, attestation: bytes, tampons: Sequence[Tampon], cachet: Tampon, identite: Identite, *, le: datetime
) -> bytes:
    """V with its seal. Raises SceauEnAttente (retry) or SceauRefuse (a person must look)."""
    ecrivain = _Ecrivain(io.BytesIO(v))
    _joindre(ecrivain, attestation, le)
    vignettes = _importer(ecrivain, [*tampons, cachet])
    emplacements = _emplacements(ecrivain, len(tampons) + 1)
    for rang, tampon in enumerate(tampons):
        _poser_tampon(ecrivain, tampon, vignettes[rang], emplacements[rang], f"signature-{rang + 1}", le)
    _poser_champ(ecrivain, cachet, emplacements[-1])
    final = _certifier(ecrivain, identite, cachet, vignettes[-1])
    if final[: len(v)] != v:
        raise SceauRefuse("le fichier scellé ne commence pas par la version figée")
    return final


# --- Attachment -----------------------------------------------------------------------------------


def _joindre(ecrivain: _Ecrivain, attestation: bytes, le: datetime) -> None:
    fichier = embed.EmbeddedFileObject.from_file_data(
        ecrivain,
        data=attestation,
        mime_type="application/json",
        params=embed.EmbeddedFileParams(creation_date=le, modification_date=le),
    )
    embed.embed_file(
        ecrivain,
        embed.FileSpec(
            file_spec_string="evidence.json",
            file_name="evidence.json",
            embedded_data=fichier,
            description="Attestation de signature de la convention",
            af_relationship=pdf_name("/Data"),
        ),
    )


# --- Stamps ---------------------------------------------------------------------------------------


def _rendre_vignettes(tampons: Sequence[Tampon]) -> bytes:
    """One page per stamp, exactly its size; the letters shrink until everything fits."""
    for taille in _TAILLES:
        styles, corps = [], []
        for rang, tampon in enumerate(tampons):
            largeur, hauteur = tampon.taille
            styles.append(f"@page v{rang} {{ size: {largeur}pt {hauteur}pt; margin: 0 }} .v{rang} {{ page: v{rang} }}")
            premiere, *suite = (escape(ligne) for ligne in tampon.lignes)
            corps.append(f'<div class="v v{rang}"><p class="un">{premiere}</p><p>{"<br>".join(suite)}</p></div>')
        html = (
            '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Tampons</title><style>'
            f"{' '.join(styles)} .v {{ font-size: {taille}pt; line-height: 1.3; color: #16324f; "
            "padding: 1.5mm 1mm 0; break-after: page } .v:last-child { break-after: auto } "
            ".v p { margin: 0 } .un { font-weight: 700 }"
            f"</style></head><body>{''.join(corps)}</body></html>"
        )
        rendu = rendre_html(html, variante="")
        if rendu.pages == len(tampons):
            return rendu.pdf
    raise SceauRefuse("le texte d’un tampon ne tient pas dans sa case")


def _importer(ecrivain: _Ecrivain, tampons: Sequence[Tampon]) -> list[Any]:
    """The pages of the small PDF as form objects; their fonts are copied once."""
    lecteur = PdfFileReader(io.BytesIO(_rendre_vignettes(tampons)))
    ressources: Any = None
    formes = []
    for rang, tampon in enumerate(tampons):
        page, brutes = lecteur.find_page_for_modification(rang)
        if ressources is None:
            ressources = ecrivain.import_object(brutes)
            _renommer_polices(ressources.get_object())
        largeur, hauteur = tampon.taille
        forme = generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): _nombres(0, 0, largeur, hauteur),
                pdf_name("/Resources"): ressources,
            },
            stream_data=page.get_object()["/Contents"].data,
        )
        forme.compress()
        formes.append(ecrivain.add_object(forme))
    return formes


def _renommer_polices(ressources: Any) -> None:
    """Another subset of a font of V needs another tag (ISO 32000-1, 9.6.4)."""
    for nom in ressources["/Font"]:
        police = ressources["/Font"][nom]
        descendante = police["/DescendantFonts"][0]
        renomme = pdf_name("/SCEAUX+" + str(police["/BaseFont"]).rpartition("+")[2])
        police["/BaseFont"] = descendante["/BaseFont"] = descendante["/FontDescriptor"]["/FontName"] = renomme


def _nombres(*valeurs: float) -> generic.ArrayObject:
    return generic.ArrayObject(generic.FloatObject(str(valeur)) for valeur in valeurs)


def _poser_tampon(ecrivain: _Ecrivain, tampon: Tampon, forme: Any, emplacement: Any, nom: str, le: datetime) -> None:
    page = ecrivain.find_page_for_modification(tampon.case[0])[0]  # type: ignore[no-untyped-call]
    annotation = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Stamp"),
            pdf_name("/Rect"): _nombres(*tampon.case[1:]),
            pdf_name("/Contents"): generic.TextStringObject(tampon.texte),
            pdf_name("/NM"): pdf_string(nom),
            pdf_name("/M"): generic.pdf_date(le),
            pdf_name("/F"): generic.NumberObject(_DRAPEAUX),
            pdf_name("/P"): page,
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): forme}),
        }
    )
    reference = ecrivain.add_object(annotation)
    _ajouter_annotation(ecrivain, page.get_object(), reference)
    _baliser(ecrivain, reference, page, emplacement, "/Annot", tampon.texte)


def _ajouter_annotation(ecrivain: _Ecrivain, page: Any, reference: Any) -> None:
    if "/Annots" in page:
        annotations = page["/Annots"]
        annotations.append(reference)
        ecrivain.update_container(annotations)
    else:
        page["/Annots"] = generic.ArrayObject([reference])
    ecrivain.update_container(page)


# --- Structure tree -------------------------------------------------------------------------------


def _emplacements(ecrivain: _Ecrivain, attendus: int) -> list[Any]:
    """The empty boxes of V in the structure tree, in reading order: each stamp is read in its box.

    If V was made otherwise, the stamps are read at the end of the document.
    """
    racine = ecrivain.root["/StructTreeRoot"]["/K"]
    document = racine.raw_get(0) if isinstance(racine, generic.ArrayObject) else racine
    vides = list(_vides(document))
    return vides if len(vides) == attendus else [document] * attendus


def _vides(reference: Any) -> Iterator[Any]:
    element = reference.get_object()
    enfants = element.get("/K")
    if not isinstance(enfants, generic.ArrayObject):
        return
    if element["/S"] == "/Div" and len(enfants) == 0:
        yield reference
        return
    for rang in range(len(enfants)):
        enfant = enfants.raw_get(rang)
        if isinstance(enfant, generic.IndirectObject):
            cible = enfant.get_object()
            if isinstance(cible, generic.DictionaryObject) and "/S" in cible:
                yield from _vides(enfant)


def _baliser(ecrivain: _Ecrivain, annotation: Any, page: Any, parent: Any, role: str, texte: str) -> None:
    """Tag an annotation: a structure element, and the way back from the annotation to it."""
    element = ecrivain.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/StructElem"),
                pdf_name("/S"): pdf_name(role),
                pdf_name("/P"): parent,
                pdf_name("/Pg"): page,
                pdf_name("/Alt"): generic.TextStringObject(texte),
                pdf_name("/K"): generic.ArrayObject(
                    [
                        generic.DictionaryObject(
                            {
                                pdf_name("/Type"): pdf_name("/OBJR"),
                                pdf_name("/Obj"): annotation,
                                pdf_name("/Pg"): page,
                            }
                        )
                    ]
                ),
            }
        )
    )
    conteneur = parent.get_object()
    conteneur["/K"].append(element)
    ecrivain.update_container(conteneur["/K"])
    nombres = ecrivain.root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    cle = max(int(nombres[rang]) for rang in range(0, len(nombres), 2)) + 1
    nombres.extend([generic.NumberObject(cle), element])
    ecrivain.update_container(nombres)
    objet = annotation.get_object()
    objet["/StructParent"] = generic.NumberObject(cle)
    ecrivain.update_container(objet)


# --- Certification signature ----------------------------------------------------------------------


class _Vignette(PdfContent):
    """A form object already in the file, as appearance of the signature field."""

    def __init__(self, forme: Any, taille: tuple[float, float]) -> None:
        super().__init__(box=BoxConstraints(width=taille[0], height=taille[1]))
        self._forme = forme

    def render(self) -> bytes:
        self.resources.xobject["/Vignette"] = self._forme
        return b"/Vignette Do"


def _poser_champ(ecrivain: _Ecrivain, cachet: Tampon, emplacement: Any) -> None:
    fields.append_signature_field(
        ecrivain,
        fields.SigFieldSpec(
            sig_field_name=CHAMP,
            on_page=cachet.case[0],
            box=cachet.case[1:],  # type: ignore[arg-type]
            readable_field_name="Cachet électronique de l’organisme",
        ),
    )
    page = ecrivain.find_page_for_modification(cachet.case[0])[0]  # type: ignore[no-untyped-call]
    widget = page.get_object()["/Annots"].raw_get(-1)
    _baliser(ecrivain, widget, page, emplacement, "/Form", cachet.texte)


def _certifier(ecrivain: _Ecrivain, identite: Identite, cachet: Tampon, forme: Any) -> bytes:
    try:
        racines = [*identite.racines, *_racines_de_l_horodatage(identite)]
    except TimestampRequestError as erreur:
        raise SceauEnAttente(f"Le service d’horodatage ne répond pas : {erreur}") from erreur
    metadonnees = signers.PdfSignatureMetadata(
        field_name=CHAMP,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        timestamp_field_name="Horodatage",
        validation_context=contexte(identite, racines),
        signer_key_usage={identite.usage},
        reason="Convention signée par toutes les parties",
        name=identite.nom,
    )
    sortie = io.BytesIO()
    try:
        signers.PdfSigner(
            metadonnees,
            _signataire(identite),
            timestamper=identite.horodateur,
            stamp_style=StaticStampStyle(
                background=_Vignette(forme, cachet.taille), background_layout=_PLEIN, border_width=0
            ),
        ).sign_pdf(ecrivain, output=sortie)
    except TimestampRequestError as erreur:
        raise SceauEnAttente(f"Le service d’horodatage ne répond pas : {erreur}") from erreur
    except PathError as erreur:
        raise SceauEnAttente(f"La validité d’un certificat n’a pas pu être établie : {erreur}") from erreur
    return sortie.getvalue()


def contexte(identite: Identite, racines: Sequence[x509.Certificate]) -> ValidationContext:
    """Whom to trust while sealing. Outside the local authority, what a certificate promises is fetched."""
    return ValidationContext(
        trust_roots=racines,
        crls=identite.crls,
        other_certs=list(identite.signataire.cert_registry),
        allow_fetching=not identite.locale,
        revocation_mode="require" if identite.locale else "hard-fail",
    )


def _racines_de_l_horodatage(identite: Identite) -> list[x509.Certificate]:
    """The authority above the configured time-stamping service: choosing its address is trusting it.

    Asks for one token (kept to reserve the room of the next ones). Raises TimestampRequestError.
    """
    if isinstance(identite.horodateur, HorodateurLocal):
        return []
    asyncio.run(identite.horodateur.async_dummy_response("sha256"))
    certificats = list(identite.horodateur.cert_registry)
    return [c for c in certificats if c.self_issued] or [c for c in certificats if c.ca] or certificats


def _signataire(identite: Identite) -> signers.SimpleSigner:
    signataire = identite.signataire
    if not isinstance(signataire.signing_key, asn1_keys.PrivateKeyInfo) or signataire.signing_key.algorithm != "rsa":
        return signataire
    return _SignataireRSA(
        signing_cert=signataire.signing_cert,
        signing_key=signataire.signing_key,
        cert_registry=signataire.cert_registry,
        signature_mechanism=signataire.signature_mechanism,
    )


def empreinte(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
