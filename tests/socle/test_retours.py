"""E-mails that come back: reports shaped like those of Postfix, Exchange Online and Gmail."""

import io
import mailbox
import uuid
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from socle import courriels, retours
from socle.models import Courriel

pytestmark = pytest.mark.django_db


def envoye(**champs: Any) -> Courriel:
    valeurs = {"modele": "essai", "destinataire": "claire@esat.test", "sujet": "Vos offres", "texte": "Bonjour"}
    return Courriel.objects.create(**{**valeurs, "etat": "envoye", **champs})


def postfix(numero: Any, *, action: str = "failed", statut: str = "5.1.1", diagnostic: str = "") -> bytes:
    """What Postfix gives back for a box nobody has: the whole e-mail behind."""
    diagnostic = diagnostic or (
        "smtp; 550 5.1.1 <claire@esat.test>: Recipient address rejected:\n    User unknown in virtual mailbox table"
    )
    return f"""Return-Path: <>
Received: by mail.portail.test (Postfix)
\tid 4F1B2C0D3E; Mon,  2 Mar 2026 08:21:07 +0100 (CET)
Date: Mon,  2 Mar 2026 08:21:07 +0100 (CET)
From: MAILER-DAEMON@mail.portail.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: retours@portail.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1B2C0D3E.1772436067/mail.portail.test"
Message-Id: <20260302072107.5A6B7C8D9E@mail.portail.test>

This is a MIME-encapsulated message.

--4F1B2C0D3E.1772436067/mail.portail.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.portail.test.

<claire@esat.test>: host mx.esat.test[192.0.2.7] said: 550 5.1.1 User unknown

--4F1B2C0D3E.1772436067/mail.portail.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.portail.test
X-Postfix-Queue-ID: 4F1B2C0D3E
X-Postfix-Sender: rfc822; retours@portail.test
Arrival-Date: Mon,  2 Mar 2026 08:21:05 +0100 (CET)

Final-Recipient: rfc822; claire@esat.test
Original-Recipient: rfc822;claire@esat.test
Action: {action}
Status: {statut}
Remote-MTA: dns; mx.esat.test
Diagnostic-Code: {diagnostic}

--4F1B2C0D3E.1772436067/mail.portail.test
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <retours@portail.test>
From: PCTI <ne-pas-repondre@portail.test>
To: claire@esat.test
Subject: Vos offres
Message-ID: <{numero}@portail.test>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Bonjour

--4F1B2C0D3E.1772436067/mail.portail.test--
""".encode()


def exchange(numero: Any) -> bytes:
    """Exchange Online: codes of its own, the headers only, our Message-ID rewritten by a relay on the way."""
    return f"""From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@esat.test>
To: retours@portail.test
Date: Mon, 2 Mar 2026 07:21:09 +0000
Subject: =?utf-8?B?Tm9uIHJlbWlzwqA6IFZvcyBvZmZyZXM=?=
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11"
Content-Language: fr-FR
Message-ID: <86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11@PAZP264MB1234.FRAP264.PROD.OUTLOOK.COM>
In-Reply-To: <relais-0007@mx.relais.test>
References: <relais-0007@mx.relais.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0

--86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11
Content-Type: multipart/alternative; boundary="interieur"

--interieur
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

Vm90cmUgbWVzc2FnZSBuJ2EgcGFzIHB1IMOqdHJlIHJlbWlzLg==

--interieur
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+Vm90cmUgbWVzc2FnZSBuJ2EgcGFzIHB1IMOqdHJlIHJlbWlzLjwvcD4=

--interieur--

--86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11
Content-Type: message/delivery-status

Reporting-MTA: dns;PAZP264MB1234.FRAP264.PROD.OUTLOOK.COM
Received-From-MTA: dns;mail.portail.test
Arrival-Date: Mon, 2 Mar 2026 07:21:06 +0000

Final-Recipient: rfc822;claire@esat.test
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: claire

--86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11
Content-Type: text/rfc822-headers

Received: from mx.relais.test (192.0.2.9) by esat.test
Message-ID: <relais-0007@mx.relais.test>
X-PCTI-Courriel: {numero}
Subject: Vos offres

--86f1a8d2-5f6c-4b0e-9b1f-2f4d0d3c7a11--
""".replace("\n", "\r\n").encode()


def gmail(numero: Any) -> bytes:
    """Gmail: a full box; nothing is brought back but the references, the first recipient group is empty."""
    return f"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: retours@portail.test
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{numero}@portail.test>
In-Reply-To: <{numero}@portail.test>
X-Failed-Recipients: claire@esat.test
Message-ID: <69a4b0c2.050a0220.1f2a3b.4c5d.GMR@mx.google.com>
Date: Sun, 01 Mar 2026 23:21:07 -0800 (PST)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="000000000000d1f0aa0612345678"; report-type=delivery-status

--000000000000d1f0aa0612345678
Content-Type: multipart/related; boundary="000000000000d1f0b30612345679"

--000000000000d1f0b30612345679
Content-Type: text/plain; charset="UTF-8"

** Boîte de réception pleine **

La boîte de réception de claire@esat.test est pleine.

--000000000000d1f0b30612345679--
--000000000000d1f0aa0612345678
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 01 Mar 2026 23:21:06 -0800 (PST)
X-Original-Message-ID: <{numero}@portail.test>

Final-Recipient: rfc822; claire@esat.test
Action: failed
Status: 5.2.2
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.26, the server for the domain.)
Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space.
 552 5.2.2 OverQuotaPerm
Last-Attempt-Date: Sun, 01 Mar 2026 23:21:07 -0800 (PST)

--000000000000d1f0aa0612345678--
""".encode()


@pytest.mark.parametrize(("forme", "retour"), [(postfix, "adresse"), (exchange, "adresse"), (gmail, "pleine")])
def test_les_formes_des_grands_serveurs(forme: Any, retour: str) -> None:
    courriel, autre = envoye(), envoye()
    assert retours.recevoir(forme(courriel.pk)) == courriel
    courriel.refresh_from_db()
    autre.refresh_from_db()
    assert (courriel.etat, courriel.retour, autre.etat) == ("revenu", retour, "envoye")
    assert courriel.revenu_le is not None
    premier = courriel.revenu_le
    # The same report, given twice by the mail server.
    assert retours.recevoir(forme(courriel.pk)) is None
    courriel.refresh_from_db()
    assert courriel.revenu_le == premier


@pytest.mark.parametrize(
    ("statut", "mots", "retour"),
    [
        ("5.1.1", "smtp; 550 5.1.1 User unknown", "adresse"),
        ("5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=esta.test", "domaine"),
        ("5.1.2", "", "domaine"),
        ("5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled", "fermee"),
        ("5.2.2", "", "pleine"),
        ("4.4.7", "smtp; 550 4.4.7 QUEUE.Expired; message expired", "delai"),
        ("4.4.1", "X-Postfix; connect to mx.esat.test[192.0.2.7]:25: Connection timed out", "delai"),
        ("5.7.1", "smtp; 554 5.7.1 Message rejected as spam", "refus"),
        ("5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit", "lourd"),
        # What Exchange Online says for an address that its directory does not know.
        ("5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "adresse"),
        ("5.0.0", "smtp; 550 No such user here", "adresse"),
        ("5.0.0", "smtp; 552 Quota exceeded", "pleine"),
        ("5.0.0", "smtp; 550 Requested action not taken", "autre"),
        ("", "", "autre"),
    ],
)
def test_la_raison_en_mots(statut: str, mots: str, retour: str) -> None:
    assert retours.raison(statut, mots) == retour


def test_un_retard_ou_une_reussite_ne_sont_pas_un_retour() -> None:
    courriel = envoye()
    for action, statut in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0")):
        assert retours.recevoir(postfix(courriel.pk, action=action, statut=statut)) is None
    courriel.refresh_from_db()
    assert courriel.etat == "envoye"


def _absence(numero: Any) -> bytes:
    message = EmailMessage()
    message["Subject"], message["In-Reply-To"] = "Absence", f"<{numero}@portail.test>"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("Je suis absente. 5.1.1 User unknown. Action: failed")
    return message.as_bytes()


def _transfere(numero: Any) -> bytes:
    """A person forwards a report to somebody: the report inside is not this message's own."""
    message = MIMEMultipart()
    message["Subject"] = "Tr : Undelivered Mail"
    dedans = MIMEBase("message", "rfc822")
    dedans.attach(message_from_bytes(postfix(numero)))
    message.attach(dedans)
    return message.as_bytes()


DEDANS = b"--a\nContent-Type: message/rfc822\n\n"


@pytest.mark.parametrize(
    "faire",
    [
        _absence,
        _transfere,
        lambda numero: b"",
        lambda numero: b"\xff\xfe\x00" * 100,
        lambda numero: f"Message-ID: <{numero}@x>\n\nAction: failed\nStatus: 5.1.1\n".encode(),
        lambda numero: postfix(numero)[:900],
        lambda numero: postfix(uuid.uuid4()),
        lambda numero: b"Content-Type: multipart/report; boundary=a\n\n" + DEDANS * 3000,
    ],
)
def test_tout_le_reste_est_laisse(faire: Any) -> None:
    courriel = envoye()
    assert retours.recevoir(faire(courriel.pk)) is None
    courriel.refresh_from_db()
    assert courriel.etat == "envoye"


def test_un_envoi_incertain_qui_revient_etait_parti() -> None:
    courriel = envoye(etat="incertain")
    retours.recevoir(postfix(courriel.pk))
    courriel.refresh_from_db()
    assert courriel.etat == "revenu"
    en_attente = envoye(etat="en_attente")
    assert retours.recevoir(postfix(en_attente.pk)) is None


def test_la_commande_lit_un_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    courriel = envoye()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(postfix(courriel.pk))))
    call_command("recevoir_avis_de_retour")
    assert "l’adresse n’existe pas" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(_absence(courriel.pk))))
    call_command("recevoir_avis_de_retour")
    assert capsys.readouterr().out == ""


def test_la_commande_lit_un_maildir_une_fois(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boite = mailbox.Maildir(tmp_path / "retours", create=True)
    trois = [envoye() for _ in range(3)]
    for courriel, forme in zip(trois, (postfix, exchange, gmail), strict=True):
        boite.add(forme(courriel.pk))
    boite.add(_absence(trois[0].pk))
    call_command("recevoir_avis_de_retour", dossier=tmp_path / "retours")
    assert capsys.readouterr().out == "4 messages lus, 3 courriels revenus\n"
    assert set(Courriel.objects.values_list("etat", flat=True)) == {"revenu"}
    call_command("recevoir_avis_de_retour", dossier=tmp_path / "retours")
    assert capsys.readouterr().out == "0 messages lus, 0 courriels revenus\n"
    # Nothing is thrown away: the operator may read them.
    assert len(boite) == 4


def test_ce_que_le_courriel_porte_pour_etre_reconnu(settings: Any, mailoutbox: list[Any]) -> None:
    settings.PCTI_RETOURS = "retours@portail.test"
    courriel = envoye(etat="en_attente")
    assert courriels.expedier(str(courriel.pk))
    message = mailoutbox[0].message()
    assert str(courriel.pk) in message["Message-ID"]
    assert message[retours.ENTETE] == str(courriel.pk)
    assert (mailoutbox[0].from_email, message["From"]) == ("retours@portail.test", settings.DEFAULT_FROM_EMAIL)


@pytest.mark.parametrize(
    ("code", "mots", "etat"),
    [
        (550, b"5.1.1 User unknown", "revenu"),
        # The mail server itself is wrongly set: two thousand invitations must not be given up for that.
        (554, b"5.7.1 Relay access denied", "en_attente"),
        (450, b"4.2.1 Greylisted, try again", "en_attente"),
    ],
)
def test_un_refus_immediat(code: int, mots: bytes, etat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuser(*_: Any, **__: Any) -> int:
        raise SMTPRecipientsRefused({"claire@esat.test": (code, mots)})

    courriel = envoye(etat="en_attente")
    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuser)
    courriels.expedier(str(courriel.pk))
    courriel.refresh_from_db()
    assert courriel.etat == etat


def test_ce_qui_n_est_plus_vrai_ne_part_pas(mailoutbox: list[Any]) -> None:
    tard = envoye(etat="en_attente", pas_apres=timezone.now() - timedelta(minutes=1))
    encore = envoye(etat="en_attente", pas_apres=timezone.now() + timedelta(minutes=1))
    assert not courriels.expedier(str(tard.pk))
    courriels.expedier_en_attente()
    tard.refresh_from_db()
    encore.refresh_from_db()
    assert (tard.etat, encore.etat, len(mailoutbox)) == ("perime", "envoye", 1)
