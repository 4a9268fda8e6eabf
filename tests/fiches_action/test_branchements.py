"""What the sheets show on lower pages: what awaits each person, a structure's sheets."""

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from fiches_action.branchements import attentes, encart_accueil, encart_structure
from fiches_action.models import Acteur, FicheAction
from fiches_action.operations import appliquer, confirmer
from socle import prises
from structures.comptes.models import Utilisateur
from tests.fiches_action.fabriques import decor, fiche_remplie, mettre_a

pytestmark = pytest.mark.django_db


def _relire(personne: Utilisateur) -> Utilisateur:
    return Utilisateur.objects.get(pk=personne.pk)


def _titres(personne: Utilisateur, fiche: FicheAction) -> list[str]:
    return [a.titre for a in attentes(_relire(personne)) if fiche.reference in a.detail]


def test_chacun_sait_ce_qui_l_attend() -> None:
    scene = decor()
    qui = scene.personnes
    fiche = fiche_remplie(scene)
    assert _titres(qui["membre"], fiche) == ["Terminer et proposer votre fiche-action"]
    assert _titres(qui["partenaire"], fiche) == []
    appliquer(fiche, "proposer", qui["membre"])
    assert _titres(qui["membre"], fiche) == []
    assert _titres(qui["partenaire"], fiche) == ["Confirmer la participation de Mission locale du Pays"]
    assert _titres(qui["coordination"], fiche) == ["Porter une fiche devant le comité de suivi"]
    assert _titres(qui["autre_coordination"], fiche) == []
    assert _titres(qui["etranger"], fiche) == []
    confirmer(Acteur.objects.get(fiche=fiche, structure=scene.structure_voisine), qui["partenaire"], participe=True)
    assert _titres(qui["partenaire"], fiche) == []
    appliquer(fiche, "demander_complement", qui["coordination"], "Précisez.")
    assert _titres(qui["membre"], fiche) == ["Compléter la fiche demandée par la coordination"]
    assert _titres(qui["coordination"], fiche) == []


def test_les_attentes_font_un_nombre_constant_de_requetes() -> None:
    scene = decor()

    def compter(role: str) -> int:
        personne = _relire(scene.personnes[role])
        with CaptureQueriesContext(connection) as captees:
            attentes(personne)
            encart_accueil(personne)
        return len(captees)

    fiche_remplie(scene)
    appliquer(fiche_remplie(scene), "proposer", scene.personnes["membre"])
    avant = {role: compter(role) for role in ("membre", "partenaire", "coordination")}
    for _ in range(3):
        fiche_remplie(scene)
        appliquer(fiche_remplie(scene), "proposer", scene.personnes["membre"])
    assert {role: compter(role) for role in avant} == avant


def test_la_page_d_une_structure_montre_les_fiches_que_l_on_peut_lire() -> None:
    scene = decor()
    FicheAction.objects.filter(pk__in=[scene.fiche.pk, scene.fiche_proposee.pk]).update(etat="brouillon")
    fiche = mettre_a(fiche_remplie(scene), "validee")
    assert encart_structure(scene.structure, None) == []
    assert encart_structure(scene.structure, scene.personnes["etranger"]) == []
    (encart,) = encart_structure(scene.structure_voisine, scene.personnes["pilotage"])
    html = render_to_string(encart.gabarit, encart.contexte)
    assert fiche.reference in html
    assert "avec IME Les Tilleuls" in html
    assert "Validée" in html
    assert scene.fiche.reference not in html


def test_l_accueil_dit_comment_commencer() -> None:
    scene = decor()
    assert encart_accueil(scene.personnes["pilotage"]) == []
    (encart,) = encart_accueil(scene.personnes["etranger"])
    assert "Écrire une fiche" in render_to_string(encart.gabarit, encart.contexte)
    (encart,) = encart_accueil(scene.personnes["membre"])
    assert scene.fiche.reference in render_to_string(encart.gabarit, encart.contexte)


def test_tout_est_branche() -> None:
    assert attentes in list(prises.attentes)
    assert encart_accueil in list(prises.encarts_accueil)
    assert encart_structure in list(prises.encarts_structure)
