"""Two people, or two clicks, at the same instant: one row, no error. Real threads, on either database."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from socle.models import Courriel
from structures.adhesions import lots
from structures.adhesions.demandes import ErreurDemande, demander, repondre
from structures.adhesions.equipe import adherer
from structures.adhesions.invitations import accepter, inviter
from structures.adhesions.lecture import lire_texte
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import habiliter
from structures.models import Adhesion, Invitation, Structure
from structures.territoires.models import Bassin, Commune, Departement, Pole, Region
from tests.fabriques import un_utilisateur, une_structure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def structure() -> Structure:
    if "mode=memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("une base SQLite en mémoire ne se partage pas entre fils ; joué sur PostgreSQL et sur un fichier")
    region = Region.objects.create(code="28", nom="Normandie")
    departement = Departement.objects.create(code="27", nom="Eure", region=region)
    bassin = Bassin.objects.create(code="2808", nom="Évreux")
    commune = Commune.objects.create(
        code="27229", nom="Évreux", departement=departement, bassin=bassin, lat=49.0, lon=1.1
    )
    return une_structure(commune, nom="IME Les Tilleuls")


@pytest.fixture
def direction(structure: Structure) -> Utilisateur:
    personne = un_utilisateur()
    adherer(personne, structure, "direction")
    return personne


def ensemble(gestes: list[Callable[[], object]]) -> list[object]:
    """Run the gestures at once, each in its thread; what each gave (or the exception it raised)."""
    depart = threading.Barrier(len(gestes))
    resultats: list[object] = [None] * len(gestes)

    def jouer(rang: int) -> None:
        try:
            depart.wait(10)
            resultats[rang] = gestes[rang]()
        except Exception as erreur:
            resultats[rang] = erreur
        finally:
            connection.close()

    fils = [threading.Thread(target=jouer, args=(rang,)) for rang in range(len(gestes))]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    return resultats


def test_accepter_deux_fois_a_la_fois(structure: Structure, direction: Utilisateur) -> None:
    for rang in range(3):
        email = f"a{rang}@exemple.test"
        invitation = inviter(structure, email, "membre", direction)
        pk = un_utilisateur(email=email).pk
        resultats = ensemble(
            [lambda i=invitation, p=pk: accepter(i, Utilisateur.objects.get(pk=p))] * 4  # type: ignore[misc]
        )
        adhesion = Adhesion.objects.get(utilisateur=pk)
        assert resultats == [adhesion] * 4


def test_deux_invitations_de_la_meme_personne(structure: Structure, direction: Utilisateur) -> None:
    """A membership and a change of role accepted at once: one active row, no IntegrityError."""
    personne = un_utilisateur(email="a@exemple.test")
    premiere = inviter(structure, personne.email, "membre", direction)
    seconde = Invitation.objects.create(
        email=personne.email,
        role="direction",
        structure=une_structure(structure.commune),
        empreinte="x" * 64,
        expire_le=timezone.now() + timedelta(days=1),
    )
    resultats = ensemble(
        [
            lambda: accepter(premiere, Utilisateur.objects.get(pk=personne.pk)),
            lambda: adherer(Utilisateur.objects.get(pk=personne.pk), structure, "direction"),
            lambda: accepter(seconde, Utilisateur.objects.get(pk=personne.pk)),
        ]
    )
    assert [r for r in resultats if not isinstance(r, Adhesion)] == []
    assert Adhesion.objects.actives().filter(utilisateur=personne, structure=structure).count() == 1


def test_deux_directions_invitent_la_meme_personne(structure: Structure, direction: Utilisateur) -> None:
    autre = un_utilisateur()
    adherer(autre, structure, "direction")
    resultats = ensemble(
        [
            lambda: inviter(structure, "a@exemple.test", "membre", direction),
            lambda: inviter(structure, "a@exemple.test", "membre", autre),
            lambda: inviter(structure, "A@exemple.test", "membre", direction),
        ]
    )
    assert [r for r in resultats if not isinstance(r, Invitation)] == []
    assert Invitation.objects.count() == 1
    assert Courriel.objects.filter(modele="invitation").count() == 1


def test_demander_deux_fois_a_la_fois(structure: Structure, direction: Utilisateur) -> None:
    personne = un_utilisateur()
    resultats = ensemble([lambda: demander(structure, personne, "membre", "Conseiller", "")] * 3)
    assert sum(isinstance(r, ErreurDemande) for r in resultats) == 2
    assert personne.demandes_adhesion.count() == 1


def test_deux_reponses_contraires_a_la_fois(structure: Structure, direction: Utilisateur) -> None:
    personne = un_utilisateur()
    demande = demander(structure, personne, "membre", "Conseiller", "")
    resultats = ensemble(
        [lambda: repondre(demande, direction, oui=True), lambda: repondre(demande, direction, oui=False, mot="non")]
    )
    assert sum(isinstance(r, ErreurDemande) for r in resultats) == 1
    demande.refresh_from_db()
    membre = Adhesion.objects.actives().filter(utilisateur=personne).exists()
    assert membre == (demande.etat == "acceptee")
    assert Courriel.objects.filter(modele="demande_repondue").count() == 1


def test_deux_travailleurs_sur_une_liste(structure: Structure) -> None:
    """The first worker was only slow: the second one began too. Each line leaves once."""
    coordination = un_utilisateur()
    pole = Pole.objects.create(nom="Pôle")
    pole.communes.add(structure.commune)
    habiliter(coordination, Habilitation.Role.COORDINATION, pole=pole)
    texte = "".join(f"p{rang}@exemple.test;IME Les Tilleuls\n" for rang in range(12))
    lot = lots.preparer("Liste", lire_texte(texte), coordination, "membre")
    resultats = ensemble([lambda: lots.envoyer(lot.pk, lambda fait, total: None)] * 2)
    assert [r for r in resultats if isinstance(r, Exception)] == []
    assert Invitation.objects.count() == 12
    assert Courriel.objects.filter(modele="invitation").count() == 12
