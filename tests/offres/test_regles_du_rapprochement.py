"""The matching rule as properties: what widening, consuming and looking from the other side can't change."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offres import cooperations
from offres.combinaisons import PARTENAIRES_MAX, combinaisons
from offres.comptage import nombre_d_offres, sans_offre
from offres.models import Besoin, EtapeRapprochement, Offre, Rapprochement
from offres.operations import ActionImpossible
from offres.rapprochement import Rang, candidats, rangs, volume_manquant
from structures.models import Public, Structure
from structures.territoires.models import Commune, Departement, Region
from tests.offres import fabriques as f
from tests.proprietes import EN_BASE

# One scene for all the examples: each deletes what the last one wrote.

RAYONNEMENTS = st.one_of(
    st.tuples(st.just("communes"), st.sets(st.integers(0, 3))),
    st.tuples(st.just("rayon"), st.integers(1, 300)),
    st.tuples(st.just("bassins"), st.sets(st.integers(0, 1))),
    st.tuples(st.just("departements"), st.sets(st.integers(0, 2))),
    st.tuples(st.just("region"), st.none()),
    st.tuples(st.just(""), st.none()),
)
JOURS = st.one_of(st.none(), st.integers(-40, 40))


@pytest.fixture
def lieux(scene: SimpleNamespace) -> SimpleNamespace:
    """Évreux, Bernay (Eure, two bassins), Caen (Calvados, no bassin), Chartres (another région)."""
    calvados = Departement.objects.create(code="14", nom="Calvados", region=scene.region)
    centre = Region.objects.create(code="24", nom="Centre-Val de Loire")
    eure_et_loir = Departement.objects.create(code="28", nom="Eure-et-Loir", region=centre)
    communes = [
        scene.commune,
        scene.autre_commune,
        Commune.objects.create(code="14118", nom="Caen", departement=calvados, lat=49.1829, lon=-0.3707),
        Commune.objects.create(code="28085", nom="Chartres", departement=eure_et_loir, lat=48.4439, lon=1.489),
    ]
    return SimpleNamespace(
        communes=communes,
        bassins=[scene.bassin, scene.autre_bassin],
        departements=[scene.departement, calvados, eure_et_loir],
        publics=list(Public.objects.order_by("pk")[:3]),
        structures=[f.structure(f"Structure {i}", commune, "esat") for i, commune in enumerate(communes)],
        preneuse=f.structure("Preneuse", scene.commune, "cap-emploi"),
    )


def vider() -> None:
    for modele in (EtapeRapprochement, Rapprochement, Offre, Besoin):
        modele._base_manager.all().delete()


def _jour(decalage: int | None) -> date | None:
    return None if decalage is None else date.today() + timedelta(days=decalage)


def _dates(debut: int | None, fin: int | None) -> dict[str, Any]:
    if debut is not None and fin is not None and fin < debut:
        debut, fin = fin, debut
    return {"debut": _jour(debut), "fin": _jour(fin)}


def zone(offre: Offre, lieux: SimpleNamespace, rayonnement: tuple[str, Any]) -> None:
    genre, valeur = rayonnement
    offre.rayonnement, offre.rayon_km = genre, valeur if genre == "rayon" else None
    offre.save()
    if genre in ("communes", "bassins", "departements"):
        getattr(offre, genre).set([getattr(lieux, genre)[i] for i in valeur])


@EN_BASE
@given(
    ou=st.integers(0, 3), vers=st.integers(0, 3), rayonnement=RAYONNEMENTS,
    demandes=st.sets(st.integers(0, 2)), offerts=st.sets(st.integers(0, 2)),
    dates=st.tuples(JOURS, JOURS, JOURS, JOURS), volume=st.one_of(st.none(), st.integers(0, 20)),
    fermee=st.sampled_from(["", "", "", "offre", "besoin"]),
)  # fmt: skip
def test_la_regle_se_lit_pareil_des_deux_cotes(
    scene: SimpleNamespace, lieux: SimpleNamespace, ou: int, vers: int, rayonnement: tuple[str, Any],
    demandes: set[int], offerts: set[int], dates: tuple[int | None, ...], volume: int | None, fermee: str,
) -> None:  # fmt: skip
    """The need finds the offer exactly when the offer finds the need, and when the list counts it."""
    vider()
    besoin = f.besoin(
        f.structure("Demandeuse", lieux.communes[vers]), volume=12,
        publics=[lieux.publics[i] for i in demandes], **_dates(*dates[:2]),
    )  # fmt: skip
    offre = f.offre(
        lieux.structures[ou], volume=volume, publics=[lieux.publics[i] for i in offerts], **_dates(*dates[2:])
    )
    zone(offre, lieux, rayonnement)
    hier = date.today() - timedelta(days=1)
    for cote, ligne in (("offre", offre), ("besoin", besoin)):
        Structure.objects.filter(pk=ligne.structure_id).update(fermee_le=hier if fermee == cote else None)
    du_besoin = Besoin.objects.publiees().filter(pk=besoin.pk).exists()
    trouvee = Offre.objects.candidates_pour(besoin).filter(pk=offre.pk).exists() and du_besoin
    assert Besoin.objects.repondables_par(offre).filter(pk=besoin.pk).exists() == trouvee
    assert nombre_d_offres(Besoin.objects.publiees()).get(besoin.pk, 0) == int(trouvee)
    # The question asked for a whole région has the same answer.
    seuls = set(sans_offre(Besoin.objects.publiees()))
    assert seuls == ({besoin.pk} if du_besoin and not trouvee else set())
    # Nothing outside the coverage, whatever the rest says, and nothing of a closed structure.
    if trouvee:
        assert not fermee
        assert Offre.objects.couvrant(besoin.structure.commune).filter(pk=offre.pk).exists()


@EN_BASE
@given(ou=st.integers(0, 3), rayon=st.integers(1, 299), plus=st.integers(0, 200), vers=st.integers(0, 3))
def test_elargir_ne_perd_personne(
    scene: SimpleNamespace, lieux: SimpleNamespace, ou: int, rayon: int, plus: int, vers: int
) -> None:
    """A wider radius, one more commune, one more public that was not asked: never one candidate fewer."""
    vider()
    besoin = f.besoin(f.structure("Demandeuse", lieux.communes[vers]), volume=5, publics=lieux.publics[:1])
    offre = f.offre(lieux.structures[ou], volume=5, rayonnement="rayon", rayon_km=rayon, publics=lieux.publics[:1])
    avant = {r.offre for r in rangs(besoin, 5)}
    offre.rayon_km = min(300, rayon + plus)
    offre.save()
    assert avant <= {r.offre for r in rangs(besoin, 5)}
    zone(offre, lieux, ("communes", {vers}))
    assert {r.offre for r in rangs(besoin, 5)} == {offre.pk}
    zone(offre, lieux, ("communes", {vers, ou}))
    offre.publics.add(lieux.publics[2])
    assert {r.offre for r in rangs(besoin, 5)} == {offre.pk}


@EN_BASE
@given(
    volume=st.integers(1, 20),
    gestes=st.lists(st.tuples(st.integers(1, 15), st.sampled_from(["accepter", "decliner", "ecarter", "rien"])),
                    min_size=1, max_size=6),
    baisse=st.integers(0, 20),
)  # fmt: skip
def test_un_accord_consomme_et_rien_d_autre(
    scene: SimpleNamespace, lieux: SimpleNamespace, volume: int, gestes: list[tuple[int, str]], baisse: int
) -> None:
    """What is left is the volume less the agreements: never negative, never more than the volume."""
    vider()
    direction, autre = scene.personnes["direction"], scene.personnes["etranger"]
    offre = f.offre(lieux.structures[0], volume=volume)
    convenu = 0
    for demande, geste in gestes:
        besoin = f.besoin(lieux.preneuse, volume=demande)
        if convenu >= volume:
            # Nothing left: it is no candidate any more, and can't be proposed.
            with pytest.raises(ActionImpossible):
                cooperations.proposer(besoin, offre, direction, "besoin")
            continue
        rapprochement = cooperations.proposer(besoin, offre, direction, "besoin")
        assert rapprochement.volume == min(demande, volume - convenu)
        if geste in ("accepter", "ecarter"):
            cooperations.accepter(rapprochement, autre)
            convenu += rapprochement.volume or 0
        if geste == "decliner":
            cooperations.decliner(rapprochement, autre, "Pas cette année.")
        elif geste == "ecarter":
            cooperations.ecarter(rapprochement, autre, "Départ de l’équipe.")
            convenu -= rapprochement.volume or 0
        restant: Any = Offre.objects.avec_volume_restant().get(pk=offre.pk)
        assert restant.volume_restant == volume - convenu >= 0
    # The structure says less than it has agreed to: nothing left, not a debt.
    Offre.objects.filter(pk=offre.pk).update(volume=baisse)
    restant = Offre.objects.avec_volume_restant().get(pk=offre.pk)
    assert restant.volume_restant == max(0, baisse - convenu)


@EN_BASE
@given(
    libres=st.lists(st.tuples(st.integers(0, 12), st.floats(0, 200, allow_nan=False)), max_size=8),
    manquant=st.integers(1, 30),
)
def test_une_combinaison_couvre_juste_ce_qui_manque(libres: list[tuple[int, float]], manquant: int) -> None:
    tous = [Rang(i, i, km, libre, min(libre, manquant)) for i, (libre, km) in enumerate(libres)]
    trouvees = combinaisons(manquant, tous)
    for combinaison in trouvees:
        assert sum(part.volume for part in combinaison.parts) == manquant
        assert 2 <= len(combinaison.parts) <= PARTENAIRES_MAX
        assert all(0 < part.volume <= (part.rang.libre or 0) for part in combinaison.parts)
        assert len({part.rang.structure for part in combinaison.parts}) == len(combinaison.parts)
    seule = any(libre >= manquant for libre, _ in libres)
    les_plus_larges = sum(sorted((libre for libre, _ in libres), reverse=True)[:PARTENAIRES_MAX])
    assert bool(trouvees) == (not seule and les_plus_larges >= manquant)


def test_l_ordre_de_la_regle(scene: SimpleNamespace, lieux: SimpleNamespace, django_assert_num_queries: Any) -> None:
    besoin = f.besoin(scene.structure, volume=10)
    loin = f.structure("Loin", scene.autre_commune, "esat")
    pres = [f.structure(f"Près {type_}", scene.commune, type_) for type_ in ("esat", "ime", "savs")]
    partielle = f.offre(pres[0], volume=4)
    meme_famille = f.offre(pres[1], volume=10)
    autre_famille_loin = f.offre(loin, volume=10)
    autre_famille_pres = f.offre(pres[2], volume=30)
    inconnue = f.offre(pres[0], volume=None, volume_inconnu=True)
    # The publics of the need, then the whole rule.
    with django_assert_num_queries(2):
        ordre = [rang.offre for rang in rangs(besoin, 10)]
    assert ordre == [autre_famille_pres.pk, autre_famille_loin.pk, meme_famille.pk, partielle.pk, inconnue.pk]
    # As far, as large: the one said most lately.
    Offre.objects.filter(pk=meme_famille.pk).update(volume=4)
    recente = f.offre(f.structure("Encore", scene.commune, "savs"), volume=4)
    assert recente.publiee_le is not None
    Offre.objects.filter(pk=partielle.pk).update(publiee_le=recente.publiee_le - timedelta(days=30))
    assert [rang.offre for rang in rangs(besoin, 10)][2:4] == [recente.pk, partielle.pk]


def test_un_besoin_deja_couvert_en_partie_le_compte(scene: SimpleNamespace, lieux: SimpleNamespace) -> None:
    besoin = f.besoin(scene.structure, volume=12)
    offre = f.offre(scene.autre_structure, volume=5)
    f.offre(scene.structure_voisine, volume=30)
    accorde = cooperations.proposer(besoin, offre, scene.personnes["direction"], "besoin")
    cooperations.accepter(accorde, scene.personnes["etranger"])
    assert volume_manquant(besoin) == 7
    (candidat,) = candidats(besoin)
    assert candidat.volume_couvert == 7
    assert "30" not in " ".join(candidat.raisons)
