"""Reminders written by several schedulers, directors and coordinations at once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from offres import campagnes, operations, relances
from offres.models import Campagne, Reponse
from socle.models import Courriel
from tests.offres import fabriques as f
from tests.scene import construire_scene
from tests.simultane import ensemble


@pytest.mark.django_db(transaction=True)
def test_quatre_ordonnanceurs_n_ecrivent_qu_une_fois() -> None:
    scene = construire_scene(())
    jour = timezone.localdate()
    for n in range(8):
        structure = f.structure(f"Structure {n}", scene.commune)
        # Two directors each, and one e-mail to each of them.
        f.membre(structure, f"a{n}@essai.test")
        f.membre(structure, f"b{n}@essai.test")
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Ensemble", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    ensemble(2, lambda: campagnes.inviter_les_structures(campagne))
    attendus = 2 * 8 + 1  # and the IME's direction
    assert Courriel.objects.count() == attendus
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    partis = ensemble(4, lambda: relances.relancer_echues(jour + timedelta(days=7)))
    assert all(isinstance(nombre, int) for nombre in partis), partis
    assert sum(partis) == attendus
    assert Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).count() == attendus


@pytest.mark.django_db(transaction=True)
def test_clore_pendant_que_les_rappels_s_ecrivent() -> None:
    """Whichever comes first, nothing of a closed campaign is left to leave."""
    scene = construire_scene(())
    jour = timezone.localdate()
    for n in range(12):
        f.membre(f.structure(f"Structure {n}", scene.commune), f"c{n}@essai.test")
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Clore", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    campagnes.inviter_les_structures(campagne)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    gestes = iter(
        (
            lambda: relances.relancer_echues(jour + timedelta(days=7)),
            lambda: relances.relancer_echues(jour + timedelta(days=7)),
            lambda: campagnes.fermer(campagne, scene.personnes["coordination"]),
        )
    )
    verrou = threading.Lock()

    def agir() -> Any:
        with verrou:
            geste = next(gestes)
        return geste()

    resultats = ensemble(3, agir)
    assert not [r for r in resultats if isinstance(r, Exception)], resultats
    assert not Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).exists()


@pytest.mark.django_db(transaction=True)
def test_deux_coordinations_renvoient_une_fois() -> None:
    scene = construire_scene(())
    jour = timezone.localdate()
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Renvoi", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    campagnes.inviter_les_structures(campagne)
    Courriel.objects.update(etat=Courriel.Etat.INCERTAIN)
    ancien = Courriel.objects.get()
    partis = ensemble(3, lambda: relances.renvoyer(campagne, ancien.pk, scene.personnes["coordination"]))
    assert sorted(map(str, partis)) == ["False", "False", "True"]
    assert Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_un_envoi_pendant_que_le_rappel_s_ecrit() -> None:
    """Whichever comes first, no reminder of an answer that is sent is left to leave."""
    scene = construire_scene(("offres",))
    direction, jour = scene.personnes["direction"], timezone.localdate()
    campagne, reponse = scene.campagne_offres, scene.reponse
    Reponse.objects.filter(pk=reponse.pk).update(invitee_le=timezone.now() - timedelta(days=7))
    Campagne.objects.filter(pk=campagne.pk).update(fin=jour + timedelta(days=60))
    Campagne.objects.exclude(pk=campagne.pk).update(fermee_le=timezone.now())
    reponse.refresh_from_db()
    tour = iter(
        (
            lambda: operations.soumettre(reponse, reponse.version, direction),
            lambda: relances.relancer_echues(jour),
        )
    )
    verrou = threading.Lock()

    def agir() -> Any:
        with verrou:
            geste = next(tour)
        return geste()

    resultats = ensemble(2, agir)
    assert not [r for r in resultats if isinstance(r, Exception)], resultats
    restes = Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE, destinataire=direction.email)
    assert not [c for c in restes if str(reponse.pk) in c.texte]
