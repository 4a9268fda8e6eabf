"""A cooperation from the proposal to the agreement: who reads, who answers, who is told, what it changes."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offres import cooperations
from offres.avis_rapprochements import IMMEDIAT, envoyer_les_resumes
from offres.branchements import attentes
from offres.comptage import delaisses
from offres.fusion import fusionner
from offres.models import AvisRapprochement, Besoin, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.templatetags.offres_mots import a_nom
from pcti.pilotage.tableau import alertes
from socle.deplacements import Carnet
from socle.models import Courriel
from structures.comptes.models import Utilisateur
from structures.comptes.notifications import choisir
from tests.offres import fabriques as f

MOTEUR = "django.contrib.auth.backends.ModelBackend"
FICHE = "/fiches/FA-"


@pytest.fixture
def couple(scene: SimpleNamespace) -> SimpleNamespace:
    """A need of the IME and the offer of the ESAT that answers it, each with a direction."""
    scene.besoin = f.besoin(scene.structure, volume=12)
    scene.offre = f.offre(scene.autre_structure, volume=8)
    scene.directrice_esat = f.membre(scene.autre_structure, "esat@scene.test")
    return scene


def client_de(qui: Utilisateur) -> Client:
    client = Client()
    client.force_login(qui, backend=MOTEUR)
    return client


def restant(offre: Offre) -> int | None:
    lue: Any = Offre.objects.avec_volume_restant().get(pk=offre.pk)
    return None if lue.volume_restant is None else int(lue.volume_restant)


def proposition(s: SimpleNamespace) -> Rapprochement:
    return cooperations.proposer(s.besoin, s.offre, s.personnes["direction"], "besoin", message="Faisons-le.")


def test_de_la_proposition_a_l_accord(couple: SimpleNamespace) -> None:
    s = couple
    chez_moi, en_face = client_de(s.personnes["direction"]), client_de(s.directrice_esat)
    adresse = f"/offres/besoins/{s.besoin.pk}/rapprochements/{s.offre.pk}/proposer/"
    assert "8 au plus" in chez_moi.get(adresse).content.decode()
    assert chez_moi.post(adresse, {"volume": 9, "message": "Trop"}).status_code == 422
    assert chez_moi.post(adresse, {"volume": 6}).status_code == 422
    r = chez_moi.post(adresse, {"volume": 6, "message": "Six jeunes au printemps."})
    rapprochement = Rapprochement.objects.get()
    assert r.headers["Location"] == rapprochement.get_absolute_url()
    assert (rapprochement.etat, rapprochement.volume, rapprochement.cote) == ("proposee", 6, "besoin")
    assert restant(s.offre) == 8
    # Told once, by an e-mail that doesn't give who wrote it.
    courriel = Courriel.objects.get()
    assert courriel.destinataire == "esat@scene.test"
    assert "Six jeunes au printemps." in courriel.texte
    assert "direction@scene.test" not in courriel.texte + courriel.repondre_a
    # Asked again, the page of the match opens.
    assert chez_moi.get(adresse).headers["Location"] == rapprochement.get_absolute_url()
    page = en_face.get(rapprochement.get_absolute_url()).content.decode()
    assert "direction@scene.test" not in page
    assert "Décliner" in page
    assert "Retirer ma proposition" in chez_moi.get(rapprochement.get_absolute_url()).content.decode()
    en_face.post(f"{rapprochement.get_absolute_url()}accepter/", {"accord-volume": 5, "accord-message": "Cinq."})
    rapprochement.refresh_from_db()
    assert (rapprochement.etat, rapprochement.volume, rapprochement.repondue_par) == (
        "acceptee", 5, s.directrice_esat,
    )  # fmt: skip
    assert restant(s.offre) == 3
    assert "direction@scene.test" in en_face.get(rapprochement.get_absolute_url()).content.decode()
    assert "esat@scene.test" in chez_moi.get(rapprochement.get_absolute_url()).content.decode()
    assert Courriel.objects.filter(destinataire="direction@scene.test", repondre_a="esat@scene.test").count() == 1
    # The coordination reads the match, not the addresses of the two people.
    lue = client_de(s.personnes["coordination"]).get(rapprochement.get_absolute_url()).content.decode()
    assert "esat@scene.test" not in lue


def test_decliner_demande_un_motif_et_laisse_proposer_encore(couple: SimpleNamespace) -> None:
    s = couple
    rapprochement = proposition(s)
    en_face = client_de(s.directrice_esat)
    url = f"{rapprochement.get_absolute_url()}decliner/"
    assert en_face.post(url, {"decliner-motif": " "}).status_code == 422
    en_face.post(url, {"decliner-motif": "Atelier complet cette année."})
    rapprochement.refresh_from_db()
    assert (rapprochement.etat, rapprochement.motif) == ("declinee", "Atelier complet cette année.")
    assert restant(s.offre) == 8
    assert "Atelier complet" in Courriel.objects.get(destinataire="direction@scene.test").texte
    assert proposition(s).pk != rapprochement.pk
    with pytest.raises(ActionImpossible, match="déjà proposée"):
        proposition(s)


def test_deux_accords_ne_prennent_pas_les_memes_places(couple: SimpleNamespace) -> None:
    s = couple
    autre = f.besoin(f.structure("Cap emploi", s.commune, "cap-emploi"), volume=6)
    un = proposition(s)
    deux = cooperations.proposer(autre, s.offre, s.personnes["direction"], "besoin")
    cooperations.accepter(un, s.directrice_esat, volume=5)
    with pytest.raises(ActionImpossible, match="Au plus 3"):
        cooperations.accepter(deux, s.directrice_esat)
    cooperations.accepter(deux, s.directrice_esat, volume=3)
    assert restant(s.offre) == 0
    assert not Offre.objects.candidates_pour(autre).exists()
    cooperations.ecarter(un, s.directrice_esat, "L’équipe part.")
    assert restant(s.offre) == 5


def test_une_fiche_abandonnee_en_laisse_commencer_une_autre(couple: SimpleNamespace) -> None:
    from fiches_action.models import FicheAction
    from fiches_action.operations import appliquer

    s = couple
    rapprochement = proposition(s)
    # The direction that was asked starts the sheet: that is its agreement.
    url = cooperations.engager(rapprochement, s.directrice_esat)
    rapprochement.refresh_from_db()
    assert rapprochement.acceptee_le is not None
    assert restant(s.offre) == 0
    assert cooperations.engager(rapprochement, s.directrice_esat) == url
    fiche = FicheAction.objects.get()
    appliquer(fiche, "abandonner", fiche.pilote, "Plus d’éducateur.")
    rapprochement.refresh_from_db()
    assert (rapprochement.etat, rapprochement.url) == ("acceptee", "")
    dits = Courriel.objects.filter(modele="offres_cooperation").values_list("texte", flat=True)
    assert any("La fiche-action a été abandonnée.\n" in texte and "Plus d’éducateur." in texte for texte in dits)
    assert cooperations.engager(rapprochement, s.directrice_esat) != url
    nouvelle = Rapprochement.objects.get().url
    # Signed with another structure than the one that was asked: this match is not.
    cooperations.convention_signee(nouvelle, {s.structure.pk, s.structure_voisine.pk})
    assert Rapprochement.objects.get().etat == "engagee"
    cooperations.convention_signee(nouvelle, {s.structure.pk, s.autre_structure.pk})
    assert Rapprochement.objects.get().etat == "signee"


def test_une_fiche_commencee_seule_ne_reserve_rien_avant_l_accord(couple: SimpleNamespace) -> None:
    s = couple
    url = cooperations.preparer_fiche(s.besoin, s.offre, s.personnes["direction"], "besoin")
    assert restant(s.offre) == 8
    cooperations.participation_confirmee(url, s.structure, s.personnes["direction"])
    assert restant(s.offre) == 8
    cooperations.participation_confirmee(url, s.autre_structure, s.directrice_esat)
    assert restant(s.offre) == 0
    assert Rapprochement.objects.get().convenu


def test_le_resume_est_un_seul_courriel(couple: SimpleNamespace) -> None:
    s = couple
    choisir(s.directrice_esat, {IMMEDIAT: False})
    rapprochement = proposition(s)
    cooperations.retirer(rapprochement, s.personnes["direction"], "Erreur de saisie.")
    proposition(s)
    assert not Courriel.objects.exists()
    assert AvisRapprochement.objects.filter(personne=s.directrice_esat).count() == 3
    assert [envoyer_les_resumes(), envoyer_les_resumes()] == [1, 0]
    texte = Courriel.objects.get().texte
    assert texte.count("IME Les Tilleuls a proposé une coopération") == 2
    assert "direction@scene.test" not in texte


def test_une_proposition_sans_reponse_se_ferme_une_fois(couple: SimpleNamespace) -> None:
    rapprochement = proposition(couple)
    assert cooperations.expirer_les_propositions() == 0
    Rapprochement.objects.update(expire_le=timezone.localdate() - timedelta(days=1))
    assert [cooperations.expirer_les_propositions() for _ in range(2)] == [1, 0]
    rapprochement.refresh_from_db()
    assert rapprochement.etat == "expiree"
    assert {c.destinataire for c in Courriel.objects.all()} >= {"direction@scene.test", "esat@scene.test"}
    with pytest.raises(ActionImpossible, match="restée sans réponse"):
        cooperations.accepter(rapprochement, couple.directrice_esat)


def test_une_offre_montre_ses_besoins(couple: SimpleNamespace) -> None:
    s = couple
    en_face = client_de(s.directrice_esat)
    url = f"/offres/{s.offre.pk}/rapprochements/"
    page = en_face.get(url).content.decode()
    assert "1\u00a0besoin à votre portée" in page
    assert "Proposer une coopération" in page
    assert client_de(s.personnes["direction"]).get(url).status_code == 403
    r = en_face.post(
        f"/offres/besoins/{s.besoin.pk}/rapprochements/{s.offre.pk}/proposer/", {"message": "Venez voir."}
    )
    assert Rapprochement.objects.get().cote == "offre"
    assert "Accepter" in client_de(s.personnes["direction"]).get(r.headers["Location"]).content.decode()


def test_la_page_du_besoin_propose_une_combinaison(
    couple: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    s = couple
    f.offre(s.structure_voisine, volume=6)
    chez_moi = client_de(s.personnes["direction"])
    with django_assert_max_num_queries(24):
        page = chez_moi.get(s.besoin.get_absolute_url()).content.decode()
    assert "Ensemble, elles suffisent" in page
    assert "couvre votre commune, Évreux" in page or "Couvre votre commune, Évreux" in page


def test_l_entonnoir_d_un_pole(couple: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    s = couple
    for _ in range(2):
        f.besoin(s.structure, "permanence-conseiller")
    cooperations.decliner(proposition(s), s.directrice_esat, "Trop loin.")
    cooperations.accepter(proposition(s), s.directrice_esat)
    client = client_de(s.personnes["coordination"])
    with django_assert_max_num_queries(30):
        r = client.get("/offres/rapprochements/suivi/")
    suivi = r.context["suivi"]
    assert [marche.nombre for marche in suivi.marches] == [1, 2, 1, 0, 0]
    assert suivi.sans_offre == [("Intervention d’un conseiller dans la structure", 2)]
    assert [nombre for _, nombre in suivi.impasses] == [1, 0, 0]
    assert "Trop loin." in r.content.decode()
    export = client.get("/offres/rapprochements/suivi/export/?format=csv")
    lignes = b"".join(export).decode("utf-8-sig").splitlines()
    assert len(lignes) == 3
    assert "Trop loin." in "".join(lignes)
    assert client.get("/offres/rapprochements/suivi/?pole=999").status_code == 404
    # A structure of no pôle counts in the région, that the steering reads first.
    ailleurs = f.structure("Hors de tout pôle", s.autre_commune)
    f.besoin(ailleurs, "permanence-conseiller")
    pilotage = client_de(s.personnes["pilotage"])
    r = pilotage.get("/offres/rapprochements/suivi/")
    assert "toute la région" in r.content.decode()
    assert r.context["suivi"].sans_offre == [("Intervention d’un conseiller dans la structure", 3)]
    assert pilotage.get(f"/offres/rapprochements/suivi/?pole={s.pole.pk}").context["suivi"] == suivi
    region = b"".join(pilotage.get("/offres/rapprochements/suivi/export/?format=csv")).decode("utf-8-sig")
    assert region.splitlines() == lignes


def test_ce_qui_attend_la_direction_sollicitee(couple: SimpleNamespace) -> None:
    s = couple
    proposition(s)
    titres = [attente.titre for attente in attentes(s.directrice_esat)]
    assert "Répondre à la proposition de coopération de l’IME Les Tilleuls" in titres
    # Neither who asked nor a plain member is asked to answer.
    for qui in (s.personnes["direction"], s.personnes["etranger"]):
        assert not [a for a in attentes(qui) if a.titre.startswith("Répondre à ")]


def test_une_offre_retiree_clot_ce_qui_attendait(couple: SimpleNamespace) -> None:
    rapprochement = proposition(couple)
    Offre.objects.filter(pk=couple.offre.pk).update(publiee=False, retiree_le=timezone.now())
    with pytest.raises(ActionImpossible, match="ne tient plus"):
        cooperations.accepter(rapprochement, couple.directrice_esat)
    assert [cooperations.expirer_les_propositions() for _ in range(2)] == [1, 0]
    rapprochement.refresh_from_db()
    assert (rapprochement.etat, rapprochement.motif) == ("ecartee", "L’offre ou le besoin a été retiré.")


def test_une_structure_ne_coopere_pas_avec_elle_meme(couple: SimpleNamespace) -> None:
    s = couple
    rapprochement = proposition(s)
    fusionner(s.structure, s.autre_structure, Carnet())
    rapprochement.refresh_from_db()
    assert rapprochement.etat == "ecartee"


def test_la_fiche_reprend_le_volume_convenu(couple: SimpleNamespace) -> None:
    from fiches_action.models import FicheAction

    rapprochement = cooperations.proposer(
        couple.besoin, couple.offre, couple.personnes["direction"], "besoin", volume=5
    )
    cooperations.engager(rapprochement, couple.directrice_esat)
    fiche = FicheAction.objects.get()
    assert (fiche.volume_prevu, fiche.porteur) == (5, couple.autre_structure)


def test_une_participation_declinee_est_une_impasse(couple: SimpleNamespace) -> None:
    s = couple
    url = cooperations.preparer_fiche(s.besoin, s.offre, s.personnes["coordination"], "coordination")
    cooperations.participation_declinee(url, s.structure_voisine, s.directrice_esat)
    assert Rapprochement.objects.get().etat == "engagee"
    cooperations.participation_declinee(url, s.autre_structure, s.directrice_esat)
    rapprochement = Rapprochement.objects.get()
    assert (rapprochement.etat, rapprochement.motif) == (
        "declinee",
        "La structure ne participe pas à la fiche-action.",
    )


def test_un_besoin_couvert_ne_se_propose_plus(couple: SimpleNamespace) -> None:
    s = couple
    cooperations.accepter(proposition(s), s.directrice_esat)
    autre = f.offre(s.structure_voisine, volume=30)
    complement = cooperations.proposer(s.besoin, autre, s.personnes["direction"], "besoin")
    assert complement.volume == 4
    cooperations.accepter(complement, s.personnes["direction"])
    with pytest.raises(ActionImpossible, match="couvrent déjà tout"):
        cooperations.proposer(s.besoin, f.offre(s.structure_voisine, volume=3), s.personnes["direction"], "besoin")
    page = client_de(s.personnes["direction"]).get(s.besoin.get_absolute_url()).content.decode()
    assert "Vos accords couvrent tout le besoin" in page
    assert "Proposer une coopération" not in page


def test_sans_direction_en_face_la_coordination_est_prevenue(couple: SimpleNamespace) -> None:
    s = couple
    seule = f.structure("ESAT sans compte", s.commune, "esat")
    offre = f.offre(seule, volume=30)
    adresse = f"/offres/besoins/{s.besoin.pk}/rapprochements/{offre.pk}/proposer/"
    chez_moi = client_de(s.personnes["direction"])
    page = chez_moi.get(f"{adresse}?volume=4")
    assert "n’a pas encore de direction inscrite" in page.content.decode()
    assert page.context["form"]["volume"].value() == 4
    chez_moi.post(adresse, {"volume": 4, "message": "Bonjour."})
    courriel = Courriel.objects.get()
    assert courriel.destinataire == s.personnes["coordination"].email
    assert "Une proposition attend ESAT sans compte" in courriel.sujet
    assert seule.get_absolute_url() in courriel.texte
    assert "direction@scene.test" not in courriel.texte + courriel.repondre_a


def test_qui_decide_lit_le_message_et_les_raisons_avant_les_boutons(couple: SimpleNamespace) -> None:
    rapprochement = proposition(couple)
    page = client_de(couple.directrice_esat).get(rapprochement.get_absolute_url()).content.decode()
    assert (
        0 < page.index("Faisons-le.") < page.index("8\u00a0personnes sur les 12 demandées") < page.index("Que faire")
    )


def test_l_equipe_sollicitee_qui_porte_la_fiche_donne_son_accord_en_la_proposant(couple: SimpleNamespace) -> None:
    from fiches_action.operations import appliquer
    from tests.fiches_action.fabriques import fiche_remplie

    s = couple
    recue = cooperations.proposer(s.besoin, s.offre, s.directrice_esat, "offre", message="Venez.")
    membre = f.membre(s.structure, "equipe@scene.test", "membre")
    cooperations.engager(recue, membre)
    recue.refresh_from_db()
    assert (recue.acceptee_le, restant(s.offre)) == (None, 8)
    fiche = fiche_remplie(s)
    Rapprochement.objects.update(url=fiche.get_absolute_url())
    appliquer(fiche, "proposer", membre)
    recue.refresh_from_db()
    assert (recue.convenu, recue.repondue_par, restant(s.offre)) == (True, membre, 0)


def test_commencee_par_la_coordination_une_fiche_attend_l_accord_de_l_autre(couple: SimpleNamespace) -> None:
    s = couple
    coordination = s.personnes["coordination"]
    url = cooperations.preparer_fiche(s.besoin, s.offre, coordination, "coordination")
    # The structure that leads the sheet agrees by proposing it: nothing is taken from the offer yet.
    cooperations.participation_confirmee(url, s.structure, s.personnes["direction"], porteur=True)
    assert restant(s.offre) == 8
    cooperations.participation_confirmee(url, s.autre_structure, s.directrice_esat)
    rapprochement = Rapprochement.objects.get()
    assert (rapprochement.convenu, restant(s.offre)) == (True, 0)
    # The coordination speaks for nobody's structure.
    page = client_de(s.directrice_esat).get(rapprochement.get_absolute_url()).content.decode()
    assert coordination.email in page
    assert f'coordination du pôle\u00a0:\n          <a href="mailto:{coordination.email}' in page
    assert (
        "esat@scene.test" in client_de(s.personnes["direction"]).get(rapprochement.get_absolute_url()).content.decode()
    )


def test_une_structure_fermee_n_offre_plus_rien(couple: SimpleNamespace) -> None:
    s = couple
    rapprochement = proposition(s)
    s.autre_structure.fermee_le = timezone.localdate()
    s.autre_structure.save()
    assert not Offre.objects.candidates_pour(s.besoin).exists()
    assert s.autre_structure.nom not in client_de(s.personnes["direction"]).get("/offres/").content.decode()
    with pytest.raises(ActionImpossible, match="ne tient plus"):
        cooperations.accepter(rapprochement, s.directrice_esat)
    assert [cooperations.expirer_les_propositions() for _ in range(2)] == [1, 0]
    rapprochement.refresh_from_db()
    assert rapprochement.etat == "ecartee"


def test_un_accord_ne_depasse_pas_ce_qui_etait_demande(couple: SimpleNamespace) -> None:
    """Even when the offer no longer says its volume: nothing else would bound what is posted."""
    s = couple
    rapprochement = proposition(s)
    Offre.objects.filter(pk=s.offre.pk).update(volume=None, volume_inconnu=True)
    r = client_de(s.directrice_esat).post(
        f"{rapprochement.get_absolute_url()}accepter/", {"accord-volume": "9" * 30, "accord-message": ""}
    )
    assert r.status_code == 422
    with pytest.raises(ActionImpossible, match="c’est ce qui est demandé"):
        cooperations.accepter(Rapprochement.objects.get(), s.directrice_esat, volume=9999)
    rapprochement.refresh_from_db()
    assert rapprochement.etat == "proposee"
    # Sent again with another service, it answers this need no more.
    Offre.objects.filter(pk=s.offre.pk).update(service=f.service("ateliers-tre"))
    with pytest.raises(ActionImpossible, match="ne répond plus"):
        cooperations.accepter(Rapprochement.objects.get(), s.directrice_esat)


def test_un_volume_sans_fin_dans_l_adresse_est_ignore(couple: SimpleNamespace) -> None:
    s = couple
    adresse = f"/offres/besoins/{s.besoin.pk}/rapprochements/{s.offre.pk}/proposer/?volume={'9' * 5000}"
    page = client_de(s.personnes["direction"]).get(adresse)
    assert page.context["form"]["volume"].value() == 8


def test_un_besoin_qui_ne_sait_pas_combien_reserve_ce_qu_on_convient(couple: SimpleNamespace) -> None:
    """Nothing is taken by default; what the two directions say is counted like any other agreement."""
    s = couple
    besoin = f.besoin(s.structure, volume=None, volume_inconnu=True)
    chez_moi, en_face = client_de(s.personnes["direction"]), client_de(s.directrice_esat)
    adresse = f"/offres/besoins/{besoin.pk}/rapprochements/{s.offre.pk}/proposer/"
    page = chez_moi.get(adresse)
    assert page.context["form"]["volume"].value() is None
    assert chez_moi.post(adresse, {"volume": 9, "message": "Trop."}).status_code == 422
    chez_moi.post(adresse, {"volume": "", "message": "À voir ensemble."})
    rapprochement = Rapprochement.objects.get()
    assert Rapprochement.objects.get().volume is None
    accepter = f"{rapprochement.get_absolute_url()}accepter/"
    assert en_face.post(accepter, {"accord-volume": 9}).status_code == 422
    en_face.post(accepter, {"accord-volume": 5})
    rapprochement.refresh_from_db()
    assert (rapprochement.convenu, rapprochement.volume, restant(s.offre)) == (True, 5, 3)
    # Another one takes what is left, never more; a sheet started alone asks for nothing.
    autre = f.besoin(f.structure("Cap emploi", s.commune, "cap-emploi"), volume=None, volume_inconnu=True)
    deux = cooperations.proposer(autre, s.offre, s.personnes["direction"], "besoin", volume=3)
    cooperations.accepter(deux, s.directrice_esat)
    assert restant(s.offre) == 0
    cooperations.ecarter(deux, s.directrice_esat, "L’équipe part.")
    cooperations.preparer_fiche(autre, s.offre, s.personnes["coordination"], "coordination")
    assert Rapprochement.objects.get(etat="engagee").volume is None


def test_un_besoin_suivi_ne_manque_a_personne(couple: SimpleNamespace) -> None:
    """The steering board and the funnel count the same needs « sans offre »."""
    s = couple
    seul = f.besoin(s.structure, "permanence-conseiller")
    cooperations.accepter(proposition(s), s.directrice_esat)
    assert restant(s.offre) == 0
    assert set(delaisses(Besoin.objects.publiees())) == {seul.pk}
    assert "1\u00a0besoin publié qu’aucune offre n’atteint." in [alerte.detail for alerte in alertes([])]
    page = client_de(s.directrice_esat).get(f"/offres/{s.offre.pk}/rapprochements/").content.decode()
    assert "dont 0" not in page


def test_avec_un_article_devant() -> None:
    noms = ("IME Les Saules", "SAVS La Falaise", "MDPH – Eure", "Les Amis", "Cap emploi", "Mission locale de Vernon")
    assert [a_nom(nom) for nom in noms] == [
        "à l’IME Les Saules",
        "au SAVS La Falaise",
        "à la MDPH – Eure",
        "aux Amis",
        "à Cap emploi",
        "à la Mission locale de Vernon",
    ]


def test_qui_n_a_publie_aucun_besoin_le_lit(couple: SimpleNamespace) -> None:
    page = client_de(couple.directrice_esat).get("/offres/rapprochements/").content.decode()
    assert "n’ont publié aucun besoin" in page


@pytest.mark.parametrize("service", ["plateaux-techniques", "autre"])
def test_une_offre_qui_ne_repond_a_rien_s_ouvre(couple: SimpleNamespace, service: str) -> None:
    """Wholly reserved, or out of the list: its page opens, and the weekly summary of its people still leaves."""
    s = couple
    cooperations.accepter(proposition(s), s.directrice_esat)
    Offre.objects.filter(pk=s.offre.pk).update(service=f.service(service))
    assert client_de(s.directrice_esat).get(f"/offres/{s.offre.pk}/rapprochements/").status_code == 200
    repondables: Any = Besoin.objects.repondables_par(Offre.objects.get(pk=s.offre.pk))
    assert list(repondables.a_trouver().order_by("distance_km")) == []
