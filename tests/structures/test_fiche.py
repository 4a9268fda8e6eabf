"""The sheet is kept by its people: section by section, two at once, with what history and sources say."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from socle.models import Courriel
from structures import operations
from structures.adhesions.equipe import adherer
from structures.models import Public, Structure
from structures.sections import CONTACT, PAR_CLE
from structures.territoires.models import CodePostal, Commune
from tests.fabriques import un_utilisateur

ClientDe = Callable[..., Client]
HTMX = {"HX-Request": "true"}
ANCIEN = "2026-01-01T00:00Z"


def _adresse(structure: Structure, cle: str) -> str:
    return reverse("structures:modifier", args=[structure.pk, cle])


def _lues(structure: Structure, cle: str) -> dict[str, str]:
    return {f"lue-{nom}": v for nom, v in operations.empreintes(structure, PAR_CLE[cle].groupes).items()}


LIEU = {"adresse": "1 rue Haute", "code_postal": "27000", "ville": "Évreux", "placer": "garder"}


@pytest.fixture
def postaux(scene: SimpleNamespace) -> None:
    CodePostal.objects.create(code="27000", commune=scene.commune)
    autre = Commune.objects.create(code="27234", nom="Fauville", departement=scene.departement, lat=49.0, lon=1.2)
    CodePostal.objects.create(code="27000", commune=autre)
    CodePostal.objects.create(code="27300", commune=scene.autre_commune)


# --- corrected in place ----------------------------------------------------------------------


def test_corriger_une_section_garde_la_provenance(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, structure = client_de(scene.personnes["membre"]), scene.structure
    public = Public.objects.get(slug="sortants-ime")
    reponse = client.post(_adresse(structure, "accueil"), {"capacite": "40", "publics": [public.pk]})
    assert reponse.status_code == 302
    assert reponse["Location"].endswith("#accueil")
    client.post(_adresse(structure, "identite"), {"nom": "IME", "type": "ime", "siret": "356 000 000 00048"})
    structure.refresh_from_db()
    assert (structure.nom, structure.siret, structure.capacite) == ("IME", "35600000000048", 40)
    assert structure.publics.get() == public
    assert {c: p["en"] for c, p in structure.provenance.items()} == dict.fromkeys(
        ("nom", "siret", "capacite", "publics"), "membre"
    )
    assert structure.history.first().history_user == scene.personnes["membre"]
    # A part was corrected: the whole was not vouched for.
    assert structure.confirme_le is None


def test_la_section_se_change_dans_la_page(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, structure = client_de(scene.personnes["membre"]), scene.structure
    page = client.get(structure.get_absolute_url()).content.decode()
    assert f'hx-get="{_adresse(structure, "contact")}"' in page
    formulaire = client.get(_adresse(structure, "contact"), headers=HTMX).content.decode()
    assert "<html" not in formulaire
    assert 'id="contact"' in formulaire
    refusee = client.post(_adresse(structure, "contact"), {"courriel": "non"}, headers=HTMX)
    assert refusee.status_code == 422
    assert 'aria-describedby="id_courriel-aide id_courriel-erreur"' in refusee.content.decode()
    lue = client.post(_adresse(structure, "contact"), {"telephone": "0232000000"}, headers=HTMX).content.decode()
    assert "02 32 00 00 00" in lue
    assert "Enregistré" in lue
    assert 'hx-swap-oob="true"' in lue
    retour = client.get(reverse("structures:section", args=[structure.pk, "contact"]), headers=HTMX).content.decode()
    assert "02 32 00 00 00" in retour
    assert "hx-swap-oob" not in retour


def test_sans_script_la_meme_saisie_sur_une_page(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client = client_de(scene.personnes["direction"])
    page = client.get(_adresse(scene.structure, "lieu")).content.decode()
    assert page.count("<h1>") == 1
    assert 'name="ville"' in page
    assert client.get(reverse("structures:section", args=[scene.structure.pk, "lieu"])).status_code == 302
    assert client.get(f"/structures/{scene.structure.pk}/modifier/inconnue/").status_code == 404


@pytest.mark.usefixtures("postaux")
@pytest.mark.parametrize(
    ("cle", "champs", "champ", "dit"),
    [
        ("lieu", {**LIEU, "ville": "Berlin"}, "ville", "Évreux, Fauville"),
        ("lieu", {**LIEU, "code_postal": "99999"}, "code_postal", "Aucune commune connue"),
        ("lieu", {**LIEU, "code_postal": "27"}, "code_postal", "cinq chiffres"),
        ("lieu", {**LIEU, "placer": "coordonnees", "latitude": "x", "longitude": "1"}, "latitude", "degrés"),
        ("lieu", {**LIEU, "placer": "coordonnees", "latitude": "1,15", "longitude": "49"}, "latitude", "inversées"),
        ("lieu", {**LIEU, "placer": "coordonnees", "latitude": "nan", "longitude": "1"}, "latitude", "degrés"),
        ("identite", {"nom": "IME", "type": "ime", "siret": "12"}, "siret", "quatorze chiffres"),
        ("identite", {"nom": "IME", "type": "ime", "siret": "35600000000049"}, "siret", "clé"),
        ("identite", {"nom": "", "type": "ime"}, "nom", "obligatoire"),
        ("contact", {"courriel": "pas une adresse"}, "courriel", "valide"),
        ("contact", {"telephone": "appelez-nous"}, "telephone", "dix chiffres"),
        ("contact", {"contact_nom_public": "on"}, "contact_nom", "accord"),
        ("contact", {"site_web": "javascript:alert(1)"}, "site_web", "valide"),
        ("accueil", {"capacite": "-3"}, "capacite", "supérieur"),
    ],
)
def test_erreur_au_champ_et_rien_de_perdu(
    scene: SimpleNamespace, client_de: ClientDe, cle: str, champs: dict[str, str], champ: str, dit: str
) -> None:
    client = client_de(scene.personnes["membre"])
    avant = Structure.objects.filter(pk=scene.structure.pk).values().get()
    reponse = client.post(_adresse(scene.structure, cle), champs)
    assert reponse.status_code == 422
    page = reponse.content.decode()
    assert dit in " ".join(reponse.context["form"].errors[champ])
    assert f'aria-describedby="id_{champ}' in page
    for valeur in champs.values():
        assert valeur == "on" or valeur in page
    assert Structure.objects.filter(pk=scene.structure.pk).values().get() == avant


def test_un_numero_deja_porte_nomme_l_autre(scene: SimpleNamespace, client_de: ClientDe) -> None:
    Structure.objects.filter(pk=scene.autre_structure.pk).update(finess="140002536")
    client = client_de(scene.personnes["coordination"])
    donnees = {"nom": "IME", "type": "ime", "finess": "140002536", "siret": ""}
    reponse = client.post(_adresse(scene.structure, "identite"), donnees)
    assert "ESAT du Bocage" in " ".join(reponse.context["form"].errors["finess"])


def test_une_cle_connue_ne_change_que_par_la_coordination(scene: SimpleNamespace, client_de: ClientDe) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(finess="140002536")
    donnees = {"nom": "IME", "type": "ime", "finess": "", "siret": ""}
    client_de(scene.personnes["direction"]).post(_adresse(scene.structure, "identite"), donnees)
    assert Structure.objects.get(pk=scene.structure.pk).finess == "140002536"
    client_de(scene.personnes["coordination"]).post(_adresse(scene.structure, "identite"), donnees)
    assert Structure.objects.get(pk=scene.structure.pk).finess is None


def test_un_numero_faux_venu_d_un_registre_n_empeche_pas_de_corriger_le_nom(
    scene: SimpleNamespace, client_de: ClientDe
) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(siret="11111111111111")
    donnees = {"nom": "Nouveau nom", "type": "ime", "siret": "11111111111111"}
    assert client_de(scene.personnes["membre"]).post(_adresse(scene.structure, "identite"), donnees).status_code == 302


@pytest.mark.usefixtures("postaux")
def test_changer_de_commune_deplace_le_point(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, structure = client_de(scene.personnes["direction"]), scene.structure
    client.post(_adresse(structure, "lieu"), {**LIEU, "code_postal": "27300", "ville": "BERNAY"})
    structure.refresh_from_db()
    assert structure.commune == scene.autre_commune
    assert (structure.lat, structure.point_approche) == (scene.autre_commune.lat, True)
    assert structure.provenance["commune_id"]["source"] == "structure"


@pytest.mark.usefixtures("postaux")
def test_placer_le_point_au_clavier(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, structure = client_de(scene.personnes["direction"]), scene.structure
    precis = {**LIEU, "placer": "coordonnees", "latitude": "49,03", "longitude": "1.16"}
    client.post(_adresse(structure, "lieu"), precis)
    structure.refresh_from_db()
    assert (structure.lat, structure.lon, structure.point_approche) == (49.03, 1.16, False)
    # Another street keeps the point; the middle of the town takes it back.
    client.post(_adresse(structure, "lieu"), {**LIEU, "adresse": "2 rue Basse"})
    structure.refresh_from_db()
    assert structure.lat == 49.03
    client.post(_adresse(structure, "lieu"), {**LIEU, "placer": "centre"})
    structure.refresh_from_db()
    assert (structure.lat, structure.point_approche) == (scene.commune.lat, True)


# --- two people at once ----------------------------------------------------------------------


def test_deux_personnes_le_meme_champ(scene: SimpleNamespace, client_de: ClientDe) -> None:
    structure, lues = scene.structure, _lues(scene.structure, "contact")
    client_de(scene.personnes["direction"]).post(
        _adresse(structure, "contact"), {"contact_fonction": "Accueil", **lues}
    )
    client = client_de(scene.personnes["membre"])
    saisie = {"contact_fonction": "Service insertion", "telephone": "02 32 00 00 00"}
    reponse = client.post(_adresse(structure, "contact"), {**saisie, **lues})
    assert reponse.status_code == 422
    assert ("Service ou fonction à contacter", "Accueil", "Service insertion") in reponse.context["ecarts"]
    page = reponse.content.decode()
    assert "Direction Scène" in page
    assert 'value="Service insertion"' in page
    structure.refresh_from_db()
    assert (structure.contact_fonction, structure.telephone) == ("Accueil", "")
    # Told, they may then replace it.
    client.post(
        _adresse(structure, "contact"), {**saisie, **{f"lue-{n}": v for n, v in reponse.context["lues"].items()}}
    )
    structure.refresh_from_db()
    assert (structure.contact_fonction, structure.telephone) == ("Service insertion", "02 32 00 00 00")


def test_deux_personnes_deux_champs_rien_ne_se_perd(scene: SimpleNamespace, client_de: ClientDe) -> None:
    structure, lues = scene.structure, _lues(scene.structure, "contact")
    client_de(scene.personnes["direction"]).post(
        _adresse(structure, "contact"), {"contact_fonction": "Accueil", **lues}
    )
    reponse = client_de(scene.personnes["membre"]).post(
        _adresse(structure, "contact"), {"telephone": "02 32 00 00 00", **lues}
    )
    assert reponse.status_code == 302
    structure.refresh_from_db()
    assert (structure.contact_fonction, structure.telephone) == ("Accueil", "02 32 00 00 00")


def test_une_erreur_ne_fait_pas_oublier_ce_qui_etait_lu(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """Typed wrong, then right: what somebody else wrote in between is still noticed."""
    structure, lues = scene.structure, _lues(scene.structure, "contact")
    client = client_de(scene.personnes["membre"])
    operations.corriger(structure, {"contact_fonction": "Accueil"}, scene.personnes["direction"], confirme=False)
    fausse = client.post(_adresse(structure, "contact"), {"contact_fonction": "Moi", "courriel": "x", **lues})
    relues = {f"lue-{nom}": valeur for nom, valeur in fausse.context["lues"].items()}
    assert relues == lues
    assert client.post(_adresse(structure, "contact"), {"contact_fonction": "Moi", **relues}).context["ecarts"]


# --- a person's name -------------------------------------------------------------------------


def test_l_accord_est_note_puis_retire_par_la_personne(scene: SimpleNamespace, client_de: ClientDe) -> None:
    structure, membre = scene.structure, scene.personnes["membre"]
    direction, etranger = client_de(scene.personnes["direction"]), client_de(scene.personnes["etranger"])
    adresse = structure.get_absolute_url()
    saisie = {"contact_nom": "Camille Durand", "contact_personne": membre.pk}
    direction.post(_adresse(structure, "contact"), saisie)
    assert "Camille Durand" not in etranger.get(adresse).content.decode()
    assert "seulement" in direction.get(adresse).content.decode()
    direction.post(_adresse(structure, "contact"), {**saisie, "contact_nom_public": "on"})
    structure.refresh_from_db()
    assert structure.contact_consenti_par == scene.personnes["direction"]
    assert structure.contact_consenti_le is not None
    assert "Camille Durand" in etranger.get(adresse).content.decode()
    assert "Camille Durand" not in Client().get(adresse).content.decode()
    assert "Accord noté le" in direction.get(adresse).content.decode()
    # The person named learns it, and where to withdraw.
    courriel = Courriel.objects.get(modele="contact_nomme")
    assert courriel.destinataire == membre.email
    assert f"{adresse}#contact" in courriel.texte
    # Another name is another agreement.
    premier = structure.contact_consenti_le
    direction.post(
        _adresse(structure, "contact"), {**saisie, "contact_nom": "Sacha Petit", "contact_nom_public": "on"}
    )
    structure.refresh_from_db()
    assert structure.contact_consenti_le > premier
    retirer = reverse("structures:retirer_nom", args=[structure.pk])
    assert direction.post(retirer).status_code == 403
    assert "Retirer mon nom" in client_de(membre).get(adresse).content.decode()
    client_de(membre).post(retirer)
    structure.refresh_from_db()
    assert (structure.contact_nom, structure.contact_montrable, structure.contact_consenti_le) == ("", "", None)


def test_la_personne_nommee_retire_son_nom_meme_sortie_de_l_equipe(
    scene: SimpleNamespace, client_de: ClientDe
) -> None:
    structure, partie = scene.structure, un_utilisateur(prenom="Ancienne", nom="Directrice")
    Structure.objects.filter(pk=structure.pk).update(
        contact_nom="Ancienne Directrice",
        contact_personne=partie,
        contact_nom_public=True,
        contact_consenti_le=ANCIEN,
    )
    client_de(partie).post(reverse("structures:retirer_nom", args=[structure.pk]))
    structure.refresh_from_db()
    assert structure.contact_nom == ""


def test_un_nom_coche_sans_accord_note_ne_se_montre_pas(scene: SimpleNamespace, client_de: ClientDe) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(contact_nom="Sans Accord", contact_nom_public=True)
    page = client_de(scene.personnes["etranger"]).get(scene.structure.get_absolute_url()).content.decode()
    assert "Sans Accord" not in page


# --- freshness, sources, history -------------------------------------------------------------


def test_confirmer_en_un_geste(scene: SimpleNamespace, client_de: ClientDe) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(cree_le=ANCIEN)
    client = client_de(scene.personnes["direction"])
    adresse, confirmer = scene.structure.get_absolute_url(), reverse("structures:confirmer", args=[scene.structure.pk])
    assert "À vérifier" in client.get(adresse).content.decode()
    # From the home page, then from the page of the reminder.
    assert f'action="{confirmer}"' in client.get("/").content.decode()
    assert "toujours exactes" in client.get(confirmer).content.decode()
    assert client.post(confirmer, {"suite": "accueil"})["Location"] == "/"
    assert client.post(confirmer, {"suite": "https://ailleurs.test/"})["Location"] == adresse
    membre, visiteur = client.get(adresse).content.decode(), Client().get(adresse).content.decode()
    assert "À vérifier" not in membre
    assert "par la direction" in visiteur
    assert "Direction Scène" in membre
    assert "Direction Scène" not in visiteur


def test_un_import_ne_rafraichit_pas_une_fiche(scene: SimpleNamespace) -> None:
    Structure.objects.filter(pk=scene.structure.pk).update(cree_le=ANCIEN)
    scene.structure.refresh_from_db()
    scene.structure.save()
    assert scene.structure.a_verifier
    assert scene.structure in Structure.objects.a_verifier()


def test_fiches_a_confirmer(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_de(scene.personnes["membre"])
    adresse = reverse("structures:a_confirmer")
    assert "Toutes vos fiches sont à jour" in client.get(adresse).content.decode()
    for rang in range(6):
        structure = Structure.objects.create(nom=f"IME {rang}", type="ime", commune=scene.commune)
        adherer(scene.personnes["membre"], structure, "membre")
    Structure.objects.update(cree_le=ANCIEN)
    with django_assert_max_num_queries(6):
        page = client.get(adresse).content.decode()
    assert page.count("Toujours exacte") == 7
    confirmer = reverse("structures:confirmer", args=[scene.structure.pk])
    assert client.post(confirmer, {"suite": "a-confirmer"})["Location"] == adresse


def test_fiche_perimee_attend_ses_membres(
    scene: SimpleNamespace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from structures.attentes import attentes

    Structure.objects.update(cree_le=ANCIEN)
    with django_assert_num_queries(2):
        (attente,) = attentes(scene.personnes["membre"])
    assert attente.geste_url == attente.url == reverse("structures:confirmer", args=[scene.structure.pk])
    for rang in range(4):
        autre = Structure.objects.create(nom=f"SESSAD {rang}", type="sessad", commune=scene.commune)
        adherer(scene.personnes["membre"], autre, "membre")
    Structure.objects.update(cree_le=ANCIEN)
    (toutes,) = attentes(scene.personnes["membre"])
    assert toutes.url == reverse("structures:a_confirmer")


def test_d_ou_vient_chaque_champ_pour_qui_tient_la_fiche(scene: SimpleNamespace, client_de: ClientDe) -> None:
    provenance = {
        "telephone": {"source": "finess", "le": "2026-01-08"},
        "contact_fonction": {"source": "structure", "le": "2026-03-01", "en": "direction"},
        "courriel": {"source": "structure", "le": "illisible"},
    }
    Structure.objects.filter(pk=scene.structure.pk).update(provenance=provenance)
    adresse = scene.structure.get_absolute_url()
    page = client_de(scene.personnes["coordination"]).get(adresse).content.decode().replace("\u00a0", " ")
    assert "source : FINESS, 8 janvier 2026" in page
    assert "corrigé par la direction le 1er mars 2026" in page
    assert "corrigé par la structure<" in page
    assert "D’où viennent" not in client_de(scene.personnes["etranger"]).get(adresse).content.decode()


def test_historique(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    structure, membre = scene.structure, scene.personnes["membre"]
    public = Public.objects.get(slug="sortants-ime")
    operations.corriger(structure, {"telephone": "3949", "commune": scene.autre_commune}, membre, confirme=False)
    operations.corriger(structure, {"publics": [public], "contact_nom": "Nom Secret"}, membre, confirme=False)
    operations.confirmer(structure, membre)
    for rang in range(30):
        operations.corriger(structure, {"capacite": rang + 1}, scene.personnes["coordination"], confirme=False)
    client, adresse = client_de(membre), reverse("structures:historique", args=[structure.pk])
    with django_assert_max_num_queries(9):
        premiere = client.get(adresse)
    assert len(premiere.context["changements"]) == 20
    assert "Coordination Scène" in premiere.content.decode()
    suite = client.get(premiere.context["suite"])
    page = suite.content.decode()
    for mot in ("3949", "Évreux", "Bernay", public.libelle, "Fiche confirmée", "Fiche créée"):
        assert mot in page
    # A name that was withdrawn is not kept readable here.
    assert "Nom Secret" not in page
    assert client.get(f"{adresse}?avant=abc").status_code == 200


def test_une_fiche_absorbee_mene_a_celle_qui_reste(client: Client, scene: SimpleNamespace) -> None:
    Structure.objects.filter(pk=scene.structure_voisine.pk).update(
        fermee_le="2026-01-01", fusionnee_dans=scene.structure
    )
    reponse = client.get(scene.structure_voisine.get_absolute_url())
    assert reponse["Location"] == scene.structure.get_absolute_url()


@pytest.mark.parametrize("role", ["visiteur", "etranger", "membre", "coordination"])
def test_requetes_constantes(
    scene: SimpleNamespace, client_de: ClientDe, django_assert_max_num_queries: DjangoAssertNumQueries, role: str
) -> None:
    client: Any = Client() if role == "visiteur" else client_de(scene.personnes[role])
    adresse = scene.structure.get_absolute_url()
    client.get(adresse)
    with CaptureQueriesContext(connection) as peu:
        client.get(adresse)
    scene.structure.publics.set(Public.objects.all())
    for rang in range(5):
        operations.corriger(scene.structure, {"capacite": rang}, scene.personnes["direction"], confirme=False)
    with django_assert_max_num_queries(len(peu)):
        assert client.get(adresse).status_code == 200
    assert len(peu) <= (7 if role == "visiteur" else 32)


# --- a new sheet -----------------------------------------------------------------------------

NOUVELLE = {"nom": "ESAT Neuf", "type": "esat", "code_postal": "27000", "ville": "Évreux"}


@pytest.mark.usefixtures("postaux")
def test_ouvrir_une_fiche(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, adresse = client_de(scene.personnes["coordination"]), reverse("structures:nouvelle")
    ailleurs = client.post(adresse, {**NOUVELLE, "code_postal": "27300", "ville": "Bernay"})
    assert "périmètre" in " ".join(ailleurs.context["form"].errors["ville"])
    assert client.post(adresse, {**NOUVELLE, "finess": "140002537"}).status_code == 422
    reponse = client.post(adresse, {**NOUVELLE, "siret": "356 000 000 00048"})
    structure = Structure.objects.get(nom="ESAT Neuf")
    assert reponse["Location"] == structure.get_absolute_url()
    assert (structure.source, structure.siret, structure.finess) == ("saisie", "35600000000048", None)
    assert structure.provenance["nom"]["en"] == "coordination"
    assert structure.history.get().history_user == scene.personnes["coordination"]


@pytest.mark.usefixtures("postaux")
def test_elle_existe_peut_etre_deja(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, adresse = client_de(scene.personnes["coordination"]), reverse("structures:nouvelle")
    jumelle = {**NOUVELLE, "nom": "I.M.E. les tilleuls", "type": "ime"}
    reponse = client.post(adresse, jumelle)
    assert reponse.status_code == 422
    assert [s for s, _ in reponse.context["semblables"]] == [scene.structure]
    assert "Elle existe peut-être déjà" in reponse.content.decode()
    assert Structure.objects.filter(type="ime").count() == 1
    assert client.post(adresse, {**jumelle, "vues": "999"}).status_code == 422
    assert client.post(adresse, {**jumelle, "vues": reponse.context["vues"]}).status_code == 302
    assert Structure.objects.filter(type="ime").count() == 2


def test_fermer_et_rouvrir_avec_un_motif(scene: SimpleNamespace, client_de: ClientDe) -> None:
    client, structure = client_de(scene.personnes["coordination"]), scene.structure
    adresse = reverse("structures:ouverture", args=[structure.pk])
    client.post(adresse, {"motif": "Regroupée à Bernay"})
    structure.refresh_from_db()
    assert structure.fermee_le is not None
    page = client.get(structure.get_absolute_url()).content.decode()
    assert "Fermée" in page
    assert "Rouvrir la structure" in page
    assert "toujours exactes" not in page
    historique = client.get(reverse("structures:historique", args=[structure.pk])).content.decode()
    assert "Structure fermée" in historique
    assert "Regroupée à Bernay" in historique
    client.post(adresse, {"motif": "Erreur"})
    structure.refresh_from_db()
    assert structure.fermee_le is None


def test_le_premier_changement_d_une_fiche_venue_d_un_import_se_lit(scene: SimpleNamespace) -> None:
    """Written in bulk, a sheet has no history: its first correction still says what it replaced."""
    from structures.historique import changements

    neuve = Structure(nom="SESSAD", type="sessad", commune=scene.commune, telephone="3949")
    neuve.preparer()
    Structure.objects.bulk_create([neuve])
    structure = Structure.objects.get(nom="SESSAD")
    operations.corriger(structure, {"telephone": "3900"}, scene.personnes["administration"], confirme=False)
    lignes, _ = changements(structure)
    assert [ligne.quoi for ligne in lignes] == ["Fiche corrigée", "Fiche créée"]
    assert lignes[0].champs == [("Téléphone", "3949", "3900")]


def test_qui_confirme_n_a_pas_cree_la_fiche(scene: SimpleNamespace, client_de: ClientDe) -> None:
    """The first state of a sheet written in bulk is noted during somebody's request: it isn't theirs."""
    neuve = Structure(nom="SESSAD", type="sessad", commune=scene.commune, source=Structure.Source.FINESS)
    neuve.preparer()
    Structure.objects.bulk_create([neuve])
    structure = Structure.objects.get(nom="SESSAD")
    client = client_de(scene.personnes["administration"])
    client.post(reverse("structures:confirmer", args=[structure.pk]))
    page = client.get(reverse("structures:historique", args=[structure.pk]))
    confirmee, creee = page.context["changements"]
    assert (confirmee.quoi, confirmee.par) == ("Fiche confirmée", str(scene.personnes["administration"]))
    assert (creee.quoi, creee.par) == ("Fiche créée", "source\u00a0: FINESS")


def test_les_empreintes_disent_le_contenu_pas_la_forme(scene: SimpleNamespace) -> None:
    """The same content, from the database or from a form, has the same mark."""
    lues = operations.empreintes(scene.structure, CONTACT.groupes)
    voulues = {"telephone": "", "contact_personne": None, "contact_nom": "", "contact_nom_public": False}
    scene.structure.contact_nom, scene.structure.contact_personne = "", None
    assert operations.empreintes(scene.structure, CONTACT.groupes, voulues)["telephone"] == lues["telephone"]
