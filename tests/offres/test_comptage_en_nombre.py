"""The counts of a whole territory against the rule written in plain Python: many offers, many needs, at random."""

import random
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offres import comptage
from offres.comptage import nombre_d_offres, sans_offre
from offres.couverture import a_vol_d_oiseau
from offres.models import Besoin, Offre, Rapprochement
from offres.models.referentiel import HORS_LISTE
from structures.territoires.models import Commune
from tests.offres import fabriques as f
from tests.offres.test_regles_du_rapprochement import lieux, vider, zone
from tests.proprietes import EN_BASE

__all__ = ["lieux"]
SERVICES = ("plateaux-techniques", "ateliers-tre", HORS_LISTE)
# « Toute la région » often: where two structures say it, the needs they serve are not read one by one.
ZONES: tuple[tuple[str, Any], ...] = (
    ("region", None), ("region", None), ("region", None), ("region", None), ("communes", {0, 2}), ("rayon", 60),
    ("bassins", {1}), ("departements", {0, 2}), ("", None),
)  # fmt: skip


def _dates(de: random.Random) -> dict[str, date | None]:
    if de.random() < 0.7:
        return {}
    debut, fin = sorted(date.today() + timedelta(days=de.randint(-40, 40)) for _ in range(2))
    return {"debut": de.choice([None, debut]), "fin": de.choice([None, fin])}


def semer(lieux: SimpleNamespace, de: random.Random) -> None:
    """A dozen offers and as many needs, of five structures, two of them of the demonstration."""
    vider()
    structures = [*lieux.structures, lieux.preneuse]
    fictives = de.sample(structures, 2)
    for structure in structures:
        structure.fictive, structure.commune = structure in fictives, de.choice(lieux.communes)
        structure.fermee_le = date.today() - timedelta(days=1) if de.random() < 0.1 else None
        structure.save()

    def champs() -> dict[str, Any]:
        publics = de.sample(lieux.publics, de.choice([0, 0, 0, 1, 2]))
        return {"publics": publics, "publiee": de.random() < 0.9, **_dates(de)}

    besoins = [
        f.besoin(de.choice(structures), de.choice(SERVICES), volume=de.randint(1, 9), **champs()) for _ in range(12)
    ]
    for _ in range(12):
        volume = de.choice([None, 1, 2, 5])
        offre = f.offre(de.choice(structures), de.choice(SERVICES), volume=volume, **champs())
        zone(offre, lieux, de.choice(ZONES))
        if de.random() < 0.3:
            # An agreement that may have taken all of it.
            Rapprochement.objects.create(
                besoin=de.choice(besoins), offre=offre, cote="besoin", etat="acceptee", volume=2,
                acceptee_le=f"{date.today()}T00:00Z",
            )  # fmt: skip


def _couvre(offre: Offre, commune: Commune) -> bool:
    siege = offre.structure
    lat, lon = siege.lat, siege.lon
    if lat is None or lon is None:
        lat, lon = siege.commune.lat, siege.commune.lon
    par_genre = {
        "communes": lambda: commune in offre.communes.all(),
        "rayon": lambda: a_vol_d_oiseau(lat, lon, commune.lat, commune.lon) <= (offre.rayon_km or 0),
        "bassins": lambda: commune.bassin in offre.bassins.all(),
        "departements": lambda: commune.departement in offre.departements.all(),
        "region": lambda: siege.commune.departement.region_id == commune.departement.region_id,
        "": lambda: False,
    }
    return bool(par_genre[offre.rayonnement]())


def _repond(offre: Offre, besoin: Besoin) -> bool:
    """The rule, in words: one line for each of its conditions."""
    pris = sum(r.volume or 0 for r in offre.rapprochements.all() if r.acceptee_le and r.etat == "acceptee")
    du_besoin, de_l_offre = set(besoin.publics.all()), set(offre.publics.all())
    return (
        offre.publiee
        and not (offre.fin and offre.fin < date.today())
        and offre.structure.fermee_le is None
        and offre.service == besoin.service
        and besoin.service.slug != HORS_LISTE
        and offre.structure != besoin.structure
        and offre.structure.fictive == besoin.structure.fictive
        and not (offre.fin and besoin.debut and offre.fin < besoin.debut)
        and not (besoin.fin and offre.debut and besoin.fin < offre.debut)
        and (not du_besoin or not de_l_offre or bool(du_besoin & de_l_offre))
        and (offre.volume is None or offre.volume > pris)
        and _couvre(offre, besoin.structure.commune)
    )


@EN_BASE
@given(graine=st.integers(0, 2**32), lieux_max=st.sampled_from([0, 2_000]))
def test_les_comptes_d_un_territoire_suivent_la_regle_en_mots(
    scene: SimpleNamespace, lieux: SimpleNamespace, graine: int, lieux_max: int
) -> None:
    semer(lieux, random.Random(graine))  # noqa: S311 - a draw that can be played again
    besoins = list(Besoin.objects.publiees().select_related("structure__commune__departement", "service"))
    offres = list(Offre.objects.select_related("structure__commune__departement", "service"))
    attendues = {b.pk: {o.pk for o in offres if _repond(o, b)} for b in besoins}
    with pytest.MonkeyPatch.context() as rustine:
        rustine.setattr(comptage, "LIEUX_MAX", lieux_max)
        assert nombre_d_offres(Besoin.objects.publiees()) == {pk: len(siennes) for pk, siennes in attendues.items()}
        assert set(sans_offre(Besoin.objects.publiees())) == {pk for pk, siennes in attendues.items() if not siennes}
    for besoin in besoins:
        trouvees = list(Offre.objects.candidates_pour(besoin).values_list("pk", flat=True))
        assert sorted(trouvees) == sorted(attendues[besoin.pk])
    for offre in offres:
        servis = Besoin.objects.repondables_par(offre).values_list("pk", flat=True)
        assert sorted(servis) == sorted(pk for pk, siennes in attendues.items() if offre.pk in siennes)


def test_deux_offres_d_une_meme_structure_ne_lui_repondent_pas(scene: SimpleNamespace) -> None:
    """The short way of `sans_offre` needs two structures: one that offers twice does not answer its own need."""
    besoin = f.besoin(scene.structure, volume=3)
    f.besoin(scene.autre_structure, volume=3)
    for _ in range(2):
        f.offre(scene.structure)
    assert set(sans_offre(Besoin.objects.publiees())) == {besoin.pk}
    f.offre(scene.autre_structure)
    assert sans_offre(Besoin.objects.publiees()) == {}
