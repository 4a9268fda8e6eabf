"""Sealing once, whatever happens: workers at once, killed, a silent time-stamping service."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.checks import Error
from django.utils import timezone

from fiches_action.conventions import autorite, controles, scellement, tasks, verification
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.models import Convention, Document, Preuve, Scellement, Version
from fiches_action.conventions.scellement import GENRE_SCELLER
from socle.models import Courriel, Travail
from socle.travaux import ErreurPassagere, executer
from tests.conventions import fabriques
from tests.conventions.horodatage import ServiceHorodatage, service

RACINE = Path(__file__).resolve().parents[2]
Signee = tuple[Convention, Version]


@pytest.fixture
def tsa(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceHorodatage]:
    monkeypatch.setattr(autorite, "DELAI_TSA", 0.5)
    with service(tmp_path / "tsa") as serveur:
        settings.PCTI_TSA_URL = serveur.url
        yield serveur


# --- Through the job ------------------------------------------------------------------------------


def test_the_job_seals_once_and_tells_everybody(signee: Signee) -> None:
    convention, _ = signee
    travail = Travail.objects.get(genre=GENRE_SCELLER, objet=convention.reference)
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert travail.etat == Travail.Etat.REUSSI
    convention.refresh_from_db()
    assert convention.etat == Etat.SCELLEE
    avertis = list(Courriel.objects.filter(modele="conventions/scellee").values_list("destinataire", flat=True))
    assert len(avertis) == len(set(avertis)) == 4, "both signatories, the last one too, the coordination, the author"
    assert {"signataire1@exemple.test", "signataire2@exemple.test"} <= set(avertis)
    courriel = Courriel.objects.filter(modele="conventions/scellee").first()
    assert courriel is not None
    assert "/verifier/?numero=" in courriel.texte
    document = Scellement.objects.get().document
    # Asked again, by hand or by the schedule: nothing changes.
    scellement.sceller(convention.reference)
    assert Scellement.objects.get().document == document
    assert Preuve.objects.filter(acte="scellement").count() == 1
    assert tasks.reprendre_les_scellements() == 0


def test_the_schedule_asks_again_for_a_forgotten_seal(signee: Signee) -> None:
    assert tasks.reprendre_les_scellements() == 0, "a job already waits"
    Travail.objects.filter(genre=GENRE_SCELLER).delete()
    assert tasks.reprendre_les_scellements() == 1
    assert tasks.reprendre_les_scellements() == 0
    travail = Travail.objects.get(genre=GENRE_SCELLER)
    Travail.objects.filter(pk=travail.pk).update(etat=Travail.Etat.ECHOUE, fini_le=timezone.now())
    assert tasks.reprendre_les_scellements() == 0, "not at once after a failure"
    Travail.objects.filter(pk=travail.pk).update(fini_le=timezone.now() - scellement.REPIT - timedelta(seconds=1))
    assert tasks.reprendre_les_scellements() == 1


def test_a_lease_held_by_somebody_alive_is_respected_and_a_dead_one_taken(signee: Signee) -> None:
    ligne = Scellement.objects.get()
    bail = scellement.prendre_le_bail(ligne)
    with pytest.raises(ErreurPassagere, match="autre processus"):
        scellement.sceller(signee[0].reference)
    Scellement.objects.filter(pk=ligne.pk).update(bail_jusqua=timezone.now() - timedelta(seconds=1))
    fait = scellement.sceller(signee[0].reference)
    assert fait.document is not None
    # The first one wakes up late: it has lost its lease and writes nothing.
    with pytest.raises(Exception, match="scell"):
        scellement._inscrire(ligne, bail, b"%PDF-autre", b"{}")
    assert Scellement.objects.get().document == fait.document
    assert not Document.objects.filter(octets=len(b"%PDF-autre")).exists()


def test_a_seal_without_the_evidence_of_each_signature_is_refused(lancee: Signee) -> None:
    convention, _ = lancee
    Convention.objects.filter(pk=convention.pk).update(etat=Etat.SIGNEE)
    with pytest.raises(Exception, match="preuve d’une signature"):
        scellement.sceller(convention.reference)
    assert "preuve" in Scellement.objects.get().erreur
    convention.refresh_from_db()
    assert convention.etat == Etat.SIGNEE


def test_what_isnt_signed_isnt_sealed(lancee: Signee) -> None:
    with pytest.raises(Exception, match="En signature"):
        scellement.sceller(lancee[0].reference)


# --- Time stamping outside ------------------------------------------------------------------------


@pytest.mark.parametrize("panne", ["503", "refus", "muet"])
def test_a_silent_time_stamping_service_delays_the_seal_and_never_weakens_it(
    signee: Signee, tsa: ServiceHorodatage, panne: str
) -> None:
    convention, _ = signee
    travail = Travail.objects.get(genre=GENRE_SCELLER)
    tsa.panne = panne
    executer(str(travail.pk))
    travail.refresh_from_db()
    convention.refresh_from_db()
    assert tsa.recues == 1
    assert (travail.etat, convention.etat) == (Travail.Etat.EN_ATTENTE, Etat.SIGNEE)
    assert "horodatage" in travail.erreur
    assert travail.pas_avant > timezone.now()
    ligne = Scellement.objects.get()
    assert ligne.document is None
    assert ligne.bail_par is None, "the lease is given back at once"
    assert not Document.objects.filter(genre="scelle").exists()
    tsa.panne = ""
    tsa.lacher.set()
    executer(str(travail.pk))
    convention.refresh_from_db()
    assert convention.etat == Etat.SCELLEE
    document = Scellement.objects.get().document
    assert document is not None
    assert verification.controler(document.lire()) == []
    assert verification.par_fichier(document.lire()).genre == verification.AUTHENTIQUE


def test_a_service_that_fails_at_the_second_token_writes_nothing(signee: Signee, tsa: ServiceHorodatage) -> None:
    # Tokens: one to know the authority, one in the signature, one over the archive.
    original = tsa.horodateur.repondre

    def puis_se_taire(requete: Any) -> Any:
        if tsa.recues >= 3:
            tsa.panne = "503"
        return original(requete)

    tsa.horodateur.repondre = puis_se_taire  # type: ignore[method-assign, assignment]
    tsa.recues = 1
    with pytest.raises(ErreurPassagere):
        scellement.sceller(signee[0].reference)
    assert tsa.recues > 2
    assert Scellement.objects.get().document is None


# --- The operator's certificate -------------------------------------------------------------------


def _pkcs12(chemin: Path, secret: bytes, *, jours: int = 365) -> None:
    """An RSA seal under its own authority, as an operator receives it."""
    maintenant = datetime.now(UTC) - timedelta(days=2)

    def certificat(nom: str, emetteur: str, cle: Any, signe: Any, fin: datetime, *, ca: bool) -> x509.Certificate:
        def nommer(commun: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, commun)])

        return (
            x509.CertificateBuilder()
            .subject_name(nommer(nom))
            .issuer_name(nommer(emetteur))
            .public_key(cle.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(maintenant)
            .not_valid_after(fin)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(True, True, False, False, False, ca, ca, False, False), critical=True)
            .sign(signe, hashes.SHA256())
        )

    cle_ca = rsa.generate_private_key(65537, 2048)
    cle = rsa.generate_private_key(65537, 2048)
    ca = certificat("Autorité d’essai", "Autorité d’essai", cle_ca, cle_ca, maintenant + timedelta(days=900), ca=True)
    fin = maintenant + timedelta(days=jours)
    sceau = certificat("Région d’essai", "Autorité d’essai", cle, cle_ca, fin, ca=False)
    chemin.write_bytes(
        serialization.pkcs12.serialize_key_and_certificates(
            b"sceau", cle, sceau, [ca], serialization.BestAvailableEncryption(secret)
        )
    )


def test_the_operators_certificate_seals(signee: Signee, tmp_path: Path, settings: Any) -> None:
    chemin = tmp_path / "sceau.p12"
    _pkcs12(chemin, b"secret")
    settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE = str(chemin), "secret"
    assert controles.sceau_utilisable(None) == []
    fait = scellement.sceller(signee[0].reference)
    assert fait.document is not None
    assert verification.controler(fait.document.lire()) == []
    assert autorite.identite().nom == "Région d’essai"


def test_a_wrong_password_is_said_at_start_and_before_sending(scene: Any, tmp_path: Path, settings: Any) -> None:
    from fiches_action.conventions import operations

    direction = scene.personnes["direction"]
    convention, _ = fabriques.convention_figee(fabriques.preparer(scene), direction)
    chemin = tmp_path / "sceau.p12"
    _pkcs12(chemin, b"secret")
    settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE = str(chemin), "faux"
    assert [type(c) for c in controles.sceau_utilisable(None)] == [Error]
    with pytest.raises(operations.OperationRefusee, match="inutilisable"):
        operations.appliquer(convention, "lancer", direction)
    settings.PCTI_SCEAU_P12 = str(tmp_path / "absent.p12")
    assert [c.id for c in controles.sceau_utilisable(None)] == ["conventions.E001"]


def test_an_expired_or_soon_expired_certificate_is_said(tmp_path: Path, settings: Any) -> None:
    for jours, attendu in ((1, "conventions.E002"), (30, "conventions.W001")):
        chemin = tmp_path / f"{jours}.p12"
        _pkcs12(chemin, b"s", jours=jours)
        settings.PCTI_SCEAU_P12, settings.PCTI_SCEAU_MOT_DE_PASSE = str(chemin), "s"
        assert [c.id for c in controles.sceau_utilisable(None)] == [attendu]


# --- The local authority --------------------------------------------------------------------------


def test_the_local_authority_is_private_and_made_once(tmp_path: Path, settings: Any) -> None:
    settings.VAR = tmp_path
    premiere = autorite.autorite_locale().racine().dump()
    assert autorite.autorite_locale().racine().dump() == premiere
    assert (tmp_path / "sceau").stat().st_mode & 0o777 == 0o700
    assert all(f.stat().st_mode & 0o077 == 0 for f in (tmp_path / "sceau").iterdir())
    assert not list(tmp_path.glob(".sceau.*")), "no draft left"


def test_two_processes_that_start_together_end_with_one_authority(tmp_path: Path) -> None:
    programme = (
        "import django; django.setup()\n"
        "from fiches_action.conventions import autorite\n"
        "import hashlib; print(hashlib.sha256(autorite.autorite_locale().racine().dump()).hexdigest())"
    )
    env = {**os.environ, "PCTI_VAR": str(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "pcti.settings"}
    lances = [
        subprocess.Popen([sys.executable, "-c", programme], cwd=RACINE, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert len({lance.communicate(timeout=120)[0].strip() for lance in lances}) == 1


def test_an_old_revocation_list_is_signed_again(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    locale = autorite.autorite_locale()
    avant = locale.crl().dump()
    assert locale.crl().dump() == avant
    monkeypatch.setattr(autorite, "MARGE_CRL", timedelta(days=31))
    assert locale.crl().dump() != avant
