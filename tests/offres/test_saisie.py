"""The questionnaire saved group by group: what is written, what is refused, who sees what."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from offres import operations
from offres.models import Offre, Reponse
from tests.offres import fabriques as f
from tests.offres.test_questionnaire import adresse, une_offre

MODELE = "django.contrib.auth.backends.ModelBackend"


def champs(reponse: Reponse, page: str) -> str:
    return adresse(reponse, "champs", page)


def lu(client: Client, reponse: Reponse, page: str, unite: str) -> str:
    empreinte: str = client.get(champs(reponse, page)).json()["unites"][unite]["lu"]
    return empreinte


def poser(client: Client, reponse: Reponse, page: str, unite: str, **donnees: Any) -> Any:
    """One group, with the fingerprint that the page shows now unless told otherwise."""
    if "lu" not in donnees:
        donnees["lu"] = lu(client, reponse, page, unite)
    return client.post(champs(reponse, page), {"unite": unite, **donnees})


@pytest.fixture
def collegue(scene: SimpleNamespace) -> Client:
    """Somebody else of the same structure, signed in elsewhere."""
    personne = f.membre(scene.structure, "collegue@exemple.test", "membre")
    client = Client()
    client.force_login(personne, backend=MODELE)
    return client


@pytest.mark.parametrize(
    ("unite", "donnees", "champ", "attendu"),
    [
        ("file_active", {"file_active": "45"}, "file_active", 45),
        ("file_active", {"file_active_inconnue": "on"}, "file_active_inconnue", True),
        ("participation", {"participation": "a-rediscuter"}, "participation", "a-rediscuter"),
    ],
)
def test_un_champ_de_l_etape_1_s_enregistre_seul(
    connecte: Client, scene: SimpleNamespace, unite: str, donnees: dict[str, str], champ: str, attendu: object
) -> None:
    r = poser(connecte, scene.une_reponse, "structure", unite, **donnees)
    assert r.status_code == 200, r.content
    scene.une_reponse.refresh_from_db()
    assert getattr(scene.une_reponse, champ) == attendu
    assert scene.une_reponse.etat == "brouillon"
    assert scene.une_reponse.etape == 0, "une étape n’est faite que quand on la passe"
    assert "h" in r.json()["heure"]


def test_la_fiche_recoit_ce_que_la_structure_dit_d_elle(connecte: Client, scene: SimpleNamespace) -> None:
    assert poser(connecte, scene.une_reponse, "structure", "telephone", telephone="02 32 00 00 00").status_code == 200
    scene.structure.refresh_from_db()
    assert scene.structure.telephone == "02 32 00 00 00"


def test_une_ligne_s_enregistre_page_par_page(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    base = f"offres-{offre.pk}-"
    r = poser(connecte, scene.une_reponse, base + "volume", "volume", volume="8")
    assert r.status_code == 200, r.content
    rangees = {
        "ressources-TOTAL_FORMS": "2", "ressources-INITIAL_FORMS": "0",
        "ressources-0-profession": "Monitrice d’atelier", "ressources-0-etp": "0,25",
    }  # fmt: skip
    assert poser(connecte, scene.une_reponse, base + "ressources", "ressources", **rangees).status_code == 200
    assert poser(connecte, scene.une_reponse, base + "ressources", "lieux", lieux="Atelier").status_code == 200
    r = poser(connecte, scene.une_reponse, base + "zone", "zone", rayonnement="rayon", rayon_km="30")
    assert r.status_code == 200, r.content
    r = poser(connecte, scene.une_reponse, base + "conditions", "dates", debut="2027-09-01", fin="2028-06-30")
    assert r.status_code == 200, r.content
    relue = Offre.objects.get(pk=offre.pk)
    assert (relue.volume, relue.lieux, relue.rayonnement, relue.rayon_km) == (8, "Atelier", "rayon", 30)
    assert relue.ressources == [{"profession": "Monitrice d’atelier", "etp": 0.25}]
    assert str(relue.debut) == "2027-09-01"


def test_ce_qui_est_incomplet_se_dit_et_n_ecrit_rien(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    r = poser(connecte, scene.une_reponse, f"offres-{offre.pk}-zone", "zone", rayonnement="rayon")
    assert r.status_code == 422
    assert "rayon_km" in r.json()["erreurs"]
    assert Offre.objects.get(pk=offre.pk).rayonnement == ""


def test_deux_personnes_a_deux_champs_ne_se_genent_pas(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    mien = lu(connecte, scene.une_reponse, "structure", "telephone")
    assert poser(collegue, scene.une_reponse, "structure", "courriel", courriel="s@exemple.test").status_code == 200
    r = poser(connecte, scene.une_reponse, "structure", "telephone", telephone="02 32 11 11 11", lu=mien)
    assert r.status_code == 200
    vu = r.json()["unites"]["courriel"]
    assert (vu["valeurs"], vu["moi"]) == ({"courriel": "s@exemple.test"}, False)
    assert "Collegue" in vu["par"]


def test_le_second_voit_les_deux_valeurs_et_garde_la_sienne(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-volume"
    avant = lu(connecte, scene.une_reponse, page, "volume")
    assert poser(collegue, scene.une_reponse, page, "volume", volume="8").status_code == 200
    r = poser(connecte, scene.une_reponse, page, "volume", volume="12", lu=avant)
    assert r.status_code == 409
    conflit = r.json()["conflit"]
    assert (conflit["mots"], conflit["valeurs"]["volume"]) == ("8", "8")
    assert "Collegue" in conflit["par"]
    assert Offre.objects.get(pk=offre.pk).volume == 8, "rien n’est écrasé sans le dire"
    assert poser(connecte, scene.une_reponse, page, "volume", volume="12", lu=conflit["lu"]).status_code == 200
    assert Offre.objects.get(pk=offre.pk).volume == 12


def test_renvoyer_la_meme_chose_n_est_pas_un_conflit(connecte: Client, scene: SimpleNamespace) -> None:
    """The answer of the first sending was lost on the way: the browser sends again what it had read."""
    avant = lu(connecte, scene.une_reponse, "structure", "file_active")
    for _ in range(2):
        assert poser(
            connecte, scene.une_reponse, "structure", "file_active", file_active="45", lu=avant
        ).status_code == 200  # fmt: skip
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.version == 1


def test_un_formulaire_sans_script_compte_aussi(connecte: Client, collegue: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-conditions"
    avant = lu(connecte, scene.une_reponse, page, "conditions")
    offre.refresh_from_db()
    collegue.post(
        adresse(scene.une_reponse, "offres", offre.pk, "conditions"),
        {"version": offre.version, "conditions": "Gratuit", "periodicite": ""},
    )
    assert Offre.objects.get(pk=offre.pk).conditions == "Gratuit"
    r = poser(connecte, scene.une_reponse, page, "conditions", conditions="Convention", lu=avant)
    assert r.status_code == 409


def test_rien_ne_s_ecrit_dans_une_reponse_envoyee(connecte: Client, scene: SimpleNamespace) -> None:
    avant = lu(connecte, scene.une_reponse, "structure", "telephone")
    Reponse.objects.filter(pk=scene.une_reponse.pk).update(etat="soumise", soumise_le=scene.une_reponse.modifie_le)
    r = poser(connecte, scene.une_reponse, "structure", "telephone", telephone="02 32 11 11 11", lu=avant)
    assert r.status_code == 410
    assert "envoyée" in r.json()["message"]


def test_une_ligne_retiree_entre_temps_se_dit(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-volume"
    avant = lu(connecte, scene.une_reponse, page, "volume")
    operations.retirer_ligne(offre, scene.personnes["direction"])
    assert poser(connecte, scene.une_reponse, page, "volume", volume="8", lu=avant).status_code == 410


@pytest.mark.parametrize(
    "page", ["inconnue", "offres-0-volume", "offres-99999999999999999999-volume", "offres-1-rien"]
)
def test_une_page_inconnue(connecte: Client, scene: SimpleNamespace, page: str) -> None:
    assert connecte.get(champs(scene.une_reponse, page)).status_code == 410


def test_rien_de_nouveau_ne_coute_rien(connecte: Client, scene: SimpleNamespace) -> None:
    version = connecte.get(champs(scene.une_reponse, "structure")).json()["version"]
    r: Any = connecte.get(champs(scene.une_reponse, "structure"), {"version": version})
    assert r.status_code == 204


def test_le_temps_passe_est_borne(connecte: Client, scene: SimpleNamespace) -> None:
    for secondes in ("40", "999999", "-5", "abc", ""):
        assert connecte.post(champs(scene.une_reponse, "structure"), {"actif": secondes}).status_code == 204
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.secondes_actives == 160


def test_un_nom_dans_un_texte_avertit_en_douceur(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene)
    page = f"offres-{offre.pk}-conditions"
    r = poser(connecte, scene.une_reponse, page, "conditions", conditions="Voir avec Mme Durand")
    assert r.status_code == 200
    assert "nom d’une personne" in r.json()["avertissement"]


def test_la_page_donne_au_script_ce_qu_elle_montre(connecte: Client, scene: SimpleNamespace) -> None:
    page = connecte.get(adresse(scene.une_reponse, "structure")).content.decode()
    assert 'data-saisie="' in page
    assert lu(connecte, scene.une_reponse, "structure", "telephone") in page


def test_sans_script_le_second_voit_aussi_les_deux_valeurs(
    connecte: Client, collegue: Client, scene: SimpleNamespace
) -> None:
    offre = une_offre(scene)
    adresse_ = adresse(scene.une_reponse, "offres", offre.pk, "volume")
    collegue.post(adresse_, {"version": offre.version, "volume": "8"})
    r = connecte.post(adresse_, {"version": offre.version, "volume": "12"})
    assert r.status_code == 409
    page = r.content.decode()
    assert "Aujourd’hui enregistré" in page
    assert "«\u00a08\u00a0»" in page
    assert 'value="12"' in page


def test_le_brouillon_se_dit_a_chaque_visite(connecte: Client, scene: SimpleNamespace) -> None:
    assert poser(connecte, scene.une_reponse, "structure", "file_active", file_active="45").status_code == 200
    assert "Votre réponse n’est pas envoyée" in connecte.get(adresse(scene.une_reponse)).content.decode()
    for etape in ("structure", "offres", "besoins", "cooperations", "relecture"):
        assert "Pas encore envoyé" in connecte.get(adresse(scene.une_reponse, etape)).content.decode()


def test_le_temps_passe_se_dit(connecte: Client, scene: SimpleNamespace) -> None:
    Reponse.objects.filter(pk=scene.une_reponse.pk).update(secondes_actives=400)
    assert "vous y avez passé 7\u00a0minutes" in connecte.get(adresse(scene.une_reponse, "structure")).content.decode()
