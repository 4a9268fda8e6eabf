"""A structure that leaves a sheet started from a match: the match ends, its volume is free, the other side knows."""

from types import SimpleNamespace
from typing import Any

import pytest

from fiches_action import operations
from fiches_action.models import Acteur, FicheAction
from fiches_action.operations import appliquer, confirmer
from offres import cooperations
from offres.models import EtapeRapprochement, Rapprochement
from socle.models import Courriel
from structures.comptes.models import Habilitation, Utilisateur
from structures.territoires.models import Pole
from tests.fabriques import avec_second_facteur
from tests.fiches_action.fabriques import decor, fiche_remplie
from tests.offres import fabriques as f
from tests.offres.test_cooperations import client_de, restant


@pytest.fixture
def s(db: None) -> SimpleNamespace:
    """A need of the IME, an offer of its neighbour, agreed and carried by a proposed sheet."""
    s = decor()
    s.besoin = f.besoin(s.structure, volume=12)
    s.offre = f.offre(s.structure_voisine, volume=8)
    s.fiche = fiche_remplie(s)
    s.partenaire = s.personnes["partenaire"]
    s.match = cooperations.proposer(s.besoin, s.offre, s.personnes["direction"], "besoin")
    Rapprochement.objects.update(etat="engagee", url=s.fiche.get_absolute_url())
    appliquer(s.fiche, "proposer", s.personnes["direction"])
    s.acteur = s.fiche.acteurs.get(structure=s.structure_voisine)
    return s


def accorder(s: SimpleNamespace) -> None:
    confirmer(s.acteur, s.partenaire, participe=True)
    assert restant(s.offre) == 0
    Courriel.objects.all().delete()


def fin(s: SimpleNamespace) -> tuple[str, int | None, list[str]]:
    """Its state, what the offer has left, who was told."""
    match = Rapprochement.objects.get()
    return match.etat, restant(s.offre), sorted(Courriel.objects.values_list("destinataire", flat=True))


def test_qui_decline_apres_avoir_accepte_libere_le_volume(s: SimpleNamespace) -> None:
    accorder(s)
    confirmer(s.acteur, s.partenaire, participe=False)
    assert fin(s) == ("ecartee", 8, [s.personnes["direction"].email])
    assert "ne participe plus à la fiche-action" in Courriel.objects.get().texte
    page = client_de(s.partenaire).get(Rapprochement.objects.get().get_absolute_url()).content.decode()
    assert f"{s.structure_voisine.nom} ne participe plus à la fiche-action" in page
    # The couple may be proposed again.
    assert cooperations.proposer(s.besoin, s.offre, s.personnes["direction"], "besoin").volume == 8


def test_qui_decline_sans_avoir_accepte_decline_la_proposition(s: SimpleNamespace) -> None:
    Courriel.objects.all().delete()
    confirmer(s.acteur, s.partenaire, participe=False)
    assert fin(s)[:2] == ("declinee", 8)


def test_qui_a_propose_et_se_retire_de_la_fiche_la_ferme_aussi(s: SimpleNamespace) -> None:
    """It spoke first, and the other one had not answered yet: nothing is awaited any more."""
    Rapprochement.objects.update(cote="offre")
    cooperations.participation_declinee(s.fiche.get_absolute_url(), s.structure_voisine, s.partenaire)
    assert fin(s)[:2] == ("ecartee", 8)


@pytest.mark.parametrize("geste", ["retirer", "remplacer", "informer"])
def test_une_structure_sortie_de_la_fiche_libere_le_volume(s: SimpleNamespace, geste: str) -> None:
    accorder(s)
    direction = s.personnes["direction"]
    FicheAction.objects.filter(pk=s.fiche.pk).update(etat="a_completer")
    acteur = Acteur.objects.get(pk=s.acteur.pk)
    if geste == "retirer":
        operations.retirer_ligne(s.fiche, acteur, direction)
    else:
        if geste == "remplacer":
            acteur.structure = f.structure("Un autre SAVS", s.commune, "savs")
        else:
            acteur.role = Acteur.Role.INFORME
        operations.enregistrer_ligne(s.fiche, acteur, direction)
    assert fin(s) == ("ecartee", 8, [s.partenaire.email])
    assert "a été retirée de la fiche-action" in Courriel.objects.get().texte


def test_tout_ou_rien(s: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same transaction: a sheet that is not written leaves the match as it was."""
    accorder(s)
    FicheAction.objects.filter(pk=s.fiche.pk).update(etat="a_completer")

    def casser(*_: Any) -> None:
        raise OSError("disque plein")

    monkeypatch.setattr(operations, "_marquer", casser)
    with pytest.raises(OSError, match="disque plein"):
        operations.retirer_ligne(s.fiche, Acteur.objects.get(pk=s.acteur.pk), s.personnes["direction"])
    assert fin(s) == ("engagee", 0, [])


def test_modifier_un_apport_ne_defait_rien(s: SimpleNamespace) -> None:
    accorder(s)
    FicheAction.objects.filter(pk=s.fiche.pk).update(etat="a_completer")
    acteur = Acteur.objects.get(pk=s.acteur.pk)
    acteur.contribution = "Deux salles, et un moniteur le jeudi."
    operations.enregistrer_ligne(s.fiche, acteur, s.personnes["direction"])
    assert fin(s) == ("engagee", 0, [])
    assert not EtapeRapprochement.objects.filter(action="retirer_fiche").exists()


# --- who starts it ----------------------------------------------------------------------------


def coordinatrice(pole: Pole, email: str) -> Utilisateur:
    personne = Utilisateur.objects.create(email=email, prenom="Coralie")
    Habilitation.objects.create(utilisateur=personne, role="coordination", pole=pole)
    avec_second_facteur(personne)
    return personne


@pytest.mark.parametrize(("demonstration", "permis"), [(False, True), (True, False)])
def test_le_bouton_suit_la_regle_de_l_action(
    s: SimpleNamespace,
    demonstration: bool,
    permis: bool,
) -> None:
    """A second pôle holds the same commune: its coordination starts the sheet, in its pôle. Not a demonstration's."""
    Rapprochement.objects.update(etat="ecartee")
    second = Pole.objects.create(nom="Zone d’à côté", demonstration=demonstration)
    second.communes.add(s.commune)
    client = client_de(coordinatrice(second, "seconde@scene.test"))
    page = client.get(s.besoin.get_absolute_url())
    assert page.status_code == 200
    assert ("Commencer une fiche-action" in page.content.decode()) is permis
    r = client.post(f"/offres/besoins/{s.besoin.pk}/rapprochements/{s.offre.pk}/fiche/")
    assert r.status_code == (302 if permis else 403)
    if permis:
        fiche = s.besoin.fiches.get()
        assert fiche.pole == second
        assert client.get(fiche.get_absolute_url()).status_code == 200
