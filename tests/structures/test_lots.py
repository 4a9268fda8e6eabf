"""Inviting from a list: what each line means, what leaves, and only once."""

import io
from collections.abc import Callable
from types import SimpleNamespace

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from socle.models import Courriel, Travail
from socle.travaux import executer
from structures.adhesions import lots
from structures.adhesions.invitations import inviter
from structures.adhesions.lecture import LIGNES_MAX, lire_texte, role_ecrit
from structures.adhesions.lots import ErreurLot
from structures.comptes.models import Habilitation
from structures.imports.fiche import FichierIllisible
from structures.models import Invitation, LigneLot, LotInvitations, Structure
from structures.territoires.models import Commune
from tests.fabriques import avec_second_facteur, un_utilisateur, une_structure

ClientDe = Callable[..., Client]
Etat = LigneLot.Etat


def _etats(lot: LotInvitations) -> list[str]:
    return [str(etat) for etat in lot.lignes.values_list("etat", flat=True)]


def _preparer(scene: SimpleNamespace, texte: str, role: str = "direction") -> LotInvitations:
    return lots.preparer("Essai", lire_texte(texte), scene.personnes["coordination"], role)


def test_les_colonnes_sont_reconnues_a_leur_nom() -> None:
    (ligne,) = lire_texte(
        "Prénom;NOM;Adresse e-mail;Numéro FINESS;Rôle\nNour;Petit;N.Petit@Exemple.test;270000123;Dir.\n"
    )
    assert (ligne.email, ligne.nom, ligne.numeros) == ("n.petit@exemple.test", "Nour Petit", {"finess": "270000123"})
    assert role_ecrit(ligne.role) == "direction"
    assert ligne.numero == 2


def test_sans_titres_les_colonnes_se_devinent() -> None:
    lignes = lire_texte("a@exemple.test\tESAT du Bocage (Bernay)\tmembre\tNour Petit\nb@exemple.test\t140002536\n")
    assert [ligne.email for ligne in lignes] == ["a@exemple.test", "b@exemple.test"]
    assert ("ESAT du Bocage", "Bernay") in lignes[0].lectures()
    assert (lignes[0].role, lignes[0].nom) == ("membre", "Nour Petit")
    assert lignes[1].numeros == {"finess": "140002536"}


@pytest.mark.parametrize(
    ("texte", "dit"),
    [
        ("structure;ville\nIME;Caen\n", "Aucune colonne ne s’appelle"),
        ("courriel;structure\n", "aucune ligne"),
        ("courriel;structure\n" + "a@exemple.test;IME\n" * (LIGNES_MAX + 1), "dépasse 5\u00a0000 lignes"),
    ],
)
def test_liste_illisible(texte: str, dit: str) -> None:
    with pytest.raises(FichierIllisible, match=dit):
        lire_texte(texte)


def test_chaque_ligne_dit_ce_qu_elle_vaut(scene: SimpleNamespace) -> None:
    scene.structure.finess, scene.structure.siret = "270000011", "77568873209716"
    scene.structure.save()
    jumelles = [une_structure(scene.commune, nom="SESSAD Les Pins") for _ in range(2)]
    fermee = une_structure(scene.commune, nom="EA fermée", finess="270000029", fermee_le=timezone.localdate())
    inviter(scene.structure_voisine, "invitee@exemple.test", "direction", scene.personnes["administration"])
    lot = _preparer(
        scene,
        "courriel;finess;structure;ville;rôle;nom\n"
        "un@exemple.test;270000011;;;direction;Nour Petit\n"  # 2 by number
        "deux@exemple.test;;IME les TILLEULS;Évreux;membre;\n"  # 3 by name and town
        "trois@exemple.test;;SESSAD Les Pins;Evreux;;\n"  # 4 two of that name
        "quatre@exemple.test;;IME Tilleuls;Évreux;;\n"  # 5 looks like it
        "cinq@exemple.test;;Rien de tel;Évreux;;\n"  # 6
        "six@exemple;270000011;;;;\n"  # 7 malformed
        "sept@exemple.test;270000011;;;roi;\n"  # 8 unknown role
        "UN@exemple.test;;IME Les Tilleuls;Évreux;;\n"  # 9 twice
        "membre@scene.test;270000011;;;;\n"  # 10
        "invitee@exemple.test;;Mission locale du Pays;Évreux;;\n"  # 11
        "huit@exemple.test;;ESAT du Bocage;Bernay;;\n"  # 12 outside the pôle
        "neuf@exemple.test;270000029;;;;\n",  # 13 closed
    )
    assert _etats(lot) == [
        Etat.PRETE, Etat.PRETE, Etat.AMBIGUE, Etat.AMBIGUE, Etat.INCONNUE, Etat.MALFORMEE, Etat.MALFORMEE,
        Etat.DOUBLON, Etat.DEJA_MEMBRE, Etat.DEJA_INVITEE, Etat.HORS_PERIMETRE, Etat.INCONNUE,
    ]  # fmt: skip
    lignes = {ligne.numero: ligne for ligne in lot.lignes.all()}
    assert lignes[2].nom == "Nour Petit"
    assert (lignes[2].role, lignes[3].role, lignes[4].role) == ("direction", "membre", "direction")
    assert set(lignes[4].candidates) == {s.pk for s in jumelles}
    assert lignes[5].candidates == [scene.structure.pk]
    assert lignes[9].raison == "Comme la ligne 2."
    assert fermee.nom in lignes[13].raison
    # Nothing has left.
    assert Invitation.objects.count() == 1


def test_un_siret_partage_est_a_choisir(scene: SimpleNamespace) -> None:
    for structure in (scene.structure, scene.structure_voisine):
        Structure.objects.filter(pk=structure.pk).update(siret="00000000000017")
    # A spreadsheet dropped the leading zeros.
    lot = _preparer(scene, "courriel;siret\na@exemple.test;17\n")
    ligne = lot.lignes.get()
    assert (ligne.etat, set(ligne.candidates)) == (Etat.AMBIGUE, {scene.structure.pk, scene.structure_voisine.pk})


def test_une_structure_fusionnee_mene_a_celle_qui_reste(scene: SimpleNamespace) -> None:
    absorbee = une_structure(
        scene.commune, finess="270000037", fermee_le=timezone.localdate(), fusionnee_dans=scene.structure
    )
    lot = _preparer(scene, f"courriel;finess\na@exemple.test;{absorbee.finess}\n")
    assert lot.lignes.get().structure == scene.structure


def test_choisir_parmi_ce_qui_est_propose(scene: SimpleNamespace, client_de: ClientDe) -> None:
    jumelles = [une_structure(scene.commune, nom="SESSAD Les Pins") for _ in range(2)]
    lot = _preparer(
        scene,
        "a@exemple.test;SESSAD Les Pins (Évreux)\nb@exemple.test;SESSAD Les Pins (Évreux)\n"
        "a@exemple.test;SESSAD Les Pins, Évreux\n",
    )
    un, deux, trois = lot.lignes.all()
    client = client_de(scene.personnes["coordination"])
    page = client.get(reverse("structures:lot", args=[lot.pk])).content.decode()
    assert page.count(f'<option value="{jumelles[0].pk}">') == 3
    donnees = {
        f"ligne-{un.pk}": jumelles[0].pk,
        # Never proposed: refused.
        f"ligne-{deux.pk}": scene.autre_structure.pk,
        f"ligne-{trois.pk}": jumelles[0].pk,
        "ligne-x": "1",
    }
    client.post(reverse("structures:choisir_lot", args=[lot.pk]), donnees)
    assert _etats(lot) == [Etat.PRETE, Etat.AMBIGUE, Etat.DOUBLON]
    client.post(reverse("structures:choisir_lot", args=[lot.pk]), {f"ligne-{deux.pk}": "ecarter"})
    assert _etats(lot)[1] == Etat.ECARTEE


def test_du_fichier_au_rapport(
    scene: SimpleNamespace, client_de: ClientDe, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    classeur = openpyxl.Workbook()
    feuille = classeur.active
    assert feuille is not None
    feuille.append(["Mail", "Structure", "Ville", "Rôle", "Contact"])
    feuille.append(["a@exemple.test", "IME Les Tilleuls", "Évreux", "Directrice", "Nour Petit"])
    feuille.append(["b@exemple.test", "Mission locale du Pays", "EVREUX CEDEX", "", ""])
    feuille.append(["c@exemple.test", "ESAT", "Bernay", "", "@SUM(1)"])
    tampon = io.BytesIO()
    classeur.save(tampon)
    client = client_de(scene.personnes["coordination"])
    fichier = SimpleUploadedFile("liste.xlsx", tampon.getvalue())
    reponse = client.post(reverse("structures:lots"), {"fichier": fichier, "role": "membre"})
    lot = LotInvitations.objects.get()
    assert reponse.headers["Location"] == reverse("structures:lot", args=[lot.pk])
    page = client.get(reponse.headers["Location"]).content.decode()
    assert "Envoyer les 2 invitations" in page
    client.post(reverse("structures:envoyer_lot", args=[lot.pk]))
    # Twice by a nervous hand: one job.
    client.post(reverse("structures:envoyer_lot", args=[lot.pk]))
    travail = Travail.objects.get(genre=lots.GENRE_LOT)
    assert "Envoi en cours" in client.get(reponse.headers["Location"]).content.decode()
    executer(str(travail.pk))
    travail.refresh_from_db()
    assert (travail.etat, travail.resultat["resume"]) == ("reussi", "2 invitations envoyées.")
    invitation = Invitation.objects.get(email="a@exemple.test")
    assert (invitation.role, invitation.par, invitation.nom) == (
        "direction", scene.personnes["coordination"], "Nour Petit",
    )  # fmt: skip
    courriel = Courriel.objects.get(destinataire="a@exemple.test")
    assert "Bonjour Nour Petit," in courriel.texte
    assert "Pôle de la scène\nContact\u00a0: coordination@scene.test" in courriel.texte
    assert Courriel.objects.filter(modele="invitation").count() == 2
    rapport = client.get(reverse("structures:exporter_lot", args=[lot.pk]))
    texte = b"".join(rapport).decode("utf-8-sig")
    assert "IME Les Tilleuls" in texte
    assert "Invitée" in texte
    # What a spreadsheet would compute is a text.
    assert ";'@SUM(1);" in texte


def test_un_travailleur_tue_ne_renvoie_rien(scene: SimpleNamespace) -> None:
    """Killed between two lines: what left stays, what waited leaves, once each."""
    structures = [une_structure(scene.commune) for _ in range(6)]
    lot = _preparer(scene, "".join(f"p{i}@exemple.test;{s.nom};membre\n" for i, s in enumerate(structures)))
    lots.lancer(lot, scene.personnes["coordination"])

    class Tue(Exception):
        pass

    def mourir_apres_trois(pk: int, vrai: Callable[[int], bool] = lots.envoyer_ligne) -> bool:
        if lot.lignes.filter(etat=Etat.ENVOYEE).count() == 3:
            raise Tue
        return vrai(pk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lots, "envoyer_ligne", mourir_apres_trois)
        with pytest.raises(Tue):
            lots.envoyer(lot.pk, lambda fait, total: None)
    assert Courriel.objects.filter(modele="invitation").count() == 3
    avances: list[tuple[int, int]] = []
    bilan = lots.envoyer(lot.pk, lambda fait, total: avances.append((fait, total)))
    assert bilan == {"envoyees": 6, "refusees": 0}
    assert avances[0] == (3, 6)
    destinataires = list(Courriel.objects.filter(modele="invitation").values_list("destinataire", flat=True))
    assert sorted(destinataires) == [f"p{i}@exemple.test" for i in range(6)]
    lot.refresh_from_db()
    assert lot.etat == LotInvitations.Etat.TERMINE
    with pytest.raises(ErreurLot, match="Aucune ligne"):
        lots.lancer(lot, scene.personnes["coordination"])


def test_le_droit_est_redemande_a_chaque_ligne(scene: SimpleNamespace) -> None:
    lot = _preparer(scene, "a@exemple.test;IME Les Tilleuls\n")
    Habilitation.objects.filter(utilisateur=scene.personnes["coordination"]).update(fin=timezone.now())
    assert lots.envoyer(lot.pk, lambda fait, total: None) == {"envoyees": 0, "refusees": 1}
    assert "plus le droit" in lot.lignes.get().raison
    assert not Invitation.objects.exists()


def test_invitee_ailleurs_entre_temps(scene: SimpleNamespace) -> None:
    lot = _preparer(scene, "a@exemple.test;IME Les Tilleuls\n")
    inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    lots.envoyer(lot.pk, lambda fait, total: None)
    assert lot.lignes.get().etat == Etat.DEJA_INVITEE
    assert Courriel.objects.filter(destinataire="a@exemple.test").count() == 1


def test_la_liste_d_une_autre_coordination(scene: SimpleNamespace, client_de: ClientDe) -> None:
    lot = _preparer(scene, "a@exemple.test;IME Les Tilleuls\n")
    autre = avec_second_facteur(un_utilisateur())
    Habilitation.objects.create(utilisateur=autre, role="coordination", pole=scene.pole)
    adresses = [("get", "lot"), ("post", "choisir_lot"), ("post", "envoyer_lot"), ("post", "supprimer_lot"),
                ("get", "exporter_lot")]  # fmt: skip
    for methode, nom in adresses:
        client = client_de(autre)
        assert getattr(client, methode)(reverse(f"structures:{nom}", args=[lot.pk])).status_code == 403
    # The administration reads it, and sends nothing in another's name.
    client = client_de(scene.personnes["administration"])
    assert client.get(reverse("structures:lot", args=[lot.pk])).status_code == 200
    assert client.post(reverse("structures:envoyer_lot", args=[lot.pk])).status_code == 403


def test_effacer_garde_les_invitations(scene: SimpleNamespace, client_de: ClientDe) -> None:
    lot = _preparer(scene, "a@exemple.test;IME Les Tilleuls\n")
    lots.envoyer(lot.pk, lambda fait, total: None)
    client_de(scene.personnes["coordination"]).post(reverse("structures:supprimer_lot", args=[lot.pk]))
    assert not LotInvitations.objects.exists()
    assert Invitation.objects.get().ouverte


def test_autant_de_requetes_pour_une_ligne_que_pour_cent(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    commune = Commune.objects.get(pk=scene.commune.pk)
    structures = [une_structure(commune) for _ in range(120)]
    texte = "".join(f"p{i}@exemple.test;{s.nom} (Évreux);membre\n" for i, s in enumerate(structures))
    lues = lire_texte(texte)
    with django_assert_max_num_queries(14):
        lot = lots.preparer("Essai", lues, scene.personnes["coordination"], "membre")
    assert set(_etats(lot)) == {Etat.PRETE}
    client = client_de(scene.personnes["coordination"])
    adresse = reverse("structures:lot", args=[lot.pk])
    with django_assert_max_num_queries(16):
        page = client.get(adresse).content.decode()
    assert "p99@exemple.test" in page
    assert "p110@exemple.test" not in page
    assert "p110@exemple.test" in client.get(adresse + "?apres=100").content.decode()


def test_une_cellule_demesuree_n_occupe_pas_le_portail() -> None:
    """Every way to cut 30,000 commas into a name and a town: six seconds a line before, and 5,000 lines."""
    for signes in (",", " - ", "(", "a, "):
        lignes = lire_texte(f'courriel;structure\na@exemple.test;"{(signes * 30_000)[:30_000]}"\n')
        lectures = [lecture for ligne in lignes for lecture in ligne.lectures()]
        assert len(lectures) < 20
        assert all(len(nom) <= 300 for nom, _ in lectures)
    (ligne,) = lire_texte("courriel;structure\na@exemple.test;ESAT du Bocage, atelier bois, Bernay\n")
    assert ("ESAT du Bocage atelier bois", "Bernay") in ligne.lectures()
