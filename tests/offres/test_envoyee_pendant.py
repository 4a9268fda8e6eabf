"""A form posted while a colleague sends the answer: the person reads why nothing was saved, whatever the instant.

The sending is played before each query of the request in turn (outside its transactions, as another connection
would commit it), on both databases; then, on PostgreSQL, from real connections at once.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from offres import operations
from offres.models import Reponse
from tests.offres.test_questionnaire import STRUCTURE, adresse, une_offre

MOTEUR = "django.contrib.auth.backends.ModelBackend"
VIDES = {f"{r}-{n}_FORMS": "0" for r in ("partenaires", "ressources") for n in ("TOTAL", "INITIAL")}
# What is posted: the end of the address (« LIGNE » is the offer), the fields.
FORMULAIRES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "structure": (("structure",), STRUCTURE),
    "liste": (("offres",), {}),
    "ajouter": (("offres", "ajouter"), {"service": "ateliers-tre"}),
    "volume": (("offres", "LIGNE", "volume"), {"volume": "5"}),
    "ressources": (("offres", "LIGNE", "ressources"), VIDES),
    "zone": (("offres", "LIGNE", "zone"), {"rayonnement": "region"}),
    "retirer": (("offres", "LIGNE", "retirer"), {}),
    "cooperations": (("cooperations",), VIDES),
    "relecture": (("relecture",), {"commentaire": "Merci."}),
    "champ": (("champs", "offres-LIGNE-volume"), {"unite": "volume", "volume": "5", "lu": ""}),
}


class Envoi:
    """Before the n-th query that the request makes outside its own transactions, a colleague sends the answer."""

    def __init__(self, rang: int, reponse: Reponse, scene: SimpleNamespace) -> None:
        self.rang, self.reponse, self.par = rang, reponse, scene.personnes["membre"]
        self.profondeur = len(connection.savepoint_ids)
        self.fait, self.lues = False, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, contexte: Any) -> Any:
        dehors = len(connection.savepoint_ids) == self.profondeur and not sql.startswith(("ROLLBACK", "RELEASE"))
        if not self.fait and dehors:
            self.lues += 1
            if self.lues >= self.rang:
                self.fait = True
                fraiche = Reponse.objects.select_related("campagne", "structure").get(pk=self.reponse.pk)
                operations.soumettre(fraiche, fraiche.version, self.par)
        return execute(sql, params, many, contexte)


@pytest.mark.parametrize(
    ("nom", "perimee"),
    [*((nom, False) for nom in FORMULAIRES), *((nom, True) for nom in ("structure", "volume", "cooperations"))],
)
def test_un_formulaire_poste_pendant_l_envoi(
    connecte: Client,
    scene: SimpleNamespace,
    nom: str,
    perimee: bool,
) -> None:
    offre = une_offre(scene, volume=3, rayonnement="region")
    reponse = scene.une_reponse
    suite, donnees = FORMULAIRES[nom]
    lieu = adresse(reponse, *(morceau.replace("LIGNE", str(offre.pk)) for morceau in suite))
    lue = "0" if perimee else str(offre.version if "LIGNE" in suite else Reponse.objects.get(pk=reponse.pk).version)
    if perimee:
        type(offre).objects.filter(pk=offre.pk).update(version=4, description="Changée par une collègue.")
    # The first queries say who asks.
    rang = 3
    while True:
        envoi = Envoi(rang, reponse, scene)
        with transaction.atomic():
            envoi.profondeur = len(connection.savepoint_ids)
            with connection.execute_wrapper(envoi):
                r = connecte.post(lieu, {**donnees, "version": lue})
            if envoi.fait:
                # Saved just before, told that it is too late, or the page of an answer that is sent.
                assert r.status_code in (200, 302, 409, 410, 422), (rang, r.status_code)
                assert Reponse.objects.get(pk=reponse.pk).etat == "soumise"
            transaction.set_rollback(True)
        if not envoi.fait:
            break
        rang += 1
    assert rang > 4


@pytest.mark.django_db(transaction=True)
def test_deux_connexions_l_une_enregistre_l_autre_envoie(scene: SimpleNamespace) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite en mémoire n’a qu’une connexion")
    offre = une_offre(scene, volume=3, rayonnement="region")
    reponse = scene.une_reponse
    depart = Barrier(5, timeout=20)

    def poster(quoi: tuple[str, dict[str, str]]) -> int:
        client = Client()
        client.force_login(scene.personnes["direction"], backend=MOTEUR)
        depart.wait()
        try:
            return client.post(adresse(reponse, *quoi[0].split("/")), quoi[1], follow=True).status_code
        finally:
            connection.close()

    def envoyer(_: Any) -> int:
        depart.wait()
        try:
            fraiche = Reponse.objects.select_related("campagne", "structure").get(pk=reponse.pk)
            operations.soumettre(fraiche, fraiche.version, scene.personnes["membre"])
        except operations.Conflit:
            return 409
        finally:
            connection.close()
        return 200

    posts = [
        (f"offres/{offre.pk}/volume", {"volume": "5", "version": str(offre.version)}),
        ("offres", {}),
        (f"offres/{offre.pk}/retirer", {}),
        ("offres/ajouter", {"service": "ateliers-tre"}),
    ]
    with ThreadPoolExecutor(5) as fils:
        envoi = fils.submit(envoyer, None)
        statuts = list(fils.map(poster, posts))
        assert envoi.result() in (200, 409)
    assert {*statuts} <= {200, 404, 409, 422}
