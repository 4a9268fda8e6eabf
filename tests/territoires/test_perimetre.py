"""The perimeter of a pôle: drawn by bassins and communes, traced, undone, never crossed by two people."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from structures.comptes.models import Utilisateur
from structures.comptes.operations import habiliter
from structures.territoires import perimetre
from structures.territoires.models import Bassin, Commune, Departement, ModificationPerimetre, Pole, Region
from tests.fabriques import avec_second_facteur, un_utilisateur

pytestmark = pytest.mark.usefixtures("normandie")
VERNON, EVREUX = "2817", "2808"


@pytest.fixture
def pilote() -> Utilisateur:
    personne = un_utilisateur(email="pilotage@exemple.fr")
    habiliter(personne, "pilotage", region=Region.objects.get(pk="28"))
    return avec_second_facteur(personne)


@pytest.fixture
def pole(pilote: Utilisateur) -> Pole:
    return perimetre.creer_pole("Pôle de Vernon", [Bassin.objects.get(pk=VERNON)], pilote)


def _codes(pole: Pole) -> set[str]:
    return set(pole.communes.values_list("code", flat=True))


def _bassin(code: str) -> Bassin:
    return Bassin.objects.get(pk=code)


def _vu(pole: Pole, code: str) -> str:
    return perimetre.empreinte(perimetre.communes_du_bassin(pole, _bassin(code)))


def test_un_pole_part_de_ses_bassins(pilote: Utilisateur) -> None:
    pole = perimetre.creer_pole("Pôle", [_bassin(VERNON), _bassin(EVREUX)], pilote)
    assert pole.communes.count() == Commune.objects.filter(bassin__in=[VERNON, EVREUX]).count()
    autre = perimetre.creer_pole("Pôle", [_bassin("0057")], pilote, Departement.objects.get(pk="27"))
    assert autre.slug == "pole-2"
    assert {c.departement_id for c in autre.communes.all()} == {"27"}


def test_commune_par_commune_avec_sa_trace(pole: Pole, pilote: Utilisateur) -> None:
    toutes = perimetre.communes_du_bassin(pole, _bassin(VERNON))
    partie = sorted(toutes)[0]
    fait = perimetre.choisir_communes(
        pole, _bassin(VERNON), toutes - {partie}, pilote, vu=_vu(pole, VERNON), motif="Rattachée à Évreux"
    )
    assert fait is not None
    assert (fait.ajoutees, fait.retirees, fait.par, fait.motif) == ([], [partie], pilote, "Rattachée à Évreux")
    assert _codes(pole) == toutes - {partie}


def test_une_commune_d_un_autre_bassin_n_entre_pas_par_celui_ci(pole: Pole, pilote: Utilisateur) -> None:
    avant = _codes(pole)
    intruse = Commune.objects.filter(bassin=EVREUX).values_list("code", flat=True)[0]
    assert perimetre.choisir_communes(pole, _bassin(VERNON), avant | {intruse}, pilote, vu=_vu(pole, VERNON)) is None
    assert _codes(pole) == avant


def test_qui_n_a_pas_vu_le_changement_d_un_autre_est_prevenu(pole: Pole, pilote: Utilisateur) -> None:
    vu, toutes = _vu(pole, VERNON), perimetre.communes_du_bassin(pole, _bassin(VERNON))
    perimetre.choisir_communes(pole, _bassin(VERNON), sorted(toutes)[1:], pilote, vu=vu)
    apres = _codes(pole)
    with pytest.raises(perimetre.PerimetreChange):
        perimetre.choisir_communes(pole, _bassin(VERNON), sorted(toutes)[2:], pilote, vu=vu)
    assert _codes(pole) == apres


def test_un_pole_garde_au_moins_une_commune(pole: Pole, pilote: Utilisateur) -> None:
    avant = _codes(pole)
    with pytest.raises(perimetre.ErreurPerimetre):
        perimetre.retirer_bassin(pole, _bassin(VERNON), pilote)
    assert _codes(pole) == avant
    assert pole.bassins.filter(pk=VERNON).exists()


def test_annuler_rend_le_perimetre_d_avant_sauf_ce_qui_a_change_depuis(pole: Pole, pilote: Utilisateur) -> None:
    avant = _codes(pole)
    ajout = perimetre.ajouter_bassin(pole, _bassin(EVREUX), pilote)
    assert ajout is not None
    retiree = sorted(ajout.ajoutees)[0]
    perimetre.choisir_communes(pole, _bassin(EVREUX), set(ajout.ajoutees) - {retiree}, pilote, vu=_vu(pole, EVREUX))
    inverse = perimetre.annuler(ajout, pilote)
    assert inverse is not None
    assert retiree not in inverse.retirees
    assert _codes(pole) == avant
    for deja in (ajout, inverse):
        with pytest.raises(perimetre.ErreurPerimetre):
            perimetre.annuler(deja, pilote)


# --- the pages ------------------------------------------------------------------------------


def _coordonner(pole: Pole) -> Utilisateur:
    personne = un_utilisateur(email="coordination@exemple.fr")
    habiliter(personne, "coordination", pole=pole)
    return avec_second_facteur(personne)


def test_la_coordination_n_elargit_pas_ses_propres_droits(client: Client, pole: Pole) -> None:
    client.force_login(_coordonner(pole))
    ici = reverse("structures:pole_bassin", args=[pole.slug, VERNON])
    ailleurs = reverse("structures:pole_bassin", args=[pole.slug, EVREUX])
    assert client.get(ici).status_code == 200
    assert client.get(ailleurs).status_code == 403
    assert client.get(reverse("structures:pole_communes", args=[pole.slug, EVREUX])).status_code == 403
    assert client.post(ailleurs, {"vu": _vu(pole, EVREUX), "communes": ["27229"]}).status_code == 403
    basculer = reverse("structures:basculer_bassin", args=[pole.slug, EVREUX])
    assert client.post(basculer, {"sens": "ajouter"}).status_code == 403
    assert not pole.communes.filter(bassin=EVREUX).exists()


def test_la_page_garde_les_choix_quand_un_autre_est_passe_avant(
    client: Client, pole: Pole, pilote: Utilisateur
) -> None:
    coordinatrice = _coordonner(pole)
    client.force_login(coordinatrice)
    toutes = sorted(perimetre.communes_du_bassin(pole, _bassin(VERNON)))
    vu, adresse = _vu(pole, VERNON), reverse("structures:pole_bassin", args=[pole.slug, VERNON])
    perimetre.choisir_communes(pole, _bassin(VERNON), toutes[1:], pilote, vu=vu)
    reponse = client.post(adresse, {"vu": vu, "communes": toutes[:-1], "motif": "Mes raisons"})
    page = reponse.content.decode()
    assert reponse.status_code == 409
    assert "modifié par une autre personne" in page
    assert "Mes raisons" in page
    assert page.count("changée entre-temps</span>") == 2
    reponse = client.post(adresse, {"vu": _vu(pole, VERNON), "communes": toutes[:-1]})
    assert reponse.status_code == 302
    assert _codes(pole) == set(toutes[:-1])


def test_creer_un_pole_par_la_page(client: Client, pilote: Utilisateur) -> None:
    client.force_login(pilote)
    adresse = reverse("structures:nouveau_pole")
    reponse = client.post(adresse, {"nom": "Pôle de Caen", "bassins": ["2804"], "departement": "27"})
    assert reponse.status_code == 422
    assert "Aucune commune de ces bassins" in reponse.content.decode()
    client.post(adresse, {"nom": "Pôle de Caen", "bassins": ["2804"]})
    assert Pole.objects.get(nom="Pôle de Caen").communes.count() == Commune.objects.filter(bassin="2804").count()
    reponse = client.post(adresse, {"nom": "pôle de caen", "bassins": ["2804"]})
    assert "porte déjà ce nom" in reponse.content.decode()


def test_les_pages_ne_font_pas_plus_de_requetes_avec_plus_de_poles(
    client: Client, pole: Pole, pilote: Utilisateur
) -> None:
    client.force_login(pilote)
    adresses = [reverse("structures:poles"), reverse("structures:pole", args=[pole.slug])]

    def requetes(adresse: str) -> int:
        with CaptureQueriesContext(connection) as prises:
            assert client.get(adresse).status_code == 200
        return len(prises)

    avec_un = [requetes(adresse) for adresse in adresses]
    for rang in range(4):
        autre = perimetre.creer_pole(f"Pôle {rang}", [_bassin(EVREUX)], pilote)
        habiliter(un_utilisateur(email=f"c{rang}@exemple.fr"), "coordination", pole=autre)
        habiliter(un_utilisateur(email=f"d{rang}@exemple.fr"), "coordination", pole=pole)
        perimetre.ajouter_bassin(pole, _bassin(["2801", "2802", "2803", "2804"][rang]), pilote)
    assert [requetes(adresse) for adresse in adresses] == avec_un


def test_la_carte_recoit_les_communes_du_bassin(client: Client, pole: Pole, pilote: Utilisateur) -> None:
    client.force_login(pilote)
    donnees = client.get(reverse("structures:pole_communes", args=[pole.slug, VERNON])).json()
    assert {t["properties"]["code"] for t in donnees["features"]} == _codes(pole)
    assert all(t["geometry"]["type"] in ("Polygon", "MultiPolygon") for t in donnees["features"])
    assert ModificationPerimetre.objects.count() == 1


def test_annuler_le_retrait_d_un_bassin_le_rend_au_depart(pole: Pole, pilote: Utilisateur) -> None:
    """The bassins of a pôle, which the home page names, follow its communes back and forth."""
    ajout = perimetre.ajouter_bassin(pole, _bassin(EVREUX), pilote)
    retrait = perimetre.retirer_bassin(pole, _bassin(EVREUX), pilote)
    assert ajout is not None
    assert retrait is not None
    perimetre.annuler(retrait, pilote)
    assert set(pole.bassins.values_list("pk", flat=True)) == {VERNON, EVREUX}
    perimetre.annuler(ajout, pilote)
    assert set(pole.bassins.values_list("pk", flat=True)) == {VERNON}


def test_annuler_pour_une_commune_ne_prend_pas_le_bassin(pole: Pole, pilote: Utilisateur) -> None:
    toutes = perimetre.communes_du_bassin(pole, _bassin(VERNON))
    fait = perimetre.choisir_communes(pole, _bassin(VERNON), toutes - {min(toutes)}, pilote, vu=_vu(pole, VERNON))
    assert fait is not None
    pole.bassins.clear()
    perimetre.annuler(fait, pilote)
    assert not pole.bassins.exists()
