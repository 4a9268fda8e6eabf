"""Who seals: the operator's certificate, or an authority of our own made at first start.

Local: an EC P-256 root (10 years), a seal (3 years), a time-stamping certificate (10 years) and a
CRL, in ``var/sceau`` (0700), made under a temporary name then renamed: two processes that start
together end with the same one. ``PCTI_SCEAU_P12`` and ``PCTI_TSA_URL`` replace it in production.
"""

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, keys, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from pyhanko.sign import signers
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko.sign.timestamps.common_utils import get_nonce
from pyhanko_certvalidator.registry import SimpleCertificateStore

from socle.fichiers import ecrire_atomique

VIE_RACINE = timedelta(days=3652)
VIE_SCEAU = timedelta(days=1096)
VIE_CRL = timedelta(days=30)
# Re-signed when it has less than this to live, and the seal re-issued.
MARGE_CRL = timedelta(days=7)
MARGE_SCEAU = timedelta(days=30)
DELAI_TSA = 5
# Policy of our own time stamps: an identifier of the UUID arc, nobody else's.
POLITIQUE = "2.25.207465203983164726480274655817323511201"


def _usages(*, engage: bool) -> x509.KeyUsage:
    """Sign data; and, for the seal, stand by it (validators ask for one or the other)."""
    return x509.KeyUsage(True, engage, False, False, False, False, False, False, False)


class SceauInutilisable(Exception):
    """The seal's configuration is wrong: file, password, expired certificate."""


@dataclass(frozen=True)
class Identite:
    """What seals: the signer, where times come from, whom to trust to judge it."""

    signataire: signers.SimpleSigner
    horodateur: TimeStamper
    racines: list[asn1_x509.Certificate]
    crls: list[asn1_crl.CertificateList]
    # All local: every status is known here, so revocation data are required, never guessed.
    locale: bool
    usage: str
    nom: str


def dossier() -> Path:
    return Path(settings.VAR) / "sceau"


def identite() -> Identite:
    """The identity that seals now. Raises SceauInutilisable."""
    locale = autorite_locale()
    if settings.PCTI_SCEAU_P12:
        signataire, racines = de_pkcs12(settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE)
    else:
        signataire, racines = locale.signataire(), []
    certificat = signataire.signing_cert
    if certificat is None:
        raise SceauInutilisable("Le cachet n’a pas de certificat.")
    if certificat.not_valid_after < datetime.now(UTC):
        raise SceauInutilisable("Le certificat du cachet a expiré.")
    usages = set(certificat.key_usage_value.native) if certificat.key_usage_value else {"digital_signature"}
    return Identite(
        signataire=signataire,
        horodateur=HTTPTimeStamper(settings.PCTI_TSA_URL, timeout=DELAI_TSA)
        if settings.PCTI_TSA_URL
        else locale.horodateur(),
        racines=[locale.racine(), *racines],
        crls=[locale.crl()],
        locale=not settings.PCTI_SCEAU_P12 and not settings.PCTI_TSA_URL,
        usage="non_repudiation" if "non_repudiation" in usages else "digital_signature",
        nom=str(certificat.subject.native.get("organization_name") or certificat.subject.native.get("common_name")),
    )


def racines_connues() -> list[asn1_x509.Certificate]:
    """The authorities whose seals this portal made, to judge a document."""
    racines = [autorite_locale().racine()]
    if settings.PCTI_SCEAU_P12:
        with contextlib.suppress(SceauInutilisable):
            racines += de_pkcs12(settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE)[1]
    return racines


@lru_cache(maxsize=4)
def _charger_pkcs12(chemin: str, secret: str, _modifie: float) -> tuple[signers.SimpleSigner, tuple[Any, ...]]:
    signataire = signers.SimpleSigner.load_pkcs12(chemin, passphrase=secret.encode() or None)
    if signataire is None:
        raise SceauInutilisable("Le fichier PCTI_SCEAU_P12 ne s’ouvre pas : mot de passe ou format.")
    chaine = [c for c in signataire.cert_registry if c.ca]
    racines = [c for c in chaine if c.self_issued] or chaine or [signataire.signing_cert]
    return signataire, tuple(racines)


def de_pkcs12(chemin: str, secret: str) -> tuple[signers.SimpleSigner, list[asn1_x509.Certificate]]:
    """Kept loaded: reading an RSA key and checking it costs a tenth of a second each time."""
    try:
        signataire, racines = _charger_pkcs12(chemin, secret, os.stat(chemin).st_mtime)
    except OSError as erreur:
        raise SceauInutilisable(f"Le fichier PCTI_SCEAU_P12 est illisible : {erreur}") from erreur
    return signataire, list(racines)


# --- Local authority ------------------------------------------------------------------------------


class AutoriteLocale:
    """The files of ``var/sceau``."""

    def __init__(self, chemin: Path) -> None:
        self.chemin = chemin

    def _lire(self, nom: str) -> bytes:
        return (self.chemin / nom).read_bytes()

    def _certificat(self, nom: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self._lire(f"{nom}.crt"))

    def _cle(self, nom: str) -> ec.EllipticCurvePrivateKey:
        cle = serialization.load_der_private_key(self._lire(f"{nom}.cle"), None)
        if not isinstance(cle, ec.EllipticCurvePrivateKey):
            raise SceauInutilisable(f"{nom}.cle n’est pas une clé EC")
        return cle

    def racine(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self._lire("racine.crt"))

    def signataire(self) -> signers.SimpleSigner:
        """The local seal, issued again when its certificate nears its end."""
        if self._certificat("sceau").not_valid_after_utc < datetime.now(UTC) + MARGE_SCEAU:
            _emettre_sceau(self.chemin, self._certificat("racine"), self._cle("racine"))
        magasin = SimpleCertificateStore()
        magasin.register(self.racine())
        return signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(self._lire("sceau.crt")),
            signing_key=keys.PrivateKeyInfo.load(self._lire("sceau.cle")),
            cert_registry=magasin,
        )

    def horodateur(self) -> "HorodateurLocal":
        return HorodateurLocal(
            asn1_x509.Certificate.load(self._lire("horodatage.crt")), self._cle("horodatage"), self.racine()
        )

    def crl(self) -> asn1_crl.CertificateList:
        """The revocation list, signed again before it ends."""
        lue = x509.load_der_x509_crl(self._lire("racine.crl"))
        fin = lue.next_update_utc
        if fin is None or fin < datetime.now(UTC) + MARGE_CRL:
            ecrire_atomique(
                self.chemin / "racine.crl", _crl(self._certificat("racine"), self._cle("racine")), mode=0o600
            )
        return asn1_crl.CertificateList.load(self._lire("racine.crl"))


def autorite_locale() -> AutoriteLocale:
    """The local authority, made now if it doesn't exist yet; whole or not at all."""
    final = dossier()
    if not (final / "racine.crt").exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        brouillon = Path(tempfile.mkdtemp(dir=final.parent, prefix=".sceau."))
        try:
            _creer(brouillon)
            # Fails when another process was faster: its authority is the one.
            os.rename(brouillon, final)
        except OSError:
            if not (final / "racine.crt").exists():
                raise
        finally:
            shutil.rmtree(brouillon, ignore_errors=True)
    return AutoriteLocale(final)


def _creer(chemin: Path) -> None:
    chemin.chmod(0o700)
    cle = ec.generate_private_key(ec.SECP256R1())
    nom = _nom("Autorité locale du portail PCTI")
    racine = (
        _certificat(nom, nom, cle.public_key(), VIE_RACINE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(cle.public_key()), critical=False)
        .sign(cle, hashes.SHA256())
    )
    _ecrire_paire(chemin, "racine", racine, cle)
    _emettre_sceau(chemin, racine, cle)
    cle_tsa = ec.generate_private_key(ec.SECP256R1())
    tsa = (
        _certificat(_nom("Horodatage local du portail PCTI"), racine.subject, cle_tsa.public_key(), VIE_RACINE)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(_usages(engage=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(cle.public_key()), critical=False)
        .sign(cle, hashes.SHA256())
    )
    _ecrire_paire(chemin, "horodatage", tsa, cle_tsa)
    ecrire_atomique(chemin / "racine.crl", _crl(racine, cle), mode=0o600)


def _emettre_sceau(chemin: Path, racine: x509.Certificate, cle_racine: ec.EllipticCurvePrivateKey) -> None:
    cle = ec.generate_private_key(ec.SECP256R1())
    certificat = (
        _certificat(
            _nom("Cachet du portail PCTI (sans valeur probante de tiers)"), racine.subject, cle.public_key(), VIE_SCEAU
        )
        .add_extension(_usages(engage=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(cle_racine.public_key()), critical=False)
        .sign(cle_racine, hashes.SHA256())
    )
    _ecrire_paire(chemin, "sceau", certificat, cle)


def _nom(commun: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PCTI Normandie"),
            x509.NameAttribute(NameOID.COMMON_NAME, commun),
        ]
    )


def _certificat(
    sujet: x509.Name, emetteur: x509.Name, cle: ec.EllipticCurvePublicKey, vie: timedelta
) -> x509.CertificateBuilder:
    maintenant = datetime.now(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(sujet)
        .issuer_name(emetteur)
        .public_key(cle)
        .serial_number(x509.random_serial_number())
        # A clock a little late must not make the very first seal invalid.
        .not_valid_before(maintenant - timedelta(minutes=5))
        .not_valid_after(maintenant + vie)
    )


def _crl(racine: x509.Certificate, cle: ec.EllipticCurvePrivateKey) -> bytes:
    maintenant = datetime.now(UTC).replace(microsecond=0)
    liste = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(racine.subject)
        .last_update(maintenant - timedelta(minutes=5))
        .next_update(maintenant + VIE_CRL)
        .add_extension(x509.CRLNumber(int(maintenant.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(cle.public_key()), critical=False)
        .sign(cle, hashes.SHA256())
    )
    return liste.public_bytes(serialization.Encoding.DER)


def _ecrire_paire(chemin: Path, nom: str, certificat: x509.Certificate, cle: ec.EllipticCurvePrivateKey) -> None:
    # The key first: a certificate without its key would be found and used.
    secret = cle.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ecrire_atomique(chemin / f"{nom}.cle", secret, mode=0o600)
    ecrire_atomique(chemin / f"{nom}.crt", certificat.public_bytes(serialization.Encoding.DER), mode=0o600)


class HorodateurLocal(TimeStamper):
    """Time stamps of RFC 3161, signed here with the local time-stamping key (ECDSA, SHA-256)."""

    def __init__(
        self,
        certificat: asn1_x509.Certificate,
        cle: ec.EllipticCurvePrivateKey,
        racine: asn1_x509.Certificate,
        *,
        instant: datetime | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.certificat, self.cle, self.racine, self.instant = certificat, cle, racine, instant

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return self.repondre(req)

    def repondre(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Answer a request as a server would."""
        info = {
            "version": "v1",
            "policy": tsp.ObjectIdentifier(POLITIQUE),
            "message_imprint": req["message_imprint"],
            "serial_number": get_nonce(),
            "gen_time": (self.instant or datetime.now(UTC)).replace(microsecond=0),
            "tsa": asn1_x509.GeneralName(name="directory_name", value=self.certificat.subject),
        }
        if req["nonce"].native is not None:
            info["nonce"] = req["nonce"]
        return tsp.TimeStampResp(
            {
                "status": tsp.PKIStatusInfo({"status": tsp.PKIStatus("granted")}),
                "time_stamp_token": cms.ContentInfo(
                    {"content_type": "signed_data", "content": self._signer(tsp.TSTInfo(info).dump())}
                ),
            }
        )

    def _signer(self, info: bytes) -> cms.SignedData:
        condensat = hashes.Hash(hashes.SHA256())
        condensat.update(info)
        attributs = cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(self.certificat)),
                simple_cms_attribute("message_digest", condensat.finalize()),
            ]
        )
        algorithme = algos.DigestAlgorithm({"algorithm": "sha256"})
        emetteur = {"issuer": self.certificat.issuer, "serial_number": self.certificat.serial_number}
        signature = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(emetteur)}),
                "digest_algorithm": algorithme,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signed_attrs": attributs,
                "signature": self.cle.sign(attributs.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": cms.DigestAlgorithms([algorithme]),
                "encap_content_info": cms.EncapsulatedContentInfo(
                    {"content_type": cms.ContentType("tst_info"), "content": core.ParsableOctetString(info)}
                ),
                "certificates": [self.certificat, self.racine],
                "signer_infos": [signature],
            }
        )
