"""The card of a structure, what an offer covers, who cooperates with whom: said to those who may know."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cartes.zones import rayonnement
from fiches_action.conventions.models import Convention
from fiches_action.models import Acteur, FicheAction
from offres.models import Offre, Rapprochement
from structures.comptes.models import Habilitation, Utilisateur
from structures.models import Adhesion, Structure
from structures.territoires.contours import depuis_geojson
from structures.territoires.models import Commune, Contour
from tests.cartes.conftest import carre, faire_structures
from tests.cartes.test_pages import BASSIN, connecter, texte
from tests.fabriques import avec_second_facteur
from tests.offres.fabriques import besoin, membre, offre

LIENS = "/cartes/bassins/2808/liens/"


def entrer(client: Client, personne: Utilisateur) -> Client:
    client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")
    return client


def carte_de(structure: Structure) -> str:
    return f"/cartes/structures/{structure.pk}/carte/"


# ------------------------------------------------------------------------------------- proposing


def test_une_direction_propose_pour_son_besoin(client: Client, monde: SimpleNamespace) -> None:
    """Our need meets the card's offer: the rule is the one of the matches."""
    mien = besoin(monde.imes[0], monde.service.slug)
    entrer(client, membre(monde.imes[0], "direction@ime.test"))
    fiche = texte(client, carte_de(monde.esat))
    assert f'href="/offres/besoins/{mien.pk}/rapprochements/{monde.offre.pk}/proposer/"' in fiche
    assert "pour IME Évreux 0" in fiche


def test_une_direction_propose_son_offre(client: Client, monde: SimpleNamespace) -> None:
    mienne = offre(monde.imes[0], monde.service.slug)
    entrer(client, membre(monde.imes[0], "direction@ime.test"))
    fiche = texte(client, carte_de(monde.esat))
    assert f'href="/offres/besoins/{monde.besoin.pk}/rapprochements/{mienne.pk}/proposer/"' in fiche


def test_une_offre_hors_de_portee_ne_se_propose_pas(client: Client, monde: SimpleNamespace) -> None:
    besoin(monde.cap, monde.service.slug)
    Offre.objects.filter(pk=monde.offre.pk).update(rayonnement="rayon", rayon_km=5)
    entrer(client, membre(monde.cap, "direction@cap.test"))
    fiche = texte(client, carte_de(monde.esat))
    assert "proposer/" not in fiche
    assert "Voir vos rapprochements" in fiche


def test_une_cooperation_en_cours_se_montre_au_lieu_de_se_reproposer(client: Client, monde: SimpleNamespace) -> None:
    mien = besoin(monde.imes[0], monde.service.slug)
    ouverte = Rapprochement.objects.create(besoin=mien, offre=monde.offre)
    entrer(client, membre(monde.imes[0], "direction@ime.test"))
    fiche = texte(client, carte_de(monde.esat))
    assert "proposer/" not in fiche
    assert ouverte.get_absolute_url() in fiche


def test_l_apercu_dit_ce_qui_reste(client: Client, monde: SimpleNamespace) -> None:
    mien = besoin(monde.imes[0], monde.service.slug)
    Rapprochement.objects.create(besoin=mien, offre=monde.offre, etat="acceptee", acceptee_le=timezone.now(), volume=5)
    assert "7\u00a0personnes par an, dont 2 encore à partager" in texte(connecter(client, monde), carte_de(monde.esat))


def test_un_membre_ne_propose_pas(client: Client, monde: SimpleNamespace) -> None:
    besoin(monde.imes[0], monde.service.slug)
    entrer(client, membre(monde.imes[0], "membre@ime.test", role=Adhesion.Role.MEMBRE))
    fiche = texte(client, carte_de(monde.esat))
    assert "proposer/" not in fiche
    assert "la direction de votre structure" in fiche


def test_sa_propre_fiche_ne_propose_rien(client: Client, monde: SimpleNamespace) -> None:
    entrer(client, membre(monde.esat, "direction@esat.test"))
    fiche = texte(client, carte_de(monde.esat))
    assert "proposer/" not in fiche
    assert "Voir vos rapprochements" not in fiche


# ----------------------------------------------------------------------------------- rayonnement


@pytest.mark.parametrize("genre", ["communes", "rayon", "bassins", "departements", "region"])
def test_la_zone_dessinee_est_celle_de_la_regle(monde: SimpleNamespace, genre: str) -> None:
    """A commune is drawn if and only if the offer reaches it, by the one rule of matching."""
    autre = Commune.objects.create(
        code="27001",
        nom="Proche",
        departement=monde.eure,
        bassin=monde.bernay.bassin,
        population=1,
        lat=49.25,
        lon=0.9,
    )
    Contour.objects.create(commune=autre, geojson=carre(0.85, 49.2, 0.1))
    ligne = monde.offre
    ligne.rayonnement, ligne.rayon_km = genre, 30 if genre == "rayon" else None
    ligne.save()
    ligne.communes.add(monde.bernay)
    ligne.bassins.add(monde.bernay.bassin)
    ligne.departements.add(monde.eure)
    Contour.objects.filter(commune=monde.bernay).update(geojson=carre(0.5, 49.0, 0.35))
    zone = rayonnement(Offre.objects.select_related("structure__commune__departement").get(pk=ligne.pk))
    traces = [depuis_geojson(str(aire["geometry"]).replace("'", '"')) for aire in zone["aires"]["features"]]
    for commune in (monde.evreux, monde.bernay, autre):
        atteinte = Offre.objects.couvrant(commune).filter(pk=ligne.pk).exists()
        coeur = depuis_geojson(commune.trace.geojson).representative_point()
        # The départements of this world are drawn over Bernay and Évreux only in part: their centres say it.
        if genre in ("departements", "region") and commune is monde.evreux:
            continue
        assert any(trace.contains(coeur) for trace in traces) == atteinte, commune
    assert (zone["cercle"] is not None) == (genre == "rayon")


def test_la_zone_se_dit_en_mots_et_en_nombres(client: Client, monde: SimpleNamespace) -> None:
    connecter(client, monde)
    zone = client.get(f"/cartes/offres/{monde.offre.pk}/zone/")
    assert "no-store" in zone["Cache-Control"]
    assert zone.json()["zone"] == "Toute la région"
    # Flers is in the same département here; the four other structures are those of the world.
    assert zone.json()["compte"] == "3\u00a0communes, 4\u00a0autres structures"


def test_une_zone_non_precisee_le_dit(client: Client, monde: SimpleNamespace) -> None:
    Offre.objects.filter(pk=monde.offre.pk).update(rayonnement="")
    connecter(client, monde)
    zone = client.get(f"/cartes/offres/{monde.offre.pk}/zone/").json()
    assert (zone["aires"], zone["zone"]) == (None, "Zone non précisée")
    assert "data-zone" not in texte(client, carte_de(monde.esat))


def test_une_zone_pour_les_partenaires_et_les_offres_publiees(client: Client, monde: SimpleNamespace) -> None:
    assert client.get(f"/cartes/offres/{monde.offre.pk}/zone/").status_code == 302
    connecter(client, monde)
    assert client.get(f"/cartes/offres/{monde.brouillon.pk}/zone/").status_code == 404


# --------------------------------------------------------------------------------- cooperations


def traits(client: Client) -> dict[str, set[tuple[str, str]]]:
    recue: Any = client.get(LIENS).json()
    return {lien["cle"]: {(a["nom"], b["nom"]) for a, b in lien["traits"]} for lien in recue["liens"]}


def test_les_liens_de_ce_que_l_on_peut_lire(client: Client, lies: SimpleNamespace) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    assert traits(client) == {
        "fiche-action-FA-2026-0001": {("ESAT Évreux 0", "IME Évreux 0"), ("ESAT Évreux 0", "Cap emploi Bernay 0")},
        "convention-CV-2026-0001": {("ESAT Évreux 0", "IME Évreux 0")},
    }
    liste = client.get(LIENS).json()["liste"]
    assert "Croiser les regards" in liste
    assert "Un brouillon discret" not in liste


def test_un_autre_partenaire_ne_voit_pas_la_convention(client: Client, lies: SimpleNamespace) -> None:
    """Of the same bassin: the proposed sheet is theirs to read, the agreement and the draft are not."""
    lies.fiche.bassins.add(lies.evreux.bassin)
    entrer(client, membre(faire_structures(lies.evreux, 1, "geiq", "GEIQ")[0], "direction@geiq.test"))
    assert set(traits(client)) == {"fiche-action-FA-2026-0001"}
    assert "Accueillir des stagiaires" not in texte(client, f"{BASSIN}?liens=oui")


def test_le_brouillon_pour_les_siens_et_la_coordination(client: Client, lies: SimpleNamespace) -> None:
    assert "fiche-action-FA-2026-0002" in traits(entrer(client, membre(lies.savs, "direction@savs.test")))
    coordination = Utilisateur.objects.create(email="coordination@pole.test")
    Habilitation.objects.create(utilisateur=coordination, role="coordination", pole=lies.pole)
    assert len(traits(entrer(client, avec_second_facteur(coordination)))) == 3


@pytest.mark.parametrize("etat", ["refusee", "annulee", "resiliee"])
def test_une_convention_close_ne_lie_plus(client: Client, lies: SimpleNamespace, etat: str) -> None:
    Convention.objects.update(etat=etat)
    FicheAction.objects.update(etat="abandonnee")
    entrer(client, membre(lies.esat, "direction@esat.test"))
    assert traits(client) == {}
    assert "Aucune fiche-action ni convention" in client.get(LIENS).json()["liste"]


def test_un_visiteur_ne_sait_rien_des_cooperations(client: Client, lies: SimpleNamespace) -> None:
    assert client.get(LIENS).status_code == 302
    page = texte(client, f"{BASSIN}?liens=oui")
    assert "Croiser les regards" not in page
    assert "data-liens" not in page
    assert "Croiser les regards" not in texte(client, carte_de(lies.esat))


def test_l_apercu_et_la_page_sans_script_disent_les_cooperations(client: Client, lies: SimpleNamespace) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    fiche = texte(client, carte_de(lies.esat))
    assert "Croiser les regards" in fiche
    assert "Cap emploi Bernay 0" in fiche
    page = texte(client, f"{BASSIN}?liens=oui")
    assert "Accueillir des stagiaires" in page
    assert 'name="liens" value="oui"' in page


def test_qui_a_decline_ou_n_est_qu_informe_ne_coopere_pas(client: Client, lies: SimpleNamespace) -> None:
    """The sheet names them, without tying them: neither their card nor the map of their bassin says that it does."""
    FicheAction.objects.filter(pk=lies.brouillon_fiche.pk).delete()
    entrer(client, membre(lies.savs, "direction@savs.test"))
    assert "Croiser les regards" not in texte(client, carte_de(lies.savs))
    assert "Croiser les regards" not in texte(client, carte_de(lies.imes[1]))
    assert "avec ESAT Évreux 0, IME Évreux 0" in texte(client, carte_de(lies.cap))
    # The SAVS declined: alone in another bassin, it brings no line there.
    Acteur.objects.filter(structure__commune__bassin=lies.evreux.bassin).exclude(structure=lies.savs).delete()
    assert "fiche-action-FA-2026-0001" not in traits(client)


def test_les_liens_en_nombre_constant_de_requetes(
    client: Client, lies: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    direction = membre(lies.esat, "direction@esat.test")
    for rang in range(10, 30):
        fiche = FicheAction.objects.create(
            reference=f"FA-2026-00{rang}",
            titre="Encore",
            porteur=lies.esat,
            etat="proposee",
            pole=lies.pole,
            pilote=lies.pilote,
        )
        for structure, role in ((lies.esat, "porteur"), (lies.imes[0], "partenaire")):
            Acteur.objects.create(fiche=fiche, structure=structure, role=role)
    entrer(client, direction)
    with django_assert_max_num_queries(20):
        assert len(client.get(LIENS).json()["liens"]) == 22


# ------------------------------------------------------------------- closed, or left out by the filters


def test_une_structure_fermee_reste_dite_fermee(client: Client, lies: SimpleNamespace) -> None:
    """Still an actor of the sheet: the map draws it as closed, the list and the card of its partner say so."""
    Structure.objects.filter(pk=lies.imes[0].pk).update(fermee_le=timezone.localdate())
    entrer(client, membre(lies.esat, "direction@esat.test"))
    recue: Any = client.get(LIENS).json()
    bouts = {bout["nom"]: bout["fermee"] for lien in recue["liens"] for trait in lien["traits"] for bout in trait}
    assert bouts == {"ESAT Évreux 0": False, "IME Évreux 0": True, "Cap emploi Bernay 0": False}
    partie = (
        f'<li data-bout="{lies.imes[0].pk}"\n                  class="carte-partie--grisee">IME Évreux 0 (fermée)</li>'
    )
    assert partie in recue["liste"]
    assert "avec IME Évreux 0 (fermée), Cap emploi Bernay 0" in texte(client, carte_de(lies.esat))


def parties(page: str) -> dict[str, list[str]]:
    """Each cooperation that shows → its partners, with « * » for those that the page greys as left out."""
    trouvees: dict[str, list[str]] = {}
    for attributs, corps in re.findall(r"<li (data-cooperation=.*?)>(.*?)</ul>", page, re.S):
        if "hidden" in attributs:
            continue
        cle = attributs.split('"')[1]
        lignes = re.findall(r'<li data-bout="\d+"([^>]*)>([^<]*)(.*?)</li>', corps, re.S)
        trouvees[cle] = [
            nom.strip() + ("*" if "grisee" in attrs and "hidden" not in suite else "") for attrs, nom, suite in lignes
        ]
    return trouvees


def test_un_partenaire_masque_par_les_filtres_reste_grise(client: Client, lies: SimpleNamespace) -> None:
    entrer(client, membre(lies.esat, "direction@esat.test"))
    toutes = {
        "fiche-action-FA-2026-0001": ["ESAT Évreux 0", "IME Évreux 0", "Cap emploi Bernay 0"],
        "convention-CV-2026-0001": ["ESAT Évreux 0", "IME Évreux 0"],
    }
    assert parties(texte(client, f"{BASSIN}?liens=oui")) == toutes
    # The Cap emploi is of another bassin: no filter of this page speaks of it.
    filtrees = {
        "fiche-action-FA-2026-0001": ["ESAT Évreux 0", "IME Évreux 0*", "Cap emploi Bernay 0"],
        "convention-CV-2026-0001": ["ESAT Évreux 0", "IME Évreux 0*"],
    }
    assert parties(texte(client, f"{BASSIN}?liens=oui&type=esat")) == filtrees
    page = texte(client, f"{BASSIN}?liens=oui&type=savs")
    assert parties(page) == {}
    assert "2\u00a0autres coopérations ne lient que des structures masquées par les filtres." in page
