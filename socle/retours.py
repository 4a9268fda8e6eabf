"""E-mails that come back: delivery reports of mail servers (RFC 3464), read and kept on the e-mail's row.

A report names our e-mail by the identifier that we gave it (a random number: nobody invents one) and
says why in codes (RFC 3463); people read it in plain words. Anything else is left alone: an answer,
an out-of-office message, a delay that is not an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Any
from uuid import UUID

from django.utils import timezone

from socle.models import Courriel

ENTETE = "X-PCTI-Courriel"
TAILLE_MAX = 5_000_000
_NUMERO = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_STATUT = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Words of mail servers whose code says little (« 5.0.0 », « 5.4.1 »). The first that fits wins.
_MOTS: tuple[tuple[str, str], ...] = (
    (r"quota|mailbox (is )?full|over ?quota|bo[iî]te.{0,20}pleine|insufficient.{0,20}storage", Courriel.Retour.PLEINE),
    (r"disabled|inactive|deactivated|suspended|account.{0,20}closed", Courriel.Retour.FERMEE),
    (
        r"user unknown|unknown user|no such (user|recipient|mailbox)|does(n't| not) exist|recipient ?not ?found"
        r"|address not found|invalid (recipient|mailbox)|mailbox unavailable|utilisateur inconnu"
        r"|recipient address rejected: access denied|unknown (or illegal )?(alias|recipient|address)",
        Courriel.Retour.ADRESSE,
    ),
    (r"(host|domain)( name)? not found|domain.{0,20}does(n't| not) exist|nxdomain|null mx", Courriel.Retour.DOMAINE),
    (r"spam|blocked|block ?list|blacklist|policy|spf|dkim|dmarc|not authorized|denied", Courriel.Retour.REFUS),
    (r"timed? ?out|connection refused|delivery time expired|retry time", Courriel.Retour.DELAI),
)
# (subject, detail) of the code, its class left aside; detail None: any.
_CODES: dict[tuple[int, int | None], str] = {
    (1, 1): Courriel.Retour.ADRESSE,
    (1, 2): Courriel.Retour.DOMAINE,
    (1, 3): Courriel.Retour.ADRESSE,
    (1, 6): Courriel.Retour.ADRESSE,
    (1, 10): Courriel.Retour.ADRESSE,
    (2, 1): Courriel.Retour.FERMEE,
    (2, 2): Courriel.Retour.PLEINE,
    (2, 3): Courriel.Retour.LOURD,
    (3, 4): Courriel.Retour.LOURD,
    (4, 4): Courriel.Retour.DOMAINE,
    (4, None): Courriel.Retour.DELAI,
    (7, None): Courriel.Retour.REFUS,
}


def raison(statut: str, diagnostic: str = "") -> str:
    """Why, as a key of ``Courriel.Retour``, from a code « 5.1.1 » and the server's own words."""
    lu = _STATUT.search(statut) or _STATUT.search(diagnostic)
    sujet, detail = (int(lu.group(2)), int(lu.group(3))) if lu else (0, 0)
    if (sujet, detail) in _CODES:
        return _CODES[sujet, detail]
    par_les_mots = next((cle for motif, cle in _MOTS if re.search(motif, diagnostic, re.IGNORECASE)), "")
    return str(par_les_mots or _CODES.get((sujet, None), Courriel.Retour.AUTRE))


def _parties(message: Message[Any, Any]) -> Iterator[Message[Any, Any]]:
    """The parts of the report itself; those of the e-mail it brings back are not the report's."""
    yield message
    if message.get_content_type() in ("message/rfc822", "message/delivery-status"):
        return
    if message.is_multipart():
        for partie in message.get_payload():
            if isinstance(partie, Message):
                yield from _parties(partie)


def _groupes(partie: Message[Any, Any]) -> list[Message[Any, Any]]:
    """The groups of fields of a delivery status: the message's, then one per recipient."""
    contenu = partie.get_payload()
    if isinstance(contenu, list):
        return [groupe for groupe in contenu if isinstance(groupe, Message)]
    # Some servers encode this part, which the parser then leaves as one text.
    brut = partie.get_payload(decode=True)
    texte = brut.decode(errors="replace") if isinstance(brut, bytes) else str(contenu)
    return [message_from_string(bloc) for bloc in re.split(r"\r?\n\s*\r?\n", texte.strip())]


def _entetes_rendus(partie: Message[Any, Any]) -> Message[Any, Any] | None:
    """The headers of the e-mail that comes back, when the report holds them."""
    genre = partie.get_content_type()
    if genre == "message/rfc822":
        contenu = partie.get_payload()
        return contenu[0] if isinstance(contenu, list) and contenu and isinstance(contenu[0], Message) else None
    if genre in ("text/rfc822-headers", "message/rfc822-headers"):
        brut = partie.get_payload(decode=True)
        return message_from_string(brut.decode(errors="replace")) if isinstance(brut, bytes) else None
    return None


def _numeros(textes: list[Any]) -> Iterator[UUID]:
    for texte in textes:
        yield from (UUID(numero) for numero in _NUMERO.findall(str(texte or "")))


def _candidats(rapport: Message[Any, Any], parties: list[Message[Any, Any]]) -> Iterator[UUID]:
    """The numbers that the report may name ours by, the surest first."""
    for partie in parties:
        rendus = _entetes_rendus(partie)
        if rendus is not None:
            yield from _numeros([rendus.get(ENTETE), rendus.get("Message-ID")])
    # Gmail and Exchange answer to the e-mail as to a letter.
    yield from _numeros([rapport.get("In-Reply-To"), rapport.get("References"), rapport.get(ENTETE)])


def lire(brut: bytes) -> tuple[list[UUID], str, str] | None:
    """(numbers it may speak of, key of ``Courriel.Retour``, the server's words); None for any other message.

    A delay, a success and an automatic answer are « any other message ».
    """
    rapport = message_from_bytes(brut[:TAILLE_MAX])
    parties = list(_parties(rapport))
    for partie in parties:
        if partie.get_content_type() != "message/delivery-status":
            continue
        for groupe in _groupes(partie):
            if str(groupe.get("Action", "")).split("(")[0].strip().lower() != "failed":
                continue
            statut = str(groupe.get("Status", "")).strip()
            diagnostic = " ".join(str(groupe.get("Diagnostic-Code", "")).split())
            return (
                list(dict.fromkeys(_candidats(rapport, parties))),
                raison(statut, diagnostic),
                (f"{statut} {diagnostic}".strip()),
            )
    return None


def recevoir(brut: bytes) -> Courriel | None:
    """Note on our e-mail that it came back; the e-mail, or None when this message changes nothing.

    The same report read twice changes nothing: the first one counts.
    """
    try:
        lu = lire(brut)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Not written by a mail server that follows its own rules: nothing to learn from it.
        return None
    if lu is None:
        return None
    numeros, retour, mots = lu
    partis = [Courriel.Etat.ENVOYE, Courriel.Etat.EN_COURS, Courriel.Etat.INCERTAIN, Courriel.Etat.ECHOUE]
    for numero in numeros:
        # Uncertain: had it not left, it would not come back.
        if Courriel.objects.filter(pk=numero, etat__in=partis).update(
            etat=Courriel.Etat.REVENU, retour=retour, revenu_le=timezone.now(), erreur=mots[:2000]
        ):
            return Courriel.objects.get(pk=numero)
    return None
