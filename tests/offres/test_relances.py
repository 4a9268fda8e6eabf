"""Reminders: on which day, once each, grouped, never after the answer; refusals and closings."""

import threading
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offres import campagnes, operations, refus, relances, suivi, textes
from offres.durees import ASSEZ
from offres.models import Campagne, Relance, Reponse
from offres.operations import ActionImpossible
from socle.models import Courriel, Travail
from socle.templatetags.typographie import jour as jour_en_mots
from structures.comptes.models import ChoixNotification
from structures.territoires.models import Pole
from tests.offres import fabriques as f
from tests.scene import construire_scene
from tests.simultane import ensemble

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ouverte(scene: SimpleNamespace) -> Campagne:
    """Opened today for thirty days, the IME's direction invited; nobody at the mission locale."""
    jour = timezone.localdate()
    campagne, _ = campagnes.ouvrir_campagne(
        scene.pole, "Relances", jour, jour + timedelta(days=30), scene.personnes["coordination"]
    )
    campagnes.inviter_les_structures(campagne)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    # Only one campaign speaks here.
    Campagne.objects.filter(pk=scene.une_campagne.pk).update(fermee_le=timezone.now())
    return campagne


def de(campagne: Campagne, structure: Any) -> Reponse:
    return Reponse.objects.get(campagne=campagne, structure=structure)


@pytest.mark.parametrize(
    ("duree", "jours"),
    [
        (30, {7: "j+7", 14: "j+14", 27: "j-3", 29: "j-1"}),
        # The end's reminders win over those that would fall beside them.
        (17, {7: "j+7", 14: "j-3", 16: "j-1"}),
        (10, {7: "j-3", 9: "j-1"}),
        (3, {2: "j-1"}),
        (1, {}),
    ],
)
def test_les_jours_de_rappel(scene: SimpleNamespace, duree: int, jours: dict[int, str]) -> None:
    debut = date(2026, 3, 2)
    campagne = Campagne(pole=scene.pole, debut=debut, fin=debut + timedelta(days=duree))
    vus: dict[int, str] = {}
    for n in range(duree + 3):
        palier = relances.palier_du(campagne, debut, debut + timedelta(days=n))
        if palier and palier not in vus.values():
            vus[n] = palier
    assert {n: palier.partition(":")[0] for n, palier in vus.items()} == jours


def test_un_rappel_en_retard_part_encore_trois_jours(scene: SimpleNamespace) -> None:
    debut = date(2026, 3, 2)
    campagne = Campagne(pole=scene.pole, debut=debut, fin=debut + timedelta(days=60))
    paliers = [relances.palier_du(campagne, debut, debut + timedelta(days=n)) for n in (6, 7, 9, 10, 14, 17)]
    assert paliers == ["", "j+7", "j+7", "", "j+14", ""]


def test_chaque_rappel_part_une_fois(ouverte: Campagne, scene: SimpleNamespace) -> None:
    partis = []
    for n in range(33):
        jour = ouverte.debut + timedelta(days=n)
        combien = relances.relancer_echues(jour)
        assert relances.relancer_echues(jour) == 0, "l’ordonnanceur lancé deux fois n’écrit rien de plus"
        partis += [n] * combien
    assert partis == [7, 14, 27, 29]
    siennes = Relance.objects.filter(personne=scene.personnes["direction"])
    assert siennes.count() == 5
    dernier = Courriel.objects.order_by("-cree_le").first()
    assert dernier is not None
    assert "Derniers jours" in dernier.sujet
    assert f"/offres/questionnaire/{de(ouverte, scene.structure).pk}/" in dernier.texte


def test_une_ligne_deja_prise_n_ecrit_rien(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """What another scheduler has just claimed: the unique constraint answers, not a reading."""
    reponse = de(ouverte, scene.structure)
    direction = scene.personnes["direction"]
    Relance.objects.create(reponse=reponse, personne=direction, palier="j+7")
    avant = Courriel.objects.count()
    assert relances.ecrire(ouverte, direction, [reponse], "j+7") == 0
    assert Courriel.objects.count() == avant


def test_un_envoi_incertain_n_est_jamais_repete(ouverte: Campagne, scene: SimpleNamespace) -> None:
    Courriel.objects.update(etat=Courriel.Etat.INCERTAIN)
    campagnes.inviter_les_structures(ouverte)
    relances.inviter_les_nouvelles_directions(ouverte)
    assert Courriel.objects.count() == 1
    lignes = suivi.avec_sort(ouverte.reponses.filter(structure=scene.structure))
    assert lignes.get().sort_suivi == "incertain"
    assert suivi.a_verifier(lignes).exists()


def test_la_coordination_renvoie_ce_qui_est_incertain(
    ouverte: Campagne, scene: SimpleNamespace, client: Client
) -> None:
    ancien = Courriel.objects.get()
    Courriel.objects.update(etat=Courriel.Etat.INCERTAIN)
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/campagnes/{ouverte.pk}/courriels-a-verifier/"
    page = client.get(url).content.decode()
    assert "Peut-être parti" in page
    assert ancien.destinataire in page
    # A second click sends nothing more.
    for _ in range(2):
        client.post(url, {"courriel": [str(ancien.pk), "pas-un-numero"]})
    nouveau = Courriel.objects.exclude(pk=ancien.pk).get()
    assert str(de(ouverte, scene.structure).pk) in nouveau.texte
    assert nouveau.sujet == ancien.sujet
    renvoi = Relance.objects.get(courriel=nouveau)
    assert (renvoi.occasion, renvoi.par) == ("Invitation, à nouveau", scene.personnes["coordination"])
    assert "Aucun courriel de cette campagne" in client.get(url).content.decode()
    # Uncertain again, it may be decided again.
    Courriel.objects.filter(pk=nouveau.pk).update(etat=Courriel.Etat.INCERTAIN)
    assert relances.renvoyer(ouverte, nouveau.pk, scene.personnes["coordination"])
    assert Relance.objects.filter(palier="invitation#3").count() == 1


def test_on_ne_renvoie_rien_a_qui_a_repondu(ouverte: Campagne, scene: SimpleNamespace) -> None:
    ancien = Courriel.objects.get()
    Courriel.objects.update(etat=Courriel.Etat.INCERTAIN)
    refus.refuser(de(ouverte, scene.structure), "ailleurs", "", scene.personnes["direction"])
    assert not relances.renvoyer(ouverte, ancien.pk, scene.personnes["coordination"])
    assert [element.renvoyable for element in suivi.courriels_a_verifier(ouverte)] == [False]


def test_un_courriel_revenu_se_voit_et_n_est_pas_relance(
    ouverte: Campagne, scene: SimpleNamespace, client: Client
) -> None:
    Courriel.objects.update(etat=Courriel.Etat.REVENU, retour="adresse", revenu_le=timezone.now())
    assert {s.cle for s, _ in suivi.comptes(ouverte)} == {"revenu", "sans-destinataire"}
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    page = client.get(f"/offres/campagnes/{ouverte.pk}/").content.decode()
    assert "l’adresse n’existe pas" in page
    assert "1\u00a0courriel à vérifier" in page
    assert relances.relancer_echues(ouverte.debut + timedelta(days=7)) == 0
    # A full box empties, and an address is corrected: then the reminders go on.
    Courriel.objects.update(retour="pleine")
    assert relances.relancer_echues(ouverte.debut + timedelta(days=7)) == 1
    Courriel.objects.update(etat=Courriel.Etat.REVENU, retour="adresse")
    direction = scene.personnes["direction"]
    direction.email = "nouvelle@scene.test"
    direction.save()
    assert relances.relancer_echues(ouverte.debut + timedelta(days=14)) == 1


def test_un_rappel_ne_part_plus_apres_la_date(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """The mail server was silent until the end of the campaign."""
    relances.relancer_echues(ouverte.debut + timedelta(days=29))
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert courriel.pas_apres == relances.fin_du_jour(ouverte.fin)
    # Extended, what waits says the new date.
    campagnes.prolonger(ouverte, ouverte.fin + timedelta(days=10))
    autre = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert autre.pk != courriel.pk
    assert autre.pas_apres == relances.fin_du_jour(ouverte.fin)
    assert jour_en_mots(ouverte.fin) in autre.texte


def test_jamais_apres_l_envoi(ouverte: Campagne, scene: SimpleNamespace) -> None:
    reponse, direction = de(ouverte, scene.structure), scene.personnes["direction"]
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    en_attente = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    operations.ajouter_ligne(reponse, "offres", f.service("ateliers-tre"), direction)
    operations.soumettre(reponse, reponse.version, direction)
    # It waited for the mail server: it doesn't leave.
    assert not Courriel.objects.filter(pk=en_attente.pk).exists()
    assert Relance.objects.get(palier="j+7").sort == Relance.Sort.RETENUE
    for n in range(8, 31):
        assert relances.relancer_echues(ouverte.debut + timedelta(days=n)) == 0


def test_un_courriel_pour_plusieurs_structures_puis_une_seule(ouverte: Campagne, scene: SimpleNamespace) -> None:
    direction = scene.personnes["direction"]
    from structures.models import Adhesion

    autre = f.structure("SESSAD Les Saules", scene.commune)
    Adhesion.objects.create(utilisateur=direction, structure=autre, role="direction")
    campagnes.ajouter(ouverte, autre, scene.personnes["coordination"])
    campagnes.inviter_les_structures(ouverte)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    assert relances.relancer_echues(ouverte.debut + timedelta(days=7)) == 1
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    premiere, seconde = de(ouverte, scene.structure), de(ouverte, autre)
    assert str(premiere.pk) in courriel.texte
    assert str(seconde.pk) in courriel.texte
    refus.refuser(seconde, "ailleurs", "", direction)
    reste = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert str(premiere.pk) in reste.texte
    assert str(seconde.pk) not in reste.texte
    assert Relance.objects.get(reponse=premiere, palier="j+7").courriel == reste


def test_le_choix_de_la_personne_est_respecte(ouverte: Campagne, scene: SimpleNamespace) -> None:
    ChoixNotification.objects.create(personne=scene.personnes["direction"], genre="offres-relance", recu=False)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    assert not Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).exists()
    assert Relance.objects.get(palier="j+7").sort == Relance.Sort.NON_VOULUE


def test_qui_arrive_plus_tard_est_invite(ouverte: Campagne, scene: SimpleNamespace) -> None:
    muette = suivi.avec_sort(ouverte.reponses.filter(structure=scene.structure_voisine)).get()
    assert muette.sort_suivi == "sans-destinataire"
    f.membre(scene.structure_voisine, "arrivee@essai.test")
    assert relances.inviter_les_nouvelles_directions(ouverte) == 1
    assert relances.inviter_les_nouvelles_directions(ouverte) == 0
    assert Courriel.objects.filter(destinataire="arrivee@essai.test").count() == 1


def test_relancer_a_la_main_une_fois_par_jour(ouverte: Campagne, scene: SimpleNamespace, client: Client) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/campagnes/{ouverte.pk}/relancer/"
    page = client.get(f"{url}?toutes=oui").content.decode()
    assert "Envoyer 1\u00a0rappel" in page
    assert "IME Les Tilleuls" in page
    # The words of the follow-up page, not others.
    assert "(invitée)" in page
    Reponse.objects.filter(campagne=ouverte, etat="invitee").update(ouverte_le=timezone.now())
    assert "(questionnaire vu)" in client.get(f"{url}?toutes=oui").content.decode()
    from socle.travaux import executer

    for _ in range(2):
        client.post(url, {"toutes": "oui"})
        executer(str(Travail.objects.filter(genre="offres.relancer").latest("cree_le").pk))
    assert Relance.objects.filter(palier__startswith="main-").count() == 1
    assert Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).get().repondre_a == "coordination@scene.test"
    client.post(url, {"reponse": ["pas-un-numero"]})
    assert Travail.objects.filter(genre="offres.relancer").count() == 2


def test_clore_retient_et_ferme_l_ecriture(ouverte: Campagne, scene: SimpleNamespace) -> None:
    direction, reponse = scene.personnes["direction"], de(ouverte, scene.structure)
    operations.ajouter_ligne(reponse, "offres", f.service("ateliers-tre"), direction)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    assert campagnes.fermer(ouverte, scene.personnes["coordination"]) == 1
    assert not Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).exists()
    reponse.refresh_from_db()
    for geste in (
        lambda: operations.ajouter_ligne(reponse, "besoins", f.service("ateliers-tre"), direction),
        lambda: operations.soumettre(reponse, reponse.version, direction),
        lambda: refus.refuser(reponse, "ailleurs", "", direction),
    ):
        with pytest.raises(ActionImpossible):
            geste()
    assert not Reponse.objects.a_remplir().filter(pk=reponse.pk).exists()
    campagnes.prolonger(ouverte, ouverte.fin)
    operations.ajouter_ligne(de(ouverte, scene.structure), "besoins", f.service("ateliers-tre"), direction)


def test_prolonger_rappelle_avant_la_nouvelle_fin(ouverte: Campagne, scene: SimpleNamespace) -> None:
    relances.relancer_echues(ouverte.debut + timedelta(days=29))
    with pytest.raises(ActionImpossible):
        campagnes.prolonger(ouverte, ouverte.fin)
    campagnes.prolonger(ouverte, ouverte.fin + timedelta(days=10))
    assert relances.relancer_echues(ouverte.debut + timedelta(days=37)) == 1


@pytest.mark.parametrize("etat", [Courriel.Etat.EN_ATTENTE, Courriel.Etat.PERIME])
def test_une_invitation_retenue_part_quand_la_campagne_rouvre(
    ouverte: Campagne, scene: SimpleNamespace, etat: str
) -> None:
    """Closed (or ended) before the mail server took it: opened again, the structure is invited, once."""
    Courriel.objects.update(etat=etat)
    campagnes.fermer(ouverte, scene.personnes["coordination"])
    Travail.objects.all().delete()
    campagnes.prolonger(ouverte, ouverte.fin, scene.personnes["coordination"])
    travail = Travail.objects.get(genre=campagnes.GENRE_INVITATIONS)
    for _ in range(2):
        campagnes.inviter_les_structures(ouverte)
    assert travail.demandeur == scene.personnes["coordination"]
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert str(de(ouverte, scene.structure).pk) in courriel.texte
    assert Relance.objects.get(palier="invitation").courriel == courriel


def test_qui_etait_deja_invite_ne_l_est_pas_deux_fois(ouverte: Campagne, scene: SimpleNamespace) -> None:
    campagnes.fermer(ouverte, scene.personnes["coordination"])
    Travail.objects.all().delete()
    campagnes.prolonger(ouverte, ouverte.fin)
    assert not Travail.objects.exists()
    campagnes.inviter_les_structures(ouverte)
    assert Courriel.objects.count() == 1


def test_qui_n_etait_pas_encore_invite_l_est_quand_la_campagne_rouvre(
    ouverte: Campagne, scene: SimpleNamespace
) -> None:
    """The job was at work when somebody closed the campaign."""
    Relance.objects.all().delete()
    Courriel.objects.all().delete()
    Reponse.objects.filter(campagne=ouverte).update(invitee_le=None)
    campagnes.fermer(ouverte, scene.personnes["coordination"])
    campagnes.inviter_les_structures(ouverte)
    assert not Courriel.objects.exists()
    Travail.objects.all().delete()
    campagnes.prolonger(ouverte, ouverte.fin)
    assert Travail.objects.filter(genre=campagnes.GENRE_INVITATIONS).count() == 1
    campagnes.inviter_les_structures(ouverte)
    assert Courriel.objects.count() == 1


def test_une_campagne_ne_rouvre_pas_pour_finir_avant_son_debut(
    ouverte: Campagne, scene: SimpleNamespace, client: Client
) -> None:
    jour = timezone.localdate()
    Campagne.objects.filter(pk=ouverte.pk).update(debut=jour + timedelta(days=5))
    ouverte.refresh_from_db()
    campagnes.fermer(ouverte, scene.personnes["coordination"])
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    url = f"/offres/campagnes/{ouverte.pk}/prolonger/"
    reponse = client.post(url, {"fin": (jour + timedelta(days=2)).isoformat()})
    assert reponse.status_code == 422
    assert "après l’ouverture" in reponse.content.decode()


def test_un_rappel_deja_pris_n_est_pas_reessaye_apres_la_reponse(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """A worker had it in its hands when the answer came; the mail server said « later »."""
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    Courriel.objects.filter(pk=courriel.pk).update(etat=Courriel.Etat.EN_COURS, reclame_le=timezone.now())
    refus.refuser(de(ouverte, scene.structure), "ailleurs", "", scene.personnes["direction"])
    Courriel.objects.filter(pk=courriel.pk).update(etat=Courriel.Etat.EN_ATTENTE)  # « later »
    assert not Courriel.objects.a_expedier().filter(pk=courriel.pk).exists()


def test_un_rappel_deja_pris_qui_parle_d_une_autre_structure_part(ouverte: Campagne, scene: SimpleNamespace) -> None:
    from structures.models import Adhesion

    direction = scene.personnes["direction"]
    autre = f.structure("SESSAD Les Saules", scene.commune)
    Adhesion.objects.create(utilisateur=direction, structure=autre, role="direction")
    campagnes.ajouter(ouverte, autre, scene.personnes["coordination"])
    campagnes.inviter_les_structures(ouverte)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    Courriel.objects.filter(pk=courriel.pk).update(etat=Courriel.Etat.EN_COURS, reclame_le=timezone.now())
    refus.refuser(de(ouverte, autre), "ailleurs", "", direction)
    Courriel.objects.filter(pk=courriel.pk).update(etat=Courriel.Etat.EN_ATTENTE)
    assert Courriel.objects.a_expedier().filter(pk=courriel.pk).exists()


def test_deux_rappels_ne_partent_pas_le_meme_jour(ouverte: Campagne, scene: SimpleNamespace) -> None:
    """The schedule has written this morning; the coordination reminds « all of them » at noon."""
    Reponse.objects.filter(campagne=ouverte).update(invitee_le=timezone.now() - timedelta(days=7))
    Relance.objects.update(cree_le=timezone.now() - timedelta(days=7))
    assert relances.relancer_echues() == 1
    reponses = list(campagnes.a_relancer(ouverte, None))
    assert relances.relancer(ouverte, reponses, scene.personnes["coordination"]) == 0
    # It failed: then the coordination's own is worth writing.
    Courriel.objects.filter(etat=Courriel.Etat.EN_ATTENTE).update(etat=Courriel.Etat.ECHOUE)
    assert relances.relancer(ouverte, reponses, scene.personnes["coordination"]) == 1


def test_la_structure_refuse_puis_revient(ouverte: Campagne, scene: SimpleNamespace, client: Client) -> None:
    reponse = de(ouverte, scene.structure)
    client.force_login(scene.personnes["direction"], backend=BACKEND)
    url = f"/offres/questionnaire/{reponse.pk}/"
    assert client.post(f"{url}refuser/", {"raison": "autre"}).status_code == 422
    client.post(f"{url}refuser/", {"raison": "pas-concernee", "precision": "Nous fermons."})
    reponse.refresh_from_db()
    assert (reponse.etat, reponse.refusee_par) == ("refusee", scene.personnes["direction"])
    assert reponse.ouverte_le is not None
    assert "Nous fermons." in client.get(url).content.decode()
    assert client.get(f"{url}structure/").status_code == 302
    assert relances.relancer_echues(ouverte.debut + timedelta(days=7)) == 0
    client.post(f"{url}revenir/")
    reponse.refresh_from_db()
    assert (reponse.etat, reponse.refus, reponse.refusee_le) == ("invitee", "", None)


def test_le_suivi_compte_filtre_et_s_exporte(ouverte: Campagne, scene: SimpleNamespace, client: Client) -> None:
    client.force_login(scene.personnes["coordination"], backend=BACKEND)
    places = {sort.cle: n for sort, n in suivi.comptes(ouverte)}
    assert places == {"invitee": 1, "sans-destinataire": 1}
    # Looked at by the structure, not by the coordination.
    client.get(f"/offres/questionnaire/{de(ouverte, scene.structure).pk}/")
    assert de(ouverte, scene.structure).ouverte_le is None
    refus.noter_ouverture(de(ouverte, scene.structure))
    page = client.get(f"/offres/campagnes/{ouverte.pk}/?etat=vue").content.decode()
    assert "IME Les Tilleuls" in page
    assert "Mission locale" not in page.partition("<table")[2].partition("</table>")[0]
    fichier = b"".join(client.get(f"/offres/campagnes/{ouverte.pk}/export/?format=csv&etat=vue"))
    assert "Questionnaire vu" in fichier.decode("utf-8-sig")
    assert fichier.decode("utf-8-sig").count("\r\n") == 2


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


def test_une_campagne_qui_echoue_n_arrete_pas_les_autres(
    ouverte: Campagne, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pole = Pole.objects.create(nom="Autre pôle")
    pole.communes.set(scene.pole.communes.all())
    autre, _ = campagnes.ouvrir_campagne(pole, "Autre", ouverte.debut, ouverte.fin, scene.personnes["coordination"])
    vues: list[Any] = []

    def avancer(campagne: Campagne) -> int:
        vues.append(campagne.pk)
        raise ValueError(campagne.nom)

    monkeypatch.setattr(campagnes, "_avancer", avancer)
    with pytest.raises(ExceptionGroup) as erreur:
        campagnes.avancer_les_campagnes(ouverte.debut + timedelta(days=7))
    assert {ouverte.pk, autre.pk} <= set(vues)
    assert erreur.group_contains(ValueError)
    # The reminders of that day left all the same.
    assert Relance.objects.filter(reponse__campagne=ouverte, palier="j+7").exists()


# --- two schedulers at once -------------------------------------------------------------------


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
