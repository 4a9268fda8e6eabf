"""The pages of the duplicates: who sees what, the way from a pair to a merge and back."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from offres.models import Reponse
from structures.comptes.models import Utilisateur
from structures.doublons.fusion import fusionner
from structures.doublons.registre import rechercher
from structures.models import Adhesion, DoublonPropose, Fusion, Structure
from tests.offres import fabriques as fo

Ouvrir = Callable[[Utilisateur], Client]


@pytest.fixture
def paire(scene: SimpleNamespace) -> DoublonPropose:
    """Two sheets of one ESAT in the pôle of the scene."""
    scene.doublon.delete()
    scene.fusion.delete()
    for nom, telephone in (("ESAT du Cailly", ""), ("ESAT LE CAILLY", "02 32 00 00 01")):
        Structure.objects.create(nom=nom, type="esat", commune=scene.commune, telephone=telephone)
    rechercher()
    return DoublonPropose.objects.select_related("a", "b").get()


@pytest.fixture
def coordination(scene: SimpleNamespace, client_de: Ouvrir) -> Client:
    return client_de(scene.personnes["coordination"])


def _texte(reponse: Any) -> str:
    texte: str = reponse.content.decode()
    return texte


def test_la_liste_ne_montre_que_les_paires_de_ses_poles(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client, client_de: Ouvrir
) -> None:
    loin = [Structure.objects.create(nom="IME du Loin", type="ime", commune=scene.autre_commune) for _ in range(2)]
    rechercher()
    page = _texte(coordination.get(reverse("structures:doublons")))
    assert "1\u00a0doublon possible" in page
    assert "ESAT du Cailly" in page
    assert "IME du Loin" not in page
    entiere = _texte(client_de(scene.personnes["administration"]).get(reverse("structures:doublons")))
    assert "2\u00a0doublons possibles" in entiere
    # The other one, by its address.
    autre = DoublonPropose.objects.get(a=loin[0])
    refus = coordination.get(reverse("structures:doublon", args=[autre.pk]))
    assert refus.status_code == 403
    assert "un pôle qui couvre les deux structures" in _texte(refus)


def test_une_paire_a_cheval_sur_deux_poles_revient_a_l_administration(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client, client_de: Ouvrir
) -> None:
    Structure.objects.filter(pk=paire.b_id).update(commune=scene.autre_commune)
    assert coordination.get(reverse("structures:doublon", args=[paire.pk])).status_code == 403
    adresse = reverse("structures:fusionner", args=[paire.pk])
    assert coordination.post(adresse, {"garder": paire.a_id, "confirme": "oui"}).status_code == 403
    assert not Fusion.objects.exists()
    administration = client_de(scene.personnes["administration"])
    assert administration.get(reverse("structures:doublon", args=[paire.pk])).status_code == 200


@pytest.mark.parametrize("nombre", [2, 9])
def test_la_liste_coute_autant_pour_une_paire_que_pour_beaucoup(
    scene: SimpleNamespace, coordination: Client, nombre: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(nombre):
        Structure.objects.create(nom="ESAT du Cailly", type="esat", commune=scene.commune)
    rechercher()
    coordination.get(reverse("structures:doublons"))
    with django_assert_max_num_queries(12):
        page = _texte(coordination.get(reverse("structures:doublons")))
    attendues = min(30, nombre * (nombre - 1) // 2)
    assert page.count("doublons__paire") >= attendues


def test_les_pages_se_suivent(scene: SimpleNamespace, coordination: Client) -> None:
    scene.doublon.delete()
    for _ in range(9):
        Structure.objects.create(nom="ESAT du Cailly", type="esat", commune=scene.commune)
    rechercher()
    premiere = coordination.get(reverse("structures:doublons"))
    seconde = coordination.get(reverse("structures:doublons") + premiere.context["suite"])
    lues = [p.pk for p, *_ in [*premiere.context["paires"], *seconde.context["paires"]]]
    assert len(lues) == len(set(lues)) == 36
    assert coordination.get(reverse("structures:doublons") + "?apres=zut&etat=rien").status_code == 200


def test_de_la_comparaison_a_la_fusion_puis_a_son_annulation(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client
) -> None:
    a, b = paire.a, paire.b
    membre = scene.personnes["etranger"]
    Adhesion.objects.create(utilisateur=membre, structure=b)
    page = _texte(coordination.get(reverse("structures:doublon", args=[paire.pk])))
    assert "ESAT LE CAILLY" in page
    assert membre.nom_complet in page
    adresse = reverse("structures:fusionner", args=[paire.pk])
    choix = {"garder": a.pk, "champ_nom": a.pk, "champ_telephone": b.pk}
    # First what would follow; nothing is done.
    confirmation = _texte(coordination.post(adresse, choix))
    assert "1\u00a0personne de l’équipe" in confirmation
    assert "02 32 00 00 01" in confirmation
    assert not Fusion.objects.exists()
    assert Adhesion.objects.filter(structure=b).exists()
    suite = coordination.post(adresse, {**choix, "confirme": "oui", "motif": "saisie deux fois"})
    fusion = Fusion.objects.get()
    assert suite.headers["Location"] == reverse("structures:fusion", args=[fusion.pk])
    assert (fusion.par, fusion.motif) == (scene.personnes["coordination"], "saisie deux fois")
    trace = _texte(coordination.get(suite.headers["Location"]))
    assert "saisie deux fois" in trace
    assert Structure.objects.get(pk=a.pk).telephone == "02 32 00 00 01"
    # And back.
    coordination.post(reverse("structures:annuler_fusion", args=[fusion.pk]))
    assert Structure.objects.get(pk=a.pk).telephone == ""
    assert Structure.objects.ouvertes().filter(pk=b.pk).exists()
    fusion.refresh_from_db()
    assert fusion.annulee_par == scene.personnes["coordination"]
    # The page of a merge undone no longer shows as taken over what each sheet has back.
    defaite = _texte(coordination.get(suite.headers["Location"]))
    assert "Fusion annulée" in defaite
    assert "Champs repris" not in defaite
    assert b.get_absolute_url() in defaite


def test_la_fiche_absorbee_mene_a_la_gardee(scene: SimpleNamespace, paire: DoublonPropose, client: Client) -> None:
    tierce = Structure.objects.create(nom="ESAT Cailly, siège", type="esat", commune=scene.commune)
    fusionner(paire.a, paire.b, None)
    fusionner(tierce, paire.a, None)
    # To the last of two merges that follow one another, for a visitor too.
    reponse = client.get(paire.b.get_absolute_url())
    assert (reponse.status_code, reponse.headers["Location"]) == (302, tierce.get_absolute_url())
    assert "leurs fiches sont réunies ici" in _texte(client.get(reponse.headers["Location"]))
    assert "ESAT LE CAILLY" not in _texte(client.get(reverse("structures:liste") + "?q=cailly"))


def test_personne_n_ecrit_dans_une_fiche_absorbee(
    scene: SimpleNamespace, paire: DoublonPropose, client_de: Ouvrir
) -> None:
    fusionner(paire.a, paire.b, None)
    administration = client_de(scene.personnes["administration"])
    for nom in ("confirmer", "equipe", "sites"):
        reponse = administration.post(reverse(f"structures:{nom}", args=[paire.b_id]))
        assert reponse.status_code == 403, nom


def test_les_campagnes_ne_comptent_plus_la_seconde_reponse(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client
) -> None:
    campagne = fo.campagne(scene.pole, nom="Compte")
    fo.soumise(campagne, paire.a)
    fo.soumise(campagne, paire.b)
    fusionner(paire.a, paire.b, None)
    assert Reponse.objects.filter(campagne=campagne).count() == 2
    page = coordination.get(campagne.get_absolute_url())
    assert page.context["campagne"].nb_invitees == 1
    assert [r.structure_id for r, _ in page.context["reponses"]] == [paire.a_id]
    assert Reponse.objects.filter(campagne=campagne).taux_par_bassin()["2808"].soumises == 1


def test_distinguer_demande_une_raison(paire: DoublonPropose, coordination: Client) -> None:
    adresse = reverse("structures:distinguer", args=[paire.pk])
    assert coordination.post(adresse, {"motif": " "}).status_code == 422
    assert coordination.post(adresse, {"motif": "Deux agréments"}).status_code == 302
    paire.refresh_from_db()
    assert paire.etat == "distinct"
    page = _texte(coordination.get(reverse("structures:doublons") + "?etat=distinct"))
    assert "Deux agréments" in page
    coordination.post(reverse("structures:reprendre_doublon", args=[paire.pk]))
    paire.refresh_from_db()
    assert paire.etat == "propose"


def test_on_signale_un_doublon_par_un_numero_ou_une_adresse(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client
) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(finess="270000107")
    adresse = reverse("structures:signaler_doublon")
    page = coordination.get(f"{adresse}?structure={paire.a_id}")
    assert page.context["form"]["une"].value() == paire.a.get_absolute_url()
    saisie = {"une": f"http://portail.test{paire.a.get_absolute_url()}", "autre": "27 000 0107"}
    reponse = coordination.post(adresse, saisie)
    signalee = DoublonPropose.objects.get(raisons=["signale"])
    assert reponse.headers["Location"] == reverse("structures:doublon", args=[signalee.pk])
    assert {signalee.a_id, signalee.b_id} == {paire.a_id, scene.structure.pk}
    for fausse, mots in (("999999999", "Aucune structure"), (paire.a.get_absolute_url(), "la même fiche")):
        reponse = coordination.post(adresse, {**saisie, "autre": fausse})
        assert reponse.status_code == 422
        assert mots in _texte(reponse)
    hors = coordination.post(adresse, {**saisie, "autre": scene.autre_structure.get_absolute_url()})
    assert hors.status_code == 403


def test_chercher_maintenant_montre_ou_en_est_le_travail(paire: DoublonPropose, coordination: Client) -> None:
    reponse = coordination.post(reverse("structures:rechercher_doublons"))
    assert reponse.headers["Location"].startswith("/travaux/")
    assert "Recherche des doublons" in _texte(coordination.get(reponse.headers["Location"]))


def test_l_accueil_compte_les_doublons(
    scene: SimpleNamespace, paire: DoublonPropose, coordination: Client, client_de: Ouvrir
) -> None:
    assert "1\u00a0doublon possible" in _texte(coordination.get("/"))
    assert "doublon possible" not in _texte(client_de(scene.personnes["membre"]).get("/"))


def test_les_sites_d_une_structure(scene: SimpleNamespace, client_de: Ouvrir, client: Client) -> None:
    direction = client_de(scene.personnes["direction"])
    antenne = Structure.objects.create(nom="Antenne des Tilleuls", type="ime", commune=scene.commune)
    adresse = reverse("structures:sites", args=[scene.structure.pk])
    # Both sheets must be kept by the same hands.
    refus = direction.post(adresse, {"principal": antenne.get_absolute_url()})
    assert refus.status_code == 422
    Adhesion.objects.create(utilisateur=scene.personnes["direction"], structure=antenne, role="direction")
    adresse = reverse("structures:sites", args=[antenne.pk])
    direction.post(adresse, {"principal": scene.structure.get_absolute_url()})
    antenne.refresh_from_db()
    assert antenne.site_principal == scene.structure
    page = _texte(client.get(scene.structure.get_absolute_url()))
    assert "Autres sites de IME Les Tilleuls" in page
    assert "Antenne des Tilleuls" in page
    assert "(site principal)" in _texte(client.get(antenne.get_absolute_url()))
    # A site of a site belongs to the main one; the main one keeps its sites when it joins another.
    direction.post(reverse("structures:sites", args=[antenne.pk]), {"principal": ""})
    antenne.refresh_from_db()
    assert antenne.site_principal is None
    soi = direction.post(reverse("structures:sites", args=[antenne.pk]), {"principal": antenne.get_absolute_url()})
    assert "n’est pas un site d’elle-même" in _texte(soi)
