"""The pages that move a commune to another bassin."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from structures.comptes.models import Utilisateur
from structures.territoires.models import Bassin, Commune, CommuneAncienne, MouvementCommune

Entrer = Callable[[Utilisateur], Client]


@pytest.fixture
def pilote(scene: SimpleNamespace, client_de: Entrer) -> Client:
    """Somebody of the pilotage; the move of the scene is out of the way."""
    scene.mouvement.delete()
    Commune.objects.create(
        code="27234", nom="Fauville", departement=scene.departement, bassin=scene.bassin, lat=49.03, lon=1.19
    )
    CommuneAncienne.objects.create(code="27999", nom="Saint-Germain-de-Navarre", commune=scene.commune)
    return client_de(scene.personnes["pilotage"])


def _donnees(vers: Bassin, /, **champs: str) -> dict[str, str]:
    return {"bassin": vers.pk, "le": timezone.localdate().isoformat(), "motif": "Comité du 12 mars", **champs}


def test_chercher_par_un_nom_d_avant_la_fusion(pilote: Client, scene: SimpleNamespace) -> None:
    for texte in ("Évreux", "st germain de navarre", "27999"):
        page = pilote.get("/structures/communes/", {"q": texte})
        assert [commune.pk for commune in page.context["trouvees"]] == [scene.commune.pk], texte
        assert "A réuni\u00a0: Saint-Germain-de-Navarre" in page.content.decode()
    assert "Aucune commune ne porte ce nom" in pilote.get("/structures/communes/", {"q": "zzz"}).content.decode()
    reponse = pilote.get("/structures/communes/27999/")
    assert reponse["Location"] == f"/structures/communes/{scene.commune.pk}/"
    assert pilote.get("/structures/communes/99999/").status_code == 404


def test_changer_aujourd_hui(pilote: Client, scene: SimpleNamespace) -> None:
    adresse = f"/structures/communes/{scene.commune.pk}/"
    page = pilote.post(adresse, _donnees(scene.autre_bassin), follow=True)
    assert "Évreux est maintenant dans le bassin Bernay" in page.content.decode()
    assert Commune.objects.get(pk=scene.commune.pk).bassin == scene.autre_bassin
    mouvement = MouvementCommune.objects.get()
    assert mouvement.par == scene.personnes["pilotage"]
    assert "Comité du 12 mars" in page.content.decode()


def test_changer_plus_tard_puis_annuler(pilote: Client, scene: SimpleNamespace) -> None:
    adresse = f"/structures/communes/{scene.commune.pk}/"
    demain = timezone.localdate() + timedelta(days=1)
    page = pilote.post(adresse, _donnees(scene.autre_bassin, le=demain.isoformat()), follow=True)
    assert f"passera dans le bassin Bernay le {demain:%d/%m/%Y}" in page.content.decode()
    assert Commune.objects.get(pk=scene.commune.pk).bassin == scene.bassin
    mouvement = MouvementCommune.objects.get()
    assert mouvement in pilote.get("/structures/communes/").context["a_venir"]
    annuler = f"/structures/communes/mouvements/{mouvement.pk}/annuler/"
    assert "est annulé" in pilote.post(annuler, follow=True).content.decode()
    assert "déjà appliqué ou annulé" in pilote.post(annuler, follow=True).content.decode()
    mouvement.refresh_from_db()
    assert mouvement.annule_par == scene.personnes["pilotage"]
    assert list(pilote.get("/structures/communes/").context["passes"]) == [mouvement]


@pytest.mark.parametrize(
    ("champs", "attendu"),
    [
        ({"motif": ""}, "Dites pourquoi la commune change de bassin"),
        ({"bassin": ""}, "Choisissez le bassin où va la commune"),
        ({"bassin": "9999"}, "Sélectionnez un choix valide"),
        ({"le": "0026-03-01"}, "cette date est trop ancienne"),
        ({"le": "hier"}, "Saisissez une date valide"),
    ],
)
def test_ce_qui_ne_va_pas_est_dit_au_champ(
    pilote: Client, scene: SimpleNamespace, champs: dict[str, str], attendu: str
) -> None:
    reponse = pilote.post(f"/structures/communes/{scene.commune.pk}/", _donnees(scene.autre_bassin, **champs))
    assert reponse.status_code == 422
    assert attendu in reponse.content.decode()
    assert not MouvementCommune.objects.exists()


def test_un_refus_de_l_operation_est_dit_dans_la_page(pilote: Client, scene: SimpleNamespace) -> None:
    Commune.objects.filter(pk="27234").update(bassin=None)
    reponse = pilote.post(f"/structures/communes/{scene.commune.pk}/", _donnees(scene.autre_bassin))
    assert reponse.status_code == 422
    assert "dernière commune de son bassin" in reponse.content.decode()


@pytest.mark.parametrize("role", ["membre", "direction", "coordination"])
def test_les_autres_ne_deplacent_rien(scene: SimpleNamespace, client_de: Entrer, role: str) -> None:
    client = client_de(scene.personnes[role])
    adresse = f"/structures/communes/{scene.commune.pk}/"
    assert client.post(adresse, _donnees(scene.autre_bassin)).status_code == 403
    assert client.post(f"/structures/communes/mouvements/{scene.mouvement.pk}/annuler/").status_code == 403
    scene.mouvement.refresh_from_db()
    assert scene.mouvement.etat == "à venir"
    assert Commune.objects.get(pk=scene.commune.pk).bassin == scene.bassin


def test_nombre_de_requetes_constant_et_pages_de_l_historique(pilote: Client, scene: SimpleNamespace) -> None:
    def creer(rang: int, **champs: object) -> None:
        MouvementCommune.objects.create(
            commune=scene.commune,
            de=scene.bassin,
            vers=scene.autre_bassin,
            par=scene.personnes["pilotage"],
            le=timezone.localdate() + timedelta(days=rang),
            motif=f"motif {rang}",
            **champs,
        )

    def requetes() -> int:
        with CaptureQueriesContext(connection) as lues:
            pilote.get("/structures/communes/", {"q": "evreux"})
        return len(lues)

    creer(1)
    creer(2, annule_le=timezone.now())
    une = requetes()
    for rang in range(3, 60):
        creer(rang, **({"annule_le": timezone.now()} if rang % 2 else {}))
    assert requetes() == une
    for rang in range(100, 130):
        creer(rang, annule_le=timezone.now())
    page = pilote.get("/structures/communes/")
    suite = pilote.get(f"/structures/communes/{page.context['suite']}")
    vus = [m.pk for m in (*page.context["passes"], *suite.context["passes"])]
    assert len(vus) == len(set(vus)) == MouvementCommune.objects.passes().count()
    assert suite.context["suite"] == ""


def test_la_tache_est_programmee() -> None:
    programmees = {tache["task"] for tache in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "structures.tasks.appliquer_mouvements" in programmees
