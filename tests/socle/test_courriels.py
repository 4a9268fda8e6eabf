"""E-mails: a row with its cause, sent after commit, retried, never twice."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone

from pcti.demo.models import MessageRecu
from socle import courriels
from socle.models import Courriel
from tests.e2e.recepteur_smtp import RecepteurSmtp

BOITE = "pcti.demo.boite.BoiteDemonstration"


class ServeurEnPanne(BaseEmailBackend):
    """A mail server that refuses everything."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("serveur de courriel arrêté")


@pytest.fixture(autouse=True)
def boite(settings: Any) -> None:
    settings.EMAIL_BACKEND = BOITE


def deposer(**champs: Any) -> Courriel:
    return courriels.deposer("direction@exemple.fr", "Bonjour", "Un texte.\n", modele="essai", **champs)


@pytest.mark.django_db
def test_le_courriel_disparait_avec_la_transaction_qui_echoue() -> None:
    with contextlib.suppress(RuntimeError), transaction.atomic():
        deposer()
        raise RuntimeError("la cause échoue")
    assert Courriel.objects.count() == 0


@pytest.mark.django_db
def test_expedier_deux_fois_n_envoie_qu_une_fois() -> None:
    courriel = deposer()
    assert courriels.expedier(str(courriel.pk)) is True
    assert courriels.expedier(str(courriel.pk)) is False
    assert MessageRecu.objects.count() == 1
    courriel.refresh_from_db()
    assert courriel.etat == Courriel.Etat.ENVOYE
    assert courriel.envoye_le is not None


@pytest.mark.django_db(transaction=True)
def test_quatre_expediteurs_ensemble_n_envoient_qu_une_fois() -> None:
    courriel = deposer()
    reussites: list[bool] = []

    def envoyer() -> None:
        try:
            reussites.append(courriels.expedier(str(courriel.pk)))
        finally:
            connection.close()

    # The in-memory database of the tests has one connection only: threads would not share it.
    if connection.vendor == "sqlite":
        for _ in range(4):
            envoyer_sans_fermer = courriels.expedier(str(courriel.pk))
            reussites.append(envoyer_sans_fermer)
    else:
        fils = [threading.Thread(target=envoyer) for _ in range(4)]
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join()
    assert reussites.count(True) == 1
    assert MessageRecu.objects.count() == 1


@pytest.mark.django_db
def test_un_serveur_en_panne_remet_a_plus_tard_puis_abandonne(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.ServeurEnPanne"
    courriel = deposer()
    for essai in range(1, courriels.ESSAIS_MAX + 1):
        Courriel.objects.filter(pk=courriel.pk).update(pas_avant=timezone.now())
        assert courriels.expedier(str(courriel.pk)) is False
        courriel.refresh_from_db()
        assert courriel.essais == essai
        assert "serveur de courriel arrêté" in courriel.erreur
    assert courriel.etat == Courriel.Etat.ECHOUE
    assert MessageRecu.objects.count() == 0


@pytest.mark.django_db
def test_le_courriel_attend_son_heure_apres_un_echec(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.ServeurEnPanne"
    courriel = deposer()
    courriels.expedier(str(courriel.pk))
    settings.EMAIL_BACKEND = BOITE
    assert courriels.expedier_en_attente() == 0
    Courriel.objects.filter(pk=courriel.pk).update(pas_avant=timezone.now())
    assert courriels.expedier_en_attente() == 1


@pytest.mark.django_db
def test_un_envoi_dont_le_facteur_est_mort_devient_incertain_et_n_est_pas_repete() -> None:
    courriel = deposer()
    Courriel.objects.filter(pk=courriel.pk).update(
        etat=Courriel.Etat.EN_COURS, reclame_le=timezone.now() - timedelta(minutes=6)
    )
    assert courriels.expedier_en_attente() == 0
    courriel.refresh_from_db()
    assert courriel.etat == Courriel.Etat.INCERTAIN
    assert courriels.expedier_en_attente() == 0
    assert MessageRecu.objects.count() == 0


@pytest.fixture
def serveur(settings: Any) -> Iterator[RecepteurSmtp]:
    with RecepteurSmtp() as recepteur:
        settings.EMAIL_BACKEND = "socle.transport.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", recepteur.server_address[1]
        yield recepteur


@pytest.mark.django_db
def test_un_serveur_qui_prend_sans_le_dire_ne_recoit_pas_deux_fois(serveur: RecepteurSmtp) -> None:
    """The mailbox has it, nobody was told so: sent again by itself, the person would read it twice."""
    serveur.sans_recu = True
    courriel = deposer()
    assert courriels.expedier(str(courriel.pk)) is False
    serveur.sans_recu = False
    Courriel.objects.update(pas_avant=timezone.now())
    assert courriels.expedier_en_attente() == 0
    courriel.refresh_from_db()
    assert courriel.etat == Courriel.Etat.INCERTAIN
    assert serveur.pour["direction@exemple.fr"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("commande", [b"EHLO", b"MAIL", b"RCPT"])
def test_une_coupure_avant_le_texte_se_reessaie(serveur: RecepteurSmtp, commande: bytes) -> None:
    serveur.coupe = commande
    courriel = deposer()
    assert courriels.expedier(str(courriel.pk)) is False
    serveur.coupe = b""
    Courriel.objects.update(pas_avant=timezone.now())
    assert courriels.expedier_en_attente() == 1
    assert serveur.pour["direction@exemple.fr"] == 1


class ServeurTresLent(BaseEmailBackend):
    """So slow that the schedule thinks the worker dead meanwhile; then it ends as ``fin`` says."""

    fin: Exception | None = None

    def send_messages(self, email_messages: Any) -> int:
        Courriel.objects.update(etat=Courriel.Etat.INCERTAIN)
        if self.fin is not None:
            raise self.fin
        return 1


@pytest.mark.django_db
@pytest.mark.parametrize(("fin", "etat"), [(None, "envoye"), (OSError("trop tard"), "incertain")])
def test_un_facteur_cru_mort_qui_finit(
    settings: Any, monkeypatch: pytest.MonkeyPatch, fin: Exception | None, etat: str
) -> None:
    """Somebody may have decided meanwhile to send it again: it doesn't go back to the queue."""
    settings.EMAIL_BACKEND = f"{__name__}.ServeurTresLent"
    monkeypatch.setattr(ServeurTresLent, "fin", fin)
    courriel = deposer()
    courriels.expedier(str(courriel.pk))
    courriel.refresh_from_db()
    assert courriel.etat == etat


@pytest.mark.django_db
def test_la_version_html_dit_la_meme_chose() -> None:
    courriel = courriels.deposer("a@exemple.fr", "Sujet", "Bonjour <b>vous</b>\nhttps://exemple.fr/x", modele="essai")
    assert "Bonjour &lt;b&gt;vous&lt;/b&gt;" in courriel.html
    assert 'href="https://exemple.fr/x"' in courriel.html
