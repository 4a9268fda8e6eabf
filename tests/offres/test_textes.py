"""The texts of a campaign: variables, preview, what they always say."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from offres import relances, textes
from offres.durees import ASSEZ
from offres.models import Campagne, Reponse
from socle.models import Courriel
from tests.offres import fabriques as f
from tests.offres.campagnes import BACKEND


@pytest.mark.parametrize(
    "faute", ["{inconnue} {questionnaire}", "sans lien", "{questionnaire} {", "{{questionnaire}}"]
)
def test_un_texte_faux_est_refuse(ouverte: Campagne, scene: SimpleNamespace, client: Client, faute: str) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/campagnes/{ouverte.pk}/textes/relance/"
    assert client.post(url, {"sujet": "Rappel", "texte": faute}).status_code == 422
    ouverte.refresh_from_db()
    assert ouverte.textes == {}


def test_les_textes_de_la_campagne(ouverte: Campagne, scene: SimpleNamespace, client: Client) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/campagnes/{ouverte.pk}/textes/relance/"
    propre = {"sujet": "Coucou {pole}", "texte": "Bonjour {structure}, voici {questionnaire} <b>gras</b>"}
    page = client.post(url, {**propre, "geste": "apercu"}).content.decode()
    assert "Bonjour IME Les Tilleuls" in page
    assert "&lt;b&gt;" in page
    client.post(url, propre)
    ouverte.refresh_from_db()
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert courriel.sujet == f"Coucou {scene.pole}"
    assert "<b>gras</b>" in courriel.texte
    assert "&lt;b&gt;gras" in courriel.html
    client.post(url, {"geste": "reprendre", **propre})
    ouverte.refresh_from_db()
    assert ouverte.textes == {}
    lettre = client.get(f"/offres/campagnes/{ouverte.pk}/lettre/")
    assert lettre.content[:5] == b"%PDF-"


def test_une_valeur_n_est_pas_relue(scene: SimpleNamespace) -> None:
    campagne = Campagne(pole=scene.pole, nom="{fin}", debut=date(2026, 3, 2), fin=date(2026, 4, 2))
    sujet, _ = textes.composer(campagne, "relance", [Reponse(campagne=campagne, structure=scene.structure)],
                               sujet="{campagne}")  # fmt: skip
    assert sujet == "{fin}"


@pytest.mark.parametrize("etat", [Reponse.Etat.BROUILLON, Reponse.Etat.INVITEE])
def test_un_brouillon_est_dit_meme_si_le_texte_l_oublie(scene: SimpleNamespace, etat: str) -> None:
    campagne = Campagne(pole=scene.pole, nom="C", debut=date(2026, 3, 2), fin=date(2026, 4, 2))
    reponse = Reponse(campagne=campagne, structure=scene.structure, etat=etat)
    for cle in textes.RAPPELS:
        _, texte = textes.composer(campagne, cle, [reponse], texte="Bonjour.\n\nRépondre : {questionnaire}\n\nFin.")
        assert ("n’est pas envoyé" in texte) == (etat == Reponse.Etat.BROUILLON)
        assert texte.index("Bonjour") == 0
        assert texte.endswith("Fin.")


def test_le_temps_annonce_est_celui_mesure(scene: SimpleNamespace) -> None:
    campagne = scene.une_campagne
    reponse = Reponse(campagne=campagne, structure=scene.structure)
    assert "environ un quart d’heure" in textes.composer(campagne, "invitation", [reponse])[1]
    for n in range(ASSEZ):
        autre = f.structure(f"Mesurée {n}", scene.commune)
        Reponse.objects.create(
            campagne=campagne, structure=autre, etat=Reponse.Etat.SOUMISE, participation="oui",
            soumise_le=timezone.now(), secondes_actives=7 * 60,
        )  # fmt: skip
    lue = Campagne.objects.get(pk=campagne.pk)
    assert "environ 7\u00a0minutes" in textes.composer(lue, "invitation", [reponse])[1]
