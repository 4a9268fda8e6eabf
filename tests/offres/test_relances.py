"""Reminders: on which day, once each, grouped, never after the answer; refusals and closings."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offres import campagnes, operations, refus, relances, suivi
from offres.models import Campagne, Relance, Reponse
from offres.operations import ActionImpossible
from socle.models import Courriel, Travail
from socle.templatetags.typographie import jour as jour_en_mots
from structures.comptes.models import ChoixNotification
from structures.models import Adhesion, Structure
from structures.territoires.models import Pole
from tests.offres import fabriques as f
from tests.offres.campagnes import BACKEND, de


def aussi_directrice(campagne: Campagne, scene: SimpleNamespace) -> Structure:
    """A second structure of the same direction, invited too."""
    autre = f.structure("SESSAD Les Saules", scene.commune)
    Adhesion.objects.create(utilisateur=scene.personnes["direction"], structure=autre, role="direction")
    campagnes.ajouter(campagne, autre, scene.personnes["coordination"])
    campagnes.inviter_les_structures(campagne)
    Courriel.objects.update(etat=Courriel.Etat.ENVOYE)
    return autre


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
    autre = aussi_directrice(ouverte, scene)
    assert relances.relancer_echues(ouverte.debut + timedelta(days=7)) == 1
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    premiere, seconde = de(ouverte, scene.structure), de(ouverte, autre)
    assert str(premiere.pk) in courriel.texte
    assert str(seconde.pk) in courriel.texte
    refus.refuser(seconde, "ailleurs", "", scene.personnes["direction"])
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
    autre = aussi_directrice(ouverte, scene)
    relances.relancer_echues(ouverte.debut + timedelta(days=7))
    courriel = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    Courriel.objects.filter(pk=courriel.pk).update(etat=Courriel.Etat.EN_COURS, reclame_le=timezone.now())
    refus.refuser(de(ouverte, autre), "ailleurs", "", scene.personnes["direction"])
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
