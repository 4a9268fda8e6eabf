"""E-mails: a row in the transaction that causes them, a sending after commit, never twice.

SMTP can't promise « exactly once »: a row whose worker died while sending, or whose mail server took
the text and gave no receipt, becomes *incertain*, is shown, and is never sent again by itself.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from socle import courtier
from socle.models import Courriel
from socle.retours import ENTETE, raison
from socle.transport import EnvoiIncertain

journal = logging.getLogger(__name__)
ESSAIS_MAX = 8
# How long the texts are kept (domaine.md §8.1).
CONSERVATION = timedelta(days=365)
EFFACE = "(effacé)"
LOT = 500
# Seconds that one passage of the schedule spends on forgotten e-mails (it comes back every 30).
TOUR = 20.0


def ecrire(
    modele: str,
    destinataire: str,
    contexte: dict[str, Any],
    *,
    objet: str = "",
    repondre_a: str = "",
    pied: str = "",
    pas_apres: datetime | None = None,
) -> Courriel:
    """Write an e-mail from ``templates/courriels/<modele>.txt`` and send it after commit.

    The template's first line is the subject, the rest the text; one link at most, from
    ``contexte["lien"]`` (absolute); ``pied`` is added under the signature. The HTML part says the same.
    After ``pas_apres`` it doesn't leave any more.
    """
    brut = render_to_string(f"courriels/{modele}.txt", {**contexte, "portail_url": settings.PCTI_URL})
    sujet, _, corps = brut.strip().partition("\n")
    if pied:
        corps = f"{corps.rstrip()}\n\n{pied}"
    return deposer(
        destinataire,
        " ".join(sujet.split())[:250],
        corps.strip() + "\n",
        modele=modele,
        objet=objet,
        repondre_a=repondre_a,
        pas_apres=pas_apres,
    )


def deposer(
    destinataire: str,
    sujet: str,
    texte: str,
    *,
    modele: str,
    objet: str = "",
    repondre_a: str = "",
    pas_apres: datetime | None = None,
) -> Courriel:
    """Write an e-mail whose text is ready, and send it after commit."""
    courriel = Courriel.objects.create(
        modele=modele,
        destinataire=destinataire,
        sujet=sujet,
        texte=texte,
        html=render_to_string("courriels/cadre.html", {"sujet": sujet, "texte": texte}),
        objet=objet,
        repondre_a=repondre_a,
        pas_apres=pas_apres,
    )
    transaction.on_commit(lambda: _confier(courriel))
    return courriel


def _confier(courriel: Courriel) -> None:
    from socle.tasks import expedier as tache

    courtier.confier(tache, str(courriel.pk))


def expedier(courriel_id: str) -> bool:
    """Send one e-mail if nobody else does. True when it was sent by this call."""
    reclame = timezone.now()
    pris = Courriel.objects.a_expedier().filter(pk=courriel_id).update(etat=Courriel.Etat.EN_COURS, reclame_le=reclame)
    if not pris:
        return False
    courriel = Courriel.objects.get(pk=courriel_id)
    try:
        _message(courriel).send()
    except EnvoiIncertain as erreur:
        journal.warning("courriel %s, envoi incertain : %s", courriel.pk, erreur)
        Courriel.objects.filter(pk=courriel.pk, etat=Courriel.Etat.EN_COURS).update(
            etat=Courriel.Etat.INCERTAIN, essais=courriel.essais + 1, erreur=str(erreur)[:2000]
        )
        return False
    except Exception as erreur:  # whatever the mail server answers, the row must say it
        _remettre(courriel, erreur)
        return False
    # So slow that it was thought dead: it is known to have left.
    siens = Courriel.objects.filter(pk=courriel.pk, etat__in=[Courriel.Etat.EN_COURS, Courriel.Etat.INCERTAIN])
    siens.update(etat=Courriel.Etat.ENVOYE, envoye_le=timezone.now(), essais=courriel.essais + 1, erreur="")
    return True


def domaine() -> str:
    """What follows the @ in the identifiers of our e-mails."""
    return settings.PCTI_URL.split("://")[-1].split("/")[0].split(":")[0]


def _message(courriel: Courriel) -> EmailMultiAlternatives:
    """The e-mail as it leaves. Its number is said twice: some relays write the Message-ID again."""
    entetes = {
        "Message-ID": f"<{courriel.pk}@{domaine()}>",
        ENTETE: str(courriel.pk),
        # Out-of-office messages stay with their authors.
        "Auto-Submitted": "auto-generated",
    }
    enveloppe = settings.PCTI_RETOURS or settings.DEFAULT_FROM_EMAIL
    if settings.PCTI_RETOURS:
        entetes["From"] = settings.DEFAULT_FROM_EMAIL
    message = EmailMultiAlternatives(
        courriel.sujet,
        courriel.texte,
        from_email=enveloppe,
        to=[courriel.destinataire],
        reply_to=[courriel.repondre_a] if courriel.repondre_a else None,
        headers=entetes,
    )
    if courriel.html:
        message.attach_alternative(courriel.html, "text/html")
    return message


def _remettre(courriel: Courriel, erreur: Exception) -> None:
    """Later each time (30 s, 1 min, 2 min… 2 h), then given up and shown; at once for an address nobody has."""
    # Thought dead meanwhile, somebody may have decided to send it again: it is left as it is shown.
    sien = Courriel.objects.filter(pk=courriel.pk, etat=Courriel.Etat.EN_COURS)
    if retour := _sans_espoir(erreur):
        journal.info("courriel %s refusé aussitôt : %s", courriel.pk, retour)
        sien.update(
            etat=Courriel.Etat.REVENU,
            retour=retour,
            revenu_le=timezone.now(),
            essais=courriel.essais + 1,
            erreur=f"{type(erreur).__name__} : {erreur}"[:2000],
        )
        return
    essais = courriel.essais + 1
    dernier = essais >= ESSAIS_MAX
    journal.warning("courriel %s, essai %s : %s", courriel.pk, essais, erreur)
    sien.update(
        etat=Courriel.Etat.ECHOUE if dernier else Courriel.Etat.EN_ATTENTE,
        essais=essais,
        erreur=f"{type(erreur).__name__} : {erreur}"[:2000],
        pas_avant=timezone.now() + timedelta(seconds=30 * 2 ** min(essais - 1, 8)),
    )


def _sans_espoir(erreur: Exception) -> str:
    """Why the mail server will never take it (a key of ``Courriel.Retour``); « » when trying again may help."""
    if not isinstance(erreur, SMTPRecipientsRefused):
        return ""
    for code, mots in erreur.recipients.values():
        texte = mots.decode(errors="replace") if isinstance(mots, bytes) else str(mots)
        retour = raison(texte, texte) if code >= 500 else ""
        if retour in Courriel.SANS_ESPOIR:
            return retour
    return ""


def expedier_en_attente(pendant: float = TOUR) -> int:
    """Send what waits (the broker had forgotten it); mark as uncertain what a dead worker held.

    It goes on for ``pendant`` seconds at most: the schedule comes back a little later.
    """
    Courriel.objects.abandonnes_en_route().update(etat=Courriel.Etat.INCERTAIN)
    Courriel.objects.perimes().update(etat=Courriel.Etat.PERIME)
    limite, partis = monotonic() + pendant, 0
    while lot := list(Courriel.objects.a_expedier().order_by("cree_le").values_list("pk", flat=True)[:50]):
        for pk in lot:
            partis += expedier(str(pk))
            if monotonic() > limite:
                return partis
    return partis


def oublier_l_adresse(adresse: str, anonyme: str) -> None:
    """Nothing waits for this address any more, and what it received is erased. Call it in a transaction."""
    siens = Courriel.objects.filter(destinataire__iexact=adresse)
    siens.filter(etat=Courriel.Etat.EN_ATTENTE).delete()
    siens.update(destinataire=anonyme, sujet=EFFACE, texte="", html="", erreur="")
    Courriel.objects.filter(repondre_a__iexact=adresse).update(repondre_a="")


def purger() -> int:
    """Erase what e-mails older than a year said, and to whom; the rows stay. How many. Idempotent."""
    anciens = Courriel.objects.filter(cree_le__lt=timezone.now() - CONSERVATION).exclude(
        etat__in=[Courriel.Etat.EN_ATTENTE, Courriel.Etat.EN_COURS]
    )
    total = 0
    while lot := list(anciens.exclude(sujet=EFFACE).values_list("pk", flat=True)[:LOT]):
        total += Courriel.objects.filter(pk__in=lot).update(
            sujet=EFFACE, texte="", html="", destinataire="efface@courriel.invalid", repondre_a="", erreur=""
        )
    return total
