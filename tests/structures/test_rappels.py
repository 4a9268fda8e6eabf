"""Reminders: the right person, once, together, never more than a month; two schedulers at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from socle.models import Courriel
from structures import fraicheur, operations
from structures.adhesions.equipe import adherer
from structures.comptes.notifications import choisir
from structures.fraicheur import GENRE, RelanceImpossible, rappeler, relancer
from structures.models import Adhesion, LigneRappel, RappelFraicheur, Structure
from structures.tasks import rappeler_les_fiches
from tests.fabriques import un_utilisateur
from tests.scene import construire_scene
from tests.simultane import ensemble

ClientDe = Callable[..., Client]


def vieillir(structure: Structure, jours: int = 170) -> None:
    """As if the sheet had been left alone for so long."""
    avant = timezone.now() - timedelta(days=jours)
    Structure.objects.filter(pk=structure.pk).update(cree_le=avant)


def passer(jours: int) -> None:
    """As if the reminders had been sent so many days earlier."""
    for rappel in RappelFraicheur.objects.all():
        RappelFraicheur.objects.filter(pk=rappel.pk).update(envoye_le=rappel.envoye_le - timedelta(days=jours))


def courriels() -> list[str]:
    return list(
        Courriel.objects.filter(modele="rappel_fraicheur").order_by("pk").values_list("destinataire", flat=True)
    )


@pytest.fixture
def vieille(scene: SimpleNamespace) -> Structure:
    vieillir(scene.structure)
    structure: Structure = scene.structure
    return structure


# --- whom and when ---------------------------------------------------------------------------


def test_la_direction_recoit_un_rappel_avant_six_mois(vieille: Structure) -> None:
    assert not Structure.objects.a_verifier().exists()
    assert rappeler_les_fiches() == 1
    assert courriels() == ["direction@scene.test"]
    courriel = Courriel.objects.get(modele="rappel_fraicheur")
    assert reverse("structures:confirmer", args=[vieille.pk]) in courriel.texte
    assert vieille.nom in courriel.sujet
    assert "comptes/notifications" in courriel.texte
    assert "(" not in courriel.sujet


def test_le_lien_du_rappel_mene_a_un_seul_bouton(
    scene: SimpleNamespace, client_de: ClientDe, vieille: Structure
) -> None:
    """Sign-in first, then the page that the link named."""
    rappeler()
    (lien,) = re.findall(r"http\S+(/structures/\S+)", Courriel.objects.get(modele="rappel_fraicheur").texte)
    visiteur = Client().get(lien)
    assert visiteur["Location"] == f"{reverse('account_login')}?next={lien}"
    page = client_de(scene.personnes["direction"]).get(lien).content.decode()
    assert page.split("<main")[1].count("<button") - page.split("<main")[1].count('type="button"') == 1
    assert "Ces informations sont toujours exactes" in page
    assert client_de(scene.personnes["etranger"]).get(lien).status_code == 403


def test_une_fiche_recente_ou_confirmee_n_est_pas_rappelee(scene: SimpleNamespace) -> None:
    vieillir(scene.structure, 160)
    assert rappeler() == 0
    vieillir(scene.structure, 400)
    operations.confirmer(scene.structure, scene.personnes["membre"])
    assert rappeler() == 0


def test_l_equipe_quand_il_n_y_a_pas_de_direction(scene: SimpleNamespace, vieille: Structure) -> None:
    Adhesion.objects.filter(role="direction").update(fin=timezone.now())
    assert rappeler() == 1
    assert courriels() == ["membre@scene.test"]


def test_une_direction_qui_refuse_ces_courriels_n_en_recoit_pas(scene: SimpleNamespace, vieille: Structure) -> None:
    choisir(scene.personnes["direction"], {GENRE: False})
    assert rappeler() == 0
    autre = un_utilisateur()
    adherer(autre, vieille, "direction")
    assert rappeler() == 1
    assert courriels() == [autre.email]


@pytest.mark.parametrize("cas", ["fermee", "absorbee", "fictive", "compte_demo", "compte_ferme", "invitee_seulement"])
def test_jamais(scene: SimpleNamespace, vieille: Structure, cas: str) -> None:
    structures, personnes = Structure.objects.filter(pk=vieille.pk), scene.personnes
    if cas == "fermee":
        structures.update(fermee_le=timezone.localdate())
    elif cas == "absorbee":
        structures.update(fermee_le=timezone.localdate(), fusionnee_dans=scene.structure_voisine)
    elif cas == "fictive":
        structures.update(fictive=True)
    else:
        Adhesion.objects.filter(structure=vieille).exclude(utilisateur=personnes["direction"]).update(
            fin=timezone.now()
        )
        if cas == "compte_demo":
            type(personnes["direction"]).objects.update(demonstration=True)
        elif cas == "compte_ferme":
            type(personnes["direction"]).objects.update(is_active=False)
        else:
            from structures.adhesions.invitations import inviter

            Adhesion.objects.filter(structure=vieille).update(fin=timezone.now())
            inviter(vieille, "invitee@exemple.test", "direction", personnes["coordination"])
    assert rappeler() == 0
    assert courriels() == []


def test_plusieurs_fiches_un_seul_courriel(scene: SimpleNamespace, vieille: Structure) -> None:
    for rang in range(3):
        autre = Structure.objects.create(nom=f"SESSAD {rang}", type="sessad", commune=scene.commune)
        adherer(scene.personnes["direction"], autre, "direction")
        vieillir(autre)
    assert rappeler() == 1
    courriel = Courriel.objects.get(modele="rappel_fraicheur")
    assert all(nom in courriel.texte for nom in ("SESSAD 0", "SESSAD 1", "SESSAD 2", vieille.nom))
    assert reverse("structures:a_confirmer") in courriel.texte
    assert courriel.texte.count("http") == 2  # the link, and the choices of e-mails
    assert LigneRappel.objects.en_cours().count() == 4


# --- how often -------------------------------------------------------------------------------


def test_trois_rappels_a_un_mois_puis_la_coordination_le_sait(
    scene: SimpleNamespace, client_de: ClientDe, vieille: Structure
) -> None:
    for numero in (1, 2, 3):
        assert rappeler() == 1
        assert rappeler() == 0
        passer(29)
        assert rappeler() == 0
        passer(2)
        assert LigneRappel.objects.latest("pk").numero == numero
        vieillir(vieille, 170 + 31 * numero)
    assert rappeler() == 0
    assert courriels() == ["direction@scene.test"] * 3
    accueil = client_de(scene.personnes["coordination"]).get("/").content.decode()
    assert "1\u00a0fiche à vérifier" in accueil
    assert list(fraicheur.sans_reponse(Structure.objects.all())) == [vieille]
    # Confirmed, all starts again.
    operations.confirmer(vieille, scene.personnes["membre"])
    assert not fraicheur.sans_reponse(Structure.objects.all()).exists()
    Structure.objects.filter(pk=vieille.pk).update(confirme_le=timezone.now() - timedelta(days=170))
    passer(200)
    assert rappeler() == 1
    assert LigneRappel.objects.latest("pk").numero == 1


def test_deux_directions_sont_sollicitees_tour_a_tour(scene: SimpleNamespace, vieille: Structure) -> None:
    autre = un_utilisateur(email="autre@scene.test")
    adherer(autre, vieille, "direction")
    for _ in range(2):
        assert rappeler() == 1
        passer(31)
    assert sorted(courriels()) == ["autre@scene.test", "direction@scene.test"]


def test_une_personne_n_a_jamais_deux_rappels_dans_le_mois(scene: SimpleNamespace, vieille: Structure) -> None:
    assert rappeler() == 1
    operations.confirmer(vieille, scene.personnes["direction"])
    autre = Structure.objects.create(nom="SESSAD", type="sessad", commune=scene.commune)
    adherer(scene.personnes["direction"], autre, "direction")
    vieillir(autre)
    assert rappeler() == 0
    passer(31)
    assert rappeler() == 1


def test_confirmer_solde_le_rappel(scene: SimpleNamespace, vieille: Structure) -> None:
    rappeler()
    operations.confirmer(vieille, scene.personnes["membre"])
    ligne = LigneRappel.objects.get()
    assert ligne.confirmee
    assert ligne.close_le is not None


def test_le_rappel_et_son_courriel_vont_ensemble(
    scene: SimpleNamespace, vieille: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between the two leaves neither, and the next one does it."""

    def mourir(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as coupure:
        coupure.setattr(fraicheur, "notifier", mourir)
        with pytest.raises(SystemExit):
            rappeler()
    assert not RappelFraicheur.objects.exists()
    assert rappeler() == 1
    assert RappelFraicheur.objects.get().courriel == Courriel.objects.get(modele="rappel_fraicheur")


def test_une_fiche_confirmee_entre_temps_n_est_plus_demandee(scene: SimpleNamespace, vieille: Structure) -> None:
    operations.confirmer(vieille, scene.personnes["membre"])
    assert fraicheur.ecrire_rappel(scene.personnes["direction"], [vieille.pk]) is None
    assert not RappelFraicheur.objects.exists()


# --- the coordination ------------------------------------------------------------------------


def test_relancer_une_seule_fois(scene: SimpleNamespace, client_de: ClientDe, vieille: Structure) -> None:
    vieillir(vieille, 300)
    client = client_de(scene.personnes["coordination"])
    liste, adresse = reverse("structures:a_verifier"), reverse("structures:relancer", args=[vieille.pk])
    page = client.get(liste).content.decode()
    assert f'action="{adresse}"' in page
    reponse = client.post(adresse, {"suite": f"{liste}?etat=en-cours"}, follow=True)
    assert reponse.redirect_chain == [(f"{liste}?etat=en-cours", 302)]
    assert "Rappel en cours" in reponse.content.decode()
    assert courriels() == ["direction@scene.test"]
    courriel = Courriel.objects.get(modele="rappel_fraicheur")
    assert "Coordination Scène" in courriel.texte
    assert courriel.repondre_a == "coordination@scene.test"
    passer(40)
    with pytest.raises(RelanceImpossible, match="déjà été relancée"):
        relancer(vieille, scene.personnes["coordination"])
    assert f'action="{adresse}"' not in client.get(liste).content.decode()
    assert client.post(adresse, {"suite": "https://ailleurs.test/"})["Location"] == liste
    assert len(courriels()) == 1


def test_relancer_dit_pourquoi_non(scene: SimpleNamespace) -> None:
    coordination = scene.personnes["coordination"]
    with pytest.raises(RelanceImpossible, match="à jour"):
        relancer(scene.structure, coordination)
    vieillir(scene.structure_voisine, 300)
    with pytest.raises(RelanceImpossible, match="invitez d’abord"):
        relancer(scene.structure_voisine, coordination)
    vieillir(scene.structure, 300)
    adherer(scene.personnes["direction"], scene.structure_voisine, "direction")
    relancer(scene.structure, coordination)
    with pytest.raises(RelanceImpossible, match="moins de trente jours"):
        relancer(scene.structure_voisine, coordination)


def test_la_liste_de_la_coordination(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for rang in range(65):
        Structure.objects.create(nom=f"ESAT {rang}", type="esat", commune=scene.commune)
    for structure in Structure.objects.all():
        vieillir(structure, 300)
    client, url = client_de(scene.personnes["coordination"]), reverse("structures:a_verifier")
    vues: list[Any] = []
    while url:
        with django_assert_max_num_queries(14):
            page = client.get(url)
        vues += [fiche.pk for fiche, _ in page.context["fiches"]]
        url = page.context["suite"]
    # Those of the pôle only, each once.
    assert sorted(vues) == sorted(Structure.objects.filter(commune=scene.commune).values_list("pk", flat=True))
    adresse = reverse("structures:a_verifier")
    assert client.get(adresse, {"etat": "personne", "famille": "emploi"}).context["nombre"] == 1
    assert client.get(adresse, {"etat": "sans-reponse"}).context["nombre"] == 0
    assert client.get(adresse, {"bassin": "2803"}).status_code == 200
    assert client.get(adresse, {"apres": "n’importe quoi_x"}).context["nombre"] == 67
    # The edges of the calendar: such a moment does not exist in UTC.
    for bord in ("0001-01-01T00:00:00+23:59_1", "9999-12-31T23:59:59-23:59_1"):
        assert client.get(adresse, {"apres": bord}).status_code == 200
    assert client_de(scene.personnes["administration"]).get(adresse).context["nombre"] == 68


# --- two schedulers at once ------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_quatre_ordonnanceurs_n_ecrivent_qu_une_fois() -> None:
    scene = construire_scene(("structures",))
    personnes = [un_utilisateur() for _ in range(6)]
    for rang, personne in enumerate(personnes):
        structure = Structure.objects.create(nom=f"ESAT {rang}", type="esat", commune=scene.commune)
        adherer(personne, structure, "direction")
        # Two directors for each: each scheduler could choose another.
        adherer(personnes[rang - 1], structure, "direction")
        vieillir(structure)
    envoyes = ensemble(4, rappeler)
    assert all(isinstance(nombre, int) for nombre in envoyes), envoyes
    recus = courriels()
    assert len(recus) == len(set(recus)) == sum(envoyes)
    assert LigneRappel.objects.count() == LigneRappel.objects.values("structure").distinct().count() == 6


@pytest.mark.django_db(transaction=True)
def test_quatre_relances_au_meme_moment_un_courriel() -> None:
    scene = construire_scene(("structures",))
    vieillir(scene.structure, 300)

    def essayer() -> bool:
        try:
            relancer(scene.structure, scene.personnes["coordination"])
        except RelanceImpossible:
            return False
        return True

    assert ensemble(4, essayer).count(True) == 1
    assert len(courriels()) == 1
