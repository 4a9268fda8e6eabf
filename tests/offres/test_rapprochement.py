"""Coverage and matching: each kind of rayonnement, the hard rules, the words, the properties."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from offres import cooperations
from offres.comptage import nombre_d_offres, sans_offre
from offres.couverture import a_vol_d_oiseau
from offres.models import Besoin, Offre, Rapprochement
from offres.rapprochement import bilan, candidats
from socle import prises
from structures.models import Public
from structures.territoires.models import Commune, Departement, Region
from tests.offres import fabriques as f
from tests.proprietes import EN_BASE

# One scene for all the examples: each deletes what the last one wrote.


@pytest.fixture
def lieux(scene: SimpleNamespace) -> SimpleNamespace:
    """Évreux and Bernay (Eure, two bassins), Caen (Calvados), Chartres (another région)."""
    calvados = Departement.objects.create(code="14", nom="Calvados", region=scene.region)
    centre = Region.objects.create(code="24", nom="Centre-Val de Loire")
    eure_et_loir = Departement.objects.create(code="28", nom="Eure-et-Loir", region=centre)
    return SimpleNamespace(
        evreux=scene.commune,
        bernay=scene.autre_commune,
        caen=Commune.objects.create(code="14118", nom="Caen", departement=calvados, lat=49.1829, lon=-0.3707),
        chartres=Commune.objects.create(
            code="28085", nom="Chartres", departement=eure_et_loir, lat=48.4439, lon=1.489
        ),
    )


def couvertes(offre: Offre, lieux: SimpleNamespace) -> set[str]:
    """Names of the communes that the offer reaches."""
    return {nom for nom, c in vars(lieux).items() if Offre.objects.couvrant(c).filter(pk=offre.pk).exists()}


@pytest.mark.parametrize(
    ("rayonnement", "champs", "attendues"),
    [
        ("communes", {}, {"bernay"}),
        ("rayon", {"rayon_km": 10}, {"evreux"}),
        ("rayon", {"rayon_km": 41}, {"evreux", "bernay"}),
        ("rayon", {"rayon_km": 300}, {"evreux", "bernay", "caen", "chartres"}),
        ("bassins", {}, {"bernay"}),
        ("departements", {}, {"caen"}),
        ("region", {}, {"evreux", "bernay", "caen"}),
        ("", {}, set()),
    ],
)
def test_chaque_rayonnement(
    scene: SimpleNamespace, lieux: SimpleNamespace, rayonnement: str, champs: dict[str, Any], attendues: set[str]
) -> None:
    offre = f.offre(scene.structure, rayonnement=rayonnement, **champs)
    if rayonnement == "communes":
        offre.communes.add(lieux.bernay)
    elif rayonnement == "bassins":
        offre.bassins.add(scene.autre_bassin)
    elif rayonnement == "departements":
        offre.departements.add(lieux.caen.departement)
    assert couvertes(offre, lieux) == attendues


def test_une_commune_sans_bassin_n_est_dans_aucun(scene: SimpleNamespace, lieux: SimpleNamespace) -> None:
    offre = f.offre(scene.structure, rayonnement="bassins")
    assert "caen" not in couvertes(offre, lieux)


def test_couvrant_est_une_seule_requete(
    scene: SimpleNamespace, lieux: SimpleNamespace, django_assert_num_queries: Any
) -> None:
    for rayonnement in ("communes", "bassins", "departements", "region"):
        f.offre(scene.structure, rayonnement=rayonnement)
    commune = Commune.objects.get(pk=lieux.bernay.pk)
    with django_assert_num_queries(1):
        list(Offre.objects.couvrant(commune))


@EN_BASE
@given(lat=st.floats(48, 50), lon=st.floats(-2, 2), rayon=st.integers(1, 300))
def test_le_rayon_suit_la_distance_a_vol_d_oiseau(
    lieux: SimpleNamespace, scene: SimpleNamespace, lat: float, lon: float, rayon: int
) -> None:
    Offre.objects.all().delete()
    structure = f.structure("Ailleurs", lieux.evreux, lat=lat, lon=lon)
    offre = f.offre(structure, rayonnement="rayon", rayon_km=rayon)
    for nom, commune in vars(lieux).items():
        distance = a_vol_d_oiseau(lat, lon, commune.lat, commune.lon)
        if abs(distance - rayon) < 0.001:
            continue
        trouvee: Any = Offre.objects.couvrant(commune).filter(pk=offre.pk).first()
        assert (trouvee is not None) == (distance <= rayon), nom
        if trouvee is not None:
            assert trouvee.distance_km == pytest.approx(distance, abs=0.001)


@pytest.mark.parametrize("presque", [1e-200, 5e-324])
def test_une_position_presque_nulle_n_arrete_pas_la_recherche(
    lieux: SimpleNamespace, scene: SimpleNamespace, presque: float
) -> None:
    """PostgreSQL refuses the square of so small a number: two structures on the meridian would stop everybody."""
    Commune.objects.filter(pk=lieux.bernay.pk).update(lon=0.0)
    lieux.bernay.refresh_from_db()
    structure = f.structure("Méridien", lieux.evreux, lat=lieux.bernay.lat, lon=presque)
    f.offre(structure, rayonnement="rayon", rayon_km=5)
    assert Offre.objects.couvrant(lieux.bernay).filter(structure=structure).exists()


@EN_BASE
@given(
    demandes=st.sets(st.integers(0, 3)),
    offerts=st.sets(st.integers(0, 3)),
    meme_service=st.booleans(),
    meme_structure=st.booleans(),
    publiee=st.booleans(),
    rayonnement=st.sampled_from(["region", "communes", ""]),
)
def test_les_regles_dures(
    scene: SimpleNamespace,
    demandes: set[int],
    offerts: set[int],
    meme_service: bool,
    meme_structure: bool,
    publiee: bool,
    rayonnement: str,
) -> None:
    Offre.objects.all().delete()
    Besoin.objects.all().delete()
    publics = list(Public.objects.order_by("pk")[:4])
    besoin = f.besoin(scene.structure, publics=[publics[i] for i in demandes])
    offre = f.offre(
        scene.structure if meme_structure else scene.autre_structure,
        "plateaux-techniques" if meme_service else "ateliers-tre",
        publics=[publics[i] for i in offerts],
        publiee=publiee,
        rayonnement=rayonnement,
    )
    compatibles = not demandes or not offerts or bool(demandes & offerts)
    attendu = meme_service and not meme_structure and publiee and rayonnement == "region" and compatibles
    assert [c.offre.pk for c in candidats(besoin)] == ([offre.pk] if attendu else [])
    # The count of the list and the page of the need never disagree.
    assert nombre_d_offres(Besoin.objects.all()) == {besoin.pk: int(attendu)}


def test_les_raisons_et_les_manques_en_mots(scene: SimpleNamespace, lieux: SimpleNamespace) -> None:
    publics = list(Public.objects.order_by("pk")[:2])
    besoin = f.besoin(scene.structure, volume=12, publics=publics)
    f.offre(scene.autre_structure, volume=8, publics=publics[:1], rayonnement="rayon", rayon_km=60)
    (candidat,) = candidats(besoin)
    assert "couvre Évreux" in candidat.raisons
    assert "8\u00a0personnes sur les 12 demandées" in candidat.raisons
    assert "à 41\u00a0km" in candidat.raisons
    assert any(publics[0].libelle in raison for raison in candidat.raisons)
    assert "il manque 4\u00a0personnes par an" in candidat.manques
    assert any(publics[1].libelle in manque for manque in candidat.manques)
    assert bilan(besoin, [candidat]).phrase == (
        "Besoin de 12\u00a0personnes par an, offres à 8\u00a0: il manque 4\u00a0personnes par an."
    )


def test_la_couverture_se_cumule(scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    f.offre(scene.autre_structure, volume=8)
    f.offre(scene.structure_voisine, volume=6)
    trouves = candidats(besoin)
    assert [c.volume_couvert for c in trouves] == [8, 6]
    assert bilan(besoin, trouves).suffisant
    assert "À elles 2, ces offres couvrent tout le besoin" in bilan(besoin, trouves).phrase


def test_les_volumes_inconnus_ne_sont_pas_inventes(scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    f.offre(scene.autre_structure, volume=None, volume_inconnu=True)
    (candidat,) = candidats(besoin)
    assert candidat.volume_couvert is None
    assert "l’offre ne dit pas son volume" in candidat.manques
    assert not bilan(besoin, [candidat]).suffisant


def test_une_offre_finie_ne_se_propose_plus(scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    f.offre(scene.autre_structure, fin=f.hier())
    assert candidats(besoin) == []


def test_une_offre_future_le_dit(scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure)
    f.offre(scene.autre_structure, debut=timezone.localdate() + timedelta(days=30))
    assert any("disponible à partir du" in manque for manque in candidats(besoin)[0].manques)


def test_un_service_hors_liste_ne_se_rapproche_pas(scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, "autre", service_autre="Langue des signes")
    f.offre(scene.autre_structure, "autre", service_autre="Transport")
    assert candidats(besoin) == []
    assert set(nombre_d_offres(Besoin.objects.all()).values()) == {0}


def test_la_page_d_un_besoin(connecte: Client, scene: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    page = connecte.get(besoin.get_absolute_url()).content.decode()
    assert "Aucune offre ne répond à ce besoin" in page
    for i in range(6):
        f.offre(f.structure(f"Voisine {i}", scene.commune), volume=1, description="<b>gras</b>")
    with django_assert_max_num_queries(18):
        page = connecte.get(besoin.get_absolute_url()).content.decode()
    assert page.count("Commencer une fiche-action ensemble") == 6
    assert "<b>gras</b>" not in page


def test_la_liste_des_rapprochements(
    connecte: Client, scene: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    f.besoin(scene.autre_structure, "ateliers-tre")
    f.offre(scene.autre_structure, "plateaux-techniques")
    for slug in ("plateaux-techniques", "ateliers-numerique", "permanence-conseiller"):
        f.besoin(scene.structure, slug)
    with django_assert_max_num_queries(26):
        page = connecte.get("/offres/rapprochements/").content.decode()
    assert "3\u00a0besoins" in page
    assert page.count("Aucune offre n’y répond") == 2
    assert "1\u00a0offre possible" in page
    assert "ESAT du Bocage" not in page


def test_commencer_une_fiche_une_seule_fois(
    connecte: Client, scene: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    prise: prises.Prise[Any] = prises.Prise("demarrer_fiche")
    appels: list[tuple[int, int]] = []

    def demarrer(besoin: Any, offre: Any, par: Any, volume: int | None) -> str:
        appels.append((besoin.pk, offre.pk))
        return "/fiches/FA-2026-0001/"

    prise.brancher(demarrer)
    monkeypatch.setattr(prises, "demarrer_fiche", prise)
    besoin, offre = f.besoin(scene.structure), f.offre(scene.autre_structure)
    adresse = f"/offres/besoins/{besoin.pk}/rapprochements/{offre.pk}/fiche/"
    assert connecte.get(adresse).status_code == 405
    assert [connecte.post(adresse).headers["Location"] for _ in range(2)] == ["/fiches/FA-2026-0001/"] * 2
    assert appels == [(besoin.pk, offre.pk)]
    assert Rapprochement.objects.get().auteur == scene.personnes["direction"]
    assert "Ouvrir la fiche" in connecte.get(besoin.get_absolute_url()).content.decode()


def test_une_offre_qui_ne_repond_plus_est_refusee(connecte: Client, scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure)
    offre = f.offre(scene.autre_structure, "ateliers-tre")
    r = connecte.post(f"/offres/besoins/{besoin.pk}/rapprochements/{offre.pk}/fiche/", follow=True)
    assert "ne répond plus à ce besoin" in r.content.decode()
    assert not Rapprochement.objects.exists()


def test_un_besoin_retire_n_a_plus_de_page(connecte: Client, scene: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, publiee=False)
    assert connecte.get(besoin.get_absolute_url()).status_code == 404


def test_preparer_une_fiche_ne_se_refuse_pas_a_la_coordination(scene: SimpleNamespace) -> None:
    besoin, offre = f.besoin(scene.structure), f.offre(scene.autre_structure)
    url = cooperations.preparer_fiche(besoin, offre, scene.personnes["coordination"], "coordination")
    assert url.startswith("/fiches/")


def test_ce_qu_on_offre_a_toute_la_region_est_compte_sans_etre_lu(scene: SimpleNamespace) -> None:
    """Two structures that offer a service to all of it: its needs are served. One alone may be the one in need."""
    besoin = f.besoin(scene.structure, volume=4)
    f.offre(scene.structure, volume=5)
    assert set(sans_offre(Besoin.objects.all())) == {besoin.pk}
    f.offre(scene.autre_structure, volume=5)
    assert sans_offre(Besoin.objects.all()) == {}
    # A public, a date or a used-up volume: no longer for everybody, the rule itself decides.
    for champs in ({"fin": timezone.localdate()}, {"volume": 0}):
        Offre.objects.filter(structure=scene.autre_structure).update(**{"fin": None, "volume": 5, **champs})
        reste = Offre.objects.candidates_pour(besoin).exists()
        assert set(sans_offre(Besoin.objects.all())) == (set() if reste else {besoin.pk})
    type(scene.structure).objects.filter(pk=scene.autre_structure.pk).update(fictive=True)
    assert set(sans_offre(Besoin.objects.all())) == {besoin.pk}
