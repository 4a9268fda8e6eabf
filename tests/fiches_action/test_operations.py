"""Writing: references, sections, rows, two editors, participations, sheets started from a match."""

import threading
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from fiches_action.fusion import fusionner
from fiches_action.models import Acteur, Etape, FicheAction, Indicateur, prochaine_reference
from fiches_action.operations import (
    ConflitDeVersion,
    PassageImpossible,
    appliquer,
    confirmer,
    creer_depuis_rapprochement,
    empreinte,
    empreinte_ligne,
    enregistrer_ligne,
    modifier_section,
    retirer_ligne,
)
from fiches_action.sections import PAR_CLE, SECTIONS, TOUTES
from offres.models import Besoin, Offre, Service
from socle.deplacements import Carnet
from socle.prises import demarrer_fiche
from structures.models import Public
from tests.fiches_action.fabriques import decor, fiche_remplie, fiche_vide, mettre_a, structure

pytestmark = pytest.mark.django_db


def test_les_neuf_champs_sont_declares_une_fois() -> None:
    assert [section.numero for section in SECTIONS] == list(range(1, 10))
    assert len({section.couleur for section in TOUTES}) == len(TOUTES)
    for section in TOUTES:
        for champ in section.champs:
            FicheAction._meta.get_field(champ)


@pytest.mark.parametrize("section", TOUTES, ids=lambda s: s.cle)
def test_les_numeros_se_lisent_en_blanc_sur_leur_couleur(section: object) -> None:
    couleur = section.couleur  # type: ignore[attr-defined]
    canaux = [int(couleur[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, v, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in canaux)
    assert 1.05 / (0.2126 * r + 0.7152 * v + 0.0722 * b + 0.05) >= 4.5


def test_les_references_se_suivent_par_annee() -> None:
    with transaction.atomic():
        assert [prochaine_reference("FA", 2031) for _ in range(3)] == ["FA-2031-0001", "FA-2031-0002", "FA-2031-0003"]
        assert prochaine_reference("FA", 2032) == "FA-2032-0001"
        assert prochaine_reference("CV", 2031) == "CV-2031-0001"


@pytest.mark.django_db(transaction=True)
def test_deux_personnes_n_ont_jamais_la_meme_reference() -> None:
    if "mode=memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("une base SQLite en mémoire ne se partage pas entre fils ; joué sur PostgreSQL")
    obtenues: list[str] = []
    depart = threading.Barrier(4)

    def prendre() -> None:
        try:
            depart.wait(10)
            for _ in range(5):
                with transaction.atomic():
                    obtenues.append(prochaine_reference("FA", 2033))
        finally:
            connection.close()

    fils = [threading.Thread(target=prendre) for _ in range(4)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    assert sorted(obtenues) == [f"FA-2033-{n:04d}" for n in range(1, 21)]


def test_une_fiche_nouvelle_a_son_porteur_son_pole_et_son_premier_passage() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    assert fiche.pole == scene.pole
    assert fiche.pilote == scene.personnes["direction"]
    roles = dict(fiche.acteurs.values_list("structure__nom", "role"))
    assert roles == {"IME Les Tilleuls": "porteur", "Mission locale du Pays": "partenaire"}
    assert [p.action for p in fiche.passages.all()] == ["creer"]


def test_modifier_une_section_garde_l_histoire_et_son_auteur() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    enjeux = PAR_CLE["enjeux"]
    apres = modifier_section(
        fiche, enjeux, {"enjeux": "Un constat"}, scene.personnes["membre"], lue=empreinte(fiche, enjeux)
    )
    assert (apres.enjeux, apres.version) == ("Un constat", 2)
    derniere = apres.history.first()
    assert derniere.history_user == scene.personnes["membre"]


def test_deux_redacteurs_sur_la_meme_section() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    enjeux = PAR_CLE["enjeux"]
    vue_par_les_deux = empreinte(fiche, enjeux)
    modifier_section(fiche, enjeux, {"enjeux": "Le premier"}, scene.personnes["membre"], lue=vue_par_les_deux)
    with pytest.raises(ConflitDeVersion) as conflit:
        modifier_section(fiche, enjeux, {"enjeux": "Le second"}, scene.personnes["direction"], lue=vue_par_les_deux)
    assert conflit.value.fiche.enjeux == "Le premier"
    assert FicheAction.objects.get(pk=fiche.pk).enjeux == "Le premier"


def test_deux_redacteurs_sur_deux_sections_ne_se_genent_pas() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    enjeux, zone = PAR_CLE["enjeux"], PAR_CLE["zone"]
    vue_enjeux, vue_zone = empreinte(fiche, enjeux), empreinte(fiche, zone)
    modifier_section(fiche, enjeux, {"enjeux": "A"}, scene.personnes["membre"], lue=vue_enjeux)
    valeurs = {"bassins": [scene.autre_bassin], "communes": [], "zone": "B"}
    apres = modifier_section(fiche, zone, valeurs, scene.personnes["direction"], lue=vue_zone)
    assert (apres.enjeux, apres.zone, apres.version) == ("A", "B", 3)
    assert list(apres.bassins.all()) == [scene.autre_bassin]


def test_le_texte_ne_change_plus_une_fois_propose() -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), "proposee")
    enjeux = PAR_CLE["enjeux"]
    with pytest.raises(PermissionDenied):
        modifier_section(fiche, enjeux, {"enjeux": "x"}, scene.personnes["membre"], lue=empreinte(fiche, enjeux))


def test_une_section_n_ecrit_que_ses_champs() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    enjeux = PAR_CLE["enjeux"]
    with pytest.raises(KeyError):
        modifier_section(fiche, enjeux, {"etat": "validee"}, scene.personnes["membre"], lue=empreinte(fiche, enjeux))
    assert FicheAction.objects.get(pk=fiche.pk).etat == "brouillon"


def test_un_role_change_redemande_l_accord() -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), "a_completer")
    acteur = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    acteur = confirmer(acteur, scene.personnes["partenaire"], participe=True)
    acteur.referent_fonction = "Conseillère"
    enregistrer_ligne(fiche, acteur, scene.personnes["membre"], lue="")
    assert Acteur.objects.get(pk=acteur.pk).confirmation == "confirmee"
    acteur.contribution = "Une salle en plus"
    enregistrer_ligne(fiche, acteur, scene.personnes["membre"], lue="")
    assert Acteur.objects.get(pk=acteur.pk).confirmation == "attendue"


def test_une_reponse_donnee_pendant_qu_on_ecrit_n_est_pas_perdue() -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), "a_completer")
    vu = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    lue = empreinte_ligne(vu)
    confirmer(vu, scene.personnes["partenaire"], participe=True)
    vu.referent_fonction = "Conseillère"
    enregistrer_ligne(fiche, vu, scene.personnes["membre"], lue=lue)
    assert Acteur.objects.get(pk=vu.pk).confirmation == "confirmee"


def test_deux_redacteurs_sur_la_meme_ligne() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    premiere = fiche.etapes.first()
    seconde = fiche.etapes.first()
    assert premiere is not None
    assert seconde is not None
    lue = empreinte_ligne(premiere)
    premiere.intitule = "La première"
    enregistrer_ligne(fiche, premiere, scene.personnes["membre"], lue=lue)
    seconde.intitule = "La seconde"
    with pytest.raises(ConflitDeVersion):
        enregistrer_ligne(fiche, seconde, scene.personnes["direction"], lue=lue)
    assert Etape.objects.get(pk=premiere.pk).intitule == "La première"


def test_le_porteur_ne_se_retire_pas() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    porteur = Acteur.objects.get(fiche=fiche, role="porteur")
    with pytest.raises(PassageImpossible):
        retirer_ligne(fiche, porteur, scene.personnes["membre"])
    retirer_ligne(fiche, Acteur.objects.get(fiche=fiche, role="partenaire"), scene.personnes["membre"])
    assert list(fiche.acteurs.values_list("role", flat=True)) == ["porteur"]


def test_seule_la_structure_dit_qu_elle_participe() -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), "proposee")
    acteur = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    for role in ("direction", "etranger", "coordination", "pilotage", "administration"):
        with pytest.raises(PermissionDenied):
            confirmer(acteur, scene.personnes[role], participe=True)
    assert (
        confirmer(acteur, scene.personnes["partenaire"], participe=True).confirmee_par == scene.personnes["partenaire"]
    )


def test_qui_porte_s_engage_en_proposant_et_ne_decline_pas() -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), "proposee")
    with pytest.raises(PermissionDenied):
        confirmer(Acteur.objects.get(fiche=fiche, role="porteur"), scene.personnes["direction"], participe=False)


@pytest.mark.parametrize("etat", ["brouillon", "validee", "en_cours", "terminee", "abandonnee"])
def test_on_ne_confirme_que_ce_qui_est_propose(etat: str) -> None:
    scene = decor()
    fiche = mettre_a(fiche_vide(scene), etat)
    acteur = Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine)
    with pytest.raises(PermissionDenied):
        confirmer(acteur, scene.personnes["partenaire"], participe=False)


def test_pas_de_cible_sans_reference_meme_en_base() -> None:
    scene = decor()
    fiche = fiche_vide(scene)
    Indicateur.objects.create(fiche=fiche, intitule="À relever", cible=5, reference_le=date(2026, 6, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Indicateur.objects.create(fiche=fiche, intitule="Sans rien", cible=5)


def test_compte_par_bassin_et_etat() -> None:
    scene = decor()
    avant = FicheAction.objects.compte_par_bassin_et_etat()
    fiche_vide(scene, bassins=[scene.bassin, scene.autre_bassin])
    mettre_a(fiche_vide(scene, bassins=[scene.bassin]), "validee")
    apres = FicheAction.objects.compte_par_bassin_et_etat()
    assert apres["2808"]["brouillon"] == avant["2808"]["brouillon"] + 1
    assert apres["2808"]["validee"] == 1
    assert apres["2803"] == {"brouillon": 1}


def _besoin_et_offre(scene: object) -> tuple[Besoin, Offre]:
    service = Service.objects.get(slug="plateaux-techniques")
    besoin = Besoin.objects.create(
        structure=scene.structure, service=service, description="Nos jeunes manquent de terrains.", volume=12,  # type: ignore[attr-defined]
        unite="personnes/an", moment_cle="avant", publiee=True,
    )  # fmt: skip
    besoin.publics.set(Public.objects.all()[:1])
    offre = Offre.objects.create(
        structure=scene.structure_voisine, service=service, description="Atelier ouvert le mardi.", volume=8,  # type: ignore[attr-defined]
        unite="personnes/an", ressources=[{"profession": "Moniteur", "etp": 0.2}], lieux="Atelier bois", publiee=True,
    )  # fmt: skip
    return besoin, offre


def test_une_fiche_se_demarre_d_un_rapprochement() -> None:
    scene = decor()
    besoin, offre = _besoin_et_offre(scene)
    branche = next(iter(demarrer_fiche))
    url = branche(besoin, offre, scene.personnes["membre"])
    fiche = FicheAction.objects.get(besoin=besoin)
    assert url == fiche.get_absolute_url()
    assert fiche.porteur == scene.structure
    assert fiche.pilote == scene.personnes["membre"]
    assert fiche.pole == scene.pole
    assert set(fiche.acteurs.values_list("structure__nom", flat=True)) == {
        "IME Les Tilleuls",
        "Mission locale du Pays",
    }
    assert "Nos jeunes manquent de terrains." in fiche.enjeux
    assert "avant la sortie" in fiche.enjeux
    assert "Mission locale du Pays propose à IME Les Tilleuls" in fiche.objet
    assert "0,2\u00a0ETP" in fiche.ressources
    assert "Atelier bois" in fiche.ressources
    assert fiche.volume_prevu == 12
    assert list(fiche.services.all()) == [besoin.service]
    assert list(fiche.publics.all()) == list(besoin.publics.all())
    assert [b.code for b in fiche.bassins.all()] == ["2808"]


def test_celui_qui_offre_peut_porter_et_la_coordination_commencer() -> None:
    scene = decor()
    besoin, offre = _besoin_et_offre(scene)
    assert creer_depuis_rapprochement(besoin, offre, scene.personnes["partenaire"]).porteur == scene.structure_voisine
    fiche = creer_depuis_rapprochement(besoin, offre, scene.personnes["coordination"])
    assert (fiche.porteur, fiche.pilote) == (scene.structure, scene.personnes["coordination"])
    for role in ("etranger", "autre_coordination", "pilotage"):
        with pytest.raises(PermissionDenied):
            creer_depuis_rapprochement(besoin, offre, scene.personnes[role])


def test_la_fusion_de_deux_structures_emporte_leurs_fiches() -> None:
    scene = decor()
    fiche = fiche_remplie(scene)
    doublon = structure(scene, "ESAT en double")
    autre = fiche_vide(scene)
    Acteur.objects.create(fiche=autre, structure=doublon)
    fusionner(doublon, scene.structure, Carnet())
    assert {f.porteur for f in FicheAction.objects.filter(pk__in=[fiche.pk, autre.pk])} == {doublon}
    assert list(Acteur.objects.filter(fiche=autre, structure=doublon).values_list("role", flat=True)) == ["porteur"]
    assert not Acteur.objects.filter(structure=scene.structure).exists()
    assert set(fiche.etapes.values_list("responsable", flat=True)) == {doublon.pk}


def test_les_fiches_de_demonstration_s_effacent_avec_leur_histoire() -> None:
    scene = decor()
    demo, reelle = fiche_remplie(scene, demonstration=True), fiche_remplie(scene)
    assert FicheAction.objects.effacer_demonstration() == 1
    assert not FicheAction.objects.filter(pk=demo.pk).exists()
    assert FicheAction.objects.filter(pk=reelle.pk).exists()


def test_un_brouillon_abandonne_ne_se_decouvre_pas() -> None:
    """Closing a draft must not show its text to those who could not read it."""
    scene = decor()
    fiche = fiche_vide(scene)
    curieux = scene.personnes["autre_coordination"]
    fiches = FicheAction.objects.filter(pk=fiche.pk)
    assert not fiches.visibles_par(curieux).exists()
    appliquer(fiche, "abandonner", scene.personnes["direction"], "Sans suite.")
    assert not fiches.visibles_par(curieux).exists()
    assert fiches.visibles_par(scene.personnes["membre"]).exists()
