"""Last year's answers, one at a time; the questionnaire filled by the coordination during an interview."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from offres.apercu import Zone, apercu, communes_atteintes
from offres.campagnes import avancer_les_campagnes, prolonger
from offres.entretien import rappeler_les_confirmations
from offres.models import Offre, Reponse
from offres.relances import renvoyer
from offres.reprises import lignes_a_reprendre, partenaires_a_reprendre, precedente
from socle.models import Courriel
from structures.territoires.models import Commune
from tests.offres import fabriques as f
from tests.offres.test_questionnaire import adresse, remplir, une_offre

MODELE = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ancienne(scene: SimpleNamespace) -> Offre:
    """An offer sent to last year's campaign of the pôle, with its agreements."""
    avant = f.soumise(f.campagne(scene.pole, nom="Recueil précédent"), scene.structure)
    avant.cooperations = {"reseau_emploi": "oui", "partenaires": [{"partenaire": "Cap emploi", "objet": "Ateliers"}]}
    avant.save()
    return f.offre(scene.structure, volume=8, reponse=avant)


def choisir(client: Client, reponse: Reponse, cle: str, choix: str) -> Any:
    return client.post(adresse(reponse, "reprises"), {"cle": cle, "choix": choix})


def test_rien_n_est_repris_sans_le_demander(connecte: Client, scene: SimpleNamespace, ancienne: Offre) -> None:
    page = connecte.get(adresse(scene.une_reponse, "offres")).content.decode()
    for mot in ("Ce que vous aviez répondu", "Reprendre", "Modifier", "Ne pas reprendre"):
        assert mot in page
    assert not Offre.objects.filter(reponse=scene.une_reponse).exists()


@pytest.mark.parametrize(("choix", "suite"), [("reprendre", "offres/"), ("modifier", "volume/")])
def test_une_ligne_reprise_garde_son_numero_a_l_envoi(
    connecte: Client, scene: SimpleNamespace, ancienne: Offre, choix: str, suite: str
) -> None:
    r = choisir(connecte, scene.une_reponse, f"offres:{ancienne.pk}", choix)
    assert r.url.endswith(suite)
    copie = Offre.objects.get(reponse=scene.une_reponse)
    assert (copie.volume, copie.publiee, copie.remplace_id) == (8, False, ancienne.pk)
    assert lignes_a_reprendre(scene.une_reponse, "offres") == []
    # Twice: nothing more.
    choisir(connecte, scene.une_reponse, f"offres:{ancienne.pk}", choix)
    assert Offre.objects.filter(reponse=scene.une_reponse).count() == 1
    remplir(connecte, scene.une_reponse, "structure", participation="oui", file_active="45")
    remplir(connecte, scene.une_reponse, "relecture")
    ancienne.refresh_from_db()
    assert ancienne.publiee
    assert ancienne.reponse_id == scene.une_reponse.pk


def test_une_ligne_laissee_n_est_plus_proposee(connecte: Client, scene: SimpleNamespace, ancienne: Offre) -> None:
    choisir(connecte, scene.une_reponse, f"offres:{ancienne.pk}", "laisser")
    scene.une_reponse.refresh_from_db()
    assert lignes_a_reprendre(scene.une_reponse, "offres") == []
    ancienne.refresh_from_db()
    assert ancienne.publiee, "ce qui est publié le reste jusqu’à l’envoi"


def test_les_cooperations_se_reprennent_une_par_une(connecte: Client, scene: SimpleNamespace, ancienne: Offre) -> None:
    page = connecte.get(adresse(scene.une_reponse, "cooperations")).content.decode()
    assert "Vous aviez répondu «\u00a0Oui\u00a0»" in page
    assert "checked" not in page, "rien n’est choisi d’avance"
    choisir(connecte, scene.une_reponse, "partenaire:Cap emploi", "reprendre")
    scene.une_reponse.refresh_from_db()
    assert scene.une_reponse.cooperations == {"partenaires": [{"partenaire": "Cap emploi", "objet": "Ateliers"}]}
    assert partenaires_a_reprendre(scene.une_reponse, precedente(scene.une_reponse)) == []


def test_un_partenaire_laisse_n_est_plus_propose(connecte: Client, scene: SimpleNamespace, ancienne: Offre) -> None:
    choisir(connecte, scene.une_reponse, "partenaire:Cap emploi", "laisser")
    scene.une_reponse.refresh_from_db()
    assert "partenaires" not in scene.une_reponse.cooperations
    assert partenaires_a_reprendre(scene.une_reponse, precedente(scene.une_reponse)) == []


def test_ce_qui_n_est_pas_repris_se_dit_avant_l_envoi(
    connecte: Client, scene: SimpleNamespace, ancienne: Offre
) -> None:
    relue = connecte.get(adresse(scene.une_reponse, "relecture")).content.decode()
    assert "Vous n’avez pas repris tout ce que vous aviez répondu" in relue
    choisir(connecte, scene.une_reponse, f"offres:{ancienne.pk}", "laisser")
    relue = connecte.get(adresse(scene.une_reponse, "relecture")).content.decode()
    assert "Vous n’avez pas repris" not in relue, "laisser est un choix"


def test_la_ligne_d_une_autre_structure_ne_se_reprend_pas(
    connecte: Client, scene: SimpleNamespace, ancienne: Offre
) -> None:
    autre = f.offre(
        scene.autre_structure,
        reponse=f.soumise(f.campagne(scene.pole, nom="Autre recueil"), scene.autre_structure),
    )
    choisir(connecte, scene.une_reponse, f"offres:{autre.pk}", "reprendre")
    assert not Offre.objects.filter(reponse=scene.une_reponse).exists()


# --- the interview ----------------------------------------------------------------------------


@pytest.fixture
def coordination(scene: SimpleNamespace) -> Client:
    client = Client()
    client.force_login(scene.personnes["coordination"], backend=MODELE)
    return client


def test_un_entretien_n_est_publie_qu_apres_la_confirmation(
    connecte: Client, coordination: Client, scene: SimpleNamespace
) -> None:
    reponse = scene.une_reponse
    etape = {"participation": "oui", "file_active": "45", "version": "0"}
    assert coordination.post(adresse(reponse, "structure"), etape).status_code == 403
    coordination.post(adresse(reponse, "entretien"), {"action": "commencer"})
    assert coordination.post(adresse(reponse, "structure"), etape).status_code == 302
    offre = une_offre(scene, volume=8, rayonnement="region")
    reponse.refresh_from_db()
    relue = coordination.get(adresse(reponse, "relecture")).content.decode()
    assert "Demander la confirmation à la direction" in relue
    assert "Envoyer la réponse" not in relue
    # The coordination can't send, even by hand.
    assert coordination.post(adresse(reponse, "relecture"), {"version": reponse.version}).status_code == 403
    coordination.post(adresse(reponse, "entretien"), {"action": "demander", "version": reponse.version})
    reponse.refresh_from_db()
    assert reponse.confirmation_demandee_le is not None
    assert not Offre.objects.publiees().exists()
    assert coordination.post(adresse(reponse, "structure"), etape).status_code == 403, "à la direction de relire"
    relue = connecte.get(adresse(reponse, "relecture")).content.decode()
    assert "Confirmer et envoyer la réponse" in relue
    remplir(connecte, reponse, "relecture")
    reponse.refresh_from_db()
    assert reponse.etat == "soumise"
    assert reponse.soumise_par == scene.personnes["direction"]
    offre.refresh_from_db()
    assert offre.publiee


def test_la_direction_recoit_le_lien_une_fois(coordination: Client, scene: SimpleNamespace) -> None:
    reponse = scene.une_reponse
    coordination.post(adresse(reponse, "entretien"), {"action": "commencer"})
    une_offre(scene)
    reponse.refresh_from_db()
    for _ in range(2):
        coordination.post(adresse(reponse, "entretien"), {"action": "demander", "version": reponse.version})
    assert Courriel.objects.filter(modele__contains="offres_confirmation").count() == 1


def test_une_campagne_close_ne_demande_aucune_confirmation(coordination: Client, scene: SimpleNamespace) -> None:
    """The direction would be asked to send what can no longer be sent."""
    reponse = scene.une_reponse
    coordination.post(adresse(reponse, "entretien"), {"action": "commencer"})
    une_offre(scene)
    reponse.refresh_from_db()
    type(reponse.campagne).objects.filter(pk=reponse.campagne_id).update(fermee_le=timezone.now())
    r = coordination.post(
        adresse(reponse, "entretien"), {"action": "demander", "version": reponse.version}, follow=True
    )
    assert "La campagne est close" in r.content.decode()
    reponse.refresh_from_db()
    assert reponse.confirmation_demandee_le is None
    assert not Courriel.objects.filter(modele__contains="offres_confirmation").exists()


@pytest.fixture
def a_confirmer(coordination: Client, scene: SimpleNamespace) -> Reponse:
    """An answer written during an interview, its confirmation asked for."""
    reponse: Reponse = scene.une_reponse
    coordination.post(adresse(reponse, "entretien"), {"action": "commencer"})
    une_offre(scene, volume=8, rayonnement="region")
    Reponse.objects.filter(pk=reponse.pk).update(participation="oui", file_active=45)
    reponse.refresh_from_db()
    coordination.post(adresse(reponse, "entretien"), {"action": "demander", "version": reponse.version})
    reponse.refresh_from_db()
    return reponse


def demandee_il_y_a(reponse: Reponse, jours: int) -> None:
    """As if it had been asked for that long ago."""
    quand = timezone.now() - timedelta(days=jours)
    ecrites = reponse.relances.filter(palier__startswith="conf-0")
    Reponse.objects.filter(pk=reponse.pk).update(confirmation_demandee_le=quand)
    ecrites.update(cree_le=quand, palier=f"conf-0:{int(quand.timestamp())}")


def confirmations() -> int:
    return Courriel.objects.filter(modele__contains="offres_confirmation").count()


def test_la_confirmation_est_rappelee_deux_fois_au_plus(a_confirmer: Reponse) -> None:
    aujourdhui = timezone.localdate()
    assert confirmations() == 1
    for jours, attendus in ((1, 1), (2, 1), (3, 2), (3, 2), (4, 2), (7, 2), (8, 3), (8, 3), (9, 3), (30, 3)):
        rappeler_les_confirmations(aujourdhui + timedelta(days=jours))
        # What was written that day bears that day's date.
        a_confirmer.relances.filter(cree_le__date=aujourdhui).exclude(palier__startswith="conf-0").update(
            cree_le=timezone.now() + timedelta(days=jours)
        )
        assert confirmations() == attendus, f"{jours} jours après la demande"
    rappels = Courriel.objects.filter(modele__contains="offres_confirmation", sujet__startswith="Rappel")
    assert len(rappels) == 2
    assert all(adresse(a_confirmer, "relecture") in rappel.texte for rappel in rappels)


def test_deux_horloges_rappellent_une_fois(a_confirmer: Reponse) -> None:
    demandee_il_y_a(a_confirmer, 3)
    assert [rappeler_les_confirmations() for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("fin", ["envoi", "reprise", "cloture", "structure fermée"])
def test_aucun_rappel_apres_la_fin(
    connecte: Client, coordination: Client, scene: SimpleNamespace, a_confirmer: Reponse, fin: str
) -> None:
    demandee_il_y_a(a_confirmer, 3)
    if fin == "envoi":
        remplir(connecte, a_confirmer, "relecture")
        a_confirmer.refresh_from_db()
        assert a_confirmer.etat == "soumise"
    elif fin == "reprise":
        coordination.post(adresse(a_confirmer, "entretien"), {"action": "reprendre"})
    elif fin == "cloture":
        a_confirmer.campagne.fermee_le = timezone.now()
        a_confirmer.campagne.save()
    else:
        scene.structure.fermee_le = timezone.localdate()
        scene.structure.save()
    assert rappeler_les_confirmations() == 0


def test_l_envoi_retient_le_rappel_qui_n_est_pas_parti(connecte: Client, a_confirmer: Reponse) -> None:
    demandee_il_y_a(a_confirmer, 3)
    assert rappeler_les_confirmations() == 1
    assert Courriel.objects.filter(modele__contains="offres_confirmation", etat="en_attente").exists()
    remplir(connecte, a_confirmer, "relecture")
    assert not Courriel.objects.filter(modele__contains="offres_confirmation", etat="en_attente").exists()


def test_une_campagne_prolongee_recrit_la_confirmation_avec_son_texte(a_confirmer: Reponse) -> None:
    """The request and its reminder wait for the mail server: written again, they still ask for a confirmation."""
    demandee_il_y_a(a_confirmer, 3)
    rappeler_les_confirmations()
    en_attente = Courriel.objects.filter(modele__contains="offres_confirmation", etat="en_attente")
    avant = sorted(en_attente.values_list("sujet", "texte", "destinataire", "repondre_a"))
    anciens = set(en_attente.values_list("pk", flat=True))
    prolonger(a_confirmer.campagne, a_confirmer.campagne.fin + timedelta(days=10))
    assert sorted(en_attente.values_list("sujet", "texte", "destinataire", "repondre_a")) == avant
    assert len(avant) == 2
    assert avant[0][0].startswith("Rappel")
    assert not Courriel.objects.filter(pk__in=anciens).exists()
    assert Courriel.objects.filter(etat="en_attente").count() == 2


def test_une_confirmation_revenue_se_renvoie_avec_son_texte(a_confirmer: Reponse, scene: SimpleNamespace) -> None:
    revenue = Courriel.objects.get(modele__contains="offres_confirmation")
    Courriel.objects.filter(pk=revenue.pk).update(etat=Courriel.Etat.ECHOUE)
    assert renvoyer(a_confirmer.campagne, revenue.pk, scene.personnes["coordination"])
    autre = Courriel.objects.get(etat=Courriel.Etat.EN_ATTENTE)
    assert (autre.sujet, autre.texte) == (revenue.sujet, revenue.texte)


def test_l_horloge_des_campagnes_rappelle_aussi(a_confirmer: Reponse) -> None:
    demandee_il_y_a(a_confirmer, 3)
    avancer_les_campagnes()
    assert confirmations() == 2


# --- the map of a zone ------------------------------------------------------------------------


def test_l_apercu_compte_comme_la_regle_de_couverture(scene: SimpleNamespace) -> None:
    """The same communes as `Offre.objects.couvrant`, seen from the other side."""
    offre = f.offre(scene.structure, rayonnement="rayon", rayon_km=40)
    codes = set(communes_atteintes(Zone("rayon", 40), scene.structure))
    for commune in Commune.objects.select_related("departement"):
        assert (commune.pk in codes) == Offre.objects.filter(pk=offre.pk).couvrant(commune).exists()


def test_une_zone_incomplete_n_a_pas_d_apercu(scene: SimpleNamespace) -> None:
    for zone in (Zone(""), Zone("rayon"), Zone("rayon", 0), Zone("bassins"), Zone("inconnu")):
        assert apercu(zone, scene.structure) is None


def test_une_zone_inconnue_s_envoie_et_n_atteint_personne(connecte: Client, scene: SimpleNamespace) -> None:
    offre = une_offre(scene, volume=8)
    remplir(connecte, scene.une_reponse, "offres", offre.pk, "zone", rayonnement="inconnu")
    remplir(connecte, scene.une_reponse, "structure", participation="oui", file_active="45")
    remplir(connecte, scene.une_reponse, "relecture")
    offre.refresh_from_db()
    assert offre.publiee
    assert not Offre.objects.couvrant(scene.autre_structure.commune).exists()
