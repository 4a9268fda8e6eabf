"""``manage.py demo``: a region one wants to explore, never over real data."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum
from django.utils import timezone

from fiches_action.conventions.models import Convention
from fiches_action.models import FicheAction
from offres import services, suivi
from offres.branchements import attentes
from offres.comptage import sans_offre
from offres.etats import PASSAGES
from offres.models import Besoin, Campagne, Offre, Rapprochement, Relance, Reponse, Service
from offres.models.referentiel import HORS_LISTE
from pcti.demo import operations
from socle.models import Courriel
from structures.adhesions.demandes import demander
from structures.adhesions.lecture import LigneLue
from structures.adhesions.lots import preparer
from structures.comptes.models import Utilisateur
from structures.doublons.fusion import fusionner
from structures.models import Correspondance, RappelFraicheur, Structure
from structures.referentiel import TYPES
from structures.territoires import mouvements, perimetre
from structures.territoires.models import Bassin, Commune, Pole

pytestmark = pytest.mark.django_db


@pytest.fixture
def territoires() -> None:
    call_command("charger_territoires", stdout=StringIO())


def charger(*options: str) -> str:
    sortie = StringIO()
    call_command("demo", *options, stdout=sortie)
    return sortie.getvalue()


def test_la_region_entiere(territoires: None) -> None:
    sortie = charger()
    assert "prêtes" in sortie
    structures = Structure.objects.all()
    assert 230 <= structures.count() <= 300
    assert set(structures.values_list("type", flat=True)) == set(TYPES)
    assert not structures.filter(fictive=False).exists()
    par_bassin = Counter(structures.values_list("commune__bassin_id", flat=True))
    assert set(par_bassin) == set(Bassin.objects.normands().values_list("pk", flat=True))
    assert min(par_bassin.values()) >= 8
    assert len(set(structures.values_list("nom", flat=True))) == structures.count()
    assert Offre.objects.publiees().count() > 80
    assert Besoin.objects.publiees().count() > 60
    assert 0 < len(sans_offre(Besoin.objects.publiees())) < Besoin.objects.publiees().count() - 20
    assert FicheAction.objects.count() == 8
    scellee = Convention.objects.get(etat="scellee")
    version = scellee.version_courante
    assert version is not None
    v, scelle = version.document.lire(), version.scellement.document
    assert scelle is not None
    assert scelle.lire()[: len(v)] == v
    _verifier_les_cooperations()
    _verifier_les_campagnes()
    # A second load changes nothing.
    assert "rien n’a été changé" in charger()
    assert structures.count() == Structure.objects.count()


def _verifier_les_campagnes() -> None:
    """The tracking page has somebody in each place, and nothing waits for a mail server that is not there."""
    for campagne in Campagne.objects.filter(demonstration=True):
        places = {sort.cle for sort, _ in suivi.comptes(campagne)}
        assert {"invitee", "vue", "brouillon", "soumise", "refusee", "revenu", "incertain"} <= places, campagne
        assert set(suivi.courriels(campagne)) == {"envoye", "revenu", "incertain"}
        assert len(suivi.courriels_a_verifier(campagne)) == 2
    assert all(Relance.objects.filter(reponse=r).exists() for r in Reponse.objects.filter(etat="refusee"))
    assert Offre.objects.publiees().filter(service__slug=HORS_LISTE).exists()


def _verifier_les_cooperations() -> None:
    """Every state is shown, and none could not have come from the portal's own operations."""
    etat = Rapprochement.Etat
    par_etat = Counter(Rapprochement.objects.values_list("etat", flat=True))
    assert set(par_etat) == set(etat.values)
    assert Rapprochement.objects.count() >= 16
    for rapprochement in Rapprochement.objects.prefetch_related("etapes"):
        atteint = ""
        for etape in rapprochement.etapes.all():
            passage = PASSAGES[etape.action]
            assert atteint in passage.depuis or (not atteint and not passage.depuis), (rapprochement, etape.action)
            assert etape.vers == passage.vers
            assert not passage.motif or rapprochement.motif
            atteint = etape.vers
        assert atteint == rapprochement.etat
        assert (rapprochement.etat in (etat.ENGAGEE, etat.SIGNEE)) == bool(rapprochement.url)
        assert rapprochement.ouvert == (rapprochement.close_le is None)
    convenus = Rapprochement.objects.qui_consomment().values("offre").annotate(pris=Sum("volume"))
    assert not convenus.filter(pris__gt=F("offre__volume")).exists()
    # The account that a visitor tries first finds somebody to answer.
    esat = Utilisateur.objects.get(email="direction.esat@demo.invalid")
    assert [a.titre for a in attentes(esat) if a.titre.startswith("Répondre à ")]
    assert not Courriel.objects.filter(modele__startswith="offres_cooperation").exists()


def _essayer_ce_que_la_base_protege(personne: Utilisateur) -> None:
    """What a visitor may leave behind that points to an account or to another row of its kind."""
    preparer("Liste", [LigneLue(1, email="a@demo.invalid", structure="IME")], personne, "membre")
    Correspondance.objects.create(liste="Liste", colonnes={}, entetes=[], par=personne)
    RappelFraicheur.objects.create(destinataire=personne, par=personne)
    gardee, absorbee = Structure.objects.filter(type="ime").order_by("pk")[:2]
    fusionner(gardee, absorbee, personne)
    autre = Utilisateur.objects.create_user("autre@demo.invalid", demonstration=True)
    demander(gardee, autre, "membre", "Secrétaire", "")
    pole = Pole.objects.order_by("pk")[0]
    ailleurs = Bassin.objects.filter(communes__isnull=False).exclude(communes__poles=pole).order_by("pk")[0]
    modification = perimetre.ajouter_bassin(pole, ailleurs, personne)
    assert modification is not None
    assert perimetre.annuler(modification, personne) is not None


def _ajouter_un_service(personne: Utilisateur) -> None:
    """A coordination asks for a service, the administration adds it: both name people who go."""
    ligne = Offre.objects.filter(publiee=True, service__slug=HORS_LISTE).select_related("structure").first()
    assert ligne is not None
    demande = services.demander(ligne, "Prêt de véhicules", "Des minibus, le week-end.", personne)
    services.ajouter(demande, demande.libelle, demande.definition, "outils/an", personne)
    assert Service.objects.filter(libelle="Prêt de véhicules").exists()


def test_la_remise_a_zero_efface_et_recharge(territoires: None) -> None:
    charger()
    avant = set(Structure.objects.values_list("nom", flat=True))
    Structure.objects.filter(type="ime").update(nom="IME renommé par un visiteur")
    Courriel.objects.create(modele="essai", destinataire="a@demo.invalid", sujet="S", texte="T")
    commune, bassin = Commune.objects.get(code="27229"), Bassin.objects.get(code="2803")
    pilote = Utilisateur.objects.filter(demonstration=True)[0]
    mouvements.rattacher(commune, bassin, timezone.localdate(), "un visiteur déplace une commune", pilote)
    _essayer_ce_que_la_base_protege(pilote)
    _ajouter_un_service(pilote)
    assert "prêtes" in charger("--remise-a-zero")
    assert Commune.objects.get(code="27229").bassin_id == "2808"
    assert set(Structure.objects.values_list("nom", flat=True)) == avant
    assert FicheAction.objects.count() == 8
    assert not Courriel.objects.filter(modele="essai").exists()
    assert not Service.objects.filter(libelle="Prêt de véhicules").exists()
    assert {c.etat for c in Convention.objects.all()} >= {"scellee", "en_signature", "brouillon", "refusee"}


def test_refuse_une_base_qui_contient_des_donnees_reelles(territoires: None) -> None:
    commune = Commune.objects.get(code="27229")
    Structure.objects.create(nom="IME bien réel", type="ime", commune=commune)
    with pytest.raises(CommandError, match="données réelles"):
        charger()
    assert "rien n’a été changé" in charger("--si-vide")
    assert Structure.objects.count() == 1


def test_les_comptes_se_lisent(territoires: None) -> None:
    assert not operations.est_chargee()
    sortie = StringIO()
    call_command("comptes_demo", stdout=sortie)
    assert sortie.getvalue() == ""
    charger()
    call_command("comptes_demo", stdout=sortie)
    assert "pilotage@demo.invalid" in sortie.getvalue()
