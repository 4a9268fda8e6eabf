"""« Je travaille ici » : asked, proven, answered by the right people, withdrawn."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from socle.models import Courriel, Travail
from socle.travaux import executer
from structures.adhesions import demandes
from structures.adhesions.attentes import attentes
from structures.adhesions.demandes import ErreurDemande, a_traiter, demander
from structures.adhesions.equipe import adherer, terminer
from structures.adhesions.invitations import inviter
from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import retirer
from structures.models import Adhesion, DemandeAdhesion, Invitation, Structure
from structures.regles import est_direction, est_membre
from tests.fabriques import avec_second_facteur, un_utilisateur

ClientDe = Callable[..., Client]
FORMULAIRE = {"role": "membre", "fonction": "Conseillère", "message": "Bonjour"}
VISITEUR = {**FORMULAIRE, "email": "Nouvelle@exemple.test", "nom": "Nour Petit"}


@pytest.fixture(autouse=True)
def _sans_memoire() -> None:
    """The rate limits live in the shared cache."""
    cache.clear()


@pytest.fixture
def demandeur(scene: SimpleNamespace) -> Utilisateur:
    return un_utilisateur(email="lou@exemple.test", prenom="Lou", nom="Martin")


def _relu(personne: Utilisateur) -> Utilisateur:
    return Utilisateur.objects.get(pk=personne.pk)


def _lien(modele: str) -> str:
    trouve = re.search(r"https?://[^/]+(/\S+)", Courriel.objects.filter(modele=modele).latest("cree_le").texte)
    assert trouve
    return trouve[1]


def test_une_demande_acceptee_par_la_direction(
    scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur
) -> None:
    client = client_de(demandeur)
    client.post(reverse("structures:rejoindre", args=[scene.structure.pk]), FORMULAIRE)
    demande = DemandeAdhesion.objects.get()
    courriel = Courriel.objects.get(modele="demande_adhesion")
    assert courriel.destinataire == scene.personnes["direction"].email
    assert courriel.repondre_a == demandeur.email
    assert "«\u00a0Bonjour\u00a0»" in courriel.texte
    assert not est_membre(_relu(demandeur), scene.structure)
    (attente,) = attentes(_relu(scene.personnes["direction"]))
    assert attente.url == reverse("structures:demande", args=[demande.pk]) == _lien("demande_adhesion")
    direction = client_de(scene.personnes["direction"])
    assert "Conseillère" in direction.get(attente.url).content.decode()
    # The role is that of who answers, not the one asked.
    direction.post(attente.url, {"decision": "oui", "role": "direction", "mot": "Bienvenue"})
    assert est_direction(_relu(demandeur), scene.structure)
    adhesion = Adhesion.objects.get(utilisateur=demandeur)
    assert adhesion.donnee_par == scene.personnes["direction"]
    reponse = Courriel.objects.get(modele="demande_repondue")
    assert reponse.destinataire == demandeur.email
    assert "«\u00a0Bienvenue\u00a0»" in reponse.texte
    assert "Pôle de la scène" in reponse.texte
    # Answered once.
    page = direction.post(attente.url, {"decision": "non", "role": "membre", "mot": "non"}, follow=True)
    assert "déjà reçu une réponse" in page.content.decode()
    assert est_direction(_relu(demandeur), scene.structure)


def test_une_demande_refusee_avec_un_mot(scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur) -> None:
    demande = demander(scene.structure, demandeur, "membre", "Conseiller", "")
    adresse = reverse("structures:demande", args=[demande.pk])
    direction = client_de(scene.personnes["direction"])
    assert direction.post(adresse, {"decision": "non", "role": "membre", "mot": " "}).status_code == 422
    direction.post(adresse, {"decision": "non", "role": "membre", "mot": "Nous ne vous connaissons pas."})
    demande.refresh_from_db()
    assert demande.etat == DemandeAdhesion.Etat.REFUSEE
    assert "ne vous connaissons pas" in Courriel.objects.get(modele="demande_repondue").texte
    assert not est_membre(_relu(demandeur), scene.structure)
    assert "ne vous connaissons pas" in client_de(demandeur).get(reverse("structures:demandes")).content.decode()
    # Refused: one may ask again.
    demander(scene.structure, demandeur, "membre", "Conseiller", "")


def test_la_reponse_suit_l_adresse_du_compte(scene: SimpleNamespace, demandeur: Utilisateur) -> None:
    """Somebody whose address changed after they asked: the former one may be somebody else's today."""
    demande = demander(scene.structure, demandeur, "membre", "Conseillère", "")
    Utilisateur.objects.filter(pk=demandeur.pk).update(email="lou.martin@ailleurs.test")
    demandes.repondre(demande, scene.personnes["direction"], oui=False, mot="Non")
    assert Courriel.objects.get(modele="demande_repondue").destinataire == "lou.martin@ailleurs.test"


def test_qui_repond_selon_qu_il_y_a_une_direction(scene: SimpleNamespace, demandeur: Utilisateur) -> None:
    """Direction; else coordination; else administration. The home page follows the same rule as the right."""
    demande = demander(scene.structure, demandeur, "membre", "Conseiller", "")

    def voient() -> set[str]:
        return {role for role, personne in scene.personnes.items() if a_traiter(_relu(personne)).exists()}

    assert voient() == {"direction"}
    assert demandes.qui_repond(scene.structure) == "la direction de la structure"
    terminer(Adhesion.objects.get(utilisateur=scene.personnes["direction"], structure=scene.structure))
    assert voient() == {"coordination"}
    assert demandes.qui_repond(scene.structure) == "la coordination du pôle de la scène"
    retirer(Habilitation.objects.get(utilisateur=scene.personnes["coordination"]))
    assert voient() == {"administration"}
    assert demandes.qui_repond(scene.structure) == "l’administration du portail"
    assert set(demandes.approbateurs(demande.structure)) == {scene.personnes["administration"]}


def test_personne_n_approuve_sa_demande(scene: SimpleNamespace, client_de: ClientDe) -> None:
    coordination = scene.personnes["coordination"]
    demande = demander(scene.structure_voisine, coordination, "direction", "Coordinatrice", "")
    # Nobody directs it: the coordination would answer, were the request not its own.
    assert not a_traiter(_relu(coordination)).exists()
    adresse = reverse("structures:demande", args=[demande.pk])
    client = client_de(coordination)
    assert client.get(adresse).status_code == 200
    assert client.post(adresse, {"decision": "oui", "role": "direction"}).status_code == 403
    assert not est_direction(_relu(coordination), scene.structure_voisine)
    assert client_de(scene.personnes["administration"]).get(adresse).status_code == 200


def test_la_direction_d_ailleurs_ne_repond_pas(
    scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur
) -> None:
    demande = demander(scene.structure, demandeur, "membre", "Conseiller", "")
    adherer(scene.personnes["etranger"], scene.autre_structure, "direction")
    adresse = reverse("structures:demande", args=[demande.pk])
    # The coordination neither, while the structure has a direction.
    for role in ("etranger", "membre", "coordination", "pilotage"):
        client = client_de(scene.personnes[role])
        assert client.get(adresse).status_code == 403, role
        assert client.post(adresse, {"decision": "oui", "role": "membre"}).status_code == 403, role
        retrait = reverse("structures:retirer_demande", args=[demande.pk])
        assert client.post(retrait).status_code == 403, role
    assert not est_membre(_relu(demandeur), scene.structure)


def test_une_seule_demande_en_cours(scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur) -> None:
    adresse = reverse("structures:rejoindre", args=[scene.structure.pk])
    client = client_de(demandeur)
    client.post(adresse, FORMULAIRE)
    reponse = client.post(adresse, FORMULAIRE)
    assert reponse.status_code == 422
    assert "déjà une demande en attente" in reponse.content.decode()
    assert Courriel.objects.filter(modele="demande_adhesion").count() == 1
    demande = DemandeAdhesion.objects.get()
    client.post(reverse("structures:retirer_demande", args=[demande.pk]))
    demande.refresh_from_db()
    assert demande.etat == DemandeAdhesion.Etat.RETIREE
    with pytest.raises(ErreurDemande, match="retirée"):
        demandes.repondre(demande, scene.personnes["direction"], oui=True)
    assert client.post(adresse, FORMULAIRE).status_code == 302


def test_les_demandes_qui_n_ont_pas_de_sens(scene: SimpleNamespace, demandeur: Utilisateur) -> None:
    with pytest.raises(ErreurDemande, match="déjà partie"):
        demander(scene.structure, scene.personnes["direction"], "membre", "Directrice", "")
    inviter(scene.structure, demandeur.email, "membre", scene.personnes["direction"])
    with pytest.raises(ErreurDemande, match="acceptez-la"):
        demander(scene.structure, demandeur, "membre", "Conseiller", "")
    Structure.objects.filter(pk=scene.structure_voisine.pk).update(fermee_le=timezone.localdate())
    scene.structure_voisine.refresh_from_db()
    with pytest.raises(ErreurDemande, match="fermée"):
        demander(scene.structure_voisine, demandeur, "membre", "Conseiller", "")


def test_un_membre_demande_la_direction(scene: SimpleNamespace) -> None:
    """By request, answered by somebody else: the only way up."""
    membre = scene.personnes["membre"]
    demande = demander(scene.structure, membre, "direction", "Directeur par intérim", "")
    demandes.repondre(demande, scene.personnes["direction"], oui=True)
    assert est_direction(_relu(membre), scene.structure)
    assert Adhesion.objects.actives().filter(utilisateur=membre).count() == 1


# --- without an account ---------------------------------------------------------------------


def test_sans_compte_l_adresse_est_prouvee_avant_tout(
    client: Client, scene: SimpleNamespace, client_de: ClientDe
) -> None:
    reponse = client.post(reverse("structures:rejoindre", args=[scene.structure.pk]), VISITEUR)
    assert "nouvelle@exemple.test" in reponse.content.decode().lower()
    (preuve,) = Courriel.objects.all()
    assert (preuve.modele, preuve.destinataire) == ("demande_a_confirmer", "nouvelle@exemple.test")
    # What a stranger typed does not travel to an address they chose.
    assert "Nour" not in preuve.texte
    assert "Bonjour\n" not in preuve.texte
    assert not a_traiter(scene.personnes["direction"]).exists()
    lien = _lien("demande_a_confirmer")
    # Mail programs open links by themselves: that disturbs nobody.
    assert client.get(lien).status_code == 200
    assert not a_traiter(scene.personnes["direction"]).exists()
    client.post(lien)
    assert Courriel.objects.get(modele="demande_adhesion").destinataire == scene.personnes["direction"].email
    assert client.post(lien).status_code == 410
    assert not Utilisateur.objects.filter(email="nouvelle@exemple.test").exists()
    demande = DemandeAdhesion.objects.get()
    direction = client_de(scene.personnes["direction"])
    direction.post(
        reverse("structures:demande", args=[demande.pk]), {"decision": "oui", "role": "membre", "mot": "Bienvenue"}
    )
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.nom) == ("nouvelle@exemple.test", "membre", "Nour Petit")
    assert "«\u00a0Bienvenue\u00a0»" in Courriel.objects.get(modele="invitation").texte


def test_la_meme_page_que_l_adresse_ait_un_compte_ou_non(client: Client, scene: SimpleNamespace) -> None:
    adresse = reverse("structures:rejoindre", args=[scene.structure.pk])
    pages = []
    for email in ("inconnue@exemple.test", scene.personnes["membre"].email):
        page = client.post(adresse, {**VISITEUR, "email": email})
        pages.append((page.status_code, page.content.decode().replace(email, "…")))
    jeton = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert jeton.sub("", pages[0][1]) == jeton.sub("", pages[1][1])
    assert Courriel.objects.get(destinataire=scene.personnes["membre"].email).modele == "demande_compte_connu"
    assert not DemandeAdhesion.objects.filter(email=scene.personnes["membre"].email).exists()


def test_le_formulaire_public_n_inonde_personne(client: Client, scene: SimpleNamespace) -> None:
    adresse = reverse("structures:rejoindre", args=[scene.structure.pk])
    statuts = [client.post(adresse, VISITEUR).status_code for _ in range(5)]
    assert statuts == [200, 200, 200, 429, 429]
    # Asked again: one row, the last link only.
    assert DemandeAdhesion.objects.count() == 1
    statuts = [client.post(adresse, {**VISITEUR, "email": f"p{rang}@exemple.test"}).status_code for rang in range(9)]
    assert statuts[-1] == 429
    assert Courriel.objects.count() <= 10


def test_les_adresses_non_prouvees_sont_oubliees(client: Client, scene: SimpleNamespace) -> None:
    client.post(reverse("structures:rejoindre", args=[scene.structure.pk]), VISITEUR)
    DemandeAdhesion.objects.update(cree_le=timezone.now() - timedelta(days=4))
    assert client.get(_lien("demande_a_confirmer")).status_code == 410
    assert demandes.oublier_les_non_prouvees() == 1
    assert demandes.oublier_les_non_prouvees() == 0


def test_demander_avant_puis_apres_avoir_un_compte(client: Client, scene: SimpleNamespace) -> None:
    client.post(reverse("structures:rejoindre", args=[scene.structure.pk]), VISITEUR)
    personne = un_utilisateur(email="nouvelle@exemple.test")
    demander(scene.structure, personne, "membre", "Conseillère", "")
    assert DemandeAdhesion.objects.get().utilisateur == personne


# --- a lost link ----------------------------------------------------------------------------


def _perdu(client: Client, email: str) -> str:
    page = client.post(reverse("structures:lien_perdu"), {"email": email})
    assert page.status_code == 200
    for travail in Travail.objects.filter(etat=Travail.Etat.EN_ATTENTE):
        executer(str(travail.pk))
    jeton = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    return jeton.sub("", page.content.decode().replace(email, "…"))


def test_un_lien_perdu_est_renvoye_sans_rien_reveler(client: Client, scene: SimpleNamespace) -> None:
    invitation = inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    ancien, limite = _lien("invitation"), invitation.expire_le
    assert _perdu(client, "a@exemple.test") == _perdu(client, "inconnue@exemple.test")
    assert not Courriel.objects.filter(destinataire="inconnue@exemple.test").exists()
    assert Courriel.objects.filter(destinataire="a@exemple.test").count() == 2
    invitation.refresh_from_db()
    # No more time than what was given.
    assert (invitation.envois, invitation.expire_le) == (2, limite)
    assert client.get(ancien).status_code == 410
    assert client.get(_lien("invitation")).status_code == 200
    # The job keeps no address.
    assert not Travail.objects.filter(parametres__has_key="email").exists()


def test_un_lien_perdu_expire(client: Client, scene: SimpleNamespace) -> None:
    inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    Invitation.objects.update(expire_le=timezone.now() - timedelta(days=1))
    _perdu(client, "a@exemple.test")
    courriel = Courriel.objects.get(modele="invitation_expiree")
    assert scene.personnes["direction"].email in courriel.texte
    assert not Invitation.objects.en_attente().exists()


def test_un_lien_perdu_n_est_pas_une_arme(client: Client, scene: SimpleNamespace) -> None:
    inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    statuts = [
        client.post(reverse("structures:lien_perdu"), {"email": "A@exemple.test"}).status_code for _ in range(5)
    ]
    assert statuts == [200, 200, 200, 429, 429]


def test_changer_de_compte_mene_au_lien(scene: SimpleNamespace, client_de: ClientDe) -> None:
    inviter(scene.structure, "a@exemple.test", "membre", scene.personnes["direction"])
    lien = _lien("invitation")
    client = client_de(avec_second_facteur(scene.personnes["etranger"]))
    assert "Se déconnecter et continuer" in client.get(lien).content.decode()
    reponse = client.post(lien + "changer/")
    assert reponse.headers["Location"] == lien
    assert "Accepter et recevoir le code" in client.get(lien).content.decode()


def test_la_fiche_dit_a_chacun_ce_qu_il_peut(
    client: Client, scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur
) -> None:
    adresse = scene.structure.get_absolute_url()
    assert "Demandez une invitation" in client.get(adresse).content.decode()
    assert "Je ne travaille plus ici" in client_de(scene.personnes["membre"]).get(adresse).content.decode()
    sien = client_de(demandeur)
    assert "Je travaille ici" in sien.get(adresse).content.decode()
    demander(scene.structure, demandeur, "membre", "Conseiller", "")
    assert "Suivre ou retirer la demande" in sien.get(adresse).content.decode()
    Structure.objects.filter(pk=scene.structure.pk).update(fermee_le=timezone.localdate())
    assert "Je travaille ici" not in client_de(scene.personnes["etranger"]).get(adresse).content.decode()
    assert client.get(reverse("structures:rejoindre", args=[scene.structure.pk])).headers["Location"] == adresse


def test_demander_et_retirer_sans_fin_n_ecrit_pas_sans_fin(
    scene: SimpleNamespace, client_de: ClientDe, demandeur: Utilisateur
) -> None:
    client, url = client_de(demandeur), reverse("structures:rejoindre", args=[scene.structure.pk])
    statuts = []
    for _ in range(8):
        statuts.append(client.post(url, FORMULAIRE).status_code)
        for demande in DemandeAdhesion.objects.en_attente():
            client.post(reverse("structures:retirer_demande", args=[demande.pk]))
    assert statuts == [302] * demandes.PAR_JOUR_AU_MEME_ENDROIT + [422] * 5
    assert Courriel.objects.filter(modele="demande_adhesion").count() == demandes.PAR_JOUR_AU_MEME_ENDROIT
    for rang in range(demandes.PAR_JOUR):
        ailleurs = Structure.objects.create(nom=f"ESAT {rang}", type="esat", commune=scene.commune)
        client.post(reverse("structures:rejoindre", args=[ailleurs.pk]), FORMULAIRE)
    assert DemandeAdhesion.objects.count() == demandes.PAR_JOUR


def test_sans_demande_la_coordination_revient_a_son_travail(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """An empty list tells a coordination what will come there, and the others how to join a team."""
    DemandeAdhesion.objects.all().delete()
    adresse = reverse("structures:demandes")
    page = client_de(scene.personnes["coordination"]).get(adresse).content.decode()
    assert f'class="fr-btn fr-btn--secondary" href="{reverse("structures:gestion")}"' in page
    ailleurs = client_de(scene.personnes["etranger"]).get(adresse).content.decode()
    assert "Ouvrir l’annuaire" in ailleurs
    assert reverse("structures:gestion") not in ailleurs
