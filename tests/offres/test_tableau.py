"""The table service × bassin: its figures by hand, and behind each cell the list that it counts."""

from collections import Counter
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from offres import tableau
from offres.models import Besoin, Offre, Rapprochement, Service
from offres.models.rapprochements import CONSOMMENT
from structures.territoires.models import Commune, Departement, Pole, Region
from tests.offres import fabriques as f
from tests.proprietes import EN_BASE

SERVICES = ("plateaux-techniques", "ateliers-tre")
# Hours are nobody's unit here: what a service counted in before it changed.
LIGNE = st.tuples(
    st.sampled_from(SERVICES),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(1, 30)),
    st.sampled_from(["sienne", "sienne", "", "heures/an"]),
)
ETATS = st.sampled_from(Rapprochement.Etat.values)
ACCORD = st.tuples(
    st.integers(0, 9), st.integers(0, 9), st.one_of(st.none(), st.integers(1, 20)), ETATS, st.booleans()
)


@pytest.fixture
def places(scene: SimpleNamespace) -> list[Any]:
    """A structure in each of two bassins, in a commune without one, and in another région."""
    calvados = Departement.objects.create(code="14", nom="Calvados", region=scene.region)
    ailleurs = Departement.objects.create(
        code="28", nom="Eure-et-Loir", region=Region.objects.create(code="24", nom="Centre-Val de Loire")
    )
    caen = Commune.objects.create(code="14118", nom="Caen", departement=calvados, lat=49.18, lon=-0.37)
    chartres = Commune.objects.create(code="28085", nom="Chartres", departement=ailleurs, lat=48.44, lon=1.49)
    communes = (scene.commune, scene.autre_commune, caen, chartres)
    return [f.structure(f"Structure de {commune.nom}", commune) for commune in communes]


def _creer(modele: Any, lignes: list[Any], places: list[Any]) -> list[Any]:
    services = {service.slug: service for service in Service.objects.filter(slug__in=SERVICES)}
    return [
        modele.objects.create(
            structure=places[place], service=services[slug], volume=volume, volume_inconnu=volume is None,
            unite=services[slug].unite_volume if unite == "sienne" else unite,
            publiee=True, publiee_le=timezone.now(), rayonnement="region",
        )
        for slug, place, volume, unite in lignes
    ]  # fmt: skip


def _a_la_main(lignes: list[Any], pris: Counter[int]) -> dict[tuple[int, str], tuple[Any, ...]]:
    """(lines, volume, what is left, without a number, apart) of each service and bassin, one line after another."""
    cases: dict[tuple[int, str], list[Any]] = {}
    for ligne in lignes:
        cle = (ligne.service_id, ligne.structure.commune.bassin_id or "")
        case = cases.setdefault(cle, [0, 0, 0, 0, Counter()])
        case[0] += 1
        if ligne.volume is None:
            case[3] += 1
        elif ligne.unite == "heures/an":
            case[4][ligne.unite] += ligne.volume
        else:
            case[1] += ligne.volume
            case[2] += max(0, ligne.volume - pris[ligne.pk])
    return {cle: tuple(case) for cle, case in cases.items()}


@EN_BASE
@given(st.lists(LIGNE, max_size=8), st.lists(LIGNE, max_size=8), st.lists(ACCORD, max_size=8))
def test_les_chiffres_sont_ceux_qu_on_compte_a_la_main(
    places: list[Any], offertes: list[Any], demandees: list[Any], accords: list[Any]
) -> None:
    for modele in (Rapprochement, Offre, Besoin):
        modele._base_manager.all().delete()
    offres, besoins = _creer(Offre, offertes, places), _creer(Besoin, demandees, places)
    pris: dict[str, Counter[int]] = {"offre": Counter(), "besoin": Counter()}
    deja = set()
    for i, j, volume, etat, acceptee in accords:
        if i >= len(offres) or j >= len(besoins) or (i, j) in deja:
            continue
        deja.add((i, j))
        Rapprochement.objects.create(
            offre=offres[i], besoin=besoins[j], volume=volume, etat=etat,
            acceptee_le=timezone.now() if acceptee else None,
        )  # fmt: skip
        if acceptee and etat in CONSOMMENT:
            pris["offre"][offres[i].pk] += volume or 0
            # Written in the unit of the offer: in another one, nobody can take it off the need.
            if offres[i].unite == besoins[j].unite:
                pris["besoin"][besoins[j].pk] += volume or 0
    trouvees = tableau.cellules(Offre.objects.publiees(), Besoin.objects.publiees(), Service.objects.all())
    for cote, lignes, tenu in (("offert", offres, pris["offre"]), ("demande", besoins, pris["besoin"])):
        mesures = {cle: getattr(cellule, cote) for cle, cellule in trouvees.items()}
        assert {
            cle: (m.lignes, m.volume, m.reste, m.sans_volume, m.autres) for cle, m in mesures.items() if m.lignes
        } == _a_la_main(lignes, tenu)
    for cellule in trouvees.values():
        if cellule.demande.volume:
            assert cellule.ecart == cellule.demande.reste - cellule.offert.reste
        else:
            assert cellule.ecart is None
        # What is not in the figures is said beside them.
        for mesure in (cellule.offert, cellule.demande):
            assert bool(mesure.sans_volume) == ("sans nombre" in mesure.reserves)
            assert bool(mesure.autres) == ("heures par an" in mesure.reserves)


def test_des_heures_et_des_personnes_ne_s_ajoutent_pas(places: list[Any]) -> None:
    """The sums over the places keep apart what each of them kept apart."""
    _creer(Offre, [(SERVICES[0], 0, 8, "sienne"), (SERVICES[0], 1, 100, "heures/an")], places)
    _creer(
        Besoin, [(SERVICES[0], 0, 5, "sienne"), (SERVICES[0], 1, 40, "heures/an"), (SERVICES[0], 1, None, "")], places
    )
    service = f.service(SERVICES[0])
    trouvees = tableau.cellules(Offre.objects.publiees(), Besoin.objects.publiees(), [service])
    (rangee,) = tableau.par_service(trouvees, [service])
    assert (rangee.cellule.offert.volume, rangee.cellule.demande.volume, rangee.cellule.ecart) == (8, 5, -3)
    assert rangee.cellule.offert.reserves.replace("\xa0", " ") == "à part : 100 heures par an"
    assert rangee.cellule.demande.reserves.replace("\xa0", " ") == "dont 1 sans nombre ; à part : 40 heures par an"


@pytest.fixture
def remplie(scene: SimpleNamespace, places: list[Any]) -> SimpleNamespace:
    """Lines of every kind in every place, an agreement, a second pôle."""
    for rang, place in enumerate(places):
        for slug in SERVICES:
            f.offre(place, slug, volume=8 + rang)
            f.offre(place, slug, volume_inconnu=True)
            f.besoin(place, slug, volume=12 - rang)
        f.besoin(place, "ateliers-numerique", volume=3)
        f.besoin(place, "autre", volume=2, service_autre="Chant")
    Rapprochement.objects.create(
        offre=Offre.objects.filter(volume=8)[0], besoin=Besoin.objects.filter(volume=12)[0],
        volume=5, etat="acceptee", acceptee_le=timezone.now(),
    )  # fmt: skip
    scene.grand_pole = Pole.objects.create(nom="Grand pôle")
    scene.grand_pole.communes.add(*Commune.objects.filter(departement__in=["14", "27"]))
    return scene


def _toute_la_liste(client: Client, adresse: str) -> list[Any]:
    lues: list[Any] = []
    while adresse:
        page = client.get(adresse)
        lues += [ligne for ligne, _ in page.context["lignes"]]
        adresse = page.context["suite"]
    return lues


def _est_la_liste(client: Client, adresse: str, mesure: Any, unite: str) -> None:
    """The list behind a cell: as many lines, the same volume, the same left over."""
    lignes = _toute_la_liste(client, adresse)
    comptees = [ligne for ligne in lignes if ligne.volume is not None and ligne.unite == unite]
    assert len(lignes) == mesure.lignes, adresse
    assert sum(ligne.volume for ligne in comptees) == mesure.volume, adresse
    assert sum(ligne.reste for ligne in comptees) == mesure.reste, adresse


@pytest.mark.parametrize(
    "requete",
    [
        {"bassin": "tous"},
        {"bassin": "2808"},
        {"bassin": "hors"},
        {"pole": "grand-pole"},
        {"departement": "14"},
        {"bassin": "tous", "service": "plateaux-techniques"},
        {"service": "plateaux-techniques", "pole": "grand-pole"},
        {"service": "plateaux-techniques", "departement": "27"},
        {"service": "plateaux-techniques", "bassin": "hors"},
    ],
    ids=urlencode,
)
def test_chaque_case_ouvre_la_liste_qu_elle_compte(
    connecte: Client, remplie: SimpleNamespace, requete: dict[str, str]
) -> None:
    adresse = f"/offres/tableau/?{urlencode(requete)}"
    page = connecte.get(adresse)
    html = page.content.decode()
    assert page.context["rangees"]
    for rangee, url_offres, url_besoins, url_detail in page.context["rangees"]:
        unite = next(s.unite_volume for s in Service.objects.all() if s.slug == rangee.filtre["service"])
        for url, mesure in ((url_offres, rangee.cellule.offert), (url_besoins, rangee.cellule.demande)):
            assert (escape(url) in html) == bool(mesure.lignes)
            _est_la_liste(connecte, url, mesure, unite)
        # Turned the other way (its service over the bassins, or its bassin over the services), the same cell.
        autre = connecte.get(url_detail).context["rangees"]
        assert sum(r.cellule.offert.lignes for r, *_ in autre) >= rangee.cellule.offert.lignes


@pytest.mark.parametrize("requete", [{"bassin": "tous"}, {"pole": "grand-pole"}, {"departement": "14"}], ids=urlencode)
def test_chaque_case_du_tableau_entier_ouvre_son_detail(
    connecte: Client, remplie: SimpleNamespace, requete: dict[str, str]
) -> None:
    page = connecte.get(f"/offres/tableau/?{urlencode(requete | {'vue': 'croisee'})}")
    vues = Counter[str]()
    for _service, _unite, _url, cases in page.context["rangees"]:
        for _colonne, cellule, url in cases:
            if cellule is None:
                continue
            ((rangee, url_offres, url_besoins, _),) = connecte.get(url).context["rangees"]
            assert (rangee.cellule.offert, rangee.cellule.demande) == (cellule.offert, cellule.demande)
            assert len(_toute_la_liste(connecte, url_offres)) == cellule.offert.lignes
            assert len(_toute_la_liste(connecte, url_besoins)) == cellule.demande.lignes
            vues.update(offres=cellule.offert.lignes, besoins=cellule.demande.lignes)
    # No line is left out of the whole table.
    tout = connecte.get(f"/offres/tableau/?{urlencode(requete)}").context["rangees"]
    assert vues["offres"] == sum(r.cellule.offert.lignes for r, *_ in tout)
    assert vues["besoins"] == sum(r.cellule.demande.lignes for r, *_ in tout)


def test_la_coordination_voit_d_abord_son_pole(client: Client, remplie: SimpleNamespace) -> None:
    client.force_login(remplie.personnes["coordination"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/offres/tableau/")
    assert page.context["lieu"] == remplie.pole.nom
    a_evreux = Offre.objects.filter(structure__commune=remplie.commune)
    assert sum(r.cellule.offert.lignes for r, *_ in page.context["rangees"]) == a_evreux.count()
    # Asked for, the whole région.
    assert client.get("/offres/tableau/?bassin=tous").context["lieu"] == ""


def test_une_personne_d_une_structure_voit_d_abord_son_bassin(connecte: Client, remplie: SimpleNamespace) -> None:
    assert connecte.get("/offres/tableau/").context["lieu"] == "Évreux"
    assert connecte.get("/offres/tableau/?vue=croisee").context["lieu"] == ""
