"""Campaigns: open, invite in batches, follow, reopen; what awaits; indicators."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offres import campagnes, relances
from offres.branchements import attentes, encarts_structure
from offres.campagnes import attendues_de
from offres.fusion import fusionner
from offres.models import Besoin, Campagne, Offre, Reponse
from offres.templatetags.offres_mots import de_nom
from socle.deplacements import Carnet
from socle.models import Courriel, Travail
from socle.travaux import executer
from tests.offres import fabriques as f

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def coordination(client: Client, scene: SimpleNamespace) -> Client:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    return client


def saisie(scene: SimpleNamespace, **autres: Any) -> dict[str, Any]:
    aujourdhui = timezone.localdate()
    return {
        "pole": scene.pole.pk,
        "nom": "Recueil 2026",
        "debut": aujourdhui.isoformat(),
        "fin": (aujourdhui + timedelta(days=30)).isoformat(),
        "message": "Merci de votre aide",
        **autres,
    }


def test_preparer_puis_ouvrir_invite(
    coordination: Client, scene: SimpleNamespace, django_capture_on_commit_callbacks: Any
) -> None:
    r: Any = coordination.post("/offres/campagnes/ouvrir/", saisie(scene))
    campagne = Campagne.objects.get(nom="Recueil 2026")
    assert r.url == f"/offres/campagnes/{campagne.pk}/structures/"
    assert not Travail.objects.exists()
    # Prepared, it is nobody's yet: neither followed nor awaited.
    assert "Recueil 2026" not in [a.titre for a in attentes(scene.personnes["coordination"])]
    page = coordination.get(f"/offres/campagnes/{campagne.pk}/verifier/").content.decode()
    assert "2\u00a0structures seront invitées" in page
    r = coordination.post(f"/offres/campagnes/{campagne.pk}/verifier/")
    assert r.url == f"/offres/campagnes/{campagne.pk}/"
    coordination.post(f"/offres/campagnes/{campagne.pk}/verifier/")
    executer(str(Travail.objects.get().pk))
    assert Travail.objects.get().etat == Travail.Etat.REUSSI
    assert set(campagne.reponses.values_list("structure__nom", flat=True)) == {
        "IME Les Tilleuls",
        "Mission locale du Pays",
    }
    courriel = Courriel.objects.get()
    reponse = campagne.reponses.get(structure=scene.structure)
    assert courriel.destinataire == "direction@scene.test"
    # One link to follow; the foot has another, where to choose one's e-mails.
    assert courriel.texte.partition("Choisir les courriels")[0].count("http") == 1
    assert f"/offres/questionnaire/{reponse.pk}/" in courriel.texte
    assert "Merci de votre aide" in courriel.texte
    assert "{" not in courriel.texte + courriel.sujet
    assert courriel.repondre_a == "coordination@scene.test"


def test_les_structures_se_choisissent(coordination: Client, scene: SimpleNamespace) -> None:
    coordination.post("/offres/campagnes/ouvrir/", saisie(scene))
    campagne = Campagne.objects.get(nom="Recueil 2026")
    url = f"/offres/campagnes/{campagne.pk}/structures/"
    page = coordination.get(url).content.decode()
    assert "Évreux (2)" in page

    def attendues() -> set[str]:
        campagne.refresh_from_db()
        return set(attendues_de(campagne).values_list("nom", flat=True))

    coordination.post(url, {"geste": "choisir", "types": ["mission-locale"], "bassins": ["2808"]})
    assert attendues() == {"Mission locale du Pays"}
    # A type that no structure of the perimeter has is not proposed.
    coordination.post(url, {"geste": "choisir", "types": ["geiq"]})
    assert attendues() == {"Mission locale du Pays"}
    coordination.post(url, {"geste": "choisir"})
    coordination.post(url, {"geste": "cocher", "montree": [scene.structure.pk, scene.structure_voisine.pk],
                            "gardee": [scene.structure.pk]})  # fmt: skip
    assert attendues() == {"IME Les Tilleuls"}
    assert "ESAT du Bocage" in coordination.get(f"{url}?cherche=bocage").content.decode()
    coordination.post(url, {"geste": "ajouter", "structure": scene.autre_structure.pk})
    assert attendues() == {"IME Les Tilleuls", "ESAT du Bocage"}
    coordination.post(url, {"geste": "cocher", "montree": [scene.autre_structure.pk, scene.structure_voisine.pk],
                            "gardee": [scene.structure_voisine.pk]})  # fmt: skip
    assert attendues() == {"IME Les Tilleuls", "Mission locale du Pays"}
    Campagne.objects.filter(pk=campagne.pk).update(en_preparation=False)
    assert coordination.get(url).status_code == 404


def test_la_liste_se_garde_en_avancant(
    coordination: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages of the list: each way forward keeps what was ticked, nothing else is to be pressed."""
    monkeypatch.setattr("offres.views.preparation.PAR_PAGE", 1)
    coordination.post("/offres/campagnes/ouvrir/", saisie(scene))
    campagne = Campagne.objects.get(nom="Recueil 2026")
    url = f"/offres/campagnes/{campagne.pk}/structures/"
    page = coordination.get(url)
    assert page.content.decode().count('form="choix" name="geste"') == 2
    premiere = page.context["lignes"][0][0]
    r = coordination.post(
        url,
        {"cible": "oui", "geste": "page", "montree": [premiere.pk], "suivante": page.context["apres_suite"]},
        follow=True,
    )
    (seconde,) = [structure for structure, *_ in r.context["lignes"]]
    assert seconde.nom_recherche > premiere.nom_recherche
    assert 'form="choix" name="geste" value="page"' not in r.content.decode()
    assert "Revenir au début de la liste" in r.content.decode()
    r = coordination.post(url, {"cible": "oui", "geste": "continuer", "montree": [seconde.pk], "gardee": [seconde.pk]})
    assert r.headers["Location"] == f"/offres/campagnes/{campagne.pk}/textes/"
    campagne.refresh_from_db()
    assert set(attendues_de(campagne)) == {seconde}


def test_une_campagne_sans_structure_ne_s_ouvre_pas(coordination: Client, scene: SimpleNamespace) -> None:
    coordination.post("/offres/campagnes/ouvrir/", saisie(scene))
    campagne = Campagne.objects.get(nom="Recueil 2026")
    campagnes.cocher(campagne, [scene.structure.pk, scene.structure_voisine.pk], [])
    page = coordination.post(f"/offres/campagnes/{campagne.pk}/verifier/").content.decode()
    assert "Aucune structure n’est attendue" in page
    campagne.refresh_from_db()
    assert campagne.en_preparation
    coordination.post(f"/offres/campagnes/{campagne.pk}/abandonner/")
    assert not Campagne.objects.filter(nom="Recueil 2026").exists()


@pytest.mark.parametrize(
    ("autres", "champ"),
    [
        ({"nom": ""}, "nom"),
        ({"fin": "2020-01-01", "debut": "2019-01-01"}, "fin"),
        ({"fin": "2019-01-01", "debut": "2020-01-01"}, "fin"),
        ({"debut": "hier"}, "debut"),
        ({"pole": "9999"}, "pole"),
    ],
)
def test_une_mauvaise_saisie_est_dite_au_champ(
    coordination: Client, scene: SimpleNamespace, autres: dict[str, Any], champ: str
) -> None:
    r = coordination.post("/offres/campagnes/ouvrir/", saisie(scene, **autres))
    assert r.status_code == 422
    assert champ in r.context["form"].errors
    assert "Merci de votre aide" in r.content.decode()
    assert not Campagne.objects.filter(nom__in=["Recueil 2026", ""]).exists()


def test_inviter_deux_fois_n_ecrit_qu_un_courriel(scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campagnes, "LOT", 2)
    monkeypatch.setattr(relances, "LOT", 2)
    for i in range(5):
        f.membre(f.structure(f"Structure {i}", scene.commune), f"direction{i}@essai.test")
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Lots", timezone.localdate(), timezone.localdate(), scene.personnes["coordination"]
    )
    assert campagnes.inviter_les_structures(campagne) == {"invitees": 7, "sans_destinataire": 1}
    assert Courriel.objects.count() == 6
    campagnes.inviter_les_structures(campagne)
    assert Courriel.objects.count() == 6
    assert campagne.reponses.filter(invitee_le__isnull=False).count() == 7


def test_deux_clics_ouvrent_une_campagne(scene: SimpleNamespace) -> None:
    jour = timezone.localdate()
    premiere, travail = campagnes.ouvrir_campagne(scene.pole, "Une fois", jour, jour, scene.personnes["coordination"])
    seconde, meme = campagnes.ouvrir_campagne(scene.pole, "Une fois", jour, jour, scene.personnes["coordination"])
    assert (seconde, meme) == (premiere, travail)
    assert Campagne.objects.filter(nom="Une fois").count() == 1


def test_une_structure_fermee_ou_une_direction_partie_ne_sont_pas_invitees(scene: SimpleNamespace) -> None:
    fermee = f.structure("Fermée", scene.commune, fermee_le=timezone.localdate())
    scene.structure.adhesions.update(fin=timezone.now())
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Tri", timezone.localdate(), timezone.localdate(), scene.personnes["coordination"]
    )
    campagnes.inviter_les_structures(campagne)
    assert not campagne.reponses.filter(structure=fermee).exists()
    assert not Courriel.objects.exists()


def test_la_coordination_suit_sa_campagne(
    coordination: Client, scene: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    for i in range(6):
        f.soumise(scene.une_campagne, f.structure(f"Structure {i}", scene.commune))
    with django_assert_max_num_queries(24):
        page = coordination.get(f"/offres/campagnes/{scene.une_campagne.pk}/").content.decode()
    assert "IME Les Tilleuls" in page
    assert "6 sur 7" in " ".join(page.split())
    page = coordination.get(f"/offres/campagnes/{scene.une_campagne.pk}/?etat=invitee").content.decode()
    assert "Structure 1" not in page
    assert "Recueil d’essai" in coordination.get("/offres/campagnes/").content.decode()


def test_les_pages_d_une_campagne_ne_repetent_rien(
    coordination: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from offres.views import campagnes as vues_campagnes

    monkeypatch.setattr(vues_campagnes, "PAR_PAGE", 2)
    for _ in range(5):
        f.soumise(scene.une_campagne, f.structure("Même nom", scene.commune))
    vues: list[int] = []
    url = f"/offres/campagnes/{scene.une_campagne.pk}/"
    while url:
        r = coordination.get(url)
        vues += [reponse.structure_id for reponse, _ in r.context["reponses"]]
        url = r.context["suite"]
    assert len(vues) == len(set(vues)) == 6


def test_rouvrir_demande_un_motif_et_previent(coordination: Client, scene: SimpleNamespace) -> None:
    Reponse.objects.filter(pk=scene.une_reponse.pk).update(etat="soumise", soumise_le=timezone.now())
    url = f"/offres/campagnes/reponses/{scene.une_reponse.pk}/rouvrir/"
    assert coordination.post(url, {"motif": "  "}).status_code == 422
    coordination.post(url, {"motif": "Précisez les volumes"})
    scene.une_reponse.refresh_from_db()
    assert (scene.une_reponse.etat, scene.une_reponse.motif_reouverture) == ("rouverte", "Précisez les volumes")
    assert "Précisez les volumes" in Courriel.objects.get().texte
    coordination.post(url, {"motif": "Encore"})
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.motif_reouverture == "Précisez les volumes"


def test_une_reponse_inconnue(coordination: Client) -> None:
    assert coordination.get(f"/offres/questionnaire/{uuid.uuid4()}/").status_code == 404
    assert coordination.get("/offres/questionnaire/pas-un-numero/").status_code == 404


def test_ce_qui_attend_chacun(scene: SimpleNamespace) -> None:
    direction, coordination = scene.personnes["direction"], scene.personnes["coordination"]
    assert [a.titre for a in attentes(direction)] == ["Répondre au questionnaire de l’IME Les Tilleuls"]
    assert [a.titre for a in attentes(coordination)] == [
        "Suivre «\u00a0Recueil d’essai\u00a0»\u00a0: 1\u00a0réponse attendue"
    ]
    assert attentes(scene.personnes["pilotage"]) == []
    Campagne.objects.filter(pk=scene.une_campagne.pk).update(fin=f.hier())
    assert attentes(direction)[0].detail.startswith("Date dépassée")
    Reponse.objects.update(etat="soumise", soumise_le=timezone.now())
    assert attentes(direction) == []
    f.besoin(scene.structure)
    f.offre(scene.autre_structure)
    assert attentes(direction)[0].url == "/offres/rapprochements/"


def test_l_encart_d_une_structure_est_pour_les_connectes(scene: SimpleNamespace) -> None:
    f.offre(scene.structure, volume=3)
    assert encarts_structure(scene.structure, None) == []
    (encart,) = encarts_structure(scene.structure, scene.personnes["etranger"])
    assert [ligne.volume for ligne in encart.contexte["offres"]] == [3]  # type: ignore[attr-defined]
    assert encart.contexte["questionnaire"] is None
    (encart,) = encarts_structure(scene.structure, scene.personnes["membre"])
    assert encart.contexte["questionnaire"] == scene.une_reponse


def test_les_indicateurs(scene: SimpleNamespace, django_assert_num_queries: Any) -> None:
    f.soumise(scene.une_campagne, scene.structure_voisine)
    f.reponse(f.campagne(scene.pole), scene.structure_voisine)
    f.offre(scene.structure, volume=3)
    f.offre(scene.structure, volume=4)
    f.offre(scene.structure, volume=9, publiee=False)
    f.offre(scene.autre_structure, volume=None)
    f.besoin(scene.structure)
    with django_assert_num_queries(1):
        taux = Reponse.objects.taux_par_bassin()
    assert (taux["2808"].invitees, taux["2808"].soumises, taux["2808"].pour_cent) == (2, 1, 50)
    assert Offre.objects.compte_par_bassin() == {"2808": 2, "2803": 1}
    assert Besoin.objects.compte_par_bassin() == {"2808": 1}
    volumes = {v.bassin: (v.lignes, v.volume) for v in Offre.objects.volumes_par_service_et_bassin()}
    assert volumes == {"2808": (2, 7), "2803": (1, 0)}


def test_une_fusion_deplace_les_offres_et_les_reponses(scene: SimpleNamespace) -> None:
    double = f.structure("IME les tilleuls", scene.commune)
    f.offre(double)
    f.soumise(f.campagne(scene.pole, nom="Autre"), double)
    carnet = Carnet()
    fusionner(scene.structure, double, carnet)
    assert sorted(carnet.mots) == ["1\u00a0offre", "1\u00a0réponse au questionnaire"]
    assert Offre.objects.get().structure == scene.structure
    assert not Reponse.objects.filter(structure=double).exists()


@pytest.mark.parametrize("genre", ["offres", "besoins"])
def test_la_liste_filtre_et_marque_les_siennes(
    connecte: Client, scene: SimpleNamespace, genre: str, django_assert_max_num_queries: Any
) -> None:
    fabrique: Any = f.offre if genre == "offres" else f.besoin
    for _ in range(4):
        fabrique(scene.structure, "ateliers-tre")
    fabrique(scene.autre_structure, "plateaux-techniques")
    fabrique(scene.autre_structure, "plateaux-techniques", publiee=False)
    url = "/offres/" if genre == "offres" else "/offres/besoins/"
    # Départements and the reader's own bassins: two more than the first list.
    with django_assert_max_num_queries(20):
        page = connecte.get(url).content.decode()
    assert f"5\u00a0{genre}" in page
    assert page.count("Votre structure") == 4
    for requete, nombre in (
        ("service=ateliers-tre", 4), ("bassin=2803", 1), ("famille=medico-social-enfants", 4), ("type=esat", 1),
        ("service=ateliers-tre&bassin=2803", 0), ("service=inconnu&avant=zzz&bassin=", 5),
    ):  # fmt: skip
        assert connecte.get(f"{url}?{requete}").context["total"] == nombre, requete
    vide = connecte.get(f"{url}?service=ateliers-tre&bassin=2803").content.decode()
    assert "Retirez-en un" in vide
    jetons = connecte.get(f"{url}?service=ateliers-tre&type=ime").context["jetons"]
    assert [j.url for j in jetons] == [f"{url}?type=ime", f"{url}?service=ateliers-tre"]


def test_les_pages_de_la_liste_ne_repetent_rien(
    connecte: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from offres.views import listes

    monkeypatch.setattr(listes, "PAR_PAGE", 2)
    for _ in range(5):
        f.offre(scene.structure)
    vues: list[int] = []
    url = "/offres/?type=ime"
    while url:
        r = connecte.get(url)
        vues += [ligne.pk for ligne, _ in r.context["lignes"]]
        url = r.context["suite"]
    assert len(vues) == len(set(vues)) == 5


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [
        ("Évreux", "d’Évreux"),
        ("Le Havre", "du Havre"),
        ("Les Andelys", "des Andelys"),
        ("La Hague", "de La Hague"),
        ("Caen", "de Caen"),
        ("ESAT Les Glycines", "de l’ESAT Les Glycines"),
    ],
)
def test_l_article_devant_un_nom(nom: str, attendu: str) -> None:
    assert de_nom(nom) == attendu


def test_attendre_seulement_une_liste(scene: SimpleNamespace, coordination: Client) -> None:
    from structures.models import Structure

    jour = timezone.localdate()
    campagne = campagnes.preparer(
        scene.pole, "Liste", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    Structure.objects.filter(pk=scene.autre_structure.pk).update(finess="270000011")
    url = f"/offres/campagnes/{campagne.pk}/structures/"
    assert coordination.post(url, {"geste": "coller", "liste": ""}).status_code == 422
    suite = coordination.post(
        url, {"geste": "coller", "liste": "27 000 001 1\timmatriculée\nime les  TILLEULS\nNulle part\n"}, follow=True
    )
    campagne.refresh_from_db()
    assert set(campagnes.attendues_de(campagne)) == {scene.structure, scene.autre_structure}
    assert "1\u00a0ligne ne désigne aucune structure" in suite.content.decode()
    assert "Nulle part" in suite.content.decode()


def test_une_liste_trop_longue_n_est_pas_coupee_en_silence(scene: SimpleNamespace, coordination: Client) -> None:
    jour = timezone.localdate()
    campagne = campagnes.preparer(
        scene.pole, "Longue", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    liste = "\n".join(["ime les tilleuls", *(f"ligne {n}" for n in range(2000))])
    r = coordination.post(f"/offres/campagnes/{campagne.pk}/structures/", {"geste": "coller", "liste": liste})
    assert r.status_code == 422
    assert "2\u00a0001 lignes" in r.content.decode()
    campagne.refresh_from_db()
    assert campagne.ecartees == []


def test_continuer_enregistre_ce_qui_est_coche(scene: SimpleNamespace, coordination: Client) -> None:
    jour = timezone.localdate()
    campagne = campagnes.preparer(
        scene.pole, "Cases", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    url = f"/offres/campagnes/{campagne.pk}/structures/"
    montrees = [scene.structure.pk, scene.structure_voisine.pk]
    cases = {"cible": "oui", "geste": "continuer", "montree": montrees, "gardee": montrees[:1]}
    assert coordination.post(url, cases)["Location"] == f"/offres/campagnes/{campagne.pk}/textes/"
    campagne.refresh_from_db()
    assert campagne.ecartees == montrees[1:]
    # Another choice changes the list: it is read again before going on.
    assert coordination.post(url, {**cases, "types": ["mission-locale"]})["Location"] == f"{url}#liste"
